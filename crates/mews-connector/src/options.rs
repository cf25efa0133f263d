//! What can be said about a single call.

use std::sync::Arc;
use std::time::Duration;

use crate::retry::{Effect, RetryPolicy};

/// How calls are made. [`Client::with_options`](crate::Client::with_options) sets them for the calls of one handle.
///
/// ```
/// use std::time::Duration;
///
/// use mews_connector::CallOptions;
///
/// let hurried = CallOptions::new().timeout(Duration::from_secs(5)).deadline(Duration::from_secs(8));
/// # let _ = hurried;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<Arc<dyn RetryPolicy>>,
    pub(crate) effect: Option<Effect>,
    pub(crate) prefer_minimal: bool,
}

impl CallOptions {
    /// As the client does it.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long one attempt may take, from connecting to the last byte of the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long a call may take with all its attempts and waits, the turn of the rate limit included.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What is done about failed attempts.
    pub fn retry(mut self, policy: impl RetryPolicy + 'static) -> Self {
        self.retry = Some(Arc::new(policy));
        self
    }

    /// What an operation reached by [`Client::call`](crate::Client::call) does, when its name does not tell. It has
    /// no influence on the operations that this crate knows.
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Asks for no body where there is nothing to say (`Prefer: return=minimal`, in restricted beta according to
    /// guidelines/requests). The client understands such answers whether it asked or not.
    pub fn prefer_minimal(mut self, prefer: bool) -> Self {
        self.prefer_minimal = prefer;
        self
    }
}
