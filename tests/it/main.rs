//! What holds for the whole workspace.
//!
//! One binary: `cargo test -p mews-tests`. After a change of the document, `INSTA_UPDATE=always` in front of it
//! accepts the snapshots, and `git diff` shows what changed.

mod change_scenarios;
mod decoding;
mod document;
mod end_to_end;
mod libraries;
mod operations;
mod recorder;
mod requests;
mod snapshots;
mod vendor_samples;
