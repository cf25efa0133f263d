//! Faults: what goes wrong, when, and how often.

use std::fmt;
use std::ops::Not;
use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::Operation;

/// Something that goes wrong with requests, on purpose.
///
/// A fault strikes the next request unless it says otherwise, and is spent then. In a script and over
/// `/_sandbox/faults` it is a JSON object; see "Faults" in the documentation of the crate.
///
/// ```
/// use std::time::Duration;
/// use mews_sandbox::{Fault, Operation};
///
/// let lost_answer = Fault::drop_after_commit().on(Operation::VoucherCodesAdd);
/// let busy = Fault::too_many_requests(Some(Duration::from_secs(2))).times(3);
/// let flaky = Fault::html(502).every(10);
/// # let _ = (lost_answer, busy, flaky);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Fault {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    skip: u64,
    pub(crate) effect: Effect,
}

// serde asks for a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Effect {
    #[serde(rename_all = "PascalCase")]
    Status {
        code: Status,
        #[serde(default, skip_serializing_if = "Not::not")]
        after_commit: bool,
        #[serde(default, skip_serializing_if = "Not::not")]
        echo_tokens: bool,
    },
    #[serde(rename_all = "PascalCase")]
    Html {
        code: Status,
    },
    #[serde(rename_all = "PascalCase")]
    Redirect {
        location: String,
    },
    #[serde(rename_all = "PascalCase")]
    TooManyRequests {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    #[serde(rename_all = "PascalCase")]
    Latency {
        milliseconds: u64,
    },
    DropBeforeReading,
    DropAfterCommit,
    DropMidBody,
    #[serde(rename_all = "PascalCase")]
    CommitLate {
        milliseconds: u64,
    },
    TruncatedJson,
    InvalidJson,
    UnknownEnumValue,
    UnknownField,
    SameCursor,
    DeleteBetweenPages,
    UpdateBetweenPages,
}

/// The status of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub(crate) struct Status(u16);

impl TryFrom<u16> for Status {
    type Error = String;

    fn try_from(code: u16) -> Result<Self, Self::Error> {
        if (400..=599).contains(&code) {
            Ok(Self(code))
        } else {
            Err(format!(
                "{code} is no status of an error: take one from 400 to 599"
            ))
        }
    }
}

