//! The project's own commands, as a library that the tests call too.
//!
//! One room for each step of the way of a fact: see `ARCHITECTURE.md`.

pub mod command;
pub mod diff;
pub mod document;
pub mod drift;
pub mod error;
pub mod facts;
pub mod files;
pub mod finish;
pub mod generate;
pub mod import;
pub mod lint;
pub mod lower;
pub mod nesting;
pub mod outline;
pub mod reconcile;
pub mod regenerate;
pub mod rust_names;
pub mod schemas;
pub mod settings;
pub mod variants;
