//! Whether a failed request is sent again, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The effect of a request on the server's data.
///
/// It decides what a retry may do, in the terms of RFC 9110: a safe request changes nothing, an idempotent one has the
/// same effect when it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// The request reads. It is safe and idempotent.
    Read,
    /// The request creates records, another set each time. It is not idempotent: the API has no idempotency key, so a
    /// create that may have been applied is not retried, whatever a policy decides.
    Create,
    /// The request sets values. Sending the same values again is idempotent.
    Update,
    /// The request deletes records. It is idempotent, although the API may reject the deletion of a deleted record.
    Delete,
}

impl Effect {
    /// Returns `true` if the request does not change data.
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Read)
    }

    /// Returns `true` if sending the request twice has the same effect as sending it once.
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Create)
    }

    /// Returns the effect of an operation by its path, such as `vouchers/getAll`: an action that starts with `get`
    /// reads, `update` and `delete` do what they say, and every other action is assumed to create.
    pub fn of(path: &str) -> Self {
        let action = path.split('/').nth(1).unwrap_or_default();
        match action {
            "update" => Self::Update,
            "delete" => Self::Delete,
            action if action.starts_with("get") => Self::Read,
            _ => Self::Create,
        }
    }
}

/// An attempt that failed, as a policy sees it.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// What went wrong.
    pub error: &'a Error,
    /// What the request does.
    pub effect: Effect,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Since the call began.
    pub elapsed: Duration,
    /// From 0 up to 1, for jitter; drawn from the client's seed.
    pub random: f64,
}

/// What a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it again after this wait.
    Retry {
        /// The wait; after a 429 it holds all traffic of the access token.
        after: Duration,
    },
    /// Return the error.
    GiveUp,
}

/// Decides about failed attempts.
///
/// A pure function. Two rules stand above it: a request that creates and may have been applied is not sent again, and
/// nothing is sent after the call's deadline.
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
    /// Decides.
    fn decide(&self, failed: &FailedAttempt<'_>) -> Decision;
}

/// How long to wait when the server did not say.
pub trait Backoff: fmt::Debug + Send + Sync {
    /// The wait after the given failed attempt, from 1; `random` is from 0 up to 1.
    fn wait(&self, attempt: u32, random: f64) -> Duration;
}

/// Doubles the wait each time, up to a longest one, and takes a random share of its upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExponentialBackoff {
    /// The longest first wait.
    pub initial: Duration,
    /// The longest wait of all.
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

/// The policy unless the builder is given another.
///
/// * 429: waits as long as `Retry-After` says, a little longer by chance so that not everybody comes back at once;
///   without it, as the backoff says (guidelines/requests).
/// * Never sent: repeats.
/// * Lost or 5xx: repeats what reads or replaces.
/// * All else: gives up.
#[derive(Clone, Debug)]
pub struct StandardRetry {
    most_attempts: u32,
    backoff: Arc<dyn Backoff>,
}

impl StandardRetry {
    /// At most so many attempts, the first one included; 0 counts as 1.
    pub fn attempts(most: u32) -> Self {
        Self {
            most_attempts: most.max(1),
            backoff: Arc::new(ExponentialBackoff::default()),
        }
    }

    /// Waits otherwise where the server does not say how long.
    #[must_use]
    pub fn with_backoff(self, backoff: impl Backoff + 'static) -> Self {
        Self {
            backoff: Arc::new(backoff),
            ..self
        }
    }
}

impl Default for StandardRetry {
    /// Five attempts.
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
        if !repeats || failed.attempt >= self.most_attempts {
            return Decision::GiveUp;
        }
        let after = match error.retry_after() {
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
