//! Any OpenAPI 3.0 document goes through `cargo xtask regenerate`, or is refused with its place.

#![allow(clippy::expect_used, reason = "a test that can't go on has failed")]

mod compiled;
mod constructs;
mod large;
mod operations;
mod run;
