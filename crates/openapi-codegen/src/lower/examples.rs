//! Responses that the examples of a document show.

mod fit;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Edit, Pass, Work};
use crate::conventions::Conventions;
use fit::Reader;
use openapi_tree::document::escape;
use openapi_tree::schemas::operations;

/// If the example of a response contradicts its schema, the types accept both: another type or format, null in a list, a
/// missing identifier. The pass `lenient-responses` handles all other missing and null properties.
pub(super) const PASS: Pass = Pass {
    name: "examples",
    reason: "serde rejects a response that differs from its schema, and the examples of documents do differ",
    work: Work::Conventions(edits),
};

/// Returns the edits after which the generated types decode the examples of responses, and those that remove invalid
/// examples.
fn edits(tree: &Value, conventions: &Conventions) -> Vec<Edit> {
    let mut reader = Reader {
        tree,
        identifier: conventions.identifier.as_deref(),
        edits: Vec::new(),
    };
    for operation in operations(tree) {
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let Some(media) = response.pointer("/content/application~1json") else {
                continue;
            };
            let pointer = format!(
                "{}/responses/{}/content/application~1json",
                operation.pointer,
                escape(status)
            );
            let Some(schema) = media.get("schema") else {
                continue;
            };
            let place = format!("{pointer}/schema");
            for (example, value) in examples(media, &pointer) {
                match read(tree, schema, value) {
                    Ok(value) => reader.read(&place, schema, &value, &example),
                    Err(why) => {
                        let what = format!("invalid example, ignored: {why}");
                        reader
                            .edits
                            .push(Edit::remove(&example).loss(&example, what));
                    }
                }
            }
        }
    }
    let mut done = BTreeSet::new();
    let mut edits = reader.edits;
    edits.retain(|edit| done.insert(edit.pointer().to_owned()));
    edits
}

/// Returns the examples of a body with their pointers.
fn examples<'a>(media: &'a Value, pointer: &str) -> Vec<(String, &'a Value)> {
    let mut examples = Vec::new();
    if let Some(example) = media.get("example") {
        examples.push((format!("{pointer}/example"), example));
    }
    let named = media.get("examples").and_then(Value::as_object);
    for (name, example) in named.into_iter().flatten() {
        if let Some(value) = example.get("value") {
            examples.push((format!("{pointer}/examples/{}/value", escape(name)), value));
        }
    }
    examples
}

/// Reads an example. The example of a body that is not a string can be a string that contains JSON.
fn read<'a>(tree: &Value, schema: &Value, example: &'a Value) -> Result<Cow<'a, Value>, String> {
    match example {
        Value::String(text) if !fit::takes_text(tree, schema) => serde_json::from_str(text)
            .map(Cow::Owned)
            .map_err(|error| format!("it is not JSON: {error}")),
        value => Ok(Cow::Borrowed(value)),
    }
}
