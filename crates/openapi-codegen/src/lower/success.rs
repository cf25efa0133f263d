//! One type of success for each operation.

use serde_json::Value;

use super::outcomes::{self, Class};
use super::{Edit, Pass, Work};

/// Removes successes without a body next to one with a body: the client returns the whole response of an undocumented
/// status. Different bodies become any JSON.
pub(super) const PASS: Pass = Pass {
    name: "one-success",
    reason: "progenitor panics unless all success responses of an operation have the same body",
    work: Work::Document(edits),
};

const SUCCESS: Class = Class {
    name: "a success",
    begins: &['2'],
    keeps_bodyless: true,
};

fn edits(tree: &Value) -> Vec<Edit> {
    outcomes::edits(tree, &SUCCESS)
}
