//! The clock of the sandbox.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};

/// The last timestamp that fits into the format of the API, `9999-12-31T23:59:59Z`.
const LAST_SECOND: u64 = 253_402_300_799;

/// The source of timestamps, of the windows of the request limit, and of the header `Date`.
pub(crate) struct Clock {
    source: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Clock {
    pub(crate) fn new(source: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            source: Box::new(source),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        // A time outside the range could not be written in a response.
        let since_epoch = (self.source)()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since_epoch = since_epoch.min(Duration::from_secs(LAST_SECOND));
        TimeDelta::from_std(since_epoch)
            .ok()
            .and_then(|since_epoch| DateTime::UNIX_EPOCH.checked_add_signed(since_epoch))
            .unwrap_or_default()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

/// A clock that stands still until a test moves it. Its clones show the same time.
///
/// The default shows `2026-02-01T10:00:00Z`, the time at which the records in the examples of the spec are created.
/// [`Builder::clock`](crate::Builder::clock) accepts the function that [`reader`](Self::reader) returns.
///
/// ```
/// use std::time::Duration;
/// use mews_sandbox::ManualClock;
///
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(clock.now().duration_since(before)?, Duration::from_secs(30));
/// # Ok::<(), std::time::SystemTimeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<SystemTime>>,
}

impl ManualClock {
    /// Creates a clock that shows `now`.
    pub fn at(now: impl Into<SystemTime>) -> Self {
        Self {
            now: Arc::new(Mutex::new(now.into())),
        }
    }

    /// Returns the time that the clock shows.
    pub fn now(&self) -> SystemTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock forward. A clock that would leave the range of [`SystemTime`] stays where it is.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(duration).unwrap_or(*now);
    }

    /// Sets the clock, forward or backward.
    pub fn set(&self, now: impl Into<SystemTime>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now.into();
    }

    /// Returns a function that reads the clock.
    pub fn reader(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(UNIX_EPOCH + Duration::from_secs(1_769_940_000))
    }
}

/// Writes a time as the header `Date` has it.
pub(crate) fn http_date(now: DateTime<Utc>) -> String {
    now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
