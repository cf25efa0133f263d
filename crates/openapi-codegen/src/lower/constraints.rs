//! Constraints of requests that are not checked.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass, Work, component_of};
use crate::constraints::Constraints;
use openapi_tree::schemas::{each_schema, request_components};

/// Reports each constraint that a request can violate without an error before it is sent. The finishing pass
/// `request-checks` checks all other constraints. The constraints of responses are not checked.
pub(super) const PASS: Pass = Pass {
    name: "unchecked-constraints",
    reason: "typify checks some constraints only, and while decoding",
    work: Work::Whole {
        find: |_| Vec::new(),
        apply: report,
    },
};

fn report(tree: &mut Value, changes: &mut Changes) {
    let requests: BTreeSet<String> = request_components(tree);
    each_schema(tree, &mut |pointer, schema| {
        let is_sent = match component_of(pointer) {
            Some(name) => requests.contains(&name),
            None => pointer.contains("/requestBody/") || pointer.contains("/parameters/"),
        };
        if is_sent {
            for constraint in Constraints::of(schema).unchecked {
                changes.loss(pointer, format!("not checked before sending: {constraint}"));
            }
        }
    });
}
