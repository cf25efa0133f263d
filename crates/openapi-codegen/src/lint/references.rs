//! References.

use serde_json::Value;

use openapi_tree::document::{Document, push_step};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::pointer_of;

pub(super) const RULES: [Rule; 1] = [("reference", references)];

/// The members that are maps, whose keys are not keywords.
const MAPS: [&str; 14] = [
    "callbacks",
    "content",
    "encoding",
    "headers",
    "links",
    "mapping",
    "parameters",
    "paths",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
];

/// The members that contain any JSON.
const FREE: [&str; 4] = ["default", "enum", "example", "value"];

fn references(document: &Document, findings: &mut Findings) {
    walk(
        document,
        &document.tree,
        &mut String::new(),
        false,
        findings,
    );
}

fn walk(
    document: &Document,
    node: &Value,
    pointer: &mut String,
    is_map: bool,
    findings: &mut Findings,
) {
    let length = pointer.len();
    match node {
        Value::Object(object) => {
            if !is_map && let Some(reference) = object.get("$ref") {
                check(document, reference, pointer, findings);
            }
            for (key, value) in object {
                if !is_map && (FREE.contains(&key.as_str()) || key.starts_with("x-")) {
                    continue;
                }
                push_step(pointer, key);
                let inner = !is_map && (MAPS.contains(&key.as_str()) || key == "examples");
                walk(document, value, pointer, inner, findings);
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                push_step(pointer, &index.to_string());
                walk(document, value, pointer, false, findings);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn check(document: &Document, reference: &Value, pointer: &str, findings: &mut Findings) {
    let Some(reference) = reference.as_str() else {
        findings.add(
            pointer,
            "invalid `$ref`: expected a string",
            "write it as `#/components/schemas/Name`",
        );
        return;
    };
    match pointer_of(reference) {
        None => findings.add(
            pointer,
            format!("unsupported reference to `{reference}`, outside of the document"),
            "copy the target into `components`",
        ),
        Some(target) => match document.tree.pointer(&target) {
            None => findings.add(
                pointer,
                format!("unknown reference target `{reference}`"),
                "add the target, or correct the name",
            ),
            Some(target) if !target.is_object() => findings.add(
                pointer,
                format!("unsupported reference target `{reference}`"),
                "refer to a schema, a parameter, a response, a request body, a header or an example",
            ),
            Some(_) => {}
        },
    }
}
