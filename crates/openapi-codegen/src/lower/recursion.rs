//! Components that contain only themselves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use openapi_tree::schemas::{component, component_pointer, components, named_component};

/// A component that is only a list or a map of itself, or another name of itself, becomes any JSON. Some documents describe
/// any JSON in this way.
pub(super) const PASS: Pass = Pass {
    name: "any-json",
    reason: "typify creates lists of lists of such a component, which accept only empty lists, or overflows its stack",
    work: Work::Document(edits),
};

/// Runs again, because merging can leave a component that is only another name.
pub(super) const AGAIN: Pass = Pass {
    name: "any-json-again",
    ..PASS
};

/// Returns the edits of all components of a circle at once, because the others would look valid after the first edit.
fn edits(tree: &Value) -> Vec<Edit> {
    components(tree)
        .filter(|(name, schema)| leads_back(tree, name, schema))
        .map(|(name, schema)| {
            let pointer = component_pointer(name);
            let mut any = super::any_json(schema);
            if any.get("description").is_none() {
                any["description"] = json!("Any JSON.");
            }
            let what = format!("any JSON: `{name}` contains only itself");
            Edit::set(&pointer, any).loss(&pointer, what)
        })
        .collect()
}

/// Returns `true` if a component contains only itself.
fn leads_back(tree: &Value, name: &str, schema: &Value) -> bool {
    let mut seen: BTreeSet<&str> = [name].into();
    let mut schema = schema;
    loop {
        if let Some(name) = named_component(schema) {
            if !seen.insert(name) {
                return true;
            }
            match component(tree, name) {
                Some(component) => schema = component,
                None => return false,
            }
        } else if let Some(inner) = held(schema) {
            schema = inner;
        } else {
            return false;
        }
    }
}

/// Returns the schema of the items of a list or of the values of a map, if the schema has nothing else.
fn held(schema: &Value) -> Option<&Value> {
    let is_empty = |keyword: &str| {
        schema
            .get(keyword)
            .and_then(Value::as_object)
            .is_none_or(serde_json::Map::is_empty)
    };
    if ["allOf", "anyOf", "oneOf", "enum"]
        .iter()
        .any(|keyword| schema.get(*keyword).is_some())
    {
        return None;
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => schema.get("items"),
        Some("object") if is_empty("properties") => schema
            .get("additionalProperties")
            .filter(|inner| inner.is_object()),
        _ => None,
    }
}
