//! Faults: their effects, and the requests that trigger them.

mod effect;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ApiError;
use crate::operation::Operation;
use crate::spec::Spec;
pub(crate) use effect::{
    Custom, Delivery, EXAMPLES, Effect, Failure, Headers, Replacement, RetryAfter, Rewrite, Stage,
    Status,
};

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<Token>,
    #[serde(rename = "Where", default, skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    pub(crate) effect: Effect,
}

/// A token, which does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::mask::MASK)
    }
}

/// A condition on the body of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    /// A JSON pointer.
    pointer: String,
    /// The value at the pointer, or `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

// serde requires a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Fault {
    const fn new(effect: Effect) -> Self {
        Self {
            operation: None,
            times: None,
            every: None,
            skip: 0,
            access_token: None,
            condition: None,
            effect,
        }
    }

    /// Reads one fault or an array of them.
    pub(crate) fn read(json: Value) -> Result<Vec<Self>, ApiError> {
        let script = match json {
            Value::Array(faults) => faults,
            fault => vec![fault],
        };
        let faults: Result<Vec<Self>, _> = script.into_iter().map(serde_json::from_value).collect();
        faults.map_err(|error| ApiError::invalid("faults", error.to_string()))
    }

    /// Returns an error with a status and the documented body. Nothing is committed.
    ///
    /// # Panics
    ///
    /// Panics if `code` is not from 400 to 599.
    pub fn status(code: u16) -> Self {
        Self::new(Effect::Status {
            code: valid(Status::try_from(code)),
            after_commit: false,
            echo_tokens: false,
            retry_after_seconds: None,
            retry_after_as_date: false,
        })
    }

    /// Commits, then returns an error with a status and the documented body.
    ///
    /// # Panics
    ///
    /// Panics if `code` is not from 400 to 599.
    pub fn status_after_commit(code: u16) -> Self {
        Self::new(Effect::Status {
            code: valid(Status::try_from(code)),
            after_commit: true,
            echo_tokens: false,
            retry_after_seconds: None,
            retry_after_as_date: false,
        })
    }

    /// Returns a 500 with the tokens of the request in `Details`, as a development environment might ("request, headers,
    /// …", guidelines/responses.md). Nothing is committed.
    pub fn echo_tokens() -> Self {
        Self::new(Effect::Status {
            code: valid(Status::try_from(500)),
            after_commit: false,
            echo_tokens: true,
            retry_after_seconds: None,
            retry_after_as_date: false,
        })
    }

    /// Returns a page of HTML, as a gateway in front of the API would. Nothing is committed.
    ///
    /// # Panics
    ///
    /// Panics if `code` is not from 200 to 599.
    pub fn html(code: u16) -> Self {
        Self::new(Effect::Html {
            code: valid(Status::try_from(code)),
        })
    }

    /// Returns a 307 with another URL to send the request to, tokens included. Nothing is committed.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::new(Effect::Redirect {
            location: location.into(),
        })
    }

    /// Returns a 429, with `Retry-After` in whole seconds (rounded up) or without it.
    pub fn too_many_requests(retry_after: Option<Duration>) -> Self {
        let fault = Self::new(Effect::TooManyRequests {
            retry_after_seconds: None,
            retry_after_as_date: false,
        });
        match retry_after {
            Some(wait) => fault.retry_after(wait),
            None => fault,
        }
    }

    /// Returns any response. A `body` that is a string is sent without changes, null as an empty body, and any other
    /// value as JSON. Nothing is committed.
    ///
    /// ```
    /// use mews_sandbox::Fault;
    /// use serde_json::json;
    ///
    /// let maintenance = Fault::respond(200, &[("content-type", "text/plain")], json!("Maintenance"));
    /// # let _ = maintenance;
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if `code` is not from 200 to 599, or a header is invalid.
    pub fn respond(code: u16, headers: &[(&str, &str)], body: Value) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<std::collections::BTreeMap<_, _>>();
        Self::new(Effect::Respond {
            code: valid(Status::try_from(code)),
            headers: valid(Headers::try_from(headers)),
            body,
            after_commit: false,
        })
    }

    /// Sets `Retry-After` in whole seconds, rounded up. Only the faults of a status have this header.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        if let Effect::Status {
            retry_after_seconds,
            ..
        }
        | Effect::TooManyRequests {
            retry_after_seconds,
            ..
        } = &mut self.effect
        {
            let seconds = wait
                .as_secs()
                .saturating_add(u64::from(wait.subsec_nanos() > 0));
            *retry_after_seconds = Some(seconds);
        }
        self
    }

    /// Writes `Retry-After` as a date, according to the clock of the sandbox.
    #[must_use]
    pub const fn retry_after_as_date(mut self) -> Self {
        if let Effect::Status {
            retry_after_as_date,
            ..
        }
        | Effect::TooManyRequests {
            retry_after_as_date,
            ..
        } = &mut self.effect
        {
            *retry_after_as_date = true;
        }
        self
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

    /// Returns a value that the spec does not have in each property with an enum.
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

    /// Deletes the item that the next page starts with, after the page was read. At the end of the listing, this is the
    /// last item of the page, which is the item of the cursor. Only items with `IsActive` can be deleted.
    pub const fn delete_between_pages() -> Self {
        Self::new(Effect::DeleteBetweenPages)
    }

    /// Updates the item that [`delete_between_pages`](Self::delete_between_pages) deletes. The item gets a new
    /// `UpdatedUtc`, which may be outside the requested interval.
    pub const fn update_between_pages() -> Self {
        Self::new(Effect::UpdateBetweenPages)
    }

    /// Sends the body in parts of `bytes` bytes, with a pause after each part, in real time.
    pub fn drip_body(bytes: u32, pause: Duration) -> Self {
        Self::new(Effect::DripBody {
            bytes,
            milliseconds: milliseconds(pause),
        })
    }

    /// Sends half of the body, then no more data. The connection stays open.
    pub const fn stall_body() -> Self {
        Self::new(Effect::StallBody)
    }

    /// Sends a `Content-Length` that is too long by `difference` bytes, or too short if it is negative.
    pub const fn wrong_content_length(difference: i64) -> Self {
        Self::new(Effect::WrongContentLength { difference })
    }

    /// Returns the last item of a page twice.
    pub const fn duplicate_item() -> Self {
        Self::new(Effect::DuplicateItem)
    }

    /// Returns all items of a page twice.
    pub const fn duplicate_page() -> Self {
        Self::new(Effect::DuplicatePage)
    }

    /// Returns a page with items and a null cursor, as if it were the end of the listing.
    pub const fn null_cursor() -> Self {
        Self::new(Effect::NullCursor)
    }

    /// Returns a response without the header `Request-Id`.
    pub const fn no_request_id() -> Self {
        Self::new(Effect::NoRequestId)
    }

    /// Limits the fault to requests with an access token. A token on [`drop_before_reading`](Self::drop_before_reading) is
    /// an error, because that fault does not read the body.
    #[must_use]
    pub fn with_token(mut self, access_token: impl Into<String>) -> Self {
        self.access_token = Some(Token(access_token.into()));
        self
    }

    /// Limits the fault to requests whose body has a value at a JSON pointer. `None` stands for any value. A condition
    /// on [`drop_before_reading`](Self::drop_before_reading) is an error, because that fault does not read the body.
    #[must_use]
    pub fn only_if(mut self, pointer: impl Into<String>, value: Option<Value>) -> Self {
        self.condition = Some(Condition {
            pointer: pointer.into(),
            value,
        });
        self
    }

    /// Limits the fault to an operation.
    #[must_use]
    pub const fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets how often the fault is triggered, at least once. The default is once, or without end after
    /// [`every`](Self::every).
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

    /// Checks that the fault can have its effect.
    pub(crate) fn check(&self, spec: &Spec) -> Result<(), String> {
        let effect = &self.effect;
        if self.times == Some(0) {
            return Err(format!(
                "`{effect}` with `Times` 0 never applies; use at least 1"
            ));
        }
        let is_early = matches!(effect.stage(), Stage::BeforeReading);
        if is_early && (self.access_token.is_some() || self.condition.is_some()) {
            return Err(format!(
                "`{effect}` does not read the body; omit `AccessToken` and `Where`"
            ));
        }
        match self.operation {
            Some(operation) if !effect.is_possible(operation, spec) => {
                let possible: Vec<&str> = spec
                    .operations()
                    .filter(|operation| effect.is_possible(*operation, spec))
                    .map(Operation::name)
                    .collect();
                Err(format!(
                    "`{effect}` has no effect on `{operation}`; use one of: {}",
                    possible.join(", ")
                ))
            }
            _ => Ok(()),
        }
    }

    /// Returns `true` if the fault matches a request. The body is null before it was read.
    pub(crate) fn matches(&self, operation: Operation, body: &Value, spec: &Spec) -> bool {
        let has_token = |token: &Token| body["AccessToken"].as_str() == Some(token.0.as_str());
        let is_met = |condition: &Condition| {
            let found = body.pointer(&condition.pointer);
            found.is_some_and(|found| condition.value.as_ref().is_none_or(|value| value == found))
        };
        self.operation.is_none_or(|own| own == operation)
            && self.access_token.as_ref().is_none_or(has_token)
            && self.condition.as_ref().is_none_or(is_met)
            && (self.effect != Effect::SameCursor
                || body
                    .pointer("/Limitation/Cursor")
                    .is_some_and(Value::is_string))
            && self.effect.is_possible(operation, spec)
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

/// Panics if a value is invalid. The constructors of faults document this panic.
fn valid<T>(value: Result<T, String>) -> T {
    match value {
        Ok(value) => value,
        Err(problem) => panic!("{problem}"),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
