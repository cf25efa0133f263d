//! Tests of the whole workspace.
//!
//! `cargo test -p mews-tests` runs them. After a change of the spec, `INSTA_UPDATE=always cargo test -p mews-tests` accepts
//! the snapshots, and `git diff` shows the changes.

mod change_scenarios;
mod decoding;
mod document;
mod end_to_end;
mod libraries;
mod operations;
mod recorder;
mod requests;
mod snapshots;
