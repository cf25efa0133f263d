//! Faults: their effects, and the requests that trigger them.

use std::fmt;
use std::ops::Not;
use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::Operation;
use crate::operations::ItemChange;
use crate::spec::Spec;

/// A failure that the sandbox injects into requests.
///
/// By default, a fault applies once, to the next request. In a script and over `/_sandbox/faults` it is a JSON object;
/// see "Faults" in the documentation of the crate.
///
/// ```
/// use std::time::Duration;
/// use mews_sandbox::{Fault, Operation};
///
/// let lost_response = Fault::drop_after_commit().on(Operation::VoucherCodesAdd);
/// let busy = Fault::too_many_requests(Some(Duration::from_secs(2))).times(3);
/// let flaky = Fault::html(502).every(10);
/// # let _ = (lost_response, busy, flaky);
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

/// The effect of a fault.
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
                "{code} is not the status of an error: use one from 400 to 599"
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

    /// Returns an error with a status and the documented body. Nothing is committed.
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

    /// Commits, then returns an error with a status and the documented body.
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

    /// Returns a 500 with the tokens of the request in `Details`, as a development environment might ("request, headers,
    /// …", guidelines/responses.md). Nothing is committed.
    pub fn echo_tokens() -> Self {
        Self::new(Effect::Status {
            code: status(500),
            after_commit: false,
            echo_tokens: true,
        })
    }

    /// Returns a page of HTML, as a gateway in front of the API would. Nothing is committed.
    ///
    /// # Panics
    ///
    /// If `code` is not from 400 to 599.
    pub fn html(code: u16) -> Self {
        Self::new(Effect::Html { code: status(code) })
    }

    /// Returns a 307 with another URL to send the request to, tokens included. Nothing is committed.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::new(Effect::Redirect {
            location: location.into(),
        })
    }

    /// Returns a 429, with `Retry-After` in whole seconds (rounded up) or without it.
    pub fn too_many_requests(retry_after: Option<Duration>) -> Self {
        Self::new(Effect::TooManyRequests {
            retry_after_seconds: retry_after
                .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
        })
    }

    /// Delays the response, in real time.
    pub fn latency(duration: Duration) -> Self {
        Self::new(Effect::Latency {
            milliseconds: milliseconds(duration),
        })
    }

    /// Resets the connection before the body is read. Nothing is committed.
    pub const fn drop_before_reading() -> Self {
        Self::new(Effect::DropBeforeReading)
    }

    /// Commits, then resets the connection without a response.
    pub const fn drop_after_commit() -> Self {
        Self::new(Effect::DropAfterCommit)
    }

    /// Commits, sends half of the response, then resets the connection.
    pub const fn drop_mid_body() -> Self {
        Self::new(Effect::DropMidBody)
    }

    /// Waits in real time before the operation is committed, even if the client gave up in the meantime.
    pub fn commit_late(duration: Duration) -> Self {
        Self::new(Effect::CommitLate {
            milliseconds: milliseconds(duration),
        })
    }

    /// Returns the first half of the JSON as if it were complete.
    pub const fn truncated_json() -> Self {
        Self::new(Effect::TruncatedJson)
    }

    /// Returns JSON with a trailing comma.
    pub const fn invalid_json() -> Self {
        Self::new(Effect::InvalidJson)
    }

    /// Returns values of `Type` and `ActivityState` that the spec does not have.
    pub const fn unknown_enum_value() -> Self {
        Self::new(Effect::UnknownEnumValue)
    }

    /// Returns a property that the spec does not have, in the response and in each item.
    pub const fn unknown_field() -> Self {
        Self::new(Effect::UnknownField)
    }

    /// Returns a page with the cursor of the request. Only requests with a cursor match.
    pub const fn same_cursor() -> Self {
        Self::new(Effect::SameCursor)
    }

    /// Deletes the item that the next page starts with, after the page was read. At the end of the listing, that is the
    /// last item of the page, which is the one that the cursor names.
    pub const fn delete_between_pages() -> Self {
        Self::new(Effect::DeleteBetweenPages)
    }

    /// Like [`delete_between_pages`](Self::delete_between_pages), but the item gets a new `UpdatedUtc`, which may be
    /// outside the requested interval.
    pub const fn update_between_pages() -> Self {
        Self::new(Effect::UpdateBetweenPages)
    }

    /// Limits the fault to an operation.
    #[must_use]
    pub const fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets how often the fault is triggered. The default is once, or without end after [`every`](Self::every).
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Triggers the fault with every `nth` request that it matches. 0 is the same as 1.
    #[must_use]
    pub const fn every(mut self, nth: u64) -> Self {
        self.every = Some(nth);
        self
    }

    /// Sets the number of matching requests that do not trigger the fault at first.
    #[must_use]
    pub const fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Returns `true` if the fault is meant for a request. The body is null before it was read.
    pub(crate) fn matches(&self, operation: Operation, body: &Value, spec: &Spec) -> bool {
        self.operation.is_none_or(|own| own == operation)
            && match self.effect {
                Effect::SameCursor => body
                    .pointer("/Limitation/Cursor")
                    .is_some_and(Value::is_string),
                Effect::DeleteBetweenPages | Effect::UpdateBetweenPages => {
                    spec.is_paginated(operation)
                }
                _ => true,
            }
    }

    /// Returns `true` if the `seen`th request that the fault matched, counted from 1, is to trigger it.
    pub(crate) fn is_due(&self, seen: u64, triggered: u64) -> bool {
        let max = match (self.times, self.every) {
            (Some(times), _) => times,
            (None, Some(_)) => u64::MAX,
            (None, None) => 1,
        };
        triggered < max
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

/// The point of a request at which an effect happens.
pub(crate) enum Stage<'a> {
    /// The connection is reset before the body is read.
    BeforeReading,
    /// The request takes longer.
    Delay(Duration),
    /// There is another response, and the operation is not performed.
    Instead(Replacement<'a>),
    /// The operation is performed later.
    BeforeCommit(Duration),
    /// An item changes after the page was read.
    BetweenPages(ItemChange),
    /// The response is changed.
    Rewrite(Rewrite),
    /// The connection is reset while the response is sent.
    Delivery(Delivery),
}

/// A response without the operation.
pub(crate) enum Replacement<'a> {
    Error { code: Status, echo_tokens: bool },
    Html(Status),
    Redirect(&'a str),
    TooManyRequests(Option<u64>),
}

/// A change of a response.
#[derive(Clone, Copy)]
pub(crate) enum Rewrite {
    Error { code: Status, echo_tokens: bool },
    TruncatedJson,
    InvalidJson,
    UnknownEnumValue,
    UnknownField,
    SameCursor,
}

/// The part of a response that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// The first half of the body, then the connection is reset.
    Half,
    /// Nothing: the connection is reset.
    None,
}

