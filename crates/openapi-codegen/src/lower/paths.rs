//! Paths that lead to operations.

use serde_json::Value;

use super::{Edit, Pass, Work};
use openapi_tree::document::escape;
use openapi_tree::schemas::METHODS;

/// A path without an operation is left out.
pub(super) const PASS: Pass = Pass {
    name: "paths-with-operations",
    answers: "a path without an operation is no method of the client",
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
            Edit::remove(&pointer).loss(&pointer, "path left out: it has no operation")
        })
        .collect()
}
