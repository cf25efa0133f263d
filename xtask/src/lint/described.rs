//! The rules for names, descriptions and messages of deprecations.

use serde_json::Value;

use super::forms::each_property;
use openapi_tree::document::{Document, escape};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{COMPONENTS, components, operations, resolve};

pub(super) const RULES: [Rule; 3] = [
    ("named-operation", named_operations),
    ("described", described),
    ("deprecated-for", deprecated_for),
];

fn named_operations(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        if operation.id().is_none() {
            findings.add(
                operation.pointer,
                "missing `operationId`, which becomes the name of the method",
                "add one, such as `vouchers_getAll`",
            );
        }
    }
}

fn described(document: &Document, findings: &mut Findings) {
    let tree = &document.tree;
    let mut need = |pointer: String, node: &Value| {
        let text = node.get("description").and_then(Value::as_str);
        if text.is_none_or(|text| text.trim().is_empty()) {
            findings.add(
                pointer,
                "missing description",
                "describe it in your own words",
            );
        }
    };
    for operation in operations(tree) {
        need(operation.pointer.clone(), operation.node);
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            need(
                format!("{}/responses/{}", operation.pointer, escape(status)),
                resolve(tree, response),
            );
        }
    }
    for (name, schema) in components(tree) {
        need(format!("{COMPONENTS}/{name}"), schema);
    }
    each_property(document, &mut |pointer, _, property| {
        need(pointer, property);
    });
}

fn deprecated_for(document: &Document, findings: &mut Findings) {
    let mut check = |pointer: String, node: &Value| {
        let has_message = node
            .get("x-deprecatedMessage")
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty());
        if node.get("deprecated") == Some(&Value::Bool(true)) && !has_message {
            findings.add(
                pointer,
                "missing message of the deprecation",
                "name the replacement in `x-deprecatedMessage`, which becomes the compiler's note",
            );
        }
    };
    for operation in operations(&document.tree) {
        check(operation.pointer.clone(), operation.node);
    }
    each_property(document, &mut |pointer, _, property| {
        check(pointer, property);
    });
}