impl Effect {
    /// Returns the stage of the effect. The match is exhaustive, and so are those over each kind of stage: an effect
    /// that nothing handles does not compile.
    pub(crate) fn stage(&self) -> Stage<'_> {
        match self {
            Self::Status {
                code,
                after_commit: false,
                echo_tokens,
            } => Stage::Instead(Replacement::Error {
                code: *code,
                echo_tokens: *echo_tokens,
            }),
            Self::Status {
                code,
                after_commit: true,
                echo_tokens,
            } => Stage::Rewrite(Rewrite::Error {
                code: *code,
                echo_tokens: *echo_tokens,
            }),
            Self::Html { code } => Stage::Instead(Replacement::Html(*code)),
            Self::Redirect { location } => Stage::Instead(Replacement::Redirect(location)),
            Self::TooManyRequests {
                retry_after_seconds,
            } => Stage::Instead(Replacement::TooManyRequests(*retry_after_seconds)),
            Self::Latency { milliseconds } => Stage::Delay(Duration::from_millis(*milliseconds)),
            Self::CommitLate { milliseconds } => {
                Stage::BeforeCommit(Duration::from_millis(*milliseconds))
            }
            Self::DropBeforeReading => Stage::BeforeReading,
            Self::DropAfterCommit => Stage::Delivery(Delivery::None),
            Self::DropMidBody => Stage::Delivery(Delivery::Half),
            Self::TruncatedJson => Stage::Rewrite(Rewrite::TruncatedJson),
            Self::InvalidJson => Stage::Rewrite(Rewrite::InvalidJson),
            Self::UnknownEnumValue => Stage::Rewrite(Rewrite::UnknownEnumValue),
            Self::UnknownField => Stage::Rewrite(Rewrite::UnknownField),
            Self::SameCursor => Stage::Rewrite(Rewrite::SameCursor),
            Self::DeleteBetweenPages => Stage::BetweenPages(ItemChange::Delete),
            Self::UpdateBetweenPages => Stage::BetweenPages(ItemChange::Update),
        }
    }
}
