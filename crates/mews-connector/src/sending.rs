//! The way of every request to the server and back.
//!
//! [`call`] gives a call its span, its options and a task of its own. [`attempts`] admits, sends, judges and repeats; it
//! knows nothing of HTTP. [`http`] makes one attempt over HTTP, and [`error_response`] reads the responses that are
//! errors.

mod attempts;
mod call;
mod core;
mod error_response;
mod http;
mod retry_after;
#[cfg(test)]
mod tests;
mod tracked_body;

pub(crate) use self::call::{Reply, millis};
pub(crate) use self::core::Core;
pub(crate) use self::error_response::failed;
