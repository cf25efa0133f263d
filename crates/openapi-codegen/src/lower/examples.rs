//! What a document itself shows must be readable.

mod fit;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass, is_nullable};
use fit::Contradiction;
use openapi_tree::document::escape;
use openapi_tree::schemas::{operations, roots};

/// Where the example of a response contradicts what the document says of that response, the types follow what both
/// allow: another type or format, null, a missing identifier. Nothing else is relaxed.
pub(super) const PASS: Pass = Pass {
    name: "examples",
    answers: "serde refuses a response that differs from its schema, as documents show that theirs do",
    find,
    apply,
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

/// Gives the contract the shapes of schemas that the examples have changed: what the finished code checks must be of
/// the type that it has.
pub(super) fn agree(contract: &mut Value, tree: &Value, changes: &Changes) {
    if !changes.list().iter().any(|change| change.pass == PASS.name) {
        return;
    }
    for root in roots(contract) {
        if let (Some(mine), Some(lowered)) = (contract.pointer_mut(&root), tree.pointer(&root)) {
            adopt(mine, lowered, false);
        }
    }
}

/// Takes over another type or format. `in_container`: null is part of the type of an item or a value, while for a
/// property the contract still says whether a request may send it.
fn adopt(contract: &mut Value, lowered: &Value, in_container: bool) {
    let shape = |schema: &Value| {
        ["$ref", "allOf", "oneOf", "type", "format"].map(|keyword| schema.get(keyword).cloned())
    };
    let differs = shape(contract) != shape(lowered)
        && !(contract.get("$ref").is_some() && lowered.pointer("/allOf/0") == Some(contract));
    if differs {
        let was_nullable = is_nullable(contract);
        let mut limits = contract.take();
        *contract = lowered.clone();
        if let (Some(object), Some(limits)) = (contract.as_object_mut(), limits.as_object_mut()) {
            for (keyword, value) in std::mem::take(limits) {
                if keyword.starts_with("x-")
                    || ["minLength", "maxLength", "deprecated"].contains(&keyword.as_str())
                {
                    object.entry(keyword).or_insert(value);
                }
            }
            if !object.contains_key("type") {
                object.remove("minLength");
                object.remove("maxLength");
            }
            if !was_nullable && !in_container {
                object.remove("nullable");
            }
        }
        return;
    }
    if in_container && is_nullable(lowered) {
        super::make_nullable(contract);
    }
    let properties = contract
        .get_mut("properties")
        .and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(lowered) = lowered.get("properties").and_then(|all| all.get(name)) {
            adopt(property, lowered, false);
        }
    }
    for keyword in ["items", "additionalProperties"] {
        if let (Some(inner @ Value::Object(_)), Some(lowered)) =
            (contract.get_mut(keyword), lowered.get(keyword))
        {
            adopt(inner, lowered, true);
        }
    }
}
