//! An operation has one kind of success.

use serde_json::Value;

use super::outcomes::{Class, alike, odd_ones};
use super::{Changes, Pass};

/// Beside a success with a body, one without is left out: to the generated client it is an undocumented status,
/// which it hands over whole. Several bodies that differ are read as any JSON.
pub(super) const PASS: Pass = Pass {
    name: "one-success",
    answers: "progenitor panics unless all success responses of an operation have the same body",
    find,
    apply,
};

const SUCCESS: Class = Class {
    name: "success",
    begins: &['2'],
    keeps_bodyless: true,
};

fn find(tree: &Value) -> Vec<String> {
    odd_ones(tree, &SUCCESS)
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    alike(tree, &SUCCESS, changes);
}
