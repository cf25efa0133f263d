//! The request limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};

use crate::error::ApiError;
use crate::options::RateLimit;

/// The use of a window.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) requests: usize,
    /// The time until the oldest request leaves the window.
    pub(crate) seconds_until_next: Option<f64>,
}

/// The number of tokens above which the windows of idle ones are removed.
const MAX_TOKENS: usize = 1_000;

/// A sliding window for each access token (guidelines/environments.md, "Request limits"). Requests that the limit
/// rejected do not count, so that a client that waits for the time in `Retry-After` is accepted.
#[derive(Default)]
pub(crate) struct Limiter {
    windows: Mutex<HashMap<String, VecDeque<DateTime<Utc>>>>,
}

impl Limiter {
    /// Forgets all requests.
    pub(crate) fn clear(&self) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.clear();
    }

    /// Returns the use of the windows that are not empty, by token.
    pub(crate) fn usage(&self, limit: RateLimit, now: DateTime<Utc>) -> HashMap<String, Usage> {
        let window = TimeDelta::from_std(limit.window).unwrap_or(TimeDelta::MAX);
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let used = windows.iter().filter_map(|(token, taken)| {
            let ages = taken.iter().map(|taken| now.signed_duration_since(*taken));
            let left: Vec<TimeDelta> = ages
                .filter(|age| *age < window)
                .map(|age| window - age)
                .collect();
            let next = left.first()?;
            let usage = Usage {
                requests: left.len(),
                seconds_until_next: Some(next.as_seconds_f64()),
            };
            Some((token.clone(), usage))
        });
        used.collect()
    }

    /// Counts a request, or rejects it.
    pub(crate) fn admit(
        &self,
        token: &str,
        limit: RateLimit,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let window = TimeDelta::from_std(limit.window).unwrap_or(TimeDelta::MAX);
        let has_passed = |taken: &DateTime<Utc>| now.signed_duration_since(*taken) >= window;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() > MAX_TOKENS {
            windows.retain(|_, taken| taken.back().is_some_and(|last| !has_passed(last)));
        }
        let taken = windows.entry(token.to_owned()).or_default();
        while taken.front().is_some_and(has_passed) {
            taken.pop_front();
        }
        if taken.len() < limit.requests {
            taken.push_back(now);
            return Ok(());
        }
        let wait = taken
            .front()
            .map_or(window, |oldest| window - now.signed_duration_since(*oldest));
        Err(
            too_many(limit.retry_after.then(|| whole_seconds(wait))).because(format!(
                "the limit is {} requests of an access token in {:?}",
                limit.requests, limit.window
            )),
        )
    }
}

pub(crate) fn too_many(retry_after: Option<u64>) -> ApiError {
    ApiError {
        retry_after,
        ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests.")
    }
}

/// Rounds up, so that a client that waits that long is not early.
fn whole_seconds(wait: TimeDelta) -> u64 {
    let seconds = wait
        .num_milliseconds()
        .max(0)
        .cast_unsigned()
        .div_ceil(1_000);
    seconds.max(1)
}
