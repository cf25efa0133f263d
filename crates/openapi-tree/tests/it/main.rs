//! Tests of parsing, traversal, references and rules.

#![allow(clippy::expect_used, reason = "a test that cannot continue has failed")]

mod loading;
mod references;
mod rules;
mod traversal;
