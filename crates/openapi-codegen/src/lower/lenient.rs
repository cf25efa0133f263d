//! Lenient responses.

use serde_json::{Value, json};

use super::{Edit, Pass, Work, is_nullable};
use crate::conventions::Conventions;
use openapi_tree::document::escape;
use openapi_tree::schemas::{component_pointer, inside, properties, required, response_components};

/// The extension at an identifier that an example of a response omits. Such an identifier can be missing.
pub(super) const OMITTED: &str = "x-omitted-by-example";

/// Every schema that a response can reach accepts unknown properties. Each of its properties except the identifier can be
/// missing or null, and each value of a map can be null. Both decode as `None`, never as a default.
pub(super) const PASS: Pass = Pass {
    name: "lenient-responses",
    reason: "serde rejects a whole page if one property of one item is missing, null or unknown",
    work: Work::Conventions(edits),
};

fn edits(tree: &Value, conventions: &Conventions) -> Vec<Edit> {
    let identifier = conventions.identifier.as_deref();
    let mut edits = Vec::new();
    for name in response_components(tree) {
        let mut pointer = component_pointer(&name);
        if let Some(component) = tree.pointer(&pointer.clone()) {
            inside(component, &mut pointer, &mut |pointer, schema| {
                relax(pointer, schema, identifier, &mut edits);
            });
        }
    }
    edits
}

fn relax(pointer: &str, schema: &Value, identifier: Option<&str>, edits: &mut Vec<Edit>) {
    let place = format!("{pointer}/additionalProperties");
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => {
            edits.push(Edit::remove(&place).note(pointer, "unknown properties are accepted"));
        }
        Some(values) if is_never_null(values) => {
            edits.push(Edit::nullable(&place, values).note(&place, "may be null"));
        }
        _ => {}
    }
    let required = required(schema);
    let stays = |name: &str| {
        identifier == Some(name)
            && required.contains(&name)
            && schema["properties"][name].get(OMITTED).is_none()
    };
    if required.iter().any(|name| !stays(name)) {
        let place = format!("{pointer}/required");
        edits.push(match identifier.filter(|name| stays(name)) {
            Some(identifier) => Edit::set(place, json!([identifier])),
            None => Edit::remove(place),
        });
    }
    for (name, property) in properties(schema).filter(|(name, _)| !stays(name)) {
        let place = format!("{pointer}/properties/{}", escape(name));
        let (missing, null) = (required.contains(&name.as_str()), is_never_null(property));
        let what = match (missing, null) {
            (true, true) => "may be missing or null",
            (true, false) => "may be missing",
            (false, true) => "may be null",
            (false, false) => continue,
        };
        let edit = if null {
            Edit::nullable(&place, property)
        } else {
            Edit::report(&place)
        };
        edits.push(edit.note(place, what));
    }
}

/// Returns `true` if a schema rejects null. A schema without a type accepts it.
fn is_never_null(schema: &Value) -> bool {
    !is_nullable(schema)
        && ["type", "$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|keyword| schema.get(*keyword).is_some())
}
