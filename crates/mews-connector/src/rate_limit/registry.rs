//! The limiters that the clients of a process share.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use mews_connector_api::AccessToken;

use super::admission::{Admission, AdmissionRequest, RateLimiter};
use super::limit::RateLimit;
use super::limiter::SlidingWindowLimiter;
use super::status::Limits;
use crate::clock::{Clock, SystemClock};
use crate::lock::lock;

/// One limiter for each server and access token. A token is stored as a hash only.
pub(crate) struct Registry {
    clock: Arc<dyn Clock>,
    hasher: RandomState,
    limiters: Mutex<HashMap<(String, u64), SlidingWindowLimiter>>,
}

impl Registry {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            hasher: RandomState::new(),
            limiters: Mutex::default(),
        }
    }

    /// Returns the registry of this process, on the system's clock.
    pub(crate) fn of_process() -> &'static Self {
        static PROCESS: LazyLock<Registry> = LazyLock::new(|| Registry::new(Arc::new(SystemClock)));
        &PROCESS
    }

    /// Returns the limiter for this server and token, with one more limit for as long as the lease lives. Limiters
    /// without a client are removed once their last window and hold are over.
    pub(crate) fn lease(&self, server: &str, token: &AccessToken, limit: RateLimit) -> Lease {
        let key = (
            server.to_owned(),
            self.hasher.hash_one(token.expose_secret()),
        );
        let mut limiters = lock(&self.limiters);
        limiters.retain(|_, limiter| !limiter.is_forgettable());
        let limiter = limiters
            .entry(key)
            .or_insert_with(|| SlidingWindowLimiter::without_limit(self.clock.clone()));
        limiter.lease(limit);
        Lease {
            limiter: limiter.clone(),
            limit,
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.limiters).len()
    }
}

/// The use of a shared limiter by one client.
#[derive(Debug)]
pub(crate) struct Lease {
    limiter: SlidingWindowLimiter,
    limit: RateLimit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.limiter.release(self.limit);
    }
}

impl RateLimiter for Lease {
    fn admit(&self, request: AdmissionRequest) -> Admission<'_> {
        self.limiter.admit(request)
    }

    fn hold(&self, until: Instant) {
        self.limiter.hold(until);
    }

    fn limits(&self) -> Limits {
        self.limiter.limits()
    }
}
