//! The comparison of operations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shapes::Shapes;
use super::{Change, Class, Side};
use openapi_codegen::lower::{Lowered, envelope};
use openapi_tree::document::escape;
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
        required: required.unwrap_or_default().into_iter().collect(),
    };
    let (before, after) = (by_path(&old.contract), by_path(&new.contract));
    if let (Some((before, _)), Some((after, _))) = envelopes {
        let (before, after) = (component_pointer(before), component_pointer(after));
        wire.shapes.compare(Side::Request, &before, &after);
    }
    for (key, operation) in &before {
        match after.get(key) {
            Some(now) => wire.operation(operation, now),
            None => wire.shapes.note_old(
                Side::Request,
                Class::Breaking,
                &operation.pointer,
                format!(
                    "the operation {} {} is gone",
                    key.1.to_ascii_uppercase(),
                    key.0
                ),
            ),
        }
    }
    for (key, operation) in &after {
        if !before.contains_key(key) {
            wire.shapes.note_new(
                Side::Request,
                Class::Additive,
                &operation.pointer,
                format!(
                    "the operation {} {} is new",
                    key.1.to_ascii_uppercase(),
                    key.0
                ),
            );
        }
    }
    wire.shapes.into_changes()
}

fn by_path(tree: &Value) -> BTreeMap<(&str, &str), Operation<'_>> {
    operations(tree)
        .into_iter()
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
        let (media_type, _) = holder.get("content")?.as_object()?.iter().next()?;
        Some(Self {
            pointer,
            media_type: media_type.clone(),
            required: holder.get("required") == Some(&Value::Bool(true)),
        })
    }

    fn schema(&self) -> String {
        format!(
            "{}/content/{}/schema",
            self.pointer,
            escape(&self.media_type)
        )
    }
}

struct Wire<'a> {
    shapes: Shapes<'a>,
    published: (&'a Value, &'a Value),
    /// The properties that the new envelope requires.
    required: BTreeSet<&'a str>,
}

impl Wire<'_> {
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
            let (class, what) = if self.required.contains(name.as_str()) {
                (Class::Breaking, format!("`{name}` is new and required"))
            } else {
                (Class::Additive, format!("`{name}` is new"))
            };
            self.shapes
                .note_new(Side::Request, class, &new.pointer, what);
        }
    }

    fn parameters(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let list = |operation: &Operation<'_>| {
            let parameters = operation.node.get("parameters").and_then(Value::as_array);
            let mut list = BTreeMap::new();
            for (index, parameter) in parameters.into_iter().flatten().enumerate() {
                let text = |key: &str| {
                    parameter
                        .get(key)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let required = parameter.get("required") == Some(&Value::Bool(true));
                let pointer = format!("{}/parameters/{index}", operation.pointer);
                list.insert((text("in"), text("name")), (pointer, required));
            }
            list
        };
        let (before, after) = (list(old), list(new));
        for ((place, name), (pointer, was_required)) in &before {
            let Some((now, is_required)) = after.get(&(place.clone(), name.clone())) else {
                self.shapes.note_old(
                    Side::Request,
                    Class::Breaking,
                    pointer,
                    format!("the {place} parameter `{name}` is gone"),
                );
                continue;
            };
            if was_required != is_required {
                let (class, what) = required(*is_required);
                self.shapes.note_new(Side::Request, class, now, what);
            }
            self.shapes.compare(
                Side::Request,
                &format!("{pointer}/schema"),
                &format!("{now}/schema"),
            );
        }
        for ((place, name), (pointer, is_required)) in &after {
            if !before.contains_key(&(place.clone(), name.clone())) {
                let (class, which) = if *is_required {
                    (Class::Breaking, "required")
                } else {
                    (Class::Additive, "optional")
                };
                self.shapes.note_new(
                    Side::Request,
                    class,
                    pointer,
                    format!("the {which} {place} parameter `{name}` is new"),
                );
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
                let responses = operation.node.get("responses")?.as_object()?;
                let (status, response) = responses
                    .iter()
                    .find(|(status, _)| status.starts_with(class))?;
                let pointer = format!("{}/responses/{}", operation.pointer, escape(status));
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
                self.shapes
                    .note_old(side, Class::Breaking, &old.pointer, "the body is gone");
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
        let statuses = |tree: &Value| -> BTreeSet<String> {
            tree.pointer(&operation.pointer)
                .map(|node| resolve(tree, node))
                .and_then(|node| node.get("responses")?.as_object())
                .into_iter()
                .flatten()
                .map(|(status, _)| status.clone())
                .collect()
        };
        let (before, after) = (statuses(self.published.0), statuses(self.published.1));
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
