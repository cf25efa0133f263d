//! What a server sends must never take a client down.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Changes, Pass, make_nullable};
use crate::document::escape;
use crate::schemas::{COMPONENTS, inside, response_components};

/// The property that says which item it is. Without it an item is of no use, so it alone stays required.
const IDENTIFIER: &str = "Id";

/// In every schema that a response can reach: unknown properties are let through, and each property but the
/// identifier may be missing or null, which both read as `None`, never as a default.
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
        let mut done = Vec::new();
        if schema.get("additionalProperties") == Some(&Value::Bool(false))
            && let Some(object) = schema.as_object_mut()
        {
            object.remove("additionalProperties");
            done.push("unknown properties let through".to_owned());
        }
        let dropped: Vec<String> = required(schema)
            .into_iter()
            .filter(|name| name != IDENTIFIER)
            .collect();
        if !dropped.is_empty() {
            if required(schema).contains(IDENTIFIER) {
                schema["required"] = json!([IDENTIFIER]);
            } else if let Some(object) = schema.as_object_mut() {
                object.remove("required");
            }
            done.push(format!("may be missing: {}", dropped.join(", ")));
        }
        let required = required(schema);
        let mut nulls = Vec::new();
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            for (name, property) in properties {
                if !required.contains(name) && is_never_null(property) {
                    make_nullable(property);
                    nulls.push(name.clone());
                }
            }
        }
        if !nulls.is_empty() {
            done.push(format!("may be null: {}", nulls.join(", ")));
        }
        changes.note(pointer, done.join("; "));
    }
}

fn is_strict(schema: &Value) -> bool {
    let required = required(schema);
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        || required.iter().any(|name| name != IDENTIFIER)
        || schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .any(|(name, property)| !required.contains(name) && is_never_null(property))
}

fn required(schema: &Value) -> BTreeSet<String> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// A schema without a type takes null as it is.
fn is_never_null(schema: &Value) -> bool {
    schema.get("nullable") != Some(&Value::Bool(true))
        && ["type", "$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|keyword| schema.get(*keyword).is_some())
}
