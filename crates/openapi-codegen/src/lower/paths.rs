//! Paths without operations.

use serde_json::Value;

use super::{Edit, Pass, Work};
use openapi_tree::document::escape;
use openapi_tree::schemas::METHODS;

/// Removes paths without an operation.
pub(super) const PASS: Pass = Pass {
    name: "paths-with-operations",
    reason: "a path without an operation has no method in the client",
    work: Work::Document(edits),
};

fn edits(tree: &Value) -> Vec<Edit> {
    let paths = tree.get("paths").and_then(Value::as_object);
    let is_empty = |item: &Value| METHODS.iter().all(|method| item.get(*method).is_none());
    paths
        .into_iter()
        .flatten()
        .filter(|(path, item)| !path.starts_with("x-") && is_empty(item))
        .map(|(path, _)| {
            let pointer = format!("/paths/{}", escape(path));
            Edit::remove(&pointer).loss(&pointer, "path removed: it has no operation")
        })
        .collect()
}
