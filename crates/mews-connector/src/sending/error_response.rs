//! The meaning of error responses.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use crate::body::{Body, kept};
use crate::error::{Error, ErrorKind, Source};
use crate::masking::Mask;
use crate::response::Head;

/// Creates an error with the properties that every response has.
pub(crate) fn failed(kind: ErrorKind, operation: &str, head: &Head) -> Error {
    Error::new(kind, operation.to_owned()).with(|parts| {
        parts.status = Some(head.status);
        parts.headers = head.headers.clone();
        parts.request_id.clone_from(&head.request_id);
        parts.attempts = head.attempts;
    })
}

/// Creates the error of a response that is neither 200 nor 204.
pub(super) fn error_response(
    operation: &str,
    head: &Head,
    body: &Body,
    retry_after: Option<Duration>,
    mask: &Mask,
) -> Error {
    let status = head.status;
    let kind = match status.as_u16() {
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::RequestTimeout,
        409 => ErrorKind::Conflict,
        410 => ErrorKind::Gone,
        413 => ErrorKind::ContentTooLarge,
        429 => ErrorKind::RateLimited,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Protocol,
    };
    let text = ErrorBody::read(&body.bytes, mask);
    failed(kind, operation, head).with(|parts| {
        parts.message = text.get("Message");
        if parts.request_id.is_none() {
            parts.request_id = text.get("RequestId");
        }
        parts.what = match kind {
            ErrorKind::Protocol if status.is_redirection() => Some(
                "the server responded with a redirect, which is not followed; check the base URL"
                    .into(),
            ),
            ErrorKind::Protocol => Some("undocumented status of the response".into()),
            _ => None,
        };
        parts.retry_after = retry_after;
        parts.body = Some(kept(body, mask));
        parts.maybe_applied =
            matches!(kind, ErrorKind::Server | ErrorKind::RequestTimeout) || status.is_success();
    })
}

/// The properties of an error body in any form.
struct ErrorBody<'a> {
    json: serde_json::Value,
    mask: &'a Mask,
}

impl<'a> ErrorBody<'a> {
    fn read(bytes: &[u8], mask: &'a Mask) -> Self {
        Self {
            json: serde_json::from_slice(bytes).unwrap_or_default(),
            mask,
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        let text = self.json.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| self.mask.text(text).into_owned())
    }
}

/// Returns the message of an error and of its sources, for an error that cannot be moved.
pub(super) fn text_of(source: &reqwest::Error) -> Source {
    let mut text = source.to_string();
    let mut next = std::error::Error::source(source);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text.into()
}

pub(super) fn masked_headers(headers: &HeaderMap, mask: &Mask) -> HeaderMap {
    let mut kept = headers.clone();
    for value in kept.values_mut() {
        let text = String::from_utf8_lossy(value.as_bytes());
        if let Cow::Owned(masked) = mask.text(&text) {
            *value = HeaderValue::from_str(&masked).unwrap_or(HeaderValue::from_static("[hidden]"));
        }
    }
    kept
}

pub(super) fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(name)?.as_bytes())
        .trim()
        .to_owned();
    (!text.is_empty()).then_some(text)
}
