//! Time, where this crate waits by it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A wait under way.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What pacing, retries, deadlines and settle times go by. Timeouts of a single HTTP exchange do not: they are real.
///
/// [`SystemClock`] unless the builder is given another, such as a [`ManualClock`] in a test.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now, on a clock that never goes back.
    fn now(&self) -> Instant;

    /// Now, by the calendar. It reads a `Retry-After` that is a date, and dates the slices of an export.
    fn system_time(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// The clock of the machine.
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

/// A clock for tests: a sleep takes no time and moves the clock on.
///
/// It never pauses the runtime's own time, so it works while sockets are open.
///
/// ```
/// use std::time::Duration;
///
/// use mews_connector::clock::{Clock, ManualClock};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.sleep(Duration::from_secs(3600)).await;
/// assert_eq!(clock.now() - start, Duration::from_secs(3600));
/// assert_eq!(clock.sleeps(), [Duration::from_secs(3600)]);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: Instant,
    calendar: SystemTime,
    state: Arc<Mutex<ManualState>>,
}

#[derive(Debug, Default)]
struct ManualState {
    passed: Duration,
    slept: Vec<Duration>,
}

impl ManualClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// A clock whose calendar starts at the given time.
    pub fn starting_at(calendar: SystemTime) -> Self {
        Self {
            start: Instant::now(),
            calendar,
            state: Arc::default(),
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        self.change(|state| state.passed += duration);
    }

    /// Every sleep so far, in the order in which they ended.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.change(|state| state.slept.clone())
    }

    /// How far the clock has moved.
    pub fn elapsed(&self) -> Duration {
        self.change(|state| state.passed)
    }

    fn change<R>(&self, change: impl FnOnce(&mut ManualState) -> R) -> R {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.start + self.elapsed()
    }

    fn system_time(&self) -> SystemTime {
        self.calendar + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        let until = clock.elapsed() + duration;
        Box::pin(async move {
            tokio::task::yield_now().await;
            clock.change(|state| {
                state.passed = state.passed.max(until);
                state.slept.push(duration);
            });
        })
    }
}
