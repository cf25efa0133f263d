#![doc = include_str!("../README.md")]

pub mod drift;
pub mod facts;
pub mod import;
pub mod reconcile;
pub mod variants;
