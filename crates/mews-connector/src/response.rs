//! The response of a call.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use http::header::DATE;
use http::{HeaderMap, StatusCode};

/// The decoded body of a response, with its status and headers.
///
/// It derefs to the body, so most code does not need to unwrap it.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    head: Head,
}

/// A response without its body.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: Option<String>,
    pub(crate) attempts: u32,
}

/// Returns the server's time of a response.
pub(crate) fn date_of(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(httpdate::parse_http_date(text).ok()?.into())
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, head: Head) -> Self {
        Self { value, head }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the HTTP status: 200, or 204 if the response has no body.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Returns the headers, with tokens masked.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Returns the request ID for the vendor's support (guidelines/responses: every response has the header `Request-Id`).
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id.as_deref()
    }

    /// Returns the number of attempts, including the successful one.
    pub fn attempts(&self) -> u32 {
        self.head.attempts
    }

    /// Returns the same response with another body.
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
