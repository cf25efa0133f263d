//! The rules for examples, which run without changes.

use serde_json::Value;

use openapi_tree::document::{Document, each_object, escape};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{Operation, component_or_self, operations, properties};

pub(super) const RULES: [Rule; 3] = [
    ("examples", examples),
    ("full-example", full_examples),
    ("real-token", real_tokens),
];

/// The names of the two examples that every operation has.
const NAMES: [&str; 2] = ["Minimal", "Full"];

fn request_media(operation: &Operation<'_>) -> Option<(String, Value)> {
    let steps = "/requestBody/content/application~1json";
    Some((
        format!("{}{steps}", operation.pointer),
        operation.node.pointer(steps)?.clone(),
    ))
}

fn examples(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        let Some((pointer, media)) = request_media(&operation) else {
            findings.add(
                &operation.pointer,
                "missing JSON request body",
                "add `requestBody`: every operation of this API is a POST of JSON",
            );
            continue;
        };
        for name in NAMES {
            if media.pointer(&format!("/examples/{name}/value")).is_none() {
                findings.add(
                    &pointer,
                    format!("missing example `{name}`"),
                    "add one that runs against the sandbox without changes",
                );
            }
        }
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let media = response.pointer("/content/application~1json");
            if let Some(media) = media
                && media.get("examples").is_none()
            {
                findings.add(
                    format!("{}/responses/{}", operation.pointer, escape(status)),
                    "missing example",
                    "add the response of the sandbox to the example request",
                );
            }
        }
    }
}

/// Checks that `Full` has every property, so that the snapshot of the request shows a new one.
fn full_examples(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        let Some((pointer, media)) = request_media(&operation) else {
            continue;
        };
        if let (Some(schema), Some(example)) =
            (media.get("schema"), media.pointer("/examples/Full/value"))
        {
            let pointer = format!("{pointer}/examples/Full/value");
            missing(document, schema, example, &pointer, findings);
        }
    }
}

fn missing(
    document: &Document,
    schema: &Value,
    example: &Value,
    pointer: &str,
    findings: &mut Findings,
) {
    let schema = component_or_self(&document.tree, schema);
    match example {
        Value::Object(values) => {
            for (name, property) in properties(schema) {
                match values.get(name) {
                    Some(value) => {
                        missing(
                            document,
                            property,
                            value,
                            &format!("{pointer}/{name}"),
                            findings,
                        );
                    }
                    None => findings.add(
                        pointer,
                        format!("missing property `{name}`"),
                        "add a value, or null if no other value makes sense",
                    ),
                }
            }
        }
        Value::Array(values) => {
            if let (Some(items), Some(value)) = (schema.get("items"), values.first()) {
                missing(document, items, value, &format!("{pointer}/0"), findings);
            }
        }
        _ => {}
    }
}

/// Finds strings that look like the vendor's tokens: 32 and 31 hexadecimal digits.
fn real_tokens(document: &Document, findings: &mut Findings) {
    each_object(&document.tree, &mut |pointer, object| {
        for (key, value) in object {
            if value.as_str().is_some_and(has_token) {
                findings.add(
                    format!("{pointer}/{}", escape(key)),
                    "invalid example: the string looks like a real token",
                    "use an obviously fake one, such as `sandbox-access-token`",
                );
            }
        }
    });
}

fn has_token(text: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() >= length
            && part
                .bytes()
                .take(length)
                .all(|byte| byte.is_ascii_hexdigit())
    };
    text.match_indices('-').any(|(at, _)| {
        let before = text.get(at.saturating_sub(32)..at).unwrap_or_default();
        is_hex(before, 32) && is_hex(text.get(at + 1..).unwrap_or_default(), 31)
    })
}
