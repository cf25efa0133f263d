//! Responses, and the effects of faults on them.

use std::io::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER,
    VARY,
};
use axum::http::{self, HeaderMap, HeaderName, HeaderValue, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::clock::http_date;
use crate::connection::{Cutter, End, PacedBody};
use crate::error::ApiError;
use crate::fault::{Custom, Delivery, Failure, Replacement, RetryAfter, Rewrite};
use crate::limiter;
use crate::spec::Schema;

/// Identifies the request (guidelines/responses.md: "Every response contains `Request-Id` header").
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The maximum wait in a date, in seconds: longer ones may not fit into a date.
const MAX_WAIT: i64 = 1_000_000_000;

/// A property, and a value of an enum, that no spec has.
const UNKNOWN: &str = "AddedInTheMeantime";

/// A response before it is sent.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) retry_after: RetryAfter,
    /// Headers of a fault, which take the place of others.
    pub(crate) headers: HeaderMap,
    pub(crate) has_request_id: bool,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    /// The coding of the body that was agreed with the client.
    pub(crate) coding: Option<Coding>,
    pub(crate) delivery: Delivery,
}

/// The coding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
}

impl Response {
    pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type: Some("application/json"),
            retry_after: RetryAfter::default(),
            headers: HeaderMap::new(),
            has_request_id: true,
            location: None,
            body,
            coding: None,
            delivery: Delivery::Whole,
        }
    }

    /// Creates a 204, without a body and without `Content-Type` (guidelines/responses.md).
    pub(crate) fn no_content() -> Self {
        Self {
            content_type: None,
            ..Self::json(StatusCode::NO_CONTENT, Vec::new())
        }
    }

    pub(crate) fn dropped() -> Self {
        Self {
            delivery: Delivery::None,
            ..Self::no_content()
        }
    }

    /// Creates a page of HTML, such as a gateway returns.
    pub(crate) fn html(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("Error");
        let html = format!(
            "<!DOCTYPE html>\n<html><head><title>{reason}</title></head>\n\
             <body><h1>{reason}</h1><p>The server returned status {}.</p></body></html>\n",
            status.as_u16()
        );
        Self {
            content_type: Some("text/html; charset=utf-8"),
            ..Self::json(status, html.into_bytes())
        }
    }

    /// Creates the documented error response (guidelines/responses.md, "Error response details").
    pub(crate) fn error(error: &ApiError, request_id: &str) -> Self {
        let mut body = json!({ "Message": error.message, "RequestId": request_id });
        if let Some(details) = &error.details {
            body["Details"] = details.as_str().into();
        }
        Self {
            retry_after: RetryAfter {
                seconds: error.retry_after,
                is_date: false,
            },
            ..Self::json(error.status, body.to_string().into_bytes())
        }
    }

    /// Creates the response of a fault that replaces the operation.
    pub(crate) fn instead(
        replacement: &Replacement<'_>,
        request: &Value,
        request_id: &str,
    ) -> Self {
        match replacement {
            Replacement::Error(failure) => Self::failure(*failure, request, request_id),
            Replacement::Custom(custom) => Self::custom(*custom),
            Replacement::Html(status) => Self::html(*status),
            Replacement::Redirect(location) => Self {
                status: StatusCode::TEMPORARY_REDIRECT,
                location: Some((*location).to_owned()),
                ..Self::no_content()
            },
            Replacement::TooManyRequests(retry_after) => Self {
                retry_after: *retry_after,
                ..Self::error(&limiter::too_many(None), request_id)
            },
        }
    }

    /// Creates a response that a fault describes in full.
    fn custom(custom: Custom<'_>) -> Self {
        let (content_type, body) = match custom.body {
            Value::Null => (None, Vec::new()),
            Value::String(text) => (Some("text/plain; charset=utf-8"), text.clone().into_bytes()),
            json => (Some("application/json"), json.to_string().into_bytes()),
        };
        Self {
            content_type,
            headers: custom.headers.iter().cloned().collect(),
            ..Self::json(custom.status, body)
        }
    }

    /// Creates an error that does not depend on the request.
    fn failure(failure: Failure, request: &Value, request_id: &str) -> Self {
        let message = match failure.status.as_u16() {
            401 => "Invalid AccessToken",
            403 => "The enterprise does not allow it.",
            404 => "Not found",
            408 => "The request took too long.",
            409 => "The data has changed.",
            410 => "The operation has been discontinued.",
            413 => "The request body is too large.",
            429 => "Too many requests.",
            400..=499 => "Invalid request",
            _ => "An unexpected error occurred.",
        };
        let details = if failure.echo_tokens {
            request.to_string()
        } else {
            "a fault of the sandbox".to_owned()
        };
        let error = ApiError::new(failure.status, message).because(details);
        Self {
            retry_after: failure.retry_after,
            ..Self::error(&error, request_id)
        }
    }

    /// Changes the response, which has the schema. Returns `true` if there was something to change.
    pub(crate) fn rewrite(
        &mut self,
        rewrite: Rewrite<'_>,
        schema: Option<Schema<'_>>,
        request: &Value,
        request_id: &str,
    ) -> bool {
        match rewrite {
            Rewrite::Error(failure) => {
                *self = Self {
                    delivery: self.delivery,
                    ..Self::failure(failure, request, request_id)
                };
                true
            }
            Rewrite::Custom(custom) => {
                *self = Self {
                    delivery: self.delivery,
                    ..Self::custom(custom)
                };
                true
            }
            Rewrite::NoRequestId => {
                self.has_request_id = false;
                true
            }
            Rewrite::DuplicateItem => self.rewrite_json(|body| {
                lists(body).fold(false, |has_changed, list| match list.last().cloned() {
                    Some(last) => {
                        list.push(last);
                        true
                    }
                    None => has_changed,
                })
            }),
            Rewrite::DuplicatePage => self.rewrite_json(|body| {
                lists(body).fold(false, |has_changed, list| {
                    list.extend_from_within(..);
                    has_changed || !list.is_empty()
                })
            }),
            Rewrite::NullCursor => self.rewrite_json(|body| {
                let has_cursor = body["Cursor"].is_string();
                body["Cursor"] = Value::Null;
                has_cursor
            }),
            Rewrite::TruncatedJson => {
                let length = self.body.len();
                self.body.truncate(length / 2);
                length > 0
            }
            Rewrite::InvalidJson => match self.body.pop() {
                Some(last) => {
                    self.body.extend([b',', last]);
                    true
                }
                None => false,
            },
            Rewrite::UnknownEnumValue => self.rewrite_json(|body| {
                let mut has_changed = false;
                if let Some(schema) = schema {
                    schema.visit(body, &mut |_, schema, value| {
                        if schema.has_enum() && value.is_string() {
                            *value = UNKNOWN.into();
                            has_changed = true;
                        }
                    });
                }
                has_changed
            }),
            Rewrite::UnknownField => self.rewrite_json(|body| {
                for item in lists(body).flatten().filter(|item| item.is_object()) {
                    item[UNKNOWN] = json!({ "Value": true });
                }
                body[UNKNOWN] = json!({ "Value": true });
                true
            }),
            Rewrite::SameCursor => self.rewrite_json(|body| {
                let cursor = request.pointer("/Limitation/Cursor");
                if let Some(cursor) = cursor {
                    body["Cursor"] = cursor.clone();
                }
                cursor.is_some()
            }),
        }
    }

    /// Changes the JSON of a success.
    fn rewrite_json(&mut self, change: impl FnOnce(&mut Value) -> bool) -> bool {
        if !self.status.is_success() {
            return false;
        }
        let Ok(mut body @ Value::Object(_)) = serde_json::from_slice(&self.body) else {
            return false;
        };
        let has_changed = change(&mut body);
        if has_changed {
            self.body = body.to_string().into_bytes();
        }
        has_changed
    }

    /// Decides on the coding of the body. A response that a fault changed is sent as it is.
    pub(crate) fn negotiate(&mut self, prefers_gzip: bool) {
        if !self.body.is_empty() {
            self.coding = Some(if prefers_gzip {
                Coding::Gzip
            } else {
                Coding::Identity
            });
        }
    }

    /// Compresses the body if that was decided.
    pub(crate) fn compress(&mut self) {
        if self.coding == Some(Coding::Gzip) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            let compressed = encoder
                .write_all(&self.body)
                .and_then(|()| encoder.finish());
            // Writing to memory cannot fail.
            self.body = compressed.unwrap_or_default();
        }
    }

    /// Returns the headers of the response.
    pub(crate) fn headers(&self, request_id: &str, now: DateTime<Utc>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
            headers.insert(DATE, date);
        }
        if let Some(request_id) = HeaderValue::from_str(request_id)
            .ok()
            .filter(|_| self.has_request_id)
        {
            headers.insert(REQUEST_ID, request_id);
        }
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.coding.is_some() {
            headers.insert(VARY, HeaderValue::from(ACCEPT_ENCODING));
        }
        if self.coding == Some(Coding::Gzip) {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(seconds) = self.retry_after.seconds {
            let value = if self.retry_after.is_date {
                let wait =
                    TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX).min(MAX_WAIT));
                HeaderValue::from_str(&http_date(now + wait)).ok()
            } else {
                Some(seconds.into())
            };
            headers.extend(value.map(|value| (RETRY_AFTER, value)));
        }
        // A script can have any string; one that is not a header value is omitted.
        if let Some(location) = self.location.as_deref().and_then(|to| to.parse().ok()) {
            headers.insert(LOCATION, location);
        }
        match self.delivery {
            Delivery::Half | Delivery::Stalled | Delivery::Drip(..) => {
                headers.insert(CONTENT_LENGTH, self.body.len().into());
            }
            Delivery::WrongLength(difference) => {
                let length = (self.body.len() as u64).saturating_add_signed(difference);
                headers.insert(CONTENT_LENGTH, length.into());
            }
            Delivery::Whole | Delivery::None => {}
        }
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        headers
    }

    /// Passes the response to the connection. A response that is dropped never arrives, but the connection only notices
    /// the cut when there is something to send.
    pub(crate) fn into_http(
        self,
        request_id: &str,
        now: DateTime<Utc>,
        cutter: &Cutter,
    ) -> http::Response<Body> {
        let headers = self.headers(request_id, now);
        let whole = Bytes::from(self.body);
        let half = whole.slice(..whole.len() / 2);
        let paced = |parts, pause, end| Body::new(PacedBody::new(parts, pause, end));
        let body = match self.delivery {
            Delivery::Whole => Body::from(whole),
            Delivery::Half => paced(vec![half], Duration::ZERO, End::Reset(cutter.clone())),
            Delivery::Stalled => paced(vec![half], Duration::ZERO, End::Stall),
            Delivery::WrongLength(_) => paced(vec![whole], Duration::ZERO, End::Regular),
            Delivery::Drip(bytes, pause) => {
                let size = usize::try_from(bytes).unwrap_or(usize::MAX).max(1);
                let parts = (0..whole.len())
                    .step_by(size)
                    .map(|start| whole.slice(start..whole.len().min(start.saturating_add(size))))
                    .collect();
                paced(parts, pause, End::Regular)
            }
            Delivery::None => {
                cutter.cut();
                Body::empty()
            }
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// Returns every list in a response.
fn lists(body: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    body.as_object_mut()
        .into_iter()
        .flat_map(|properties| properties.values_mut())
        .filter_map(Value::as_array_mut)
}
