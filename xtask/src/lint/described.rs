//! Everything says what it is.

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
                "has no operationId, from which its method gets its name",
                "give it one, as `vouchers_getAll`",
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
                "has no description",
                "say in your own words what it is",
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
        let says = node
            .get("x-deprecatedMessage")
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty());
        if node.get("deprecated") == Some(&Value::Bool(true)) && !says {
            findings.add(
                pointer,
                "is deprecated and does not say what to use",
                "say it in `x-deprecatedMessage`, which becomes the compiler's note",
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
