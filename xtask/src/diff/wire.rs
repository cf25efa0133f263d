//! The comparison of operations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shapes::Shapes;
use super::{Change, Class, Side};
use openapi_codegen::lower::{Lowered, envelope};
use openapi_tree::document::{escape, is_true, items, members, text_at};
use openapi_tree::schemas::{
    Operation, component_pointer, operations, required as required_of, resolve,
};

/// Returns the changes on the wire. `published` are the old and the new document before lowering.
pub(super) fn compare<'a>(
    old: &'a Lowered,
    new: &'a Lowered,
    published: (&'a Value, &'a Value),
) -> Vec<Change> {
    let envelopes = (
        envelope::component(&old.contract),
        envelope::component(&new.contract),
    );
    let required = envelopes.1.map(|(_, schema)| required_of(schema));
    let mut wire = Wire {
        shapes: Shapes::new(old, new),
        published,
        required: required.unwrap_or_default(),
    };
    let (before, after) = (by_path(&old.contract), by_path(&new.contract));
    if let (Some((before, _)), Some((after, _))) = envelopes {
        let (before, after) = (component_pointer(before), component_pointer(after));
        wire.shapes.compare(Side::Request, &before, &after);
    }
    for (key, operation) in &before {
        if let Some(now) = after.get(key) {
            wire.operation(operation, now);
        } else {
            let what = format!(
                "the operation {} {} is gone",
                key.1.to_ascii_uppercase(),
                key.0
            );
            let pointer = &operation.pointer;
            wire.shapes
                .note_old(Side::Request, Class::Breaking, pointer, what);
        }
    }
    for (key, operation) in &after {
        if !before.contains_key(key) {
            let what = format!(
                "the operation {} {} is new",
                key.1.to_ascii_uppercase(),
                key.0
            );
            let pointer = &operation.pointer;
            wire.shapes
                .note_new(Side::Request, Class::Additive, pointer, what);
        }
    }
    wire.shapes.into_changes()
}

fn by_path(tree: &Value) -> BTreeMap<(&str, &str), Operation<'_>> {
    let operations = operations(tree).into_iter();
    operations
        .map(|operation| ((operation.path, operation.method), operation))
        .collect()
}

/// The body of a request or of a response.
struct Body {
    pointer: String,
    media_type: String,
    required: bool,
}

impl Body {
    fn of(holder: &Value, pointer: String) -> Option<Self> {
        let (media_type, _) = members(holder, "content").next()?;
        Some(Self {
            pointer,
            media_type: media_type.clone(),
            required: is_true(holder, "required"),
        })
    }

    fn schema(&self) -> String {
        let media_type = escape(&self.media_type);
        format!("{}/content/{media_type}/schema", self.pointer)
    }
}

struct Wire<'a> {
    shapes: Shapes<'a>,
    published: (&'a Value, &'a Value),
    /// The properties that the new envelope requires.
    required: Vec<&'a str>,
}

impl<'a> Wire<'a> {
    fn operation(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        self.shapes
            .deprecation(Side::Request, &new.pointer, old.node, new.node);
        self.parameters(old, new);
        self.envelope(old, new);
        self.request(old, new);
        self.responses(old, new);
        self.statuses(old);
    }

