//! Enums list texts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work};

/// An enum lists texts, each once. Of other values, the type alone is kept; null among them says that the value may
/// be null.
pub(super) const PASS: Pass = Pass {
    name: "text-enums",
    answers: "typify refuses values that are no texts, and makes a type that nothing fits of an enum without values",
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
    let texts: Vec<&Value> = list
        .iter()
        .filter(|value| value.as_str().is_some_and(|text| seen.insert(text)))
        .collect();
    let edit = if !is_text || texts.is_empty() {
        Edit::remove(&place).loss(&place, "left out: its values are no texts")
    } else if texts.len() != list.len() {
        Edit::set(&place, json!(texts)).note(&place, "its texts alone, each once")
    } else {
        return Vec::new();
    };
    let nullable = Edit::set(format!("{pointer}/nullable"), json!(true));
    let has_null = list.iter().any(Value::is_null);
    std::iter::once(edit)
        .chain(has_null.then_some(nullable))
        .collect()
}
