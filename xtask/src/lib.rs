//! The commands of the project, as a library that the tests call too.
//!
//! This crate has arguments, paths, printing and the house rules. The rest is in the `openapi-*` crates; see
//! `ARCHITECTURE.md`.

pub mod command;
pub mod diff;
pub mod drift;
pub mod explain;
pub mod files;
pub mod import;
pub mod lint;
pub mod outputs;
pub mod reconcile;
pub mod regenerate;
