//! Operations, side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shapes::Shapes;
use super::{Change, Class, Side};
use openapi_codegen::lower::{Lowered, envelope};
use openapi_tree::document::escape;
use openapi_tree::schemas::{COMPONENTS, Operation, operations, required as required_of, resolve};

/// What changed on the wire. `published` are the documents as they were before lowering, old and new.
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
        let pointer = |name: &str| format!("{COMPONENTS}/{}", escape(name));
        wire.shapes
            .compare(Side::Request, &pointer(before), &pointer(after));
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

struct Wire<'a> {
    shapes: Shapes<'a>,
    published: (&'a Value, &'a Value),
    /// The properties that the new envelope requires.
    required: BTreeSet<&'a str>,
}

impl Wire<'_> {
    fn operation(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let is_deprecated = |operation: &Operation<'_>| {
            operation.node.get("deprecated") == Some(&Value::Bool(true))
        };
        if is_deprecated(old) != is_deprecated(new) {
            let what = if is_deprecated(new) {
                "is deprecated"
            } else {
                "is no longer deprecated"
            };
            self.shapes.note_new(
                Side::Request,
                Class::Additive,
                &new.pointer,
                what.to_owned(),
            );
        }
        self.parameters(old, new);
        self.envelope(old, new);
        self.request(old, new);
        self.responses(old, new);
        self.statuses(old);
    }

    /// The properties of the envelope that an operation takes.
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
                self.shapes
                    .note_new(Side::Request, class, now, what.to_owned());
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
            let (media_type, _) = body.get("content")?.as_object()?.iter().next()?;
            let required = body.get("required") == Some(&Value::Bool(true));
            let pointer = format!("{}/requestBody", operation.pointer);
            Some((pointer, media_type.clone(), required))
        };
        match (body(old), body(new)) {
            (Some((before, old_type, was_required)), Some((after, new_type, is_required))) => {
                if old_type != new_type {
                    self.shapes.note_new(
                        Side::Request,
                        Class::Breaking,
                        &after,
                        format!("the body is {new_type} in place of {old_type}"),
                    );
                }
                if was_required != is_required {
                    let (class, what) = required(is_required);
                    self.shapes
                        .note_new(Side::Request, class, &after, what.to_owned());
                }
                self.shapes.compare(
                    Side::Request,
                    &format!("{before}/content/{}/schema", escape(&old_type)),
                    &format!("{after}/content/{}/schema", escape(&new_type)),
                );
            }
            (Some((before, ..)), None) => self.shapes.note_old(
                Side::Request,
                Class::Breaking,
                &before,
                "the request body is gone".to_owned(),
            ),
            (None, Some((after, _, is_required))) => {
                let class = if is_required {
                    Class::Breaking
                } else {
                    Class::Additive
                };
                self.shapes.note_new(
                    Side::Request,
                    class,
                    &after,
                    "a request body is new".to_owned(),
                );
            }
            (None, None) => {}
        }
    }

    fn responses(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        // Lowering has made the successes of an operation alike, and its errors: one of each is enough.
        for class in ["2", "4", "5"] {
            let body = |operation: &Operation<'_>| {
                let responses = operation.node.get("responses")?.as_object()?;
                let (status, response) = responses
                    .iter()
                    .find(|(status, _)| status.starts_with(class))?;
                let (media_type, _) = response.get("content")?.as_object()?.iter().next()?;
                let pointer = format!(
                    "{}/responses/{}/content/{}",
                    operation.pointer,
                    escape(status),
                    escape(media_type)
                );
                Some((pointer, media_type.clone()))
            };
            match (body(old), body(new)) {
                (Some((before, old_type)), Some((after, new_type))) => {
                    if old_type != new_type {
                        self.shapes.note_new(
                            Side::Response,
                            Class::Breaking,
                            &after,
                            format!("the body is {new_type} in place of {old_type}"),
                        );
                    }
                    self.shapes.compare(
                        Side::Response,
                        &format!("{before}/schema"),
                        &format!("{after}/schema"),
                    );
                }
                (Some((before, _)), None) => self.shapes.note_old(
                    Side::Response,
                    Class::Breaking,
                    &before,
                    "this body is gone".to_owned(),
                ),
                (None, Some((after, _))) => self.shapes.note_new(
                    Side::Response,
                    Class::Additive,
                    &after,
                    "this body is new".to_owned(),
                ),
                (None, None) => {}
            }
        }
    }

    /// The documented statuses, of which lowering leaves some out.
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
            let class = if status.starts_with('2') {
                Class::Breaking
            } else {
                Class::Additive
            };
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

/// Something that is sent became required, or optional.
pub(super) fn required(now: bool) -> (Class, &'static str) {
    if now {
        (Class::Breaking, "is required now")
    } else {
        (Class::Additive, "is no longer required")
    }
}
