//! The path of every request to the server and back.
//!
//! [`call`] creates the span, the options and the task of a call. [`attempts`] admits the attempts and retries them; it
//! does not depend on HTTP. [`http`] makes one attempt over HTTP, and [`error_response`] reads error responses.

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
