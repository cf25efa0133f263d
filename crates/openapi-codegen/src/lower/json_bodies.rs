//! Media types of JSON responses.

use serde_json::{Map, Value, json};

use super::{Edit, Pass, Work};
use openapi_tree::schemas::operations;

/// JSON with another media type (`text/json`, `application/problem+json`) becomes `application/json`, and the other media
/// types of the response are removed.
pub(super) const PASS: Pass = Pass {
    name: "json-responses",
    reason: "progenitor supports one name for JSON, and panics if JSON has no schema or an encoding",
    work: Work::Document(edits),
};

pub(crate) const JSON: &str = "application/json";

/// Returns `true` if a media type is JSON under any name.
pub(crate) fn is_json(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim();
    name == JSON || name == "text/json" || name.ends_with("+json")
}

fn simple(content: &Map<String, Value>) -> Option<Value> {
    let (_, media) = content
        .iter()
        .filter(|(media_type, _)| is_json(media_type))
        .min_by_key(|(media_type, _)| (*media_type != JSON, media_type.len()))?;
    let mut media = media.clone();
    let object = media.as_object_mut()?;
    object.remove("encoding");
    object.entry("schema").or_insert_with(|| json!({}));
    Some(json!({ JSON: media }))
}

fn edits(tree: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    for operation in operations(tree) {
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let content = response.get("content").and_then(Value::as_object);
            if let Some(content) = content
                && let Some(simple) = simple(content)
                && simple.as_object() != Some(content)
            {
                let place = format!("{}/responses/{status}/content", operation.pointer);
                edits.push(
                    Edit::set(&place, simple).note(&place, "decoded as application/json only"),
                );
            }
        }
    }
    edits
}
