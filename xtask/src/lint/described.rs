//! The rules for names, descriptions and messages of deprecations.

use serde_json::Value;

use super::forms::each_property;
use openapi_tree::document::{Document, is_true, text_at};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{component_pointer, components, operations, resolve};

pub(super) const RULES: [Rule; 3] = [
    ("named-operation", named_operations),
    ("described", described),
    ("deprecated-for", deprecated_for),
];

fn named_operations(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        if operation.id().is_none() {
            let what = "missing `operationId`, which becomes the name of the method";
            findings.add(
                operation.pointer,
                what,
                "add one, such as `vouchers_getAll`",
            );
        }
    }
}

fn described(document: &Document, findings: &mut Findings) {
    let tree = &document.tree;
    let mut need = |pointer: String, node: &Value| {
        if is_blank(node, "description") {
            findings.add(
                pointer,
                "missing description",
                "describe it in your own words",
            );
        }
    };
    for operation in operations(tree) {
        need(operation.pointer.clone(), operation.node);
        for (_, pointer, response) in operation.responses() {
            need(pointer, resolve(tree, response));
        }
    }
    for (name, schema) in components(tree) {
        need(component_pointer(name), schema);
    }
    each_property(document, &mut |pointer, _, property| {
        need(pointer, property);
    });
}

fn deprecated_for(document: &Document, findings: &mut Findings) {
    let mut check = |pointer: String, node: &Value| {
        if is_true(node, "deprecated") && is_blank(node, "x-deprecatedMessage") {
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

fn is_blank(node: &Value, key: &str) -> bool {
    text_at(node, key).is_none_or(|text| text.trim().is_empty())
}
