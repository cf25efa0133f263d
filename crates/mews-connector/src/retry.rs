//! Retries of failed requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use mews_connector_api::Effect;

use crate::error::{Error, ErrorKind};

/// A failed attempt, with the data for the decision of a policy.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// The error of the attempt.
    pub error: &'a Error,
    /// The effect of the request.
    pub effect: Effect,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The time since the call began.
    pub elapsed: Duration,
    /// A random number from 0 up to 1, for jitter, drawn from the client's seed.
    pub random: f64,
}

impl<'a> FailedAttempt<'a> {
    /// Creates the first failed attempt of a call, for tests of a custom policy. See
    /// [`Error::builder`](crate::Error::builder) for an example.
    pub fn new(error: &'a Error, effect: Effect) -> Self {
        Self {
            error,
            effect,
            attempt: 1,
            elapsed: Duration::ZERO,
            random: 0.0,
        }
    }

    /// Sets the number of the attempt.
    #[must_use]
    pub fn attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// Sets the time since the call began.
    #[must_use]
    pub fn elapsed(self, elapsed: Duration) -> Self {
        Self { elapsed, ..self }
    }

    /// Sets the random number, from 0 up to 1.
    #[must_use]
    pub fn random(self, random: f64) -> Self {
        Self { random, ..self }
    }
}

/// The decision of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Retry after a wait.
    Retry {
        /// The wait. After a 429 it pauses all traffic of the access token, and is never shorter than `Retry-After`.
        after: Duration,
    },
    /// Return the error. After a 429, the traffic of the access token is paused anyway: for `Retry-After`, else for
    /// the default backoff.
    GiveUp,
}

/// A policy that decides whether a failed attempt is retried.
///
/// A policy must not have side effects. Two rules take precedence: a request that creates and may have been applied is not
/// retried, and nothing is sent after the deadline of the call.
///
/// ```
/// use mews_connector::retry::{Decision, FailedAttempt, RetryPolicy};
///
/// /// Leaves everything to the caller.
/// #[derive(Debug)]
/// struct Once;
///
/// impl RetryPolicy for Once {
///     fn decide(&self, _: &FailedAttempt<'_>) -> Decision {
///         Decision::GiveUp
///     }
/// }
/// ```
pub trait RetryPolicy: fmt::Debug + Send + Sync {
    /// Returns the decision about a failed attempt.
    fn decide(&self, failed: &FailedAttempt<'_>) -> Decision;
}

/// The wait before a retry if the server does not send `Retry-After`.
pub trait Backoff: fmt::Debug + Send + Sync {
    /// Returns the wait after the given failed attempt, from 1; `random` is from 0 up to 1.
    fn wait(&self, attempt: u32, random: f64) -> Duration;
}

/// A backoff that doubles the wait after each attempt, up to a maximum. Each wait is a random time between half of this
/// value and the whole value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExponentialBackoff {
    /// The maximum of the first wait.
    pub initial: Duration,
    /// The maximum of every wait.
    pub max: Duration,
}

impl Default for ExponentialBackoff {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(500),
            max: Duration::from_secs(30),
        }
    }
}

