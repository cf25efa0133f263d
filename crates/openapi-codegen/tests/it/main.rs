//! Tests that any OpenAPI 3.0 document becomes code, or an error with a location.

#![allow(clippy::expect_used, reason = "a failed expectation fails the test")]

mod builder;
mod checks;
mod compiled;
mod constructs;
mod finishing;
mod fuzz;
mod generator;
mod large;
mod naming;
mod operations;
mod polymorphic;
mod rejections;
mod run;
mod silent;
mod timestamps;
mod values;
