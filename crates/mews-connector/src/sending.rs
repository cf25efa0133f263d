//! One call: its attempts, their turns and waits, and what is made of the answers.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{DATE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use rand::Rng;
use rand::rngs::StdRng;
use tracing::{Instrument, Span, debug, field, info_span, warn};

use crate::body::{Body, End, KEPT, kept, read};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::masking::Mask;
use crate::options::CallOptions;
use crate::rate_limit::{DeadlineExceeded, RateLimiter};
use crate::response::Head;
use crate::retry::{Decision, Effect, FailedAttempt, RetryPolicy};

/// No server means more than this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

pub(crate) const PATH_PREFIX: &str = "/api/connector/v1/";
static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
static PREFER: HeaderName = HeaderName::from_static("prefer");

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) authority: String,
    pub(crate) credentials: Credentials,
    pub(crate) mask: Mask,
    pub(crate) language: Option<(String, String)>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Mutex<StdRng>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) body_limit: usize,
}

/// A successful answer before it is decoded.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) head: Head,
    pub(crate) body: Bytes,
    /// Whether an earlier attempt of the same write may have been applied.
    pub(crate) after_doubt: bool,
}

impl Core {
    fn random(&self) -> f64 {
        self.random
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .random()
    }

    /// Sends `request` until there is an answer to return, or nothing more to be done.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        operation: &str,
        effect: Effect,
        options: &CallOptions,
    ) -> Result<Reply, Error> {
        let span = info_span!(
            "mews.call",
            otel.name = operation,
            otel.kind = "client",
            http.request.method = "POST",
            server.address = self.authority,
            url.path = request.url().path(),
            http.response.status_code = field::Empty,
            http.request.resend_count = field::Empty,
            "error.type" = field::Empty,
            mews.operation = operation,
            mews.request_id = field::Empty,
        );
        let result = self
            .attempts(request, operation, effect, options)
            .instrument(span.clone())
            .await;
        let (status, request_id, attempts) = match &result {
            Ok(reply) => (
                Some(reply.head.status),
                reply.head.request_id.as_deref(),
                reply.head.attempts,
            ),
            Err(error) => (error.status(), error.request_id(), error.attempts()),
        };
        record(&span, status, request_id, attempts);
        if let Err(error) = &result {
            span.record("error.type", field::debug(error.kind()));
        }
        result
    }

    async fn attempts(
        &self,
        request: reqwest::Request,
        operation: &str,
        effect: Effect,
        options: &CallOptions,
    ) -> Result<Reply, Error> {
        let started = self.clock.now();
        let deadline = started.checked_add(options.deadline.unwrap_or(self.deadline));
        let policy = options.retry.as_deref().unwrap_or(&*self.retry);
        let mut in_doubt = false;
        let mut attempt = 0;
        let mut last: Option<Error> = None;
        loop {
            let finish = |error: Error, in_doubt: bool| {
                let error = error.with(|parts| parts.creates = !effect.is_idempotent());
                if in_doubt { error.after_doubt() } else { error }
            };
            let waiting_since = self.clock.now();
            let permit = match self.limiter.admit(&*self.clock, deadline).await {
                Ok(permit) => permit,
                Err(too_late) => {
                    let error = last
                        .take()
                        .unwrap_or_else(|| not_in_time(operation, too_late));
                    return Err(finish(error, in_doubt));
                }
            };
            attempt += 1;
            let paced = self.clock.now().saturating_duration_since(waiting_since);
            debug!(
                mews.operation = operation,
                mews.attempt = attempt,
                mews.paced_ms = millis(paced),
                "sending"
            );
            let copy = self.copy(&request, operation, deadline, options)?;
            let outcome = self.attempt(copy, operation, attempt, effect).await;
            drop(permit);
            let error = match outcome {
                Ok(mut reply) => {
                    reply.after_doubt = in_doubt;
                    debug!(
                        mews.operation = operation,
                        mews.attempt = attempt,
                        http.response.status_code = reply.head.status.as_u16(),
                        mews.request_id = reply.head.request_id,
                        mews.body_bytes = reply.body.len(),
                        "answered"
                    );
                    return Ok(reply);
                }
                Err(error) => error,
            };
            in_doubt |= error.maybe_applied();
            let error = finish(error, in_doubt);
            let failed = FailedAttempt {
                error: &error,
                effect,
                attempt,
                elapsed: self.clock.now().saturating_duration_since(started),
                random: self.random(),
            };
            let decision = match policy.decide(&failed) {
                Decision::Retry { .. } if !effect.is_idempotent() && in_doubt => Decision::GiveUp,
                decision => decision,
            };
            warn!(
                mews.operation = operation,
                mews.attempt = attempt,
                http.response.status_code = error.status().map(|status| status.as_u16()),
                mews.request_id = error.request_id(),
                "error.type" = ?error.kind(),
                mews.wait_ms = match decision {
                    Decision::Retry { after } => Some(millis(after)),
                    Decision::GiveUp => None,
                },
                "attempt failed"
            );
            let Decision::Retry { after } = decision else {
                return Err(error);
            };
            let Some(until) = self.clock.now().checked_add(after) else {
                return Err(error);
            };
            let limited = error.kind() == ErrorKind::RateLimited;
            if limited {
                self.limiter.hold(until);
            }
            if deadline.is_some_and(|deadline| until > deadline) {
                return Err(error);
            }
            // A hold makes the next admission wait; waiting here too would be the same time.
            if !limited {
                self.clock.sleep(after).await;
            }
            last = Some(error);
        }
    }

    /// The request as it is sent this time.
    fn copy(
        &self,
        request: &reqwest::Request,
        operation: &str,
        deadline: Option<Instant>,
        options: &CallOptions,
    ) -> Result<reqwest::Request, Error> {
        let mut copy = request.try_clone().ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, operation.to_owned()).with(|parts| {
                parts.sent = false;
                parts.what =
                    Some("not sent, its body is a stream and could not be repeated".into());
            })
        })?;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(self.clock.now()));
        let timeout = options.timeout.unwrap_or(self.timeout);
        *copy.timeout_mut() = Some(left.map_or(timeout, |left| left.min(timeout)));
        if options.prefer_minimal {
            copy.headers_mut()
                .insert(&PREFER, HeaderValue::from_static("return=minimal"));
        }
        Ok(copy)
    }

    async fn attempt(
        &self,
        request: reqwest::Request,
        operation: &str,
        attempt: u32,
        effect: Effect,
    ) -> Result<Reply, Error> {
        let mask = &self.mask;
        let response = match self.http.execute(request).await {
            Ok(response) => response,
            Err(source) => return Err(no_answer(operation, attempt, effect, source)),
        };
        let status = response.status();
        let head = Head {
            status,
            request_id: None,
            headers: masked_headers(response.headers(), mask),
            attempts: attempt,
        };
        let head = Head {
            request_id: header_text(&head.headers, &REQUEST_ID),
            ..head
        };
        let is_success = matches!(status, StatusCode::OK | StatusCode::NO_CONTENT);
        let limit = if is_success {
            self.body_limit
        } else {
            KEPT.min(self.body_limit)
        };
        let body = read(response, limit).await;
        if !is_success {
            return Err(self.refused(operation, &head, &body, effect, mask));
        }
        let broken = |kind, what: String, source| {
            Err(failed(kind, operation, &head).with(|parts| {
                parts.what = Some(what);
                parts.maybe_applied = !effect.is_safe();
                parts.body = Some(kept(&body, mask));
                parts.source = source;
            }))
        };
        match body.end {
            End::Complete if status == StatusCode::NO_CONTENT => Ok(Reply {
                head,
                body: Bytes::from_static(b"{}"),
                after_doubt: false,
            }),
            End::Complete => Ok(Reply {
                head,
                body: body.bytes,
                after_doubt: false,
            }),
            End::TooLong => broken(
                ErrorKind::Protocol,
                format!(
                    "the answer is longer than {limit} bytes; a smaller page, or a higher limit, may help"
                ),
                None,
            ),
            End::Broken(ref source) => {
                let what = if source.is_timeout() {
                    "the answer timed out"
                } else {
                    "the answer broke off"
                };
                broken(ErrorKind::Transport, what.into(), Some(text_of(source)))
            }
        }
    }

    /// What an answer without success means.
    fn refused(
        &self,
        operation: &str,
        head: &Head,
        body: &Body,
        effect: Effect,
        mask: &Mask,
    ) -> Error {
        let status = head.status;
        let kind = match status.as_u16() {
            400 => ErrorKind::BadRequest,
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            408 => ErrorKind::RequestTimeout,
            413 => ErrorKind::ContentTooLarge,
            409 => ErrorKind::Conflict,
            410 => ErrorKind::Gone,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::Protocol,
        };
        let said: Said = serde_json::from_slice(&body.bytes).unwrap_or_default();
        let retry_after = self.retry_after(&head.headers);
        failed(kind, operation, head).with(|parts| {
            parts.message = said
                .text("Message")
                .map(|text| mask.text(&text).into_owned());
            if parts.request_id.is_none() {
                parts.request_id = said
                    .text("RequestId")
                    .map(|text| mask.text(&text).into_owned());
            }
            parts.what = match kind {
                ErrorKind::Protocol if status.is_redirection() => Some(
                    "the server answers with a redirect, which is not followed; check the base URL"
                        .into(),
                ),
                ErrorKind::Protocol => {
                    Some("the server answers with a status that the API does not have".into())
                }
                _ => None,
            };
            parts.retry_after = retry_after;
            parts.body = Some(kept(body, mask));
            let in_doubt =
                matches!(kind, ErrorKind::Server) || status == 408 || status.is_success();
            parts.maybe_applied = !effect.is_safe() && in_doubt;
        })
    }

    /// `Retry-After`, in seconds or as a date, which is compared with the server's own `Date` if there is one.
    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = header_text(headers, &RETRY_AFTER)?;
        let text = text.trim();
        let wait = if let Ok(seconds) = text.parse::<f64>() {
            Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_RETRY_AFTER)
        } else {
            let until = httpdate::parse_http_date(text).ok()?;
            let now = header_text(headers, &DATE)
                .and_then(|date| httpdate::parse_http_date(&date).ok())
                .unwrap_or_else(|| self.clock.system_time());
            until.duration_since(now).unwrap_or_default()
        };
        Some(wait.min(LONGEST_RETRY_AFTER))
    }
}

