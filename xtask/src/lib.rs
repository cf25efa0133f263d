//! The project's own commands, as a library that the tests call too.
//!
//! What a command does beyond arguments, paths and printing stands in the `openapi-*` crates: see `ARCHITECTURE.md`.

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
