//! Limits are checked before a request is sent, by code of our own.

use serde_json::Value;

use super::{Changes, Pass};
use openapi_tree::schemas::{each_schema, each_schema_mut};

/// The finishing pass `request-checks` writes a check for each limit of the contract.
pub(super) const PASS: Pass = Pass {
    name: "no-limits",
    answers: "typify checks lengths while decoding, so that one long name would lose a page; it makes a type of its \
              own for each limited text or number, and ignores limits of arrays",
    find,
    apply,
};

const LIMITS: [&str; 13] = [
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if LIMITS.iter().any(|limit| schema.get(limit).is_some()) {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    each_schema_mut(tree, &mut |pointer, schema| {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let removed: Vec<String> = LIMITS
            .iter()
            .filter_map(|limit| Some(format!("{limit} {}", object.remove(*limit)?)))
            .collect();
        if !removed.is_empty() {
            changes.note(pointer, format!("left out: {}", removed.join(", ")));
        }
    });
}
