//! What can go wrong, by what a caller does next.

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
    /// [`Error::constraint_violation`] names field, value and what is allowed.
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
    /// retry was rejected, for example because the record is deleted already. Read back what became of the write.
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
    /// The response cannot be decoded, see [`Error::json_path`] and [`Error::body`].
    Decode,
    /// The response violates the API contract: an undocumented status, a repeated cursor, or more bytes than the limit.
    Protocol,
}

/// A call that failed.
///
/// Its `Display` is one line: which operation, what happened, what the server said, what to do. Nothing in it, in its
/// sources or in what it keeps holds a token.
///
/// ```
/// # use mews_connector::{Client, Error, ErrorKind};
/// fn act_on(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::Forbidden => "show error.message() to the user",
///         _ if error.maybe_applied() => "read back before trying again",
///         _ if error.is_retryable() => "queue it for later",
///         _ => "a person has to look",
///     }
/// }
/// ```
pub struct Error(Box<Parts>);

pub(crate) struct Parts {
    pub(crate) kind: ErrorKind,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) what: Option<String>,
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
    /// The text; bytes that are not UTF-8 are replaced, tokens masked.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there was more than was kept.
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

    /// A request that was not sent because it breaks a limit.
    pub(crate) fn invalid(
        operation: impl Into<Cow<'static, str>>,
        broken: ConstraintViolation,
    ) -> Self {
        Self::new(ErrorKind::InvalidRequest, operation).with(|parts| {
            parts.sent = false;
            parts.constraint_violation = Some(broken.clone());
            parts.source = Some(Box::new(broken));
        })
    }

    /// The error of an attempt whose predecessor may have been applied. A rejection says nothing about the first one.
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

    /// What to do next.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation, as `vouchers/getAll`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The HTTP status of the last answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The headers of the last answer, tokens masked; empty if there was none.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// What to name to the vendor's support: the `Request-Id` header, or the `RequestId` of the body
    /// (guidelines/responses).
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What the server said, in the language of the client. After a 403 it is meant for the end user.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The beginning of the body of the last answer, up to 64 KiB, tokens masked.
    pub fn body(&self) -> Option<&BodyExcerpt> {
        self.0.body.as_ref()
    }

    /// Where an undecodable answer first differs from the documented form, as `VoucherCodes[3].Id`.
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// Which limit a request broke that was not sent.
    pub fn constraint_violation(&self) -> Option<&ConstraintViolation> {
        self.0.constraint_violation.as_ref()
    }

    /// How long the server asked to wait (`Retry-After`, guidelines/requests), counted from when the answer came.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns `true` if the same call may be made again later without reading the data first.
    ///
    /// It is `false` for an add that may have been applied, and for a call that would fail again, for example because
    /// of a bad request, a conflict, or invalid tokens.
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited => true,
            ErrorKind::Server | ErrorKind::Transport => !(self.0.creates && self.0.maybe_applied),
            _ => false,
        }
    }

    /// Returns `true` if the call failed because it was too much at once (408 or 413), so that a call for fewer items
    /// may succeed. Check [`Self::maybe_applied`] before a write is split.
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
                Some(broken) => format!("not sent, {broken}").into(),
                None => "not sent".into(),
            },
            ErrorKind::BadRequest => "the server rejected the request".into(),
            ErrorKind::Unauthorized => "the server rejected the tokens".into(),
            ErrorKind::Forbidden => "the enterprise does not allow it".into(),
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
            ErrorKind::Decode => "the response cannot be decoded".into(),
            ErrorKind::Protocol => "the response violates the API contract".into(),
        }
    }

    fn advice(&self) -> Option<&'static str> {
        if self.0.maybe_applied && self.0.creates {
            return Some("it may have taken effect, so read back before adding again");
        }
        Some(match self.0.kind {
            ErrorKind::Unauthorized => {
                "check both tokens, their environment, and that the integration is enabled"
            }
            ErrorKind::Forbidden => "show this to the end user",
            ErrorKind::NotFound => "check the base URL and the path",
            ErrorKind::RequestTimeout | ErrorKind::ContentTooLarge => {
                "request less data, or send fewer items"
            }
            ErrorKind::Conflict => "read the data again, then decide",
            ErrorKind::Unconfirmed => "read back what became of the write",
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

/// The text in one line of bearable length.
pub(crate) fn one_line(text: &str) -> String {
    const MOST: usize = 300;
    let mut line = String::new();
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()).take(MOST));
        if line.chars().count() > MOST {
            return line.chars().take(MOST).chain("…".chars()).collect();
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

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable of the environment is not set, or empty.
    #[error("the environment variable {name} is not set; set it, or give the value to the builder")]
    VariableNotSet {
        /// The variable.
        name: &'static str,
    },
    /// A variable of the environment does not hold text.
    #[error("the environment variable {name} is not valid UTF-8")]
    VariableNotText {
        /// The variable.
        name: &'static str,
    },
    /// A setting is missing.
    #[error("the client has no {what}; give it to the builder")]
    Missing {
        /// What is missing.
        what: &'static str,
    },
    /// A value is not one that works.
    #[error(transparent)]
    Invalid(#[from] ConstraintViolation),
    /// The HTTP client cannot be set up, as when no TLS backend can.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] Source),
}

/// A limit that hand-written code checks.
pub(crate) fn invalid(
    field: &str,
    actual: impl Into<String>,
    allowed: impl Into<String>,
) -> ConstraintViolation {
    ConstraintViolation::new(actual, allowed).within(field)
}
