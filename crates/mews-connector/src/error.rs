//! What can go wrong, by what a caller does next.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
pub use mews_connector_api::types::limits::BrokenLimit;

/// The source of an error.
pub(crate) type Source = Box<dyn StdError + Send + Sync>;

/// What a caller does next about an [`Error`]. The vendor describes the statuses under guidelines/responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing was sent: the request breaks a limit. Mend the input; [`Error::broken_limit`] names field, value and
    /// what is allowed.
    Invalid,
    /// 400: the server does not take the request, for example because an identifier in it is not known there.
    /// Mend the input.
    BadRequest,
    /// 401: the tokens are not valid, the integration is disabled, or it may not use the operation. Check the tokens
    /// and their environment, then ask the vendor.
    Credentials,
    /// 403: a rule of the property forbids it. Show [`Error::message`] to the end user.
    NotAllowed,
    /// 404: there is no such operation at this address. Check the base URL, and the path given to
    /// [`Client::call`](crate::Client::call).
    NotFound,
    /// 408 or 413: too much at once. Ask for fewer items, or send fewer. After a 408 a write may still have been
    /// applied, see [`Error::maybe_applied`].
    AskForLess,
    /// 409: the data has changed. Read it again, then decide.
    Conflict,
    /// 410: the operation is discontinued. Move on to its successor.
    Gone,
    /// 429: too many requests. Wait for [`Error::retry_after`]; the client has already done so as often as its
    /// policy allows.
    RateLimited,
    /// 5xx: a failure on the server. Try later; the client has already tried again where that is safe.
    Server,
    /// No answer, or not all of it: not connected, reset or timed out.
    Transport,
    /// An answer that cannot be read, see [`Error::json_path`] and [`Error::body`].
    Undecodable,
    /// An answer that breaks the API's contract: a status it does not have, a cursor that comes twice, more bytes
    /// than the limit.
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
///         ErrorKind::NotAllowed => "show error.message() to the user",
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
    pub(crate) body: Option<KeptBody>,
    pub(crate) json_path: Option<String>,
    pub(crate) broken_limit: Option<BrokenLimit>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) sent: bool,
    pub(crate) creates: bool,
    pub(crate) maybe_applied: bool,
    pub(crate) source: Option<Source>,
}

/// The beginning of a body, without tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBody {
    pub(crate) text: String,
    pub(crate) truncated: bool,
}

impl KeptBody {
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
            broken_limit: None,
            retry_after: None,
            attempts: 0,
            sent: true,
            creates: false,
            maybe_applied: false,
            source: None,
        }))
    }

    /// A request that was not sent because it breaks a limit.
    pub(crate) fn invalid(operation: impl Into<Cow<'static, str>>, broken: BrokenLimit) -> Self {
        Self::new(ErrorKind::Invalid, operation).with(|parts| {
            parts.sent = false;
            parts.broken_limit = Some(broken.clone());
            parts.source = Some(Box::new(broken));
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
    pub fn body(&self) -> Option<&KeptBody> {
        self.0.body.as_ref()
    }

    /// Where an undecodable answer first differs from the documented form, as `VoucherCodes[3].Id`.
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// Which limit a request broke that was not sent.
    pub fn broken_limit(&self) -> Option<&BrokenLimit> {
        self.0.broken_limit.as_ref()
    }

    /// How long the server asked to wait (`Retry-After`, guidelines/requests), counted from when the answer came.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the very same call may be made again later, without a look at the data first.
    ///
    /// So it is false for an add that may have been applied, and for what will fail again: ask for less, conflict,
    /// credentials, a bad request.
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited => true,
            ErrorKind::Server | ErrorKind::Transport => !(self.0.creates && self.0.maybe_applied),
            _ => false,
        }
    }

    /// Whether a write may have taken effect although it failed: its answer was lost, unreadable, a 5xx or a 408, at
    /// this attempt or an earlier one of the same call. Always false for reads.
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied
    }

    /// Whether the last attempt did not reach the server: it was refused before sending, or there was no connection.
    pub fn was_never_sent(&self) -> bool {
        !self.0.sent
    }

    fn what(&self) -> Cow<'_, str> {
        if let Some(what) = &self.0.what {
            return what.into();
        }
        match self.0.kind {
            ErrorKind::Invalid => match &self.0.broken_limit {
                Some(broken) => format!("not sent, {broken}").into(),
                None => "not sent".into(),
            },
            ErrorKind::BadRequest => "the server does not take the request".into(),
            ErrorKind::Credentials => "the server does not accept the tokens".into(),
            ErrorKind::NotAllowed => "the property does not allow it".into(),
            ErrorKind::NotFound => "there is no such operation".into(),
            ErrorKind::AskForLess => "the request is too heavy for the server".into(),
            ErrorKind::Conflict => "the data has changed".into(),
            ErrorKind::Gone => "the operation is discontinued".into(),
            ErrorKind::RateLimited => "too many requests".into(),
            ErrorKind::Server => "the server failed".into(),
            ErrorKind::Transport => "no answer came".into(),
            ErrorKind::Undecodable => "the answer cannot be read".into(),
            ErrorKind::Protocol => "the answer is not what the API promises".into(),
        }
    }

    fn advice(&self) -> Option<&'static str> {
        if self.0.maybe_applied && self.0.creates {
            return Some("it may have taken effect, so read back before adding again");
        }
        Some(match self.0.kind {
            ErrorKind::Credentials => {
                "check both tokens, their environment, and that the integration is enabled"
            }
            ErrorKind::NotAllowed => "show this to the end user",
            ErrorKind::NotFound => "check the base URL and the path",
            ErrorKind::AskForLess => "ask for less, or send fewer items",
            ErrorKind::Conflict => "read the data again, then decide",
            ErrorKind::RateLimited => "send less, or share the access token with fewer processes",
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
    Invalid(#[from] BrokenLimit),
    /// The HTTP client cannot be set up, as when no TLS backend can.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] Source),
}

/// A limit that hand-written code checks.
pub(crate) fn invalid(
    field: &str,
    has: impl Into<String>,
    allowed: impl Into<String>,
) -> BrokenLimit {
    BrokenLimit::new(has, allowed).within(field)
}
