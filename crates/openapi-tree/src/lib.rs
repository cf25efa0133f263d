#![doc = include_str!("../README.md")]

pub mod document;
pub mod error;
pub mod files;
pub mod lint;
pub mod nesting;
pub mod schemas;
