//! One type of error for each operation.

use serde_json::Value;

use super::outcomes::{self, Class};
use super::{Edit, Pass, Work};

/// Removes errors without a body: the client returns the whole response of an undocumented status. Different bodies
/// become any JSON.
pub(super) const PASS: Pass = Pass {
    name: "one-error",
    reason: "progenitor panics unless all error responses of an operation have the same body, and drops the body of \
              an error for which none is documented",
    work: Work::Document(edits),
};

const ERROR: Class = Class {
    name: "an error",
    begins: &['4', '5'],
    keeps_bodyless: false,
};

fn edits(tree: &Value) -> Vec<Edit> {
    outcomes::edits(tree, &ERROR)
}
