//! The effects of faults, and the points of a request at which they happen.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Not;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::Operation;
use crate::operations::ItemChange;
use crate::record::{IS_ACTIVE, UPDATED_UTC};
use crate::spec::{Schema, Spec};

/// The effect of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Effect {
    #[serde(rename_all = "PascalCase")]
    Status {
        code: Status<400>,
        #[serde(default, skip_serializing_if = "Not::not")]
        after_commit: bool,
        #[serde(default, skip_serializing_if = "Not::not")]
        echo_tokens: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
        #[serde(default, skip_serializing_if = "Not::not")]
        retry_after_as_date: bool,
    },
    /// Any response.
    #[serde(rename_all = "PascalCase")]
    Respond {
        code: Status<200>,
        #[serde(default, skip_serializing_if = "Headers::is_empty")]
        headers: Headers,
        #[serde(default)]
        body: Value,
        #[serde(default, skip_serializing_if = "Not::not")]
        after_commit: bool,
    },
    #[serde(rename_all = "PascalCase")]
    Html {
        code: Status<200>,
    },
    #[serde(rename_all = "PascalCase")]
    Redirect {
        location: String,
    },
    #[serde(rename_all = "PascalCase")]
    TooManyRequests {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
        #[serde(default, skip_serializing_if = "Not::not")]
        retry_after_as_date: bool,
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
    /// The body arrives in parts, with a pause after each.
    #[serde(rename_all = "PascalCase")]
    DripBody {
        bytes: u32,
        milliseconds: u64,
    },
    /// Half of the body arrives, and the connection stays open.
    StallBody,
    /// `Content-Length` is wrong by a number of bytes.
    #[serde(rename_all = "PascalCase")]
    WrongContentLength {
        difference: i64,
    },
    DuplicateItem,
    DuplicatePage,
    NullCursor,
    NoRequestId,
}

/// An example of each effect, as JSON.
pub(crate) const EXAMPLES: [&str; 24] = [
    r#"{"Status": {"Code": 503}}"#,
    r#"{"TooManyRequests": {"RetryAfterSeconds": 2}}"#,
    r#"{"Html": {"Code": 502}}"#,
    r#"{"Respond": {"Code": 200, "Body": "Maintenance"}}"#,
    r#"{"Redirect": {"Location": "http://127.0.0.1:9/"}}"#,
    r#"{"Latency": {"Milliseconds": 500}}"#,
    r#"{"CommitLate": {"Milliseconds": 5000}}"#,
    r#""DropBeforeReading""#,
    r#""DropAfterCommit""#,
    r#""DropMidBody""#,
    r#""StallBody""#,
    r#"{"DripBody": {"Bytes": 100, "Milliseconds": 100}}"#,
    r#"{"WrongContentLength": {"Difference": 5}}"#,
    r#""TruncatedJson""#,
    r#""InvalidJson""#,
    r#""UnknownEnumValue""#,
    r#""UnknownField""#,
    r#""SameCursor""#,
    r#""NullCursor""#,
    r#""DuplicateItem""#,
    r#""DuplicatePage""#,
    r#""DeleteBetweenPages""#,
    r#""UpdateBetweenPages""#,
    r#""NoRequestId""#,
];

/// The header `Retry-After` of an error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RetryAfter {
    pub(crate) seconds: Option<u64>,
    /// Whether the header has a date instead of a number.
    pub(crate) is_date: bool,
}

/// Headers that can be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, String>",
    into = "BTreeMap<String, String>"
)]
pub(crate) struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.0.iter()
    }
}

impl TryFrom<BTreeMap<String, String>> for Headers {
    type Error = String;

