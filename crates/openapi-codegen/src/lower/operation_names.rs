//! Operations that can be methods of one type.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use crate::rust_names::{argument, unique};
use openapi_tree::schemas::operations;

/// An operation without an `operationId` gets one of its method and path; one whose method would hide a method that
/// the client has already gets another name.
pub(super) const PASS: Pass = Pass {
    name: "operation-names",
    answers: "progenitor refuses an operation without an operationId, though OpenAPI does not ask for one, and lets \
              one that is called `new` or `exec` hide the client's own method",
    work: Work::Document(edits),
};

/// The methods that progenitor's client has, and those of its hooks, which an operation's method would hide.
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
                (name, "it has no operationId".to_owned())
            }
            Some(id) if OWN.contains(&id.as_str()) => {
                let why = format!("the client has a method `{id}` already");
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
