//! An OpenAPI document as a tree: loading with positions, JSON pointers, references, the traversal of schemas, and
//! limits to nesting.

pub mod document;
pub mod error;
pub mod files;
pub mod lint;
pub mod nesting;
pub mod schemas;
