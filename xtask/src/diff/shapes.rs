//! The comparison of schemas.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Change, Class, Side};
use openapi_codegen::constraints::EXCLUSIVE;
use openapi_codegen::lower::{Changes, Lowered};
use openapi_tree::document::escape;
use openapi_tree::schemas::{COMPONENTS, component_pointer, named_component};

/// The comparison of the schemas of two lowered documents, with its changes.
pub(super) struct Shapes<'a> {
    old: (&'a Value, &'a Changes),
    new: (&'a Value, &'a Changes),
    seen: BTreeSet<(Side, String, String)>,
    changes: Vec<Change>,
}

/// The constraints with a number, and whether a larger number allows more values.
const LIMITS: [(&str, bool); 8] = [
    ("maxItems", true),
    ("maxLength", true),
    ("maxProperties", true),
    ("maximum", true),
    ("minItems", false),
    ("minLength", false),
    ("minProperties", false),
    ("minimum", false),
];

/// The constraints that allow other values if they change.
const CONDITIONS: [&str; 6] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    EXCLUSIVE,
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// The extension keyword for the maximum length of an interval.
const MONTHS: &str = "x-max-interval-in-months";

impl<'a> Shapes<'a> {
    pub(super) fn new(old: &'a Lowered, new: &'a Lowered) -> Self {
        Self {
            old: (&old.contract, &old.changes),
            new: (&new.contract, &new.changes),
            seen: BTreeSet::new(),
            changes: Vec::new(),
        }
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Notes a change at a location in the new document.
    pub(super) fn note_new(
        &mut self,
        side: Side,
        class: Class,
        pointer: &str,
        what: impl Into<String>,
    ) {
        self.note(side, class, self.new.1.published(pointer), what.into());
    }

    /// Notes a change at a location in the old document.
    pub(super) fn note_old(
        &mut self,
        side: Side,
        class: Class,
        pointer: &str,
        what: impl Into<String>,
    ) {
        self.note(side, class, self.old.1.published(pointer), what.into());
    }

    fn note(&mut self, side: Side, class: Class, place: String, what: String) {
        self.changes.push(Change {
            side,
            class,
            place,
            what,
        });
    }

    /// Notes that something became deprecated, or is no longer deprecated.
    pub(super) fn deprecation(&mut self, side: Side, pointer: &str, old: &Value, new: &Value) {
        let is_deprecated = |node: &Value| node.get("deprecated") == Some(&Value::Bool(true));
        if is_deprecated(old) != is_deprecated(new) {
            let what = if is_deprecated(new) {
                "is deprecated"
            } else {
                "is no longer deprecated"
            };
            self.note_new(side, Class::Additive, pointer, what);
        }
    }

    /// Compares the schemas at two pointers.
    pub(super) fn compare(&mut self, side: Side, before: &str, after: &str) {
        let mut waiting = vec![(before.to_owned(), after.to_owned())];
        while let Some((before, after)) = waiting.pop() {
            if self.seen.insert((side, before.clone(), after.clone())) {
                self.one(side, &before, &after, &mut waiting);
            }
        }
    }

    fn one(&mut self, side: Side, before: &str, after: &str, waiting: &mut Vec<(String, String)>) {
        let (Some(old_use), Some(new_use)) =
            (self.old.0.pointer(before), self.new.0.pointer(after))
        else {
            return;
        };
        self.use_of(side, after, old_use, new_use);
        let (before, after) = (target(old_use, before), target(new_use, after));
        let (Some(old), Some(new)) = (self.old.0.pointer(&before), self.new.0.pointer(&after))
        else {
            return;
        };
        let is_again = before.starts_with(COMPONENTS)
            && after.starts_with(COMPONENTS)
            && !self
                .seen
                .insert((side, format!("={before}"), format!("={after}")));
        if is_again {
            return;
        }
        let (was, is) = (kind(old), kind(new));
        if was != is {
            self.other_kind(side, &after, &was, &is);
            return;
        }
        self.limits(side, &after, old, new);
        self.values(side, &after, old, new);
        self.properties(side, (&before, old), (&after, new), waiting);
        self.alternatives(side, &after, old, new, waiting, &before);
        for keyword in ["items", "additionalProperties"] {
            let is_schema = |schema: &Value| schema.get(keyword).is_some_and(Value::is_object);
            if is_schema(old) && is_schema(new) {
                waiting.push((format!("{before}/{keyword}"), format!("{after}/{keyword}")));
            }
        }
    }

    /// Compares the annotations of two uses of a schema: null, deprecation, the maximum interval.
    fn use_of(&mut self, side: Side, after: &str, old: &Value, new: &Value) {
        let is_nullable = |schema: &Value| schema.get("nullable") == Some(&Value::Bool(true));
        let (was, is) = (is_nullable(old), is_nullable(new));
        if was != is {
            // Null is one more value for clients to read, and one more value that they may send.
            let class = Class::breaking_if(is == (side == Side::Response));
            let what = if is {
                "may be null now"
            } else {
                "is never null now"
            };
            self.note_new(side, class, after, what);
        }
        self.deprecation(side, after, old, new);
        let months = |schema: &Value| schema.get(MONTHS).and_then(Value::as_f64);
        self.bound(side, after, (MONTHS, true), months(old), months(new));
    }

    fn other_kind(&mut self, side: Side, after: &str, was: &str, is: &str) {
        let wider = is == "any JSON" || (was == "integer" && is == "number");
        let narrower = was == "any JSON" || (was == "number" && is == "integer");
        let class = match side {
            Side::Response if narrower => Class::Additive,
            Side::Request | Side::Rust if wider => Class::Additive,
            _ => Class::Breaking,
        };
        self.note_new(side, class, after, format!("is {is}; it was {was}"));
    }

    fn limits(&mut self, side: Side, after: &str, old: &Value, new: &Value) {
        for limit in LIMITS {
            let bound = |schema: &Value| schema.get(limit.0).and_then(Value::as_f64);
            self.bound(side, after, limit, bound(old), bound(new));
        }
        for condition in CONDITIONS {
            let (was, is) = (old.get(condition), new.get(condition));
            if was != is {
                let class = Class::breaking_if(is.is_some() && side == Side::Request);
                let what = match is {
                    Some(is) => format!("has the {condition} {is} now"),
                    None => format!("has no {condition} any more"),
                };
                self.note_new(side, class, after, what);
            }
        }
        let is_closed =
            |schema: &Value| schema.get("additionalProperties") == Some(&Value::Bool(false));
        if is_closed(old) != is_closed(new) && side == Side::Request {
            let (class, what) = if is_closed(new) {
                (Class::Breaking, "rejects unknown properties now")
            } else {
                (Class::Additive, "accepts unknown properties now")
            };
            self.note_new(side, class, after, what);
        }
    }

    /// Compares the values of a constraint, which only requests must satisfy.
    fn bound(
        &mut self,
        side: Side,
        after: &str,
        (limit, more_allows_more): (&str, bool),
        was: Option<f64>,
        is: Option<f64>,
    ) {
        if was == is {
            return;
        }
        let tightened = match (was, is) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(was), Some(is)) => (is < was) == more_allows_more,
        };
        let class = Class::breaking_if(tightened && side == Side::Request);
        let what = match (was, is) {
            (Some(was), Some(is)) => format!("has a {limit} of {is}; it was {was}"),
            (None, Some(is)) => format!("has a {limit} of {is} now"),
            _ => format!("has no {limit} any more"),
        };
        self.note_new(side, class, after, what);
    }

    /// Compares the values of an enum. Clients accept unknown values in responses.
    fn values(&mut self, side: Side, after: &str, old: &Value, new: &Value) {
        let values = |schema: &Value| -> BTreeSet<String> {
            let values = schema.get("enum").and_then(Value::as_array);
            values
                .into_iter()
                .flatten()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect()
        };
        let (was, is) = (values(old), values(new));
        for value in was.difference(&is) {
            let class = Class::breaking_if(side == Side::Request);
            self.note_new(
                side,
                class,
                after,
                format!("no longer has the value `{value}`"),
            );
        }
        for value in is.difference(&was) {
            self.note_new(
                side,
                Class::Additive,
                after,
                format!("has the value `{value}` too"),
            );
        }
    }

    fn properties(
        &mut self,
        side: Side,
        (before, old): (&str, &Value),
        (after, new): (&str, &Value),
        waiting: &mut Vec<(String, String)>,
    ) {
        let names = |schema: &Value| -> BTreeSet<String> {
            let properties = schema.get("properties").and_then(Value::as_object);
            properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect()
        };
        let is_required = |schema: &Value, name: &str| {
            let required = schema.get("required").and_then(Value::as_array);
            required
                .into_iter()
                .flatten()
                .any(|other| other.as_str() == Some(name))
        };
        let (was, is) = (names(old), names(new));
        for name in was.difference(&is) {
            let pointer = format!("{before}/properties/{}", escape(name));
            self.note_old(side, Class::Breaking, &pointer, format!("`{name}` is gone"));
        }
        for name in is.difference(&was) {
            let pointer = format!("{after}/properties/{}", escape(name));
            let (class, what) = if is_required(new, name) && side == Side::Request {
                (Class::Breaking, format!("`{name}` is new and required"))
            } else {
                (Class::Additive, format!("`{name}` is new"))
            };
            self.note_new(side, class, &pointer, what);
        }
        for name in was.intersection(&is) {
            let place = |pointer: &str| format!("{pointer}/properties/{}", escape(name));
            let (did, does) = (is_required(old, name), is_required(new, name));
            if did != does {
                let (class, what) = match side {
                    // A property that is always present needs no check.
                    Side::Response if does => (Class::Additive, "is always there now"),
                    Side::Response => (Class::Breaking, "may be missing now"),
                    _ => super::wire::required(does),
                };
                self.note_new(side, class, &place(after), what);
            }
            waiting.push((place(before), place(after)));
        }
    }

    /// Compares the members of a choice by name.
    fn alternatives(
        &mut self,
        side: Side,
        after: &str,
        old: &Value,
        new: &Value,
        waiting: &mut Vec<(String, String)>,
        before: &str,
    ) {
        let members = |schema: &Value| -> Vec<String> {
            let members = schema.get("oneOf").and_then(Value::as_array);
            members
                .into_iter()
                .flatten()
                .filter_map(|member| named_component(member).map(str::to_owned))
                .collect()
        };
        let (was, is) = (members(old), members(new));
        for (index, name) in was.iter().enumerate() {
            match is.iter().position(|other| other == name) {
                Some(position) => waiting.push((
                    format!("{before}/oneOf/{index}"),
                    format!("{after}/oneOf/{position}"),
                )),
                None => self.note_new(
                    side,
                    Class::Breaking,
                    after,
                    format!("is no longer a `{name}`"),
                ),
            }
        }
        for name in is.iter().filter(|name| !was.contains(name)) {
            self.note_new(
                side,
                Class::Additive,
                after,
                format!("can be a `{name}` too"),
            );
        }
    }
}

/// Returns the JSON Pointer of the schema that a use refers to.
fn target(schema: &Value, pointer: &str) -> String {
    named_component(schema).map_or_else(|| pointer.to_owned(), component_pointer)
}

/// Returns the kind of a schema: its type, and its format.
fn kind(schema: &Value) -> String {
    if schema.get("oneOf").is_some() {
        return "a choice".to_owned();
    }
    let Some(kind) = schema.get("type").and_then(Value::as_str) else {
        return "any JSON".to_owned();
    };
    match schema.get("format").and_then(Value::as_str) {
        Some(format) => format!("{kind} ({format})"),
        None => kind.to_owned(),
    }
}
