//! The clock of the sandbox.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};

/// The last timestamp that fits into the format of the API, `9999-12-31T23:59:59Z`.
const LAST_SECOND: u64 = 253_402_300_799;

/// The source of timestamps, of the windows of the request limit, and of the header `Date`.
pub(crate) struct Clock {
    source: Box<dyn Fn() -> SystemTime + Send + Sync>,
    change: Mutex<Change>,
}

/// The difference between the clock and its source.
#[derive(Clone, Copy)]
enum Change {
    /// The clock runs with its source.
    Offset(TimeDelta),
    /// The clock shows this time until it is moved.
    Frozen(DateTime<Utc>),
}

impl Clock {
    pub(crate) fn new(source: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            source: Box::new(source),
            change: Mutex::new(Change::Offset(TimeDelta::zero())),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        match *self.change() {
            Change::Offset(offset) => later(self.source(), offset),
            Change::Frozen(now) => now,
        }
    }

    fn source(&self) -> DateTime<Utc> {
        let since_epoch = (self.source)()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since_epoch = since_epoch.min(Duration::from_secs(LAST_SECOND));
        later(
            DateTime::UNIX_EPOCH,
            TimeDelta::from_std(since_epoch).unwrap_or_default(),
        )
    }

    pub(crate) fn is_frozen(&self) -> bool {
        matches!(*self.change(), Change::Frozen(_))
    }

    /// Sets the clock. A running clock continues, and a stopped clock stays stopped.
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        let mut change = self.change();
        *change = match *change {
            Change::Offset(_) => Change::Offset(now.signed_duration_since(self.source())),
            Change::Frozen(_) => Change::Frozen(now),
        };
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, duration: TimeDelta) {
        self.set(later(self.now(), duration));
    }

    /// Stops the clock, or lets it continue from the time that it shows.
    pub(crate) fn freeze(&self, is_frozen: bool) {
        let now = self.now();
        *self.change() = if is_frozen {
            Change::Frozen(now)
        } else {
            Change::Offset(now.signed_duration_since(self.source()))
        };
    }

    /// Restores the time of the source.
    pub(crate) fn restore(&self) {
        *self.change() = Change::Offset(TimeDelta::zero());
    }

    fn change(&self) -> MutexGuard<'_, Change> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a duration, within the times that can be written in a response.
fn later(time: DateTime<Utc>, duration: TimeDelta) -> DateTime<Utc> {
    let last = DateTime::from_timestamp(LAST_SECOND.cast_signed(), 0).unwrap_or_default();
    match time.checked_add_signed(duration) {
        Some(time) => time.clamp(DateTime::UNIX_EPOCH, last),
        None if duration < TimeDelta::zero() => DateTime::UNIX_EPOCH,
        None => last,
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

/// A clock that shows the same time until a test moves it. Clones share the time.
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

    /// Moves the clock forward. The clock does not change if the result would exceed the range of [`SystemTime`].
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

/// Returns a time in the format of the header `Date`.
pub(crate) fn http_date(now: DateTime<Utc>) -> String {
    now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