impl Backoff for ExponentialBackoff {
    fn wait(&self, attempt: u32, random: f64) -> Duration {
        let doubled = 2_u32
            .checked_pow(attempt.saturating_sub(1))
            .and_then(|factor| self.initial.checked_mul(factor));
        let longest = doubled.map_or(self.max, |wait| wait.min(self.max));
        longest.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

/// The default policy.
///
/// * 429: waits for `Retry-After` plus up to 10 % at random, at most one second, so that clients do not retry at the
///   same time. Without `Retry-After`, it waits for the backoff. With `Retry-After: 0`, it waits for the first backoff
///   (guidelines/requests).
/// * Not sent (no connection, no TLS handshake): retries every request.
/// * Lost response, timeout or 5xx: retries idempotent requests.
/// * Every other failure: gives up.
#[derive(Clone, Debug)]
pub struct StandardRetry {
    max_attempts: u32,
    backoff: Arc<dyn Backoff>,
}

impl StandardRetry {
    /// Creates a policy with a maximum number of attempts, including the first one. The minimum is 1.
    pub fn attempts(max: u32) -> Self {
        Self {
            max_attempts: max.max(1),
            backoff: Arc::new(ExponentialBackoff::default()),
        }
    }

    /// Sets the backoff to use if the server does not send `Retry-After`.
    #[must_use]
    pub fn with_backoff(self, backoff: impl Backoff + 'static) -> Self {
        Self {
            backoff: Arc::new(backoff),
            ..self
        }
    }
}

impl Default for StandardRetry {
    /// Creates a policy of five attempts.
    fn default() -> Self {
        Self::attempts(5)
    }
}

impl RetryPolicy for StandardRetry {
    fn decide(&self, failed: &FailedAttempt<'_>) -> Decision {
        let error = failed.error;
        let repeats = match error.kind() {
            ErrorKind::RateLimited => true,
            ErrorKind::Transport if error.failed_before_sending() => true,
            ErrorKind::Server | ErrorKind::Transport => failed.effect.is_idempotent(),
            _ => false,
        };
        if !repeats || failed.attempt >= self.max_attempts {
            return Decision::GiveUp;
        }
        let after = match error.retry_after() {
            Some(Duration::ZERO) => self.backoff.wait(1, failed.random),
            Some(wait) => {
                let spread = wait
                    .min(Duration::from_secs(10))
                    .mul_f64(failed.random.clamp(0.0, 1.0) / 10.0);
                wait.saturating_add(spread)
            }
            None => self.backoff.wait(failed.attempt, failed.random),
        };
        Decision::Retry { after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_backoff_doubles_up_to_its_maximum_and_takes_the_upper_half_at_random() {
        let backoff = ExponentialBackoff::default();
        for (attempt, random, wait) in [
            (1, 0.0, 250),
            (1, 0.5, 375),
            (1, 1.0, 500),
            (2, 0.0, 500),
            (2, 1.0, 1_000),
            (6, 1.0, 16_000),
            (7, 1.0, 30_000),
            (7, 0.0, 15_000),
            (u32::MAX, 1.0, 30_000),
            // Values that no policy should pass.
            (0, 1.0, 500),
            (1, -5.0, 250),
            (1, 5.0, 500),
        ] {
            assert_eq!(
                backoff.wait(attempt, random),
                ms(wait),
                "{attempt} {random}"
            );
        }
    }

    #[test]
    fn retries_requests_that_cannot_be_applied_twice() {
        use Effect::{Create, Delete, Read, Update};
        let all = [Read, Update, Delete, Create];
        for (kind, retried) in [
            (ErrorKind::RateLimited, &all[..]),
            (ErrorKind::Server, &all[..3]),
            (ErrorKind::Transport, &all[..3]),
            (ErrorKind::RequestTimeout, &all[..0]),
            (ErrorKind::Conflict, &all[..0]),
            (ErrorKind::BadRequest, &all[..0]),
            (ErrorKind::Decode, &all[..0]),
        ] {
            for effect in all {
                let error = Error::builder(kind, "vouchers/any").build();
                let decision = StandardRetry::default().decide(&FailedAttempt::new(&error, effect));
                let is_retried = decision != Decision::GiveUp;
                assert_eq!(is_retried, retried.contains(&effect), "{kind:?} {effect:?}");
            }
        }
        let not_sent = Error::builder(ErrorKind::Transport, "vouchers/add").failed_before_sending();
        let not_sent = not_sent.build();
        let decision = StandardRetry::default().decide(&FailedAttempt::new(&not_sent, Create));
        assert_eq!(decision, Decision::Retry { after: ms(250) });
    }

    #[test]
    fn a_test_of_a_policy_chooses_every_property_of_a_failed_attempt() {
        let error = Error::builder(ErrorKind::Server, "vouchers/getAll").build();
        let failed = FailedAttempt::new(&error, Effect::Read);
        assert_eq!((failed.attempt, failed.elapsed), (1, Duration::ZERO));
        let failed = failed.attempt(2).elapsed(ms(3)).random(0.5);
        assert_eq!((failed.attempt, failed.elapsed), (2, ms(3)));
        assert!((failed.random - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn the_last_attempt_is_not_retried() {
        let error = Error::builder(ErrorKind::Server, "vouchers/getAll").build();
        for (max, attempt, is_retried) in [
            (3, 1, true),
            (3, 2, true),
            (3, 3, false),
            (3, 4, false),
            (1, 1, false),
            (0, 1, false),
        ] {
            let failed = FailedAttempt::new(&error, Effect::Read).attempt(attempt);
            let decision = StandardRetry::attempts(max).decide(&failed);
            assert_eq!(decision != Decision::GiveUp, is_retried, "{max} {attempt}");
        }
        let failed = FailedAttempt::new(&error, Effect::Read);
        let default = StandardRetry::default();
        assert_ne!(default.decide(&failed.attempt(4)), Decision::GiveUp);
        let failed = FailedAttempt::new(&error, Effect::Read);
        assert_eq!(default.decide(&failed.attempt(5)), Decision::GiveUp);
    }

    #[test]
    fn a_wait_of_the_server_is_spread_by_at_most_a_tenth_and_a_second() {
        for (asked, random, after) in [
            (5_000, 0.0, 5_000),
            (5_000, 1.0, 5_500),
            (10_000, 1.0, 11_000),
            (100_000, 1.0, 101_000),
            (100_000, 0.5, 100_500),
            // The first backoff applies for any number of the attempt.
            (0, 0.0, 250),
            (0, 1.0, 500),
        ] {
            let error = Error::builder(ErrorKind::RateLimited, "vouchers/getAll");
            let error = error.retry_after(ms(asked)).build();
            let failed = FailedAttempt::new(&error, Effect::Read).random(random);
            let decision = StandardRetry::default().decide(&failed.attempt(3));
            assert_eq!(
                decision,
                Decision::Retry { after: ms(after) },
                "{asked} {random}"
            );
        }
    }
}
