//! One attempt over HTTP.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;
use tracing::{Instrument, Span, field, info_span};

use super::attempts::Attempt;
use super::call::{Reply, error_type};
use super::core::{Core, PATH_PREFIX};
use super::error_response::{error_response, failed, header_text, masked_headers, text_of};
use super::retry_after::retry_after;
use super::tracked_body::{Sent, TrackedBody};
use crate::body::{End, KEPT, kept, read};
use crate::error::{Error, ErrorKind, invalid};
use crate::options::CallOptions;
use crate::request::Request;
use crate::response::Head;

static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
static PREFER: HeaderName = HeaderName::from_static("prefer");

/// A request that can be sent any number of times.
pub(super) struct Exchange<'a> {
    core: &'a Core,
    operation: &'a str,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    timeout: std::time::Duration,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        core: &'a Core,
        request: &'a Request,
        options: &CallOptions,
    ) -> Result<Self, Error> {
        let operation = &*request.operation;
        let url = format!("{}{PATH_PREFIX}{operation}", core.base_url);
        let url = Url::parse(&url).map_err(|error| {
            let violation = invalid(
                "path",
                format!("an invalid URL ({error})"),
                "resource/action",
            );
            Error::invalid(request.operation.clone(), violation)
        })?;
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json)]);
        if options.prefer_minimal.unwrap_or_default() {
            headers.insert(&PREFER, HeaderValue::from_static("return=minimal"));
        }
        Ok(Self {
            core,
            operation,
            url,
            headers,
            body: request.body.clone(),
            timeout: options.timeout.unwrap_or(core.timeout),
        })
    }

    fn request(&self, sent: Sent) -> reqwest::Request {
        let mut request = reqwest::Request::new(Method::POST, self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.timeout_mut() = Some(self.timeout);
        let body = TrackedBody::new(self.body.clone(), sent);
        *request.body_mut() = Some(reqwest::Body::wrap(body));
        request
    }

    /// Sends the request once, in a separate span.
    pub(super) fn send(&self, attempt: Attempt<'_>) -> impl Future<Output = Result<Reply, Error>> {
        let host = self.url.host_str().unwrap_or_default();
        let span = info_span!(
            "mews.attempt",
            otel.name = Method::POST.as_str(),
            otel.kind = "client",
            http.request.method = Method::POST.as_str(),
            server.address = host.trim_start_matches('[').trim_end_matches(']'),
            server.port = self.url.port_or_known_default(),
            url.full = self.url.as_str(),
            http.request.resend_count = (attempt.number > 1).then(|| attempt.number - 1),
            http.response.status_code = field::Empty,
            "error.type" = field::Empty,
            mews.operation = self.operation,
            mews.request_id = field::Empty,
        );
        let recorded = span.clone();
        async move {
            let result = self.exchange(&attempt).await;
            if let Err(error) = &result {
                recorded.record("error.type", error_type(error));
            }
            result
        }
        .instrument(span)
    }

    async fn exchange(&self, attempt: &Attempt<'_>) -> Result<Reply, Error> {
        let Core { mask, clock, .. } = self.core;
        // A timeout of HTTP uses real time, so an injected clock must not advance during the exchange.
        let _busy = clock.busy();
        // The HTTP library checks the timeout only after it has tried to send on an open connection.
        if self.timeout.is_zero() {
            return Err(no_response(self.operation, attempt, None));
        }
        let request = self.request(attempt.sent.clone());
        let response = match self.core.http.execute(request).await {
            Ok(response) => response,
            Err(source) => return Err(no_response(self.operation, attempt, Some(source))),
        };
        let headers = masked_headers(response.headers(), mask);
        let head = Head {
            status: response.status(),
            request_id: header_text(&headers, &REQUEST_ID),
            headers,
            attempts: attempt.number,
        };
        let span = Span::current();
        span.record("http.response.status_code", head.status.as_u16());
        if let Some(id) = &head.request_id {
            span.record("mews.request_id", id);
        }
        let wait = retry_after(
            &head.headers,
            clock.system_time(),
            self.core.max_retry_after,
        );
        if let (StatusCode::TOO_MANY_REQUESTS, Some(wait)) = (head.status, wait) {
            attempt.hold(wait);
        }
        let is_success = matches!(head.status, StatusCode::OK | StatusCode::NO_CONTENT);
        let limit = if is_success {
            self.core.body_limit
        } else {
            KEPT.min(self.core.body_limit)
        };
        let body = read(response, limit).await;
        if !is_success {
            return Err(error_response(self.operation, &head, &body, wait, mask));
        }
        let broken = |kind, what: String, source| {
            Err(failed(kind, self.operation, &head).with(|parts| {
                parts.what = Some(what);
                parts.maybe_applied = true;
                parts.body = Some(kept(&body, mask));
                parts.source = source;
            }))
        };
        match body.end {
            End::Complete => {
                let is_empty = head.status == StatusCode::NO_CONTENT;
                let body = if is_empty {
                    Bytes::from_static(b"{}")
                } else {
                    body.bytes
                };
                Ok(Reply { head, body })
            }
            End::TooLong => broken(
                ErrorKind::Protocol,
                format!(
                    "the response is longer than {limit} bytes; request a smaller page or raise the limit"
                ),
                None,
            ),
            End::Broken(ref source) => {
                let what = if source.is_timeout() {
                    "the response timed out"
                } else {
                    "the response ended early"
                };
                broken(ErrorKind::Transport, what.into(), Some(text_of(source)))
            }
        }
    }
}

fn no_response(operation: &str, attempt: &Attempt<'_>, source: Option<reqwest::Error>) -> Error {
    let is_timeout = source.as_ref().is_none_or(reqwest::Error::is_timeout);
    let what = match (attempt.sent.get(), is_timeout) {
        (false, true) => "not sent, the connection was not established in time",
        (false, false) => "not sent, the connection could not be established",
        (true, true) => "no response was received in time",
        (true, false) => "the connection was lost before a response was received",
    };
    Error::new(ErrorKind::Transport, operation.to_owned()).with(|parts| {
        parts.what = Some(what.into());
        parts.maybe_applied = true;
        parts.source = source.map(Into::into);
    })
}
