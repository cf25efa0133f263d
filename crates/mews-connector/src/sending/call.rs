//! One call: its task, its options, and what it logs.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tracing::{Instrument, Span, debug, field, info_span, warn};

use super::attempts::Attempts;
use super::core::Core;
use super::http::Exchange;
use crate::error::{Error, ErrorKind};
use crate::options::CallOptions;
use crate::request::Request;
use crate::response::Head;
use crate::retry::{Effect, FailedAttempt};
use crate::task::{Stopped, in_own_task};

/// A successful response before it is decoded.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) head: Head,
    pub(crate) body: Bytes,
}

impl Core {
    /// Sends a request until there is a response or an error to return.
    ///
    /// Everything from admission to the last attempt runs in a separate task, which starts at the first poll and is
    /// aborted on drop. Therefore, a permit or a place in the queue is not kept because the caller does not poll.
    pub(crate) async fn send(
        self: &Arc<Self>,
        request: Request,
        options: &CallOptions,
    ) -> Result<Reply, Error> {
        let (operation, effect) = (request.operation.clone(), request.effect);
        let span = info_span!(
            "mews.call",
            otel.name = &*operation,
            mews.operation = &*operation,
            mews.attempts = field::Empty,
            mews.request_id = field::Empty,
            http.response.status_code = field::Empty,
            "error.type" = field::Empty,
        );
        let call = Call {
            core: self.clone(),
            request,
            options: options.clone(),
        };
        let task = async move { call.run().await }.instrument(span.clone());
        let result = in_own_task(task)
            .await
            .unwrap_or_else(|stopped| Err(not_run(operation, effect, stopped)));
        record(&span, &result);
        result
    }
}

struct Call {
    core: Arc<Core>,
    request: Request,
    options: CallOptions,
}

impl Call {
    async fn run(&self) -> Result<Reply, Error> {
        let (core, options) = (&*self.core, &self.options);
        let operation = &*self.request.operation;
        let exchange = Exchange::new(core, &self.request, options)?;
        let attempts = Attempts {
            operation,
            effect: self.request.effect,
            priority: options.priority.unwrap_or_default(),
            deadline: options.deadline.unwrap_or(core.deadline),
            policy: options.retry.as_deref().unwrap_or(&*core.retry),
            limiter: &*core.limiter,
            clock: &core.clock,
            stop: options.stop.as_ref(),
            random: &|| core.random(),
            on_failure: &|failed, wait| self.log_failure(failed, wait),
        };
        let reply = attempts
            .run(|attempt| {
                debug!(
                    mews.operation = operation,
                    mews.attempt = attempt.number,
                    mews.paced_ms = millis(attempt.paced),
                    "sending"
                );
                exchange.send(attempt)
            })
            .await?;
        debug!(
            mews.operation = operation,
            mews.attempt = reply.head.attempts,
            http.response.status_code = reply.head.status.as_u16(),
            mews.request_id = reply.head.request_id,
            mews.body_bytes = reply.body.len(),
            "responded"
        );
        Ok(reply)
    }

    fn log_failure(&self, failed: &FailedAttempt<'_>, wait: Option<Duration>) {
        let error = failed.error;
        warn!(
            mews.operation = &*self.request.operation,
            mews.attempt = failed.attempt,
            http.response.status_code = error.status().map(|status| status.as_u16()),
            mews.request_id = error.request_id(),
            "error.type" = error_type(error),
            mews.wait_ms = wait.map(millis),
            "attempt failed"
        );
    }
}

fn record(span: &Span, result: &Result<Reply, Error>) {
    let (status, request_id, attempts) = match result {
        Ok(reply) => (
            Some(reply.head.status),
            reply.head.request_id.as_deref(),
            reply.head.attempts,
        ),
        Err(error) => (error.status(), error.request_id(), error.attempts()),
    };
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Some(id) = request_id {
        span.record("mews.request_id", id);
    }
    span.record("mews.attempts", attempts);
    if let Err(error) = result {
        span.record("error.type", error_type(error));
    }
}

/// Returns the status of an error response, else the kind of the error, as OpenTelemetry defines `error.type`.
pub(super) fn error_type(error: &Error) -> String {
    error
        .status()
        .filter(|status| !status.is_success())
        .map_or_else(
            || format!("{:?}", error.kind()),
            |status| status.as_u16().to_string(),
        )
}

/// Returns a number of milliseconds for a log.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn not_run(operation: Cow<'static, str>, effect: Effect, stopped: Stopped) -> Error {
    let was_started = matches!(stopped, Stopped::ShutDown);
    let kind = if was_started {
        ErrorKind::Transport
    } else {
        ErrorKind::InvalidRequest
    };
    Error::new(kind, operation).with(|parts| {
        parts.what = Some(stopped.to_string());
        parts.sent = was_started;
        parts.creates = !effect.is_idempotent();
        parts.maybe_applied = was_started && !effect.is_safe();
        parts.source = Some(Box::new(stopped));
    })
}
