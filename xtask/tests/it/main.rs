//! The commands as processes, on copies of the project's files.

mod bad_input;
#[path = "../../../crates/openapi-codegen/tests/it/builder.rs"]
mod builder;
mod diff;
mod interrupted;
mod lint;
mod project;
mod regenerate;
mod run;
