//! The request limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};

use crate::error::Refusal;
use crate::options::RateLimit;

/// Tokens whose windows are kept before the idle ones are cleared out.
const TOKENS: usize = 1_000;

/// A sliding window for each access token (guidelines/environments.md, "Request limits"). Requests that were
/// refused for the limit don't count, so that a client that waits as told gets through.
#[derive(Default)]
pub(crate) struct Limiter {
    windows: Mutex<HashMap<String, VecDeque<DateTime<Utc>>>>,
}

impl Limiter {
    /// Counts a request, or refuses it.
    pub(crate) fn admit(
        &self,
        token: &str,
        limit: RateLimit,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let window = TimeDelta::from_std(limit.window).unwrap_or(TimeDelta::MAX);
        let has_passed = |taken: &DateTime<Utc>| now.signed_duration_since(*taken) >= window;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() > TOKENS {
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
                "the sandbox takes {} requests of an access token in {:?}",
                limit.requests, limit.window
            )),
        )
    }
}

pub(crate) fn too_many(retry_after: Option<u64>) -> Refusal {
    Refusal {
        retry_after,
        ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests.")
    }
}

/// Rounded up, so that a client that waits that long isn't early.
fn whole_seconds(wait: TimeDelta) -> u64 {
    let seconds = wait
        .num_milliseconds()
        .max(0)
        .cast_unsigned()
        .div_ceil(1_000);
    seconds.max(1)
}
