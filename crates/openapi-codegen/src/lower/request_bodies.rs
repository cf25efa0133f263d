//! A request body of one kind.

use serde_json::{Value, json};

use super::{Changes, Pass};
use openapi_tree::schemas::operations;

/// Of several media types the client sends the first of these: JSON, a form, bytes, text.
pub(super) const PASS: Pass = Pass {
    name: "one-request-body",
    answers: "progenitor panics over a request body of several media types and over one with encodings, and refuses \
              bytes and texts whose schema says more than that",
    find,
    apply,
};

/// What a request body can be sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// JSON.
    Json,
    /// A form.
    Form,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
}

/// How the client sends a media type, if it can.
pub(crate) fn kind_of(media_type: &str) -> Option<Kind> {
    match media_type.split(';').next()?.trim() {
        "application/json" => Some(Kind::Json),
        "application/x-www-form-urlencoded" => Some(Kind::Form),
        "application/octet-stream" => Some(Kind::Bytes),
        "text/plain" | "text/x-markdown" => Some(Kind::Text),
        _ => None,
    }
}

/// The content of a request body as the generator takes it, and what had to be left out.
fn simple(content: &Value) -> Option<Simple> {
    let content = content.as_object()?;
    let (media_type, media) = content
        .iter()
        .filter_map(|(media_type, media)| Some((kind_of(media_type)?, media_type, media)))
        .min_by_key(|(kind, ..)| *kind)
        .map(|(_, media_type, media)| (media_type, media))?;
    let mut media = media.clone();
    if let Some(media) = media.as_object_mut() {
        let schema = match kind_of(media_type)? {
            Kind::Bytes => json!({ "type": "string", "format": "binary" }),
            Kind::Text => json!({ "type": "string" }),
            Kind::Json | Kind::Form => {
                let mut schema = media.get("schema").cloned().unwrap_or_else(|| json!({}));
                if let Some(schema) = schema.as_object_mut() {
                    schema.remove("nullable");
                }
                schema
            }
        };
        media.insert("schema".to_owned(), schema);
        media.remove("encoding");
    }
    let others = content
        .keys()
        .filter(|other| *other != media_type)
        .cloned()
        .collect();
    Some((json!({ media_type: media }), others))
}

/// The one content that a body is to have, and the media types that are left out for it.
type Simple = (Value, Vec<String>);

fn places(tree: &Value) -> Vec<(String, Option<Simple>)> {
    operations(tree)
        .iter()
        .filter_map(|operation| {
            let body = operation.node.get("requestBody")?;
            let pointer = format!("{}/requestBody", operation.pointer);
            match body.get("content") {
                Some(content) if content.as_object().is_some_and(|kinds| !kinds.is_empty()) => {
                    let simple = simple(content);
                    let is_simple = simple.as_ref().is_some_and(|(simple, _)| simple == content);
                    (!is_simple).then_some((format!("{pointer}/content"), simple))
                }
                _ => Some((pointer, None)),
            }
        })
        .collect()
}

fn find(tree: &Value) -> Vec<String> {
    places(tree)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for (pointer, simple) in places(tree) {
        match simple {
            Some((content, others)) => {
                if let Some(place) = tree.pointer_mut(&pointer) {
                    *place = content;
                }
                if others.is_empty() {
                    changes.note(&pointer, "written in the one form that it is sent in");
                } else {
                    changes.note(&pointer, format!("never sent as {}", others.join(", ")));
                }
            }
            // A body without content is none.
            None if pointer.ends_with("/requestBody") => {
                let operation = pointer.trim_end_matches("/requestBody");
                if let Some(operation) = tree.pointer_mut(operation).and_then(Value::as_object_mut)
                {
                    operation.remove("requestBody");
                }
                changes.note(&pointer, "left out: it has no content");
            }
            None => {}
        }
    }
}
