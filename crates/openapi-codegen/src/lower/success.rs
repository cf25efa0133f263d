//! An operation has one kind of success.

use serde_json::Value;

use super::outcomes::{self, Class};
use super::{Edit, Pass, Work};

/// Beside a success with a body, one without is left out: to the generated client it is an undocumented status,
/// which it hands over whole. Several bodies that differ are read as any JSON.
pub(super) const PASS: Pass = Pass {
    name: "one-success",
    answers: "progenitor panics unless all success responses of an operation have the same body",
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
