//! Operations that can be methods of one type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass};
use crate::rust_names::{snake, unique};
use openapi_tree::schemas::operations;

/// An operation without an `operationId` gets one of its method and path; one whose method would hide a method that
/// the client has already gets another name.
pub(super) const PASS: Pass = Pass {
    name: "operation-names",
    answers: "progenitor refuses an operation without an operationId, though OpenAPI does not ask for one, and lets \
              one that is called `new` or `exec` hide the client's own method",
    find,
    apply,
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

fn find(tree: &Value) -> Vec<String> {
    operations(tree)
        .into_iter()
        .filter(|operation| {
            operation
                .id()
                .is_none_or(|id| OWN.contains(&snake(id).as_str()))
        })
        .map(|operation| operation.pointer)
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let mut taken: BTreeSet<String> = operations(tree)
        .iter()
        .filter_map(|operation| Some(snake(operation.id()?)))
        .collect();
    let names: Vec<(String, String, Option<String>)> = operations(tree)
        .iter()
        .filter_map(|operation| {
            let name = match operation.id() {
                None => snake(&format!("{} {}", operation.method, operation.path)),
                Some(id) if OWN.contains(&snake(id).as_str()) => format!("{}_operation", snake(id)),
                Some(_) => return None,
            };
            let before = operation.id().map(str::to_owned);
            Some((operation.pointer.clone(), name, before))
        })
        .collect();
    for (pointer, name, before) in names {
        let name = unique(&name, &mut taken);
        if let Some(operation) = tree.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            operation.insert("operationId".to_owned(), Value::String(name.clone()));
        }
        changes.note(
            &pointer,
            match before {
                None => format!("called `{name}`: it has no operationId"),
                Some(id) => {
                    format!(
                        "called `{name}`: the client has a method `{}` already",
                        snake(&id)
                    )
                }
            },
        );
    }
}