    /// Compares the properties of the envelope that an operation accepts.
    fn envelope(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let names = |operation: &Operation<'_>| -> BTreeSet<String> {
            let names = envelope::properties(operation.node);
            names.into_iter().map(str::to_owned).collect()
        };
        let (was, is) = (names(old), names(new));
        for name in was.difference(&is) {
            let what = format!("`{name}` is gone");
            self.shapes
                .note_old(Side::Request, Class::Breaking, &old.pointer, what);
        }
        for name in is.difference(&was) {
            let (class, what) = new_property(name, self.required.contains(&name.as_str()));
            self.shapes
                .note_new(Side::Request, class, &new.pointer, what);
        }
    }

    fn parameters(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        fn list<'a>(operation: &Operation<'a>) -> BTreeMap<(&'a str, &'a str), (String, bool)> {
            let parameters = items(operation.node, "parameters").enumerate();
            let list = parameters.map(|(index, parameter)| {
                let text = |key| text_at(parameter, key).unwrap_or_default();
                let pointer = format!("{}/parameters/{index}", operation.pointer);
                let key = (text("in"), text("name"));
                (key, (pointer, is_true(parameter, "required")))
            });
            list.collect()
        }
        let (before, after) = (list(old), list(new));
        for (key, (pointer, was_required)) in &before {
            let Some((now, is_required)) = after.get(key) else {
                let what = format!("the {} parameter `{}` is gone", key.0, key.1);
                self.shapes
                    .note_old(Side::Request, Class::Breaking, pointer, what);
                continue;
            };
            if was_required != is_required {
                let (class, what) = required(*is_required);
                self.shapes.note_new(Side::Request, class, now, what);
            }
            let (before, after) = (format!("{pointer}/schema"), format!("{now}/schema"));
            self.shapes.compare(Side::Request, &before, &after);
        }
        for (key, (pointer, is_required)) in &after {
            if !before.contains_key(key) {
                let class = Class::breaking_if(*is_required);
                let which = if *is_required { "required" } else { "optional" };
                let what = format!("the {which} {} parameter `{}` is new", key.0, key.1);
                self.shapes.note_new(Side::Request, class, pointer, what);
            }
        }
    }

    fn request(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let body = |operation: &Operation<'_>| {
            let body = operation.node.get("requestBody")?;
            Body::of(body, format!("{}/requestBody", operation.pointer))
        };
        self.body(Side::Request, body(old), body(new));
    }

    fn responses(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        // After lowering, all successes of an operation have one body, and all errors too.
        for class in ["2", "4", "5"] {
            let body = |operation: &Operation<'_>| {
                let mut responses = operation.responses();
                let (_, pointer, response) =
                    responses.find(|(status, _, _)| status.starts_with(class))?;
                Body::of(response, pointer)
            };
            self.body(Side::Response, body(old), body(new));
        }
    }

    fn body(&mut self, side: Side, old: Option<Body>, new: Option<Body>) {
        match (old, new) {
            (Some(old), Some(new)) => {
                if old.media_type != new.media_type {
                    let what = format!(
                        "the body is {} in place of {}",
                        new.media_type, old.media_type
                    );
                    self.shapes
                        .note_new(side, Class::Breaking, &new.pointer, what);
                }
                if old.required != new.required {
                    let (class, what) = required(new.required);
                    self.shapes.note_new(side, class, &new.pointer, what);
                }
                self.shapes.compare(side, &old.schema(), &new.schema());
            }
            (Some(old), None) => {
                let what = "the body is gone";
                self.shapes
                    .note_old(side, Class::Breaking, &old.pointer, what);
            }
            (None, Some(new)) => {
                let class = Class::breaking_if(new.required);
                self.shapes
                    .note_new(side, class, &new.pointer, "the body is new");
            }
            (None, None) => {}
        }
    }

    /// Compares the documented statuses, some of which lowering removes.
    fn statuses(&mut self, operation: &Operation<'_>) {
        let (old, new) = self.published;
        let node = |tree: &'a Value| Some(resolve(tree, tree.pointer(&operation.pointer)?));
        let statuses = |tree| {
            node(tree)
                .into_iter()
                .flat_map(|node| members(node, "responses"))
        };
        let before: BTreeSet<&String> = statuses(old).map(|(status, _)| status).collect();
        let after: BTreeSet<&String> = statuses(new).map(|(status, _)| status).collect();
        let place = |status: &str| format!("{}/responses/{status}", operation.pointer);
        for status in before.difference(&after) {
            let class = Class::breaking_if(status.starts_with('2'));
            let what = format!("the status {status} is no longer documented");
            self.shapes
                .note_old(Side::Response, class, &place(status), what);
        }
        for status in after.difference(&before) {
            let what = format!("the status {status} is new");
            self.shapes
                .note_new(Side::Response, Class::Additive, &place(status), what);
        }
    }
}

/// Returns the class and the description of a part of a request that became required, or optional.
pub(super) fn required(now: bool) -> (Class, &'static str) {
    if now {
        (Class::Breaking, "is required now")
    } else {
        (Class::Additive, "is no longer required")
    }
}

/// Returns the class and the description of a new property.
pub(super) fn new_property(name: &str, is_required: bool) -> (Class, String) {
    let which = if is_required { " and required" } else { "" };
    (
        Class::breaking_if(is_required),
        format!("`{name}` is new{which}"),
    )
}
