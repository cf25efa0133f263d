//! Required properties are declared and can be sent.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use openapi_tree::document::escape;
use openapi_tree::schemas::{each_schema, request_components, required};

/// A required property without a declaration becomes any JSON. A property of responses only (`readOnly`) is not required
/// in requests.
pub(super) const PASS: Pass = Pass {
    name: "declared-properties",
    reason: "typify creates no field for a required property without a schema, so no request is valid, and does not \
              support `readOnly`",
    work: Work::Document(edits),
};

fn edits(tree: &Value) -> Vec<Edit> {
    let requests = request_components(tree);
    let mut edits = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        let required = required(schema);
        let property = |name: &str| schema.get("properties").and_then(|all| all.get(name));
        let undeclared: Vec<&str> = required
            .iter()
            .copied()
            .filter(|name| property(name).is_none())
            .collect();
        if !undeclared.is_empty() {
            if schema.get("properties").is_none() {
                edits.push(Edit::set(format!("{pointer}/properties"), json!({})));
            }
            // The schema may not have a type yet.
            edits.push(Edit::set(format!("{pointer}/type"), json!("object")));
        }
        for name in undeclared {
            let place = format!("{pointer}/properties/{}", escape(name));
            let what = format!("`{name}` is required and not declared: any JSON");
            edits.push(Edit::set(place, json!({})).loss(pointer, what));
        }
        let is_read_only = |name: &str| {
            property(name).and_then(|property| property.get("readOnly")) == Some(&json!(true))
        };
        if !required.iter().any(|name| is_read_only(name)) || !is_sent(pointer, &requests) {
            return;
        }
        let (read_only, sent): (Vec<&str>, Vec<&str>) =
            required.into_iter().partition(|name| is_read_only(name));
        for name in read_only {
            let place = format!("{pointer}/required");
            let what = format!("`{name}` may be missing: only responses contain it");
            edits.push(Edit::set(place, json!(sent)).note(pointer, what));
        }
    });
    edits
}

/// Returns `true` if a request can contain the schema at a location.
fn is_sent(pointer: &str, requests: &BTreeSet<String>) -> bool {
    super::component_of(pointer).is_some_and(|name| requests.contains(&name))
        || pointer.contains("/requestBody/")
}
