//! The commands as processes, on copies of the project's own files.

mod bad_input;
mod interrupted;
mod lint;
mod project;
mod regenerate;
