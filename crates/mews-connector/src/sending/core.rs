//! The state that all clones of a client share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mews_connector_api::Envelope;
use rand::Rng;
use rand::rngs::StdRng;

use crate::clock::Clock;
use crate::lock::lock;
use crate::masking::Mask;
use crate::rate_limit::RateLimiter;
use crate::retry::RetryPolicy;

pub(crate) const PATH_PREFIX: &str = "/api/connector/v1/";

/// The state that all clones of a client share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) envelope: Envelope,
    pub(crate) mask: Mask,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Mutex<StdRng>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_retry_after: Duration,
    pub(crate) body_limit: usize,
}

impl Core {
    /// Returns a random number from 0 up to 1.
    pub(super) fn random(&self) -> f64 {
        lock(&self.random).random()
    }
}
