//! Any OpenAPI 3.0 document becomes a Rust client: it is checked, lowered to what progenitor can take, generated, and
//! finished with what progenitor does not write.

pub mod constraints;
pub mod conventions;
pub mod finish;
pub mod generate;
pub mod lint;
pub mod lower;
pub mod outline;
pub mod pipeline;
pub mod rust_names;