    fn try_from(headers: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        headers
            .into_iter()
            .map(|(name, value)| {
                let header = name.parse().ok().zip(value.parse().ok());
                header.ok_or_else(|| format!("`{name}` is not a valid header"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl From<Headers> for BTreeMap<String, String> {
    fn from(headers: Headers) -> Self {
        let text = |value: HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers
            .0
            .into_iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect()
    }
}

/// The status of a response, from `MIN` to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub(crate) struct Status<const MIN: u16>(u16);

impl<const MIN: u16> TryFrom<u16> for Status<MIN> {
    type Error = String;

    fn try_from(code: u16) -> Result<Self, Self::Error> {
        if (MIN..=599).contains(&code) {
            Ok(Self(code))
        } else {
            Err(format!(
                "{code} is not a valid status: use one from {MIN} to 599"
            ))
        }
    }
}

impl<const MIN: u16> From<Status<MIN>> for StatusCode {
    fn from(status: Status<MIN>) -> Self {
        Self::from_u16(status.0).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl<const MIN: u16> From<Status<MIN>> for u16 {
    fn from(status: Status<MIN>) -> Self {
        status.0
    }
}

impl fmt::Display for Effect {
    /// Writes the name of the effect in a script.
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
            Self::Respond { .. } => "Respond",
            Self::DripBody { .. } => "DripBody",
            Self::StallBody => "StallBody",
            Self::WrongContentLength { .. } => "WrongContentLength",
            Self::DuplicateItem => "DuplicateItem",
            Self::DuplicatePage => "DuplicatePage",
            Self::NullCursor => "NullCursor",
            Self::NoRequestId => "NoRequestId",
        })
    }
}

/// The point of a request at which an effect happens.
pub(crate) enum Stage<'a> {
    /// The connection is reset before the body is read.
    BeforeReading,
    /// The request takes longer.
    Delay(Duration),
    /// The response is replaced, and the operation is not performed.
    Instead(Replacement<'a>),
    /// The operation is performed later.
    BeforeCommit(Duration),
    /// An item changes after the page was read.
    BetweenPages(ItemChange),
    /// The response is changed.
    Rewrite(Rewrite<'a>),
    /// The connection is reset while the response is sent.
    Delivery(Delivery),
}

impl Stage<'_> {
    /// Returns `true` if the effect determines the response or the way in which it arrives.
    pub(crate) const fn is_of_response(&self) -> bool {
        match self {
            Self::BeforeReading | Self::Instead(_) | Self::Rewrite(_) | Self::Delivery(_) => true,
            Self::Delay(_) | Self::BeforeCommit(_) | Self::BetweenPages(_) => false,
        }
    }
}

/// A response without the operation.
pub(crate) enum Replacement<'a> {
    Error(Failure),
    Html(StatusCode),
    Redirect(&'a str),
    TooManyRequests(RetryAfter),
    Custom(Custom<'a>),
}

/// An error that does not depend on the request.
#[derive(Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) echo_tokens: bool,
    pub(crate) retry_after: RetryAfter,
}

/// A response that a fault describes in full.
#[derive(Clone, Copy)]
pub(crate) struct Custom<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a Headers,
    pub(crate) body: &'a Value,
}

/// A change of a response.
#[derive(Clone, Copy)]
pub(crate) enum Rewrite<'a> {
    Error(Failure),
    Custom(Custom<'a>),
    TruncatedJson,
    InvalidJson,
    UnknownEnumValue,
    UnknownField,
    SameCursor,
    DuplicateItem,
    DuplicatePage,
    NullCursor,
    NoRequestId,
}

/// The way in which a response arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// The first half of the body arrives, then the connection is reset.
    Half,
    /// No part arrives: the connection is reset.
    None,
    /// The first half of the body arrives, and the connection stays open.
    Stalled,
    /// The body arrives in parts of this number of bytes, with a pause after each part.
    Drip(u32, Duration),
    /// The `Content-Length` is wrong by this number of bytes.
    WrongLength(i64),
}

impl Effect {
    /// Returns `true` if the responses of an operation have what the effect changes.
    pub(crate) fn is_possible(&self, operation: Operation, spec: &Spec) -> bool {
        let response = spec.response(operation);
        let is_item_property = |name| {
            let items = spec
                .items(operation)
                .filter(|_| spec.is_paginated(operation));
            items.is_some_and(|items| items.property(name).is_some())
        };
        match self {
            Self::UnknownEnumValue => response.is_some_and(Schema::has_enum),
            Self::SameCursor | Self::NullCursor => spec.is_paginated(operation),
            Self::DuplicateItem | Self::DuplicatePage => response.is_some_and(|response| {
                let mut properties = response.properties().into_values();
                properties.any(|property| property.items().is_some())
            }),
            Self::DeleteBetweenPages => is_item_property(IS_ACTIVE),
            Self::UpdateBetweenPages => is_item_property(UPDATED_UTC),
            _ => spec.has(operation),
        }
    }

    /// Returns the stage of the effect. The matches over effects and over each kind of stage are exhaustive, so an
    /// effect that is not handled does not compile.
    pub(crate) fn stage(&self) -> Stage<'_> {
        match self {
            Self::Status {
                code,
                after_commit,
                echo_tokens,
                retry_after_seconds,
                retry_after_as_date,
            } => {
                let failure = Failure {
                    status: (*code).into(),
                    echo_tokens: *echo_tokens,
                    retry_after: RetryAfter {
                        seconds: *retry_after_seconds,
                        is_date: *retry_after_as_date,
                    },
                };
                if *after_commit {
                    Stage::Rewrite(Rewrite::Error(failure))
                } else {
                    Stage::Instead(Replacement::Error(failure))
                }
            }
            Self::Respond {
                code,
                headers,
                body,
                after_commit,
            } => {
                let custom = Custom {
                    status: (*code).into(),
                    headers,
                    body,
                };
                if *after_commit {
                    Stage::Rewrite(Rewrite::Custom(custom))
                } else {
                    Stage::Instead(Replacement::Custom(custom))
                }
            }
            Self::Html { code } => Stage::Instead(Replacement::Html((*code).into())),
            Self::Redirect { location } => Stage::Instead(Replacement::Redirect(location)),
            Self::TooManyRequests {
                retry_after_seconds,
                retry_after_as_date,
            } => Stage::Instead(Replacement::TooManyRequests(RetryAfter {
                seconds: *retry_after_seconds,
                is_date: *retry_after_as_date,
            })),
            Self::Latency { milliseconds } => Stage::Delay(Duration::from_millis(*milliseconds)),
            Self::CommitLate { milliseconds } => {
                Stage::BeforeCommit(Duration::from_millis(*milliseconds))
            }
            Self::DropBeforeReading => Stage::BeforeReading,
            Self::DropAfterCommit => Stage::Delivery(Delivery::None),
            Self::DropMidBody => Stage::Delivery(Delivery::Half),
            Self::StallBody => Stage::Delivery(Delivery::Stalled),
            Self::DripBody {
                bytes,
                milliseconds,
            } => Stage::Delivery(Delivery::Drip(*bytes, Duration::from_millis(*milliseconds))),
            Self::WrongContentLength { difference } => {
                Stage::Delivery(Delivery::WrongLength(*difference))
            }
            Self::TruncatedJson => Stage::Rewrite(Rewrite::TruncatedJson),
            Self::InvalidJson => Stage::Rewrite(Rewrite::InvalidJson),
            Self::UnknownEnumValue => Stage::Rewrite(Rewrite::UnknownEnumValue),
            Self::UnknownField => Stage::Rewrite(Rewrite::UnknownField),
            Self::SameCursor => Stage::Rewrite(Rewrite::SameCursor),
            Self::DuplicateItem => Stage::Rewrite(Rewrite::DuplicateItem),
            Self::DuplicatePage => Stage::Rewrite(Rewrite::DuplicatePage),
            Self::NullCursor => Stage::Rewrite(Rewrite::NullCursor),
            Self::NoRequestId => Stage::Rewrite(Rewrite::NoRequestId),
            Self::DeleteBetweenPages => Stage::BetweenPages(ItemChange::Delete),
            Self::UpdateBetweenPages => Stage::BetweenPages(ItemChange::Update),
        }
    }
}
