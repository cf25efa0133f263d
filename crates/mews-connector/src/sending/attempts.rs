//! The attempts of one call: admission, deadline, retries. This loop does not depend on HTTP or logging.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tracked_body::Sent;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::rate_limit::{AdmissionRequest, DeadlineExceeded, Permit, Priority, RateLimiter};
use crate::retry::{Backoff, Decision, Effect, ExponentialBackoff, FailedAttempt, RetryPolicy};
use crate::stop::{StopHandle, stop_error, stopped};

/// The rules of one call.
pub(super) struct Attempts<'a> {
    pub(super) operation: &'a str,
    pub(super) effect: Effect,
    pub(super) priority: Priority,
    pub(super) deadline: Duration,
    pub(super) policy: &'a dyn RetryPolicy,
    pub(super) limiter: &'a dyn RateLimiter,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) stop: Option<&'a StopHandle>,
    pub(super) random: &'a (dyn Fn() -> f64 + Sync),
    /// A function that is called with every failed attempt, and with the wait before the next one if there is one.
    pub(super) on_failure: &'a (dyn Fn(&FailedAttempt<'_>, Option<Duration>) + Sync),
}

/// The parameters of the function that makes one attempt.
pub(super) struct Attempt<'a> {
    /// The number of the attempt, from 1.
    pub(super) number: u32,
    /// The time that the attempt waited for admission.
    pub(super) paced: Duration,
    /// A flag that is set as soon as the request may have reached the server.
    pub(super) sent: Sent,
    rules: &'a Attempts<'a>,
}

impl Attempt<'_> {
    /// Pauses all traffic of the token. Called when the head of a 429 arrives, so that it counts even if the call is
    /// dropped while the rest of the response is read.
    pub(super) fn hold(&self, wait: Duration) {
        self.rules.hold(wait);
    }
}

impl Attempts<'_> {
    /// Makes attempts until one succeeds, the policy gives up, or the deadline passes.
    pub(super) async fn run<'s, T, F>(
        &'s self,
        mut attempt: impl FnMut(Attempt<'s>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let started = self.clock.now();
        let deadline = started.checked_add(self.deadline);
        let mut expiry = self.clock.sleep(self.deadline);
        let mut in_doubt = false;
        let mut number = 0;
        let mut last: Option<Error> = None;
        loop {
            let waiting_since = self.clock.now();
            let request = AdmissionRequest::new(self.priority).with_deadline(deadline);
            let late = DeadlineExceeded { wait: None };
            let admission = if deadline.is_some_and(|deadline| waiting_since >= deadline) {
                Err(late)
            } else {
                tokio::select! {
                    biased;
                    () = stopped(self.stop) => {
                        return Err(self.stopped(last, number, in_doubt));
                    }
                    admission = self.limiter.admit(request) => admission,
                    () = &mut expiry => Err(late),
                }
            };
            let permit: Permit = match admission {
                Ok(permit) => permit,
                Err(late) => {
                    let error = last.unwrap_or_else(|| not_admitted(self.operation, late));
                    return Err(self.judged(error, number, in_doubt));
                }
            };
            number += 1;
            let sent = Sent::default();
            let made = attempt(Attempt {
                number,
                paced: self.since(waiting_since),
                sent: sent.clone(),
                rules: self,
            });
            let outcome = tokio::select! {
                biased;
                outcome = made => outcome.map_err(|error| (error, false)),
                () = &mut expiry => Err((expired(self.operation), true)),
            };
            drop(permit);
            let (error, is_expired) = match outcome {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let error = error.with(|parts| {
                parts.sent = sent.get() || parts.status.is_some();
                parts.maybe_applied &= parts.sent && !self.effect.is_safe();
            });
            in_doubt |= error.maybe_applied();
            let error = self.judged(error, number, in_doubt);
            let failed = FailedAttempt {
                error: &error,
                effect: self.effect,
                attempt: number,
                elapsed: self.since(started),
                random: (self.random)(),
            };
            let wait = if is_expired {
                None
            } else {
                self.wait_before_next(&failed, in_doubt, deadline)
            };
            (self.on_failure)(&failed, wait);
            let Some(wait) = wait else {
                return Err(error);
            };
            // After a 429, the next admission waits for the end of the hold.
            if error.kind() != ErrorKind::RateLimited {
                tokio::select! {
                    () = self.clock.sleep(wait) => {}
                    () = stopped(self.stop) => {}
                }
            }
            last = Some(error);
        }
    }

    /// Returns the wait before the next attempt, or `None` if there is none. A 429 pauses all traffic in either case.
    fn wait_before_next(
        &self,
        failed: &FailedAttempt<'_>,
        in_doubt: bool,
        deadline: Option<Instant>,
    ) -> Option<Duration> {
        let mut wait = match self.policy.decide(failed) {
            Decision::Retry { after } => Some(after),
            Decision::GiveUp => None,
        };
        if failed.error.kind() == ErrorKind::RateLimited {
            let asked = failed.error.retry_after().unwrap_or_default();
            wait = wait.map(|wait| wait.max(asked));
            self.hold(wait.unwrap_or_else(|| {
                if asked.is_zero() {
                    ExponentialBackoff::default().wait(failed.attempt, failed.random)
                } else {
                    asked
                }
            }));
        }
        // There is no idempotency key: a create that may have been applied is never sent again.
        if in_doubt && !self.effect.is_idempotent() {
            return None;
        }
        let until = self.clock.now().checked_add(wait?)?;
        wait.filter(|_| deadline.is_none_or(|deadline| until < deadline))
    }

    fn hold(&self, wait: Duration) {
        if let Some(until) = self.clock.now().checked_add(wait) {
            self.limiter.hold(until);
        }
    }

    fn since(&self, earlier: Instant) -> Duration {
        self.clock.now().saturating_duration_since(earlier)
    }

    /// Returns the error of a call that was stopped before its next attempt. What is in doubt stays so.
    fn stopped(&self, last: Option<Error>, attempts: u32, in_doubt: bool) -> Error {
        match last {
            Some(error) if in_doubt => error,
            last => {
                let error = stop_error(self.operation).with(|parts| {
                    parts.source = last.map(Into::into);
                });
                self.judged(error, attempts, in_doubt)
            }
        }
    }

    /// Adds the number of attempts, the effect and the doubt of the call to an error.
    fn judged(&self, error: Error, attempts: u32, in_doubt: bool) -> Error {
        let error = error.with(|parts| {
            parts.attempts = attempts;
            parts.creates = !self.effect.is_idempotent();
        });
        if in_doubt { error.after_doubt() } else { error }
    }
}

fn not_admitted(operation: &str, late: DeadlineExceeded) -> Error {
    Error::new(ErrorKind::RateLimited, operation.to_owned()).with(|parts| {
        parts.sent = false;
        parts.what = Some("not sent, the deadline ends before the rate limit allows it".into());
        parts.retry_after = late.wait;
        parts.source = Some(Box::new(late));
    })
}

fn expired(operation: &str) -> Error {
    Error::new(ErrorKind::Transport, operation.to_owned()).with(|parts| {
        parts.what = Some("no response was received before the deadline".into());
        parts.maybe_applied = true;
    })
}