impl From<Status> for StatusCode {
    fn from(status: Status) -> Self {
        Self::from_u16(status.0).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl From<Status> for u16 {
    fn from(status: Status) -> Self {
        status.0
    }
}

impl Fault {
    const fn new(effect: Effect) -> Self {
        Self {
            operation: None,
            times: None,
            every: None,
            skip: 0,
            effect,
        }
    }

    /// Answers with a status and the documented error body. Nothing is committed.
    ///
    /// # Panics
    ///
    /// If `code` is not from 400 to 599.
    pub fn status(code: u16) -> Self {
        Self::new(Effect::Status {
            code: status(code),
            after_commit: false,
            echo_tokens: false,
        })
    }

    /// Commits, then answers with a status and the documented error body all the same.
    ///
    /// # Panics
    ///
    /// If `code` is not from 400 to 599.
    pub fn status_after_commit(code: u16) -> Self {
        Self::new(Effect::Status {
            code: status(code),
            after_commit: true,
            echo_tokens: false,
        })
    }

    /// Answers 500 with the tokens of the request in the error's `Details`, as a careless development environment
    /// would ("request, headers, …", guidelines/responses.md). Nothing is committed.
    pub fn echo_tokens() -> Self {
        Self::new(Effect::Status {
            code: status(500),
            after_commit: false,
            echo_tokens: true,
        })
    }

    /// Answers with a page of HTML, as a gateway in front of the API would. Nothing is committed.
    ///
    /// # Panics
    ///
    /// If `code` is not from 400 to 599.
    pub fn html(code: u16) -> Self {
        Self::new(Effect::Html { code: status(code) })
    }

    /// Answers 307 with another address to send the request to, tokens and all. Nothing is committed.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::new(Effect::Redirect {
            location: location.into(),
        })
    }

    /// Answers 429, with `Retry-After` in whole seconds (rounded up) or without it.
    pub fn too_many_requests(retry_after: Option<Duration>) -> Self {
        Self::new(Effect::TooManyRequests {
            retry_after_seconds: retry_after
                .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
        })
    }

    /// Answers as usual, but later, by the sandbox's clock.
    pub fn latency(duration: Duration) -> Self {
        Self::new(Effect::Latency {
            milliseconds: milliseconds(duration),
        })
    }

    /// Resets the connection before the body is read. Nothing is committed.
    pub const fn drop_before_reading() -> Self {
        Self::new(Effect::DropBeforeReading)
    }

    /// Commits, then resets the connection instead of answering.
    pub const fn drop_after_commit() -> Self {
        Self::new(Effect::DropAfterCommit)
    }

    /// Commits, sends half of the answer, then resets the connection.
    pub const fn drop_mid_body() -> Self {
        Self::new(Effect::DropMidBody)
    }

    /// Waits that long by the sandbox's clock before it commits, even if the client gave up meanwhile, and answers
    /// then.
    pub fn commit_late(duration: Duration) -> Self {
        Self::new(Effect::CommitLate {
            milliseconds: milliseconds(duration),
        })
    }

    /// Answers with the first half of the JSON as if it were all.
    pub const fn truncated_json() -> Self {
        Self::new(Effect::TruncatedJson)
    }

    /// Answers with JSON that has a comma too many.
    pub const fn invalid_json() -> Self {
        Self::new(Effect::InvalidJson)
    }

    /// Answers with values that the document doesn't know in `Type` and `ActivityState`.
    pub const fn unknown_enum_value() -> Self {
        Self::new(Effect::UnknownEnumValue)
    }

    /// Answers with a property that the document doesn't know, in the answer and in each item.
    pub const fn unknown_field() -> Self {
        Self::new(Effect::UnknownField)
    }

    /// Answers a page with the cursor that it was asked with. Strikes requests that carry one only.
    pub const fn same_cursor() -> Self {
        Self::new(Effect::SameCursor)
    }

    /// Deletes the item that the next page starts with once the page is answered; at the end of the listing, the
    /// last item of the page, which is the one that the cursor names.
    pub const fn delete_between_pages() -> Self {
        Self::new(Effect::DeleteBetweenPages)
    }

    /// The same, but the item gets a new `UpdatedUtc` instead, with which it may leave the interval asked for.
    pub const fn update_between_pages() -> Self {
        Self::new(Effect::UpdateBetweenPages)
    }

    /// Strikes this operation only.
    #[must_use]
    pub const fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Strikes so many times; once unless this or [`every`](Self::every) says otherwise.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Strikes every `nth` request that it matches, without end unless [`times`](Self::times) sets one. 0 is taken
    /// for 1.
    #[must_use]
    pub const fn every(mut self, nth: u64) -> Self {
        self.every = Some(nth);
        self
    }

    /// Lets so many requests that it matches pass first.
    #[must_use]
    pub const fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Whether a request is one of those that it is meant for. The body is null before it was read.
    pub(crate) fn matches(&self, operation: Operation, body: &Value) -> bool {
        self.operation.is_none_or(|own| own == operation)
            && match self.effect {
                Effect::SameCursor => body
                    .pointer("/Limitation/Cursor")
                    .is_some_and(Value::is_string),
                Effect::DeleteBetweenPages | Effect::UpdateBetweenPages => operation.is_paginated(),
                _ => true,
            }
    }

    /// Whether the `seen`th request that it matched, counted from 1, is struck.
    pub(crate) fn strikes(&self, seen: u64, struck: u64) -> bool {
        let most = match (self.times, self.every) {
            (Some(times), _) => times,
            (None, Some(_)) => u64::MAX,
            (None, None) => 1,
        };
        struck < most
            && seen
                .checked_sub(self.skip)
                .is_some_and(|due| due > 0 && due % self.every.unwrap_or(1).max(1) == 0)
    }
}

fn status(code: u16) -> Status {
    match Status::try_from(code) {
        Ok(status) => status,
        Err(problem) => panic!("{problem}"),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Effect {
    /// The name that it has in a script.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status { .. } => "Status",
            Self::Html { .. } => "Html",
            Self::Redirect { .. } => "Redirect",
            Self::TooManyRequests { .. } => "TooManyRequests",
            Self::Latency { .. } => "Latency",
            Self::DropBeforeReading => "DropBeforeReading",
            Self::DropAfterCommit => "DropAfterCommit",
            Self::DropMidBody => "DropMidBody",
            Self::CommitLate { .. } => "CommitLate",
            Self::TruncatedJson => "TruncatedJson",
            Self::InvalidJson => "InvalidJson",
            Self::UnknownEnumValue => "UnknownEnumValue",
            Self::UnknownField => "UnknownField",
            Self::SameCursor => "SameCursor",
            Self::DeleteBetweenPages => "DeleteBetweenPages",
            Self::UpdateBetweenPages => "UpdateBetweenPages",
        })
    }
}

impl Effect {
    /// Whether it strikes before the body is read.
    pub(crate) const fn is_early(&self) -> bool {
        matches!(self, Self::DropBeforeReading)
    }
}
