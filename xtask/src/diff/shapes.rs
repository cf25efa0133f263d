//! The comparison of schemas.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Change, Class, Side, deprecation};
use openapi_codegen::constraints::EXCLUSIVE;
use openapi_codegen::lower::{Changes, Lowered};
use openapi_tree::document::{escape, is_true, items, text_at};
use openapi_tree::schemas::{COMPONENTS, component_pointer, named_component, properties, required};

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
        self.note(side, class, self.new.1.published(pointer), what);
    }

    /// Notes a change at a location in the old document.
    pub(super) fn note_old(
        &mut self,
        side: Side,
        class: Class,
        pointer: &str,
        what: impl Into<String>,
    ) {
        self.note(side, class, self.old.1.published(pointer), what);
    }

    fn note(&mut self, side: Side, class: Class, place: String, what: impl Into<String>) {
        self.changes.push(Change {
            side,
            class,
            place,
            what: what.into(),
        });
    }

    /// Notes that something became deprecated, or is no longer deprecated.
    pub(super) fn deprecation(&mut self, side: Side, pointer: &str, old: &Value, new: &Value) {
        let now = is_true(new, "deprecated");
        if is_true(old, "deprecated") != now {
            self.note_new(side, Class::Additive, pointer, deprecation(now));
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
        let uses = self.old.0.pointer(before).zip(self.new.0.pointer(after));
        let Some((old_use, new_use)) = uses else {
            return;
        };
        self.use_of(side, after, old_use, new_use);
        let (before, after) = (target(old_use, before), target(new_use, after));
        let schemas = self.old.0.pointer(&before).zip(self.new.0.pointer(&after));
        let Some((old, new)) = schemas else {
            return;
        };
        let are_components = before.starts_with(COMPONENTS) && after.starts_with(COMPONENTS);
        let key = (side, format!("={before}"), format!("={after}"));
        if are_components && !self.seen.insert(key) {
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
        self.alternatives(side, (&before, old), (&after, new), waiting);
        for keyword in ["items", "additionalProperties"] {
            let is_schema = |schema: &Value| schema.get(keyword).is_some_and(Value::is_object);
            if is_schema(old) && is_schema(new) {
                waiting.push((format!("{before}/{keyword}"), format!("{after}/{keyword}")));
            }
        }
    }

    /// Compares the annotations of two uses of a schema: null, deprecation, the maximum interval.
    fn use_of(&mut self, side: Side, after: &str, old: &Value, new: &Value) {
        let (was, is) = (is_true(old, "nullable"), is_true(new, "nullable"));
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
        self.bound(side, after, (MONTHS, true), old, new);
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
            self.bound(side, after, limit, old, new);
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
        old: &Value,
        new: &Value,
    ) {
        let bound = |schema: &Value| schema.get(limit).and_then(Value::as_f64);
        let (tightened, what) = match (bound(old), bound(new)) {
            (was, is) if was == is => return,
            (_, None) => (false, format!("has no {limit} any more")),
            (None, Some(is)) => (true, format!("has a {limit} of {is} now")),
            (Some(was), Some(is)) => {
                let what = format!("has a {limit} of {is}; it was {was}");
                ((is < was) == more_allows_more, what)
            }
        };
        let class = Class::breaking_if(tightened && side == Side::Request);
        self.note_new(side, class, after, what);
    }

    /// Compares the values of an enum. Clients accept unknown values in responses.
    fn values(&mut self, side: Side, after: &str, old: &Value, new: &Value) {
        let values = |schema| items(schema, "enum").filter_map(Value::as_str);
        let was: BTreeSet<&str> = values(old).collect();
        let is: BTreeSet<&str> = values(new).collect();
        for value in was.difference(&is) {
            let class = Class::breaking_if(side == Side::Request);
            let what = format!("no longer has the value `{value}`");
            self.note_new(side, class, after, what);
        }
        for value in is.difference(&was) {
            let what = format!("has the value `{value}` too");
            self.note_new(side, Class::Additive, after, what);
        }
    }

    fn properties(
        &mut self,
        side: Side,
        (before, old): (&str, &Value),
        (after, new): (&str, &Value),
        waiting: &mut Vec<(String, String)>,
    ) {
        let place = |pointer: &str, name: &str| format!("{pointer}/properties/{}", escape(name));
        let names = |schema| properties(schema).map(|(name, _)| name.as_str());
        let was: BTreeSet<&str> = names(old).collect();
        let is: BTreeSet<&str> = names(new).collect();
        for name in was.difference(&is) {
            let what = format!("`{name}` is gone");
            self.note_old(side, Class::Breaking, &place(before, name), what);
        }
        for name in is.difference(&was) {
            let is_required = required(new).contains(name) && side == Side::Request;
            let (class, what) = super::wire::new_property(name, is_required);
            self.note_new(side, class, &place(after, name), what);
        }
        for name in was.intersection(&is) {
            let (did, does) = (required(old).contains(name), required(new).contains(name));
            if did != does {
                let (class, what) = match side {
                    // A property that is always present needs no check.
                    Side::Response if does => (Class::Additive, "is always there now"),
                    Side::Response => (Class::Breaking, "may be missing now"),
                    _ => super::wire::required(does),
                };
                self.note_new(side, class, &place(after, name), what);
            }
            waiting.push((place(before, name), place(after, name)));
        }
    }

    /// Compares the members of a choice by name.
    fn alternatives(
        &mut self,
        side: Side,
        (before, old): (&str, &Value),
        (after, new): (&str, &Value),
        waiting: &mut Vec<(String, String)>,
    ) {
        let members = |schema| items(schema, "oneOf").filter_map(named_component);
        let was: Vec<&str> = members(old).collect();
        let is: Vec<&str> = members(new).collect();
        for (index, name) in was.iter().enumerate() {
            if let Some(position) = is.iter().position(|other| other == name) {
                let place = |pointer: &str, index: usize| format!("{pointer}/oneOf/{index}");
                waiting.push((place(before, index), place(after, position)));
            } else {
                let what = format!("is no longer a `{name}`");
                self.note_new(side, Class::Breaking, after, what);
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
    let Some(kind) = text_at(schema, "type") else {
        return "any JSON".to_owned();
    };
    match text_at(schema, "format") {
        Some(format) => format!("{kind} ({format})"),
        None => kind.to_owned(),
    }
}
