//! Answers on their way out, and what faults do to them.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::connection::{BrokenBody, Cutter};
use crate::error::Refusal;
use crate::fault::Effect;
use crate::limiter;

/// Identifies the request (guidelines/responses.md: "Every response contains `Request-Id` header").
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head>\n\
    <body><h1>Bad gateway</h1><p>The server could not be reached. Try again later.</p></body></html>\n";

/// An answer before it is sent.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
}

/// How much of an answer arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// The first half of the body, then the connection breaks.
    Half,
    /// Nothing: the connection breaks.
    None,
}

impl Answer {
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

    /// 204, without a body and without `Content-Type` (guidelines/responses.md).
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

    pub(crate) fn html(status: StatusCode) -> Self {
        Self {
            content_type: Some("text/html; charset=utf-8"),
            ..Self::json(status, HTML.into())
        }
    }

    /// The documented error (guidelines/responses.md, "Error response details").
    pub(crate) fn refusal(refusal: &Refusal, request_id: &str) -> Self {
        let mut body = json!({ "Message": refusal.message, "RequestId": request_id });
        if let Some(details) = &refusal.details {
            body["Details"] = details.as_str().into();
        }
        Self {
            retry_after: refusal.retry_after,
            ..Self::json(refusal.status, body.to_string().into_bytes())
        }
    }

    /// What faults answer instead of doing what was asked; the first one decides.
    pub(crate) fn instead(faults: &[Effect], request: &Value, request_id: &str) -> Option<Self> {
        faults.iter().find_map(|fault| match fault {
            Effect::Status {
                code,
                after_commit: false,
                echo_tokens,
            } => Some(Self::failure(
                (*code).into(),
                *echo_tokens,
                request,
                request_id,
            )),
            Effect::Html { code } => Some(Self::html((*code).into())),
            Effect::Redirect { location } => Some(Self {
                status: StatusCode::TEMPORARY_REDIRECT,
                location: Some(location.clone()),
                ..Self::no_content()
            }),
            Effect::TooManyRequests {
                retry_after_seconds,
            } => {
                let refusal = limiter::too_many(*retry_after_seconds);
                Some(Self::refusal(&refusal, request_id))
            }
            _ => None,
        })
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
        let refusal = Refusal::new(status, message);
        let details = if echo_tokens {
            request.to_string()
        } else {
            "a fault of the sandbox".to_owned()
        };
        Self::refusal(&refusal.because(details), request_id)
    }

    /// What a fault makes of it.
    pub(crate) fn spoil(&mut self, effect: &Effect, request: &Value, request_id: &str) {
        match effect {
            Effect::Status {
                code,
                after_commit: true,
                echo_tokens,
            } => {
                *self = Self {
                    delivery: self.delivery,
                    ..Self::failure((*code).into(), *echo_tokens, request, request_id)
                };
            }
            Effect::DropAfterCommit => self.delivery = Delivery::None,
            Effect::DropMidBody => self.delivery = Delivery::Half,
            Effect::TruncatedJson => self.body.truncate(self.body.len() / 2),
            Effect::InvalidJson => {
                if let Some(last) = self.body.pop() {
                    self.body.extend([b',', last]);
                }
            }
            Effect::UnknownEnumValue => self.rewrite(|answer| {
                for item in items(answer) {
                    replace(item, "Type", "Loyalty");
                    replace(item, "ActivityState", "Archived");
                }
            }),
            Effect::UnknownField => self.rewrite(|answer| {
                for item in items(answer) {
                    item["AddedInTheMeantime"] = json!({ "Value": true });
                }
                answer["AddedInTheMeantime"] = json!({ "Value": true });
            }),
            Effect::SameCursor => self.rewrite(|answer| {
                if let Some(cursor) = request.pointer("/Limitation/Cursor") {
                    answer["Cursor"] = cursor.clone();
                }
            }),
            _ => {}
        }
    }

    /// Changes the JSON of a success.
    fn rewrite(&mut self, change: impl FnOnce(&mut Value)) {
        if !self.status.is_success() {
            return;
        }
        if let Ok(mut answer @ Value::Object(_)) = serde_json::from_slice(&self.body) {
            change(&mut answer);
            self.body = answer.to_string().into_bytes();
        }
    }

    /// The headers that it is sent with.
    pub(crate) fn headers(&self, request_id: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(request_id) = HeaderValue::from_str(request_id) {
            headers.insert(REQUEST_ID, request_id);
        }
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        // A script can hold anything; what is no header value is left out.
        if let Some(location) = self.location.as_deref().and_then(|to| to.parse().ok()) {
            headers.insert(LOCATION, location);
        }
        if self.delivery == Delivery::Half {
            headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        headers
    }

    /// Hands it to the connection. `None` never arrives, yet something must be handed over for the cut to show.
    pub(crate) fn into_response(self, request_id: &str, cutter: &Cutter) -> Response<Body> {
        let headers = self.headers(request_id);
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
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// Every item of every list in an answer.
fn items(answer: &mut Value) -> impl Iterator<Item = &mut Value> {
    answer
        .as_object_mut()
        .into_iter()
        .flat_map(|properties| properties.values_mut())
        .filter_map(Value::as_array_mut)
        .flatten()
}

fn replace(item: &mut Value, property: &str, value: &str) {
    if let Some(place) = item.get_mut(property) {
        *place = value.into();
    }
}
