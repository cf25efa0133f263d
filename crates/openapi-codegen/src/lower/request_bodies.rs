//! One media type for each request body.

use serde_json::{Map, Value, json};

use super::json_bodies::{JSON, is_json};
use super::{Edit, Pass, Work};
use crate::constraints::stated;
use openapi_tree::schemas::operations;

/// The client sends the first of these media types: JSON, a form, bytes, text. An operation that accepts none of them is
/// removed.
pub(super) const PASS: Pass = Pass {
    name: "one-request-body",
    reason: "progenitor panics if a request body has several media types or an encoding, and rejects bytes and text with a \
              more specific schema",
    work: Work::Document(edits),
};

/// The form in which a request body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// JSON.
    Json,
    /// A form.
    Form,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
}

/// The constraints that a plain text body can have.
const TEXT: [&str; 3] = ["minLength", "maxLength", "pattern"];

/// Returns the form in which the client sends a media type, if it can. JSON is sent with the media type of the document.
fn kind_of(media_type: &str) -> Option<Kind> {
    match media_type.split(';').next()?.trim() {
        "application/x-www-form-urlencoded" => Some(Kind::Form),
        "application/octet-stream" => Some(Kind::Bytes),
        "text/plain" | "text/x-markdown" => Some(Kind::Text),
        "*/*" | "application/*" => Some(Kind::Json),
        name if is_json(name) && !name.contains('*') => Some(Kind::Json),
        _ => None,
    }
}

/// Returns the media type that is sent, and its content.
fn simple(content: &Map<String, Value>) -> Option<(&String, Value)> {
    let (kind, media_type, media) = content
        .iter()
        .filter_map(|(media_type, media)| Some((kind_of(media_type)?, media_type, media)))
        .min_by_key(|(kind, media_type, _)| (*kind, !media_type.starts_with(JSON)))?;
    let mut schema = match kind {
        Kind::Bytes => json!({ "type": "string", "format": "binary" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Json | Kind::Form => media.get("schema").cloned().unwrap_or_else(|| json!({})),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("nullable");
    }
    let mut media = media.clone();
    if let Some(media) = media.as_object_mut() {
        media.insert("schema".to_owned(), schema);
        media.remove("encoding");
    }
    Some((media_type, media))
}

fn edits(tree: &Value) -> Vec<Edit> {
    operations(tree)
        .iter()
        .filter_map(|operation| {
            let pointer = &operation.pointer;
            edit(pointer, operation.node.get("requestBody")?)
        })
        .collect()
}

/// Returns the edit of an operation with this body, if the body needs one.
fn edit(operation: &str, body: &Value) -> Option<Edit> {
    let place = format!("{operation}/requestBody");
    let content = body.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return Some(Edit::remove(&place).note(&place, "removed: it has no content"));
    };
    let place = format!("{place}/content");
    let Some((media_type, media)) = simple(content) else {
        let kinds: Vec<&str> = content.keys().map(String::as_str).collect();
        let what = format!(
            "operation removed: the generated client cannot write {}",
            kinds.join(", ")
        );
        return Some(Edit::remove(operation).loss(place, what));
    };
    let others: Vec<&str> = content
        .keys()
        .filter(|kind| *kind != media_type)
        .map(String::as_str)
        .collect();
    let constraints: Vec<String> = match kind_of(media_type) {
        Some(Kind::Text) => TEXT
            .iter()
            .filter_map(|keyword| stated(content[media_type].get("schema")?, keyword))
            .collect(),
        _ => Vec::new(),
    };
    let edit = Edit::set(&place, json!({ media_type: media }));
    if !constraints.is_empty() {
        return Some(edit.loss(
            place,
            format!(
                "not checked for a plain text body: {}",
                constraints.join(", ")
            ),
        ));
    }
    if !others.is_empty() {
        return Some(edit.note(&place, format!("never sent as {}", others.join(", "))));
    }
    (content[media_type] != media)
        .then(|| edit.note(&place, "written in the form in which it is sent"))
}
