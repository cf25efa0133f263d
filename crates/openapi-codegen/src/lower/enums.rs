//! Enums of strings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work};

/// An enum lists each string once. An enum of other values becomes their type. Null in the list becomes `nullable`.
pub(super) const PASS: Pass = Pass {
    name: "text-enums",
    reason: "typify rejects values that are not strings, and creates a type without values for an empty enum",
    work: Work::Schemas(edits),
};

fn edits(pointer: &str, schema: &Value) -> Vec<Edit> {
    let Some(list) = schema
        .get("enum")
        .map(|values| values.as_array().map_or(&[][..], Vec::as_slice))
    else {
        return Vec::new();
    };
    let place = format!("{pointer}/enum");
    let is_text = schema.get("type").and_then(Value::as_str) == Some("string");
    let mut seen = BTreeSet::new();
    let strings: Vec<&Value> = list
        .iter()
        .filter(|value| value.as_str().is_some_and(|text| seen.insert(text)))
        .collect();
    let edit = if !is_text || strings.is_empty() {
        Edit::remove(&place).loss(&place, "removed: its values are not strings")
    } else if strings.len() != list.len() {
        Edit::set(&place, json!(strings)).note(&place, "only its strings, each once")
    } else {
        return Vec::new();
    };
    let nullable = Edit::set(format!("{pointer}/nullable"), json!(true));
    let has_null = list.iter().any(Value::is_null);
    std::iter::once(edit)
        .chain(has_null.then_some(nullable))
        .collect()
}
