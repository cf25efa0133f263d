#![doc = include_str!("../README.md")]

pub mod constraints;
pub mod conventions;
pub mod finish;
pub mod generate;
pub mod lint;
pub mod lower;
pub mod operations;
pub mod outline;
pub mod pipeline;
pub mod rust_names;
