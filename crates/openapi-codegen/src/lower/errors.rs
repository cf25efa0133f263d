//! An operation has one kind of error.

use serde_json::Value;

use super::outcomes::{self, Class};
use super::{Edit, Pass, Work};

/// An error without a body is left out: as an undocumented status it is handed over whole, whatever it holds then.
/// Several bodies that differ are read as any JSON.
pub(super) const PASS: Pass = Pass {
    name: "one-error",
    answers: "progenitor panics unless all error responses of an operation have the same body, and throws away what \
              comes where no body is documented",
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
