//! Components that never come to an end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work, component_pointer};
use openapi_tree::schemas::{components, named_component};

/// A component that is nothing but a list (or a map, or another name) of itself says nothing of its values: some
/// documents write any JSON so.
pub(super) const PASS: Pass = Pass {
    name: "any-json",
    answers: "typify makes a list of lists of lists of such a component, which nothing but empty lists can be read \
              into, or overflows its stack",
    work: Work::Document(edits),
};

/// The same, once more: what was merged may be but another name now.
pub(super) const AGAIN: Pass = Pass {
    name: "any-json-again",
    ..PASS
};

/// All of a circle at once: when one of them is changed, the others look sound.
fn edits(tree: &Value) -> Vec<Edit> {
    components(tree)
        .filter(|(name, schema)| leads_back(tree, name, schema))
        .map(|(name, schema)| {
            let pointer = component_pointer(name);
            let mut any = super::any_json(schema);
            if any.get("description").is_none() {
                any["description"] = json!("Any JSON.");
            }
            let what = format!("any JSON: `{name}` leads to itself alone");
            Edit::set(&pointer, any).loss(&pointer, what)
        })
        .collect()
}

/// Whether a component leads to nothing but itself.
fn leads_back(tree: &Value, name: &str, schema: &Value) -> bool {
    let mut seen: BTreeSet<&str> = [name].into();
    let mut schema = schema;
    loop {
        if let Some(name) = named_component(schema) {
            if !seen.insert(name) {
                return true;
            }
            match tree.pointer(&component_pointer(name)) {
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

/// The schema of the items of a list, or of the values of a map, where there is nothing else.
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
