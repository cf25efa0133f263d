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

fn request_media<'a>(operation: &Operation<'a>) -> Option<(String, &'a Value)> {
    let steps = "/requestBody/content/application~1json";
    let media = operation.node.pointer(steps)?;
    Some((format!("{}{steps}", operation.pointer), media))
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
                let help = "add one that runs against the sandbox without changes";
                findings.add(&pointer, format!("missing example `{name}`"), help);
            }
        }
        for (_, pointer, response) in operation.responses() {
            let media = response.pointer("/content/application~1json");
            if media.is_some_and(|media| media.get("examples").is_none()) {
                let help = "add the response of the sandbox to the example request";
                findings.add(pointer, "missing example", help);
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
        let example = media.pointer("/examples/Full/value");
        if let Some((schema, example)) = media.get("schema").zip(example) {
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
                if let Some(value) = values.get(name) {
                    let pointer = format!("{pointer}/{name}");
                    missing(document, property, value, &pointer, findings);
                } else {
                    let help = "add a value, or null if no other value makes sense";
                    findings.add(pointer, format!("missing property `{name}`"), help);
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
    let is_hex = |part: Option<&str>| {
        part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    text.match_indices('-').any(|(at, _)| {
        at >= 32 && is_hex(text.get(at - 32..at)) && is_hex(text.get(at + 1..at + 32))
    })
}
