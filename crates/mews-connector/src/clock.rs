//! The time of the rate limiter, retries, deadlines and settle times.

mod manual;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

pub use manual::ManualClock;

use crate::task::OnDrop;

/// The future of a wait.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time of rate limiting, retries, deadlines and settle times. The timeout of a single attempt is always real.
///
/// The default is [`SystemClock`]. A test can use a [`ManualClock`].
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the time of a clock that never goes back.
    fn now(&self) -> Instant;

    /// Returns the date and time, which is compared with a `Retry-After` that is a date. It also measures the time since
    /// an add was sent, if it moved further than [`Self::now`].
    fn system_time(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Marks the beginning of work whose duration this clock does not control, such as an HTTP exchange. A clock that
    /// advances automatically does not advance until the returned value is dropped.
    fn busy(&self) -> Busy {
        Busy::new(|| {})
    }
}

/// Work in progress, see [`Clock::busy`]. It ends when it is dropped.
#[derive(Debug)]
#[must_use = "dropped at once, it stops no clock"]
pub struct Busy {
    _on_end: OnDrop,
}

impl Busy {
    /// Creates a value that calls `on_end` when it is dropped.
    pub fn new(on_end: impl FnOnce() + Send + 'static) -> Self {
        Self {
            _on_end: OnDrop::new(on_end),
        }
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}
