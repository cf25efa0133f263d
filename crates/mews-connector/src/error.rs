//! Errors, by the action that the caller takes.

mod builder;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use builder::ErrorBuilder;
use http::{HeaderMap, StatusCode};
pub use mews_connector_api::types::constraints::ConstraintViolation;

/// The source of an error.
pub(crate) type Source = Box<dyn StdError + Send + Sync>;

/// The cause of an [`Error`], by the action that the caller takes. The vendor documents the statuses under
/// guidelines/responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request was not sent because it violates a constraint, or because it cannot be built. Fix the input;
    /// [`Error::constraint_violation`] returns the property, the value and the allowed values.
    InvalidRequest,
    /// 400 Bad Request: the server rejected the request, for example because of an unknown ID. Fix the input.
    BadRequest,
    /// 401 Unauthorized: the tokens are invalid, the integration is disabled, or it may not use the operation. Check
    /// the tokens and their environment, then contact the vendor.
    Unauthorized,
    /// 403 Forbidden: a rule of the enterprise forbids the request. Show [`Error::message`] to the end user.
    Forbidden,
    /// 404 Not Found: the operation does not exist at this URL. Check the base URL, and the path given to
    /// [`Client::call`](crate::Client::call).
    NotFound,
    /// 408 Request Timeout: the server took too long. Request or send fewer items. A write may have been applied, see
    /// [`Error::maybe_applied`].
    RequestTimeout,
    /// 409 Conflict: the data has changed. Read it again, then decide.
    Conflict,
    /// 400, 403 or 409 for a write of which an earlier attempt may have been applied: its response was lost, and the
    /// retry was rejected, for example because the record is deleted already. Read the record to find out whether the
    /// write was applied.
    Unconfirmed,
    /// 410 Gone: the operation is discontinued. Use its successor.
    Gone,
    /// 413 Content Too Large: the request is too large. Send or request fewer items.
    ContentTooLarge,
    /// 429 Too Many Requests, or a deadline that ends before the rate limit allows the request. Wait for
    /// [`Error::retry_after`]; the client has already waited and retried as its policy allows.
    RateLimited,
    /// 5xx: the server failed. Try again later; the client has already retried where a retry is safe.
    Server,
    /// No response or only a part of one: the connection failed, was reset, or timed out.
    Transport,
    /// The request was not sent, or not sent again, because of a [`StopHandle`](crate::StopHandle). No earlier attempt
    /// of the call was applied.
    Stopped,
    /// The response cannot be decoded, see [`Error::json_path`] and [`Error::body`].
    Decode,
    /// The response violates the API contract: an undocumented status, a repeated cursor, or more bytes than the limit.
    Protocol,
}

/// The error of a call that failed.
///
/// `Display` prints one line with the operation, the problem, the message of the server, and the fix. Tokens are masked in
/// the error, in its sources, and in the excerpt of the body.
///
/// ```
/// # use mews_connector::{Client, Error, ErrorKind};
/// fn act_on(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::Forbidden => "show error.message() to the user",
///         _ if error.maybe_applied() => "read back before trying again",
///         _ if error.is_retryable() => "queue it for later",
///         _ => "report it to an operator",
///     }
/// }
/// ```
pub struct Error(Box<Parts>);

pub(crate) struct Parts {
    pub(crate) kind: ErrorKind,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) what: Option<String>,
    pub(crate) advice: Option<&'static str>,
    pub(crate) message: Option<String>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: Option<String>,
    pub(crate) body: Option<BodyExcerpt>,
    pub(crate) json_path: Option<String>,
    pub(crate) constraint_violation: Option<ConstraintViolation>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) sent: bool,
    pub(crate) creates: bool,
    pub(crate) maybe_applied: bool,
    pub(crate) source: Option<Source>,
}

/// The first 64 KiB of a body, with tokens masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyExcerpt {
    pub(crate) text: String,
    pub(crate) truncated: bool,
}

