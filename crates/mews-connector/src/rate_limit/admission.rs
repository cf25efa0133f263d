//! The interface between a call and a rate limiter.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use super::status::Limits;
use crate::task::OnDrop;

/// The order in which waiting requests are admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Admitted first. This is the default.
    #[default]
    Foreground,
    /// Admitted if no foreground request waits and the reserve stays free.
    Background,
}

/// A request that asks for admission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdmissionRequest {
    /// The priority of the call.
    pub priority: Priority,
    /// The deadline of the call, on the client's clock.
    pub deadline: Option<Instant>,
}

impl AdmissionRequest {
    /// Creates a request with this priority and no deadline.
    pub fn new(priority: Priority) -> Self {
        Self {
            priority,
            deadline: None,
        }
    }

    /// Sets the deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }
}

/// The future of a request that waits for admission.
pub type Admission<'a> =
    Pin<Box<dyn Future<Output = Result<Permit, DeadlineExceeded>> + Send + 'a>>;

/// A limiter that decides when a request may be sent. The default is a
/// [`SlidingWindowLimiter`](super::SlidingWindowLimiter).
pub trait RateLimiter: fmt::Debug + Send + Sync {
    /// Waits until one more request may be sent. The client polls the future in a task of the call until it completes,
    /// and drops it at the deadline.
    ///
    /// # Errors
    /// Returns an error if it is certain that the request is not admitted before its deadline. An implementation may wait
    /// until the deadline instead.
    fn admit(&self, request: AdmissionRequest) -> Admission<'_>;

    /// Admits no request before `until`: the server responded with 429.
    fn hold(&self, until: Instant);

    /// Returns the current usage for [`Client::limits`](crate::Client::limits). The default is
    /// [empty](Limits::default).
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// The right to send one request. It ends when it is dropped, after the response or when the call ends without one.
#[derive(Debug)]
#[must_use = "dropped at once, it limits nothing"]
pub struct Permit {
    _on_end: OnDrop,
}

impl Permit {
    /// Creates a permit that calls `on_end` when it ends.
    pub fn new(on_end: impl FnOnce() + Send + 'static) -> Self {
        Self {
            _on_end: OnDrop::new(on_end),
        }
    }
}

/// The error of a request that is not admitted before its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rate limit does not admit the request before its deadline")]
pub struct DeadlineExceeded {
    /// The shortest time after which the request could be admitted, if it is known.
    pub wait: Option<Duration>,
}
