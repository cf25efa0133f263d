//! What a server sends must never take a client down.

use serde_json::{Value, json};

use super::{Changes, make_nullable};
use openapi_tree::document::escape;
use openapi_tree::schemas::{COMPONENTS, inside, required, response_components};

/// Accepts, in every schema that a response can reach, unknown properties, and a missing or null value for each
/// property except the identifier and for each value of a map. Both read as `None`, never as a default.
///
/// serde rejects a whole page if one property of one item is missing, null or unknown. An item without its identifier
/// is not usable, so that property stays required.
pub(super) fn relax(tree: &mut Value, identifier: Option<&str>, changes: &mut Changes) {
    changes.begin("lenient-responses");
    for pointer in find(tree, identifier) {
        if let Some(schema) = tree.pointer_mut(&pointer) {
            relax_schema(schema, &pointer, identifier, changes);
        }
    }
}

fn find(tree: &Value, identifier: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    for name in response_components(tree) {
        let mut pointer = format!("{COMPONENTS}/{}", escape(&name));
        if let Some(component) = tree.pointer(&pointer) {
            inside(component, &mut pointer, &mut |pointer, schema| {
                if is_strict(schema, identifier) {
                    found.push(pointer.to_owned());
                }
            });
        }
    }
    found
}

fn relax_schema(
    schema: &mut Value,
    pointer: &str,
    identifier: Option<&str>,
    changes: &mut Changes,
) {
    let required: Vec<String> = required(schema).into_iter().map(str::to_owned).collect();
    let requires = |name: &str| required.iter().any(|required| required == name);
    let kept = identifier.filter(|name| requires(name));
    if let Some(object) = schema.as_object_mut() {
        if object.get("additionalProperties") == Some(&Value::Bool(false)) {
            object.remove("additionalProperties");
            changes.note(pointer, "unknown properties let through");
        }
        if let Some(identifier) = kept {
            object.insert("required".to_owned(), json!([identifier]));
        } else {
            object.remove("required");
        }
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if kept == Some(name) {
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

fn is_strict(schema: &Value, identifier: Option<&str>) -> bool {
    let required = required(schema);
    let is_lenient = |(name, property): (&String, &Value)| {
        identifier == Some(name) && required.contains(&name.as_str()) || !is_never_null(property)
    };
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        || schema
            .get("additionalProperties")
            .is_some_and(is_never_null)
        || required.iter().any(|name| identifier != Some(*name))
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
