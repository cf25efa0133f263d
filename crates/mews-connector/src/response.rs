//! What a call brings back.

use std::ops::Deref;

use http::{HeaderMap, StatusCode};

/// The value of an answer, and what came with it.
///
/// It derefs to the value, so most code never notices it.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    head: Head,
}

/// All of an answer but its body.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: Option<String>,
    pub(crate) attempts: u32,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, head: Head) -> Self {
        Self { value, head }
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The HTTP status: 200, or 204 when the server had nothing to say.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers, tokens masked.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// What to name to the vendor's support (guidelines/responses: every answer has the header `Request-Id`).
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id.as_deref()
    }

    /// How often the request was sent until this answer came.
    pub fn attempts(&self) -> u32 {
        self.head.attempts
    }

    /// The same answer with another value in it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            value: change(self.value),
            head: self.head,
        }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
