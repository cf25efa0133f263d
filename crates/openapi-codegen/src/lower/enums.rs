//! Enums list texts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass};
use openapi_tree::schemas::{each_schema, each_schema_mut};

/// An enum lists texts, each once. Of other values, the type alone is kept; null among them says that the value may
/// be null.
pub(super) const PASS: Pass = Pass {
    name: "text-enums",
    answers: "typify refuses values that are no texts, and makes a type that nothing fits of an enum without values",
    find,
    apply,
};

enum Mend {
    /// The values to keep; whether null was among them.
    Keep(Vec<Value>, bool),
    Drop(bool),
}

fn mend(schema: &Value) -> Option<Mend> {
    let values = schema.get("enum")?;
    let list = values.as_array().map_or(&[][..], Vec::as_slice);
    let has_null = list.iter().any(Value::is_null);
    let is_text = schema.get("type").and_then(Value::as_str) == Some("string");
    let mut seen = BTreeSet::new();
    let texts: Vec<Value> = list
        .iter()
        .filter(|value| value.as_str().is_some_and(|text| seen.insert(text)))
        .cloned()
        .collect();
    if !is_text || texts.is_empty() {
        return Some(Mend::Drop(has_null));
    }
    (texts.len() != list.len()).then_some(Mend::Keep(texts, has_null))
}

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if mend(schema).is_some() {
            found.push(format!("{pointer}/enum"));
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    each_schema_mut(tree, &mut |pointer, schema| {
        let Some(mend) = mend(schema) else {
            return;
        };
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let place = format!("{pointer}/enum");
        let has_null = match mend {
            Mend::Keep(texts, has_null) => {
                object.insert("enum".to_owned(), Value::Array(texts));
                changes.note(place, "its texts alone, each once");
                has_null
            }
            Mend::Drop(has_null) => {
                object.remove("enum");
                changes.loss(place, "left out: its values are no texts");
                has_null
            }
        };
        if has_null {
            object.insert("nullable".to_owned(), Value::Bool(true));
        }
    });
}
