#![doc = include_str!("../README.md")]

pub mod conventions;
pub mod drift;
pub mod facts;
pub mod import;
pub mod reconcile;
pub mod variants;
