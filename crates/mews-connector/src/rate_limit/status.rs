//! The usage of a rate limiter, for status pages and metrics.

use std::time::Duration;

use super::limit::RateLimit;

/// The usage of the rate limit of a token at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Every limit that applies, with its usage. It is empty without a limit.
    pub windows: Vec<Window>,
    /// The number of requests in flight.
    pub in_flight: usize,
    /// The number of foreground requests that wait.
    pub waiting: usize,
    /// The number of background requests that wait.
    pub waiting_in_background: usize,
    /// The time until requests are admitted again after a 429, if they are held now.
    pub held_for: Option<Duration>,
}

/// The usage of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// The limit.
    pub limit: RateLimit,
    /// The number of slots in use: requests in flight, and requests that ended within the window.
    pub used: usize,
    /// The number of slots that the foreground may use now.
    pub free: usize,
}

impl Limits {
    /// Returns the number of slots that all limits leave to the foreground now, or `None` without a limit. A
    /// [hold](Self::held_for) is not considered.
    pub fn free(&self) -> Option<usize> {
        self.windows.iter().map(|window| window.free).min()
    }
}