impl BodyExcerpt {
    /// Returns the excerpt. Bytes that are not UTF-8 are replaced, and tokens are masked.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns `true` if the body is longer than the excerpt.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, operation: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            kind,
            operation: operation.into(),
            what: None,
            advice: None,
            message: None,
            status: None,
            headers: HeaderMap::new(),
            request_id: None,
            body: None,
            json_path: None,
            constraint_violation: None,
            retry_after: None,
            attempts: 0,
            sent: true,
            creates: false,
            maybe_applied: false,
            source: None,
        }))
    }

    /// Creates the error of a request that was not sent because it violates a constraint.
    pub(crate) fn invalid(
        operation: impl Into<Cow<'static, str>>,
        violation: ConstraintViolation,
    ) -> Self {
        Self::new(ErrorKind::InvalidRequest, operation).with(|parts| {
            parts.sent = false;
            parts.constraint_violation = Some(violation.clone());
            parts.source = Some(Box::new(violation));
        })
    }

    /// Returns the error of an attempt after one that may have been applied. A rejection proves nothing about the earlier
    /// attempt.
    pub(crate) fn after_doubt(self) -> Self {
        self.with(|parts| {
            parts.maybe_applied = true;
            if matches!(
                parts.kind,
                ErrorKind::BadRequest | ErrorKind::Forbidden | ErrorKind::Conflict
            ) {
                parts.kind = ErrorKind::Unconfirmed;
            }
        })
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(&mut self.0);
        self
    }

    /// Returns the kind, which determines the action of the caller.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the operation, such as `vouchers/getAll`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Returns the HTTP status of the last response, if one was received.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the headers of the last response, with tokens masked. They are empty if no response was received.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the request ID for the vendor's support: the header `Request-Id`, or `RequestId` of the body
    /// (guidelines/responses).
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the message of the server, in the language of the client. After a 403 it is written for the end user.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns the first 64 KiB of the body of the last response, with tokens masked.
    pub fn body(&self) -> Option<&BodyExcerpt> {
        self.0.body.as_ref()
    }

    /// Returns the first location at which a response cannot be decoded, such as `VoucherCodes[3].Id`. `Display` prints
    /// the line and the column, too.
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// Returns the constraint that a request violates. Such a request is not sent.
    pub fn constraint_violation(&self) -> Option<&ConstraintViolation> {
        self.0.constraint_violation.as_ref()
    }

    /// Returns the wait that the server asked for (`Retry-After`, guidelines/requests), counted from the response.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the number of attempts.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns `true` if the same call may be made again later without reading the data first.
    ///
    /// It is `false` for an add that may have been applied. It is also `false` for a call that would fail again, for
    /// example because of a bad request, a conflict, or invalid tokens.
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited | ErrorKind::Stopped => true,
            ErrorKind::Server | ErrorKind::Transport => !(self.0.creates && self.0.maybe_applied),
            _ => false,
        }
    }

    /// Returns `true` if the request was too large or took too long (408 or 413), so that a call with fewer items may
    /// succeed. Check [`Self::maybe_applied`] before a write is split.
    pub fn is_splittable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::RequestTimeout | ErrorKind::ContentTooLarge
        )
    }

    /// Returns `true` if a write may have taken effect although it failed: at this attempt or an earlier one of the
    /// same call, the response was lost, unreadable, a 5xx or a 408. It is always `false` for reads.
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied
    }

    /// Returns `true` if the request of the last attempt did not reach the server: it was rejected before sending, or
    /// there was no connection.
    pub fn failed_before_sending(&self) -> bool {
        !self.0.sent
    }

    fn what(&self) -> Cow<'_, str> {
        if let Some(what) = &self.0.what {
            return what.into();
        }
        match self.0.kind {
            ErrorKind::InvalidRequest => match &self.0.constraint_violation {
                Some(violation) => format!("not sent, {violation}").into(),
                None => "not sent".into(),
            },
            ErrorKind::BadRequest => "the server rejected the request".into(),
            ErrorKind::Unauthorized => "the server rejected the tokens".into(),
            ErrorKind::Forbidden => "the enterprise does not allow the request".into(),
            ErrorKind::NotFound => "unknown operation".into(),
            ErrorKind::RequestTimeout => "the server took too long".into(),
            ErrorKind::ContentTooLarge => "the request is too large".into(),
            ErrorKind::Conflict => "the data has changed".into(),
            ErrorKind::Unconfirmed => {
                "the server rejected a retry, but an earlier attempt may have been applied".into()
            }
            ErrorKind::Gone => "the operation is discontinued".into(),
            ErrorKind::RateLimited => "too many requests".into(),
            ErrorKind::Server => "the server failed".into(),
            ErrorKind::Transport => "no response was received".into(),
            ErrorKind::Stopped => "not sent, a stop was requested".into(),
            ErrorKind::Decode => "the response cannot be decoded".into(),
            ErrorKind::Protocol => "the response violates the API contract".into(),
        }
    }

    /// Returns the advice for this call, or `None` if only the advice for its kind applies.
    pub(crate) fn specific_advice(&self) -> Option<&'static str> {
        self.0.advice
    }

    fn advice(&self) -> Option<&'static str> {
        if self.0.maybe_applied && self.0.creates {
            return Some("the items may have been created, so read back before you add them again");
        }
        if self.0.advice.is_some() {
            return self.0.advice;
        }
        Some(match self.0.kind {
            ErrorKind::Unauthorized => {
                "check both tokens, their environment, and that the integration is enabled"
            }
            ErrorKind::Forbidden => "show the message to the end user",
            ErrorKind::NotFound => "check the base URL and the path",
            ErrorKind::RequestTimeout | ErrorKind::ContentTooLarge => {
                "request less data, or send fewer items"
            }
            ErrorKind::Conflict => "read the data again, then decide",
            ErrorKind::Unconfirmed => "read the record to find out whether the write was applied",
            ErrorKind::RateLimited => "reduce the request rate or use one access token per process",
            ErrorKind::Server => "try again later",
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.0.operation, self.what())?;
        if let Some(message) = &self.0.message {
            write!(f, ": {}", one_line(message))?;
        }
        let mut details = Vec::new();
        if let Some(status) = self.0.status {
            details.push(format!("status {}", status.as_u16()));
        }
        if let Some(id) = &self.0.request_id {
            details.push(format!("request {id}"));
        }
        if let Some(wait) = self.0.retry_after {
            details.push(format!("wait {wait:?}"));
        }
        if self.0.attempts > 1 {
            details.push(format!("{} attempts", self.0.attempts));
        }
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        self.advice()
            .map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

/// Returns the text in one line of at most 300 characters.
pub(crate) fn one_line(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let mut line = String::new();
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()).take(MAX_CHARS));
        if line.chars().count() > MAX_CHARS {
            return line.chars().take(MAX_CHARS).chain("…".chars()).collect();
        }
    }
    line
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("what", &self.what())
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("request_id", &self.0.request_id)
            .field("json_path", &self.0.json_path)
            .field("retry_after", &self.0.retry_after)
            .field("attempts", &self.0.attempts)
            .field("maybe_applied", &self.0.maybe_applied)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The error of a client that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable is not set, or is empty.
    #[error(
        "missing environment variable `{name}`; set the variable, or pass the value to the builder"
    )]
    VariableNotSet {
        /// The variable.
        name: &'static str,
    },
    /// An environment variable is not valid UTF-8.
    #[error("the environment variable `{name}` is not valid UTF-8")]
    VariableNotText {
        /// The variable.
        name: &'static str,
    },
    /// A setting is missing.
    #[error("missing {what}; pass {what} to the builder")]
    Missing {
        /// The name of the setting.
        what: &'static str,
    },
    /// A value is invalid.
    #[error(transparent)]
    Invalid(#[from] ConstraintViolation),
    /// The HTTP client cannot be set up, for example because TLS cannot.
    #[error("failed to set up the HTTP client")]
    Http(#[source] Source),
    /// The thread of the runtime of a blocking client cannot be started.
    #[cfg(feature = "blocking")]
    #[error("failed to start the runtime of the blocking client")]
    Runtime(#[source] std::io::Error),
}

/// Creates the violation of a constraint that hand-written code checks.
pub(crate) fn invalid(
    field: &str,
    actual: impl Into<String>,
    allowed: impl Into<String>,
) -> ConstraintViolation {
    ConstraintViolation::new(actual, allowed).within(field)
}
