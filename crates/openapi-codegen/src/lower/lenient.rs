//! What a server sends must never take a client down.

use serde_json::{Value, json};

use super::{Changes, Pass, make_nullable};
use openapi_tree::document::escape;
use openapi_tree::schemas::{COMPONENTS, inside, required, response_components};

/// The property that says which item it is. Without it an item is of no use, so it alone stays required.
const IDENTIFIER: &str = "Id";

/// In every schema that a response can reach: unknown properties are let through, and each property but the
/// identifier, and each value of a map, may be missing or null, which both read as `None`, never as a default.
pub(super) const PASS: Pass = Pass {
    name: "lenient-responses",
    answers: "serde refuses a whole page for one missing, null or unknown property of one item",
    find,
    apply,
};

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for name in response_components(tree) {
        let mut pointer = format!("{COMPONENTS}/{}", escape(&name));
        if let Some(component) = tree.pointer(&pointer) {
            inside(component, &mut pointer, &mut |pointer, schema| {
                if is_strict(schema) {
                    found.push(pointer.to_owned());
                }
            });
        }
    }
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for pointer in find(tree) {
        let Some(schema) = tree.pointer_mut(&pointer) else {
            continue;
        };
        let required: Vec<String> = required(schema).into_iter().map(str::to_owned).collect();
        let requires = |name: &str| required.iter().any(|required| required == name);
        if let Some(object) = schema.as_object_mut() {
            if object.get("additionalProperties") == Some(&Value::Bool(false)) {
                object.remove("additionalProperties");
                changes.note(pointer.clone(), "unknown properties let through");
            }
            if requires(IDENTIFIER) {
                object.insert("required".to_owned(), json!([IDENTIFIER]));
            } else {
                object.remove("required");
            }
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if name == IDENTIFIER && requires(IDENTIFIER) {
                continue;
            }
            let mut done = Vec::new();
            if requires(name) {
                done.push("missing");
            }
            if is_never_null(property) {
                make_nullable(property);
                done.push("null");
            }
            if !done.is_empty() {
                changes.note(
                    format!("{pointer}/properties/{}", escape(name)),
                    format!("may be {}", done.join(" or ")),
                );
            }
        }
        if let Some(values) = schema
            .get_mut("additionalProperties")
            .filter(|values| is_never_null(values))
        {
            make_nullable(values);
            changes.note(format!("{pointer}/additionalProperties"), "may be null");
        }
    }
}

fn is_strict(schema: &Value) -> bool {
    let required = required(schema);
    let is_lenient = |(name, property): (&String, &Value)| {
        name == IDENTIFIER && required.contains(&IDENTIFIER) || !is_never_null(property)
    };
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        || schema
            .get("additionalProperties")
            .is_some_and(is_never_null)
        || required.iter().any(|name| *name != IDENTIFIER)
        || !schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .all(is_lenient)
}

/// A schema without a type takes null as it is.
fn is_never_null(schema: &Value) -> bool {
    schema.get("nullable") != Some(&Value::Bool(true))
        && ["type", "$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|keyword| schema.get(*keyword).is_some())
}
