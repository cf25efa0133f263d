//! The options of a single call.

use std::sync::Arc;
use std::time::Duration;

use crate::rate_limit::Priority;
use crate::retry::{Effect, RetryPolicy};
use crate::stop::StopHandle;

/// The options of calls. [`Client::with_options`](crate::Client::with_options) sets them for the calls of one handle;
/// options that are not set are inherited from the handle, then from the client.
///
/// ```
/// use std::time::Duration;
///
/// use mews_connector::CallOptions;
///
/// let hurried = CallOptions::new().timeout(Duration::from_secs(5)).deadline(Duration::from_secs(8));
/// let nightly = CallOptions::new().background();
/// # let _ = (hurried, nightly);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<Arc<dyn RetryPolicy>>,
    pub(crate) effect: Option<Effect>,
    pub(crate) prefer_minimal: Option<bool>,
    pub(crate) priority: Option<Priority>,
    pub(crate) stop: Option<StopHandle>,
}

impl CallOptions {
    /// Creates options that inherit every setting.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time that one attempt may take, from connecting to the last byte of the response.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the time that a call may take with all attempts and waits, including the queue of the rate limiter. At the
    /// deadline, the call ends with an error in every state.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the retry policy.
    pub fn retry(mut self, policy: impl RetryPolicy + 'static) -> Self {
        self.retry = Some(Arc::new(policy));
        self
    }

    /// Sets the effect of an operation that is called by [`Client::call`](crate::Client::call) and that the spec does
    /// not have. The effect of an operation of the spec is known, so this setting is ignored for it.
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Requests responses without a body where possible (`Prefer: return=minimal`, in restricted beta according to
    /// guidelines/requests). The client understands such responses whether it requested them or not.
    pub fn prefer_minimal(mut self, prefer: bool) -> Self {
        self.prefer_minimal = Some(prefer);
        self
    }

    /// Makes background calls, for jobs that can wait. They are sent only while no foreground call with the same access
    /// token waits. They leave the [reserve](crate::RateLimit::reserve) of the rate limit free. The default reserve is
    /// 10 %.
    ///
    /// ```
    /// # use mews_connector::{CallOptions, Client};
    /// # fn example(client: &Client) {
    /// let nightly = client.with_options(CallOptions::new().background());
    /// let export = nightly.export(["5e000000-0000-4000-8000-000000000001".parse().unwrap()]);
    /// # }
    /// ```
    pub fn background(mut self) -> Self {
        self.priority = Some(Priority::Background);
        self
    }

    /// Makes foreground calls. This is the default.
    pub fn foreground(mut self) -> Self {
        self.priority = Some(Priority::Foreground);
        self
    }

    /// Sets the handle that stops the calls in good order. [`StopHandle`] describes the effect, on jobs and exports too.
    pub fn stop_on(mut self, handle: &StopHandle) -> Self {
        self.stop = Some(handle.clone());
        self
    }

    /// Returns these options, with those that are not set taken from `inherited`.
    pub(crate) fn or(self, inherited: &Self) -> Self {
        Self {
            timeout: self.timeout.or(inherited.timeout),
            deadline: self.deadline.or(inherited.deadline),
            retry: self.retry.or_else(|| inherited.retry.clone()),
            effect: self.effect.or(inherited.effect),
            prefer_minimal: self.prefer_minimal.or(inherited.prefer_minimal),
            priority: self.priority.or(inherited.priority),
            stop: self.stop.or_else(|| inherited.stop.clone()),
        }
    }
}
