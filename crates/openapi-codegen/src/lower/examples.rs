//! What a document itself shows must be readable.

mod fit;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass, Work};
use fit::Contradiction;
use openapi_tree::document::escape;
use openapi_tree::schemas::operations;

/// Where the example of a response contradicts what the document says of that response, the types follow what both
/// allow: another type or format, null in a list, a missing identifier. Whatever else may be missing or null anyway is
/// left to the pass `lenient-responses`.
pub(super) const PASS: Pass = Pass {
    name: "examples",
    answers: "serde refuses a response that differs from its schema, as documents show that theirs do",
    work: Work::Whole { find, apply },
};

/// A relaxed schema may let the next contradiction show; more rounds than a response is deep are not needed.
const ROUNDS: usize = 64;

fn find(tree: &Value) -> Vec<String> {
    contradictions(tree, &mut |_, _| {})
        .into_iter()
        .map(|contradiction| contradiction.pointer)
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let mut broken = Vec::new();
    contradictions(tree, &mut |pointer, why| broken.push((pointer, why)));
    for (pointer, why) in broken {
        changes.loss(pointer, format!("broken example, passed over: {why}"));
    }
    for _ in 0..ROUNDS {
        let found = contradictions(tree, &mut |_, _| {});
        if found.is_empty() {
            return;
        }
        let mut done = BTreeSet::new();
        for contradiction in found {
            if done.insert(contradiction.pointer.clone()) {
                let at = changes.published(&contradiction.example);
                changes.loss(
                    &contradiction.pointer,
                    format!("{}, as the example {at} shows", contradiction.what),
                );
                contradiction.settle(tree);
            }
        }
    }
}

/// What the examples of responses contradict; `broken` gets the pointers of those that can't be read, and why.
fn contradictions(tree: &Value, broken: &mut impl FnMut(String, String)) -> Vec<Contradiction> {
    let mut found = Vec::new();
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
            let schema = format!("{pointer}/schema");
            for (example, value) in examples(media, &pointer) {
                match read(tree, &schema, value) {
                    Ok(value) => fit::examine(tree, &schema, &value, &example, &mut found),
                    Err(why) => broken(example, why),
                }
            }
        }
    }
    found
}

/// The examples of a body, with their pointers.
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

/// An example of a body that is no text may be written as the text of its JSON.
fn read(tree: &Value, schema: &str, example: &Value) -> Result<Value, String> {
    match example {
        Value::String(text) if !fit::takes_text(tree, schema) => {
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))
        }
        value => Ok(value.clone()),
    }
}
