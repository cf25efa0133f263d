//! References with something beside them.

use serde_json::{Map, Value, json};

use super::{Changes, Pass};
use openapi_tree::schemas::{each_schema, each_schema_mut, named_component};

/// A reference keeps its description and whether it may be null; a type, a format or a limit beside it belongs to
/// what it refers to.
pub(super) const PASS: Pass = Pass {
    name: "plain-references",
    answers: "typify panics over a format beside a reference, and makes a second type for a limit beside one",
    find,
    apply,
};

/// What may stand beside a reference: what it says for readers, and whether it may be null.
fn is_extra(key: &str) -> bool {
    key != "allOf" && !super::is_annotation(key)
}

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if schema.get("$ref").is_none()
            && named_component(schema).is_some()
            && let Some(object) = schema.as_object()
            && object.keys().any(|key| is_extra(key))
        {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    each_schema_mut(tree, &mut |pointer, schema| {
        if schema.get("$ref").is_some() {
            return;
        }
        let Some(reference) =
            named_component(schema).map(|name| json!([super::reference_to(name)]))
        else {
            return;
        };
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let extra: Vec<String> = object.keys().filter(|key| is_extra(key)).cloned().collect();
        if extra.is_empty() {
            return;
        }
        let mut plain: Map<String, Value> = std::mem::take(object)
            .into_iter()
            .filter(|(key, _)| !is_extra(key))
            .collect();
        plain.insert("allOf".to_owned(), reference);
        *object = plain;
        changes.note(
            pointer,
            format!("left out beside the reference: {}", extra.join(", ")),
        );
    });
}
