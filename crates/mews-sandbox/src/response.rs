//! Responses, and the effects of faults on them.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use axum::http::{self, HeaderMap, HeaderName, HeaderValue, StatusCode};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::clock::http_date;
use crate::connection::{BrokenBody, Cutter};
use crate::error::ApiError;
use crate::fault::{Delivery, Replacement, Rewrite};
use crate::limiter;

/// Identifies the request (guidelines/responses.md: "Every response contains `Request-Id` header").
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// A response before it is sent.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
}

impl Response {
    pub(crate) const fn json(status: StatusCode, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type: Some("application/json"),
            retry_after: None,
            location: None,
            body,
            delivery: Delivery::Whole,
        }
    }

    /// A 204, without a body and without `Content-Type` (guidelines/responses.md).
    pub(crate) const fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            content_type: None,
            retry_after: None,
            location: None,
            body: Vec::new(),
            delivery: Delivery::Whole,
        }
    }

    pub(crate) fn dropped() -> Self {
        Self {
            delivery: Delivery::None,
            ..Self::no_content()
        }
    }

    /// A page of HTML as a gateway returns it.
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

    /// The documented error (guidelines/responses.md, "Error response details").
    pub(crate) fn error(error: &ApiError, request_id: &str) -> Self {
        let mut body = json!({ "Message": error.message, "RequestId": request_id });
        if let Some(details) = &error.details {
            body["Details"] = details.as_str().into();
        }
        Self {
            retry_after: error.retry_after,
            ..Self::json(error.status, body.to_string().into_bytes())
        }
    }

    /// The response of a fault that takes the place of the operation.
    pub(crate) fn instead(
        replacement: &Replacement<'_>,
        request: &Value,
        request_id: &str,
    ) -> Self {
        match replacement {
            Replacement::Error { code, echo_tokens } => {
                Self::failure((*code).into(), *echo_tokens, request, request_id)
            }
            Replacement::Html(code) => Self::html((*code).into()),
            Replacement::Redirect(location) => Self {
                status: StatusCode::TEMPORARY_REDIRECT,
                location: Some((*location).to_owned()),
                ..Self::no_content()
            },
            Replacement::TooManyRequests(retry_after) => {
                Self::error(&limiter::too_many(*retry_after), request_id)
            }
        }
    }

    /// An error that has nothing to do with the request.
    fn failure(status: StatusCode, echo_tokens: bool, request: &Value, request_id: &str) -> Self {
        let message = match status.as_u16() {
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
        let error = ApiError::new(status, message);
        let details = if echo_tokens {
            request.to_string()
        } else {
            "a fault of the sandbox".to_owned()
        };
        Self::error(&error.because(details), request_id)
    }

    /// Changes the response. Returns `true` if there was something to change.
    pub(crate) fn rewrite(&mut self, rewrite: Rewrite, request: &Value, request_id: &str) -> bool {
        match rewrite {
            Rewrite::Error { code, echo_tokens } => {
                *self = Self {
                    delivery: self.delivery,
                    ..Self::failure(code.into(), echo_tokens, request, request_id)
                };
                true
            }
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
                for item in items(body) {
                    has_changed |= replace(item, "Type", "Loyalty");
                    has_changed |= replace(item, "ActivityState", "Archived");
                }
                has_changed
            }),
            Rewrite::UnknownField => self.rewrite_json(|body| {
                for item in items(body).filter(|item| item.is_object()) {
                    item["AddedInTheMeantime"] = json!({ "Value": true });
                }
                body["AddedInTheMeantime"] = json!({ "Value": true });
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

    /// The headers of the response.
    pub(crate) fn headers(&self, request_id: &str, now: DateTime<Utc>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
            headers.insert(DATE, date);
        }
        if let Ok(request_id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, request_id);
        }
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        // A script can have any string; one that is not a header value is omitted.
        if let Some(location) = self.location.as_deref().and_then(|to| to.parse().ok()) {
            headers.insert(LOCATION, location);
        }
        if self.delivery == Delivery::Half {
            headers.insert(CONTENT_LENGTH, self.body.len().into());
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
        let length = self.body.len();
        let body = match self.delivery {
            Delivery::Whole => Body::from(self.body),
            Delivery::Half => {
                let half = Bytes::from(self.body).slice(..length / 2);
                Body::new(BrokenBody::new(half, cutter.clone()))
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

/// Every item of every list in a response.
fn items(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    body.as_object_mut()
        .into_iter()
        .flat_map(|properties| properties.values_mut())
        .filter_map(Value::as_array_mut)
        .flatten()
}

fn replace(item: &mut Value, property: &str, value: &str) -> bool {
    let place = item.get_mut(property);
    let is_there = place.is_some();
    if let Some(place) = place {
        *place = value.into();
    }
    is_there
}
