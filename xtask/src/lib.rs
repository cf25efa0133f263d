//! The project's own commands, as a library that the tests call too.
//!
//! One room for each step of the way of a fact: see `ARCHITECTURE.md`.

pub mod command;
pub mod document;
pub mod drift;
pub mod error;
pub mod facts;
pub mod files;
pub mod import;
pub mod nesting;
pub mod reconcile;
pub mod variants;
