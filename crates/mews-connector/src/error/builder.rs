//! A builder of errors, for tests of a custom policy or error handler.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use http::StatusCode;

use super::{Error, ErrorKind};
use crate::retry::Effect;

impl Error {
    /// Creates a builder of an error, for tests of a custom [retry policy](crate::retry::RetryPolicy) or error handler.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mews_connector::retry::{Decision, Effect, FailedAttempt, RetryPolicy, StandardRetry};
    /// use mews_connector::{Error, ErrorKind};
    ///
    /// let error = Error::builder(ErrorKind::RateLimited, "vouchers/getAll")
    ///     .retry_after(Duration::from_secs(3))
    ///     .build();
    /// let failed = FailedAttempt::new(&error, Effect::Read).attempt(2);
    /// let decision = StandardRetry::default().decide(&failed);
    /// assert_eq!(decision, Decision::Retry { after: Duration::from_secs(3) });
    /// ```
    pub fn builder(kind: ErrorKind, operation: impl Into<Cow<'static, str>>) -> ErrorBuilder {
        ErrorBuilder(Self::new(kind, operation).with(|parts| parts.attempts = 1))
    }
}

/// A builder of an [`Error`]. [`Error::builder`] creates it for a request that was sent once.
#[derive(Debug)]
#[must_use]
pub struct ErrorBuilder(Error);

impl ErrorBuilder {
    /// Sets [`Error::status`].
    pub fn status(self, status: StatusCode) -> Self {
        Self(self.0.with(|parts| parts.status = Some(status)))
    }

    /// Sets [`Error::message`].
    pub fn message(self, message: impl Into<String>) -> Self {
        Self(self.0.with(|parts| parts.message = Some(message.into())))
    }

    /// Sets [`Error::request_id`].
    pub fn request_id(self, id: impl Into<String>) -> Self {
        Self(self.0.with(|parts| parts.request_id = Some(id.into())))
    }

    /// Sets [`Error::retry_after`].
    pub fn retry_after(self, wait: Duration) -> Self {
        Self(self.0.with(|parts| parts.retry_after = Some(wait)))
    }

    /// Sets [`Error::attempts`].
    pub fn attempts(self, attempts: u32) -> Self {
        Self(self.0.with(|parts| parts.attempts = attempts))
    }

    /// Marks the request as one that may have been applied, see [`Error::maybe_applied`]. For [`Effect::Read`], this
    /// has no effect.
    pub fn maybe_applied(self, effect: Effect) -> Self {
        Self(self.0.with(|parts| {
            parts.creates = !effect.is_idempotent();
            parts.maybe_applied = !effect.is_safe();
        }))
    }

    /// Marks the request as one that did not reach the server, see [`Error::failed_before_sending`].
    pub fn failed_before_sending(self) -> Self {
        Self(self.0.with(|parts| {
            parts.sent = false;
            parts.maybe_applied = false;
        }))
    }

    /// Sets the source of the error.
    pub fn source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(self.0.with(|parts| parts.source = Some(source.into())))
    }

    /// Returns the error.
    pub fn build(self) -> Error {
        self.0
    }
}
