//! Names of operations that are names of methods.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use crate::rust_names::{argument, unique};
use openapi_tree::schemas::operations;

/// An operation without an `operationId` gets one from its method and path. An operation whose method would hide a method
/// of the client gets another name.
pub(super) const PASS: Pass = Pass {
    name: "operation-names",
    reason: "progenitor rejects an operation without an operationId, which is optional in OpenAPI, and lets an operation \
              `new` or `exec` hide a method of the client",
    work: Work::Document(edits),
};

/// The methods of progenitor's client and of its hooks.
const OWN: [&str; 9] = [
    "api_version",
    "baseurl",
    "client",
    "exec",
    "inner",
    "new",
    "new_with_client",
    "post",
    "pre",
];

fn edits(tree: &Value) -> Vec<Edit> {
    let operations = operations(tree);
    let mut taken: BTreeSet<String> = operations
        .iter()
        .filter_map(|operation| Some(argument(operation.id()?)))
        .collect();
    let mut edits = Vec::new();
    for operation in &operations {
        let pointer = &operation.pointer;
        let (name, why) = match operation.id().map(argument) {
            None => {
                let name = argument(&format!("{} {}", operation.method, operation.path));
                (name, "missing operationId".to_owned())
            }
            Some(id) if OWN.contains(&id.as_str()) => {
                let why = format!("the client already has a method `{id}`");
                (format!("{id}_operation"), why)
            }
            Some(_) => continue,
        };
        let name = unique(&name, &mut taken);
        let edit = Edit::set(format!("{pointer}/operationId"), json!(name));
        edits.push(edit.note(pointer, format!("called `{name}`: {why}")));
    }
    edits
}