fn record(span: &Span, status: Option<StatusCode>, request_id: Option<&str>, attempts: u32) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Some(id) = request_id {
        span.record("mews.request_id", id);
    }
    span.record("http.request.resend_count", attempts.saturating_sub(1));
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// An error with what every answer has.
pub(crate) fn failed(kind: ErrorKind, operation: &str, head: &Head) -> Error {
    Error::new(kind, operation.to_owned()).with(|parts| {
        parts.status = Some(head.status);
        parts.headers = head.headers.clone();
        parts.request_id.clone_from(&head.request_id);
        parts.attempts = head.attempts;
    })
}

fn not_in_time(operation: &str, too_late: DeadlineExceeded) -> Error {
    Error::new(ErrorKind::RateLimited, operation.to_owned()).with(|parts| {
        parts.sent = false;
        parts.what = Some("not sent, its turn comes after its deadline".into());
        parts.retry_after = Some(too_late.wait);
        parts.source = Some(Box::new(too_late));
    })
}

fn no_answer(operation: &str, attempt: u32, effect: Effect, source: reqwest::Error) -> Error {
    let sent = !(source.is_connect() || source.is_builder());
    Error::new(ErrorKind::Transport, operation.to_owned()).with(|parts| {
        parts.what = Some(
            match (sent, source.is_timeout()) {
                (false, true) => "no connection in time",
                (false, false) => "no connection to the server",
                (true, true) => "no answer in time",
                (true, false) => "the connection was lost before an answer came",
            }
            .into(),
        );
        parts.attempts = attempt;
        parts.sent = sent;
        parts.maybe_applied = sent && !effect.is_safe();
        parts.source = Some(Box::new(source));
    })
}

/// A source that only part of the code can own, by its words.
fn text_of(source: &reqwest::Error) -> crate::error::Source {
    let mut text = source.to_string();
    let mut next = std::error::Error::source(source);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text.into()
}

/// What an error's body says, whatever its form.
#[derive(Default, serde::Deserialize)]
#[serde(transparent)]
struct Said(serde_json::Value);

impl Said {
    fn text(&self, name: &str) -> Option<String> {
        let text = self.0.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

fn masked_headers(headers: &HeaderMap, mask: &Mask) -> HeaderMap {
    let mut kept = headers.clone();
    for value in kept.values_mut() {
        let text = String::from_utf8_lossy(value.as_bytes());
        if let Cow::Owned(masked) = mask.text(&text) {
            *value = HeaderValue::from_str(&masked).unwrap_or(HeaderValue::from_static("[hidden]"));
        }
    }
    kept
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(name)?.as_bytes())
        .trim()
        .to_owned();
    (!text.is_empty()).then_some(text)
}
