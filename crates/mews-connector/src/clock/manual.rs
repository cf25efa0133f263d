//! A clock for tests, which advances when nothing else can make progress.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;

use super::{Busy, Clock, Sleep};
use crate::lock::lock;

/// The number of times that all other tasks get a chance to run before the clock advances.
const YIELDS: usize = 64;
/// The maximum duration of a sleep, with which no addition of times overflows.
const MAX_SLEEP: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A clock for tests. It is stopped while anything else can make progress, and then advances to the end of the earliest
/// sleep, so waits take no real time.
///
/// While an HTTP exchange of the client is in flight, the clock does not advance automatically; a deadline therefore
/// does not end a call that waits for its response. The clock also waits for work of the test that holds the value of
/// [`Clock::busy`]. On a single-threaded runtime, it waits for all work that does not wait for an external event. The
/// clock never pauses the runtime's own time, so it works while sockets are open.
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
    system_time: SystemTime,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    sleeps: Vec<Duration>,
    /// The ends of the sleeps in progress.
    asleep: BTreeSet<(Duration, u64)>,
    next_sleep: u64,
    busy: usize,
    /// The number of changes to the fields above.
    changes: u64,
}

impl ManualClock {
    /// Creates a clock that starts at the current time.
    pub fn new() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// Creates a clock whose date and time start at the given value.
    pub fn starting_at(system_time: SystemTime) -> Self {
        Self {
            start: Instant::now(),
            system_time,
            shared: Arc::default(),
        }
    }

    /// Advances the clock.
    pub fn advance(&self, duration: Duration) {
        self.change(|state| state.elapsed = later(state.elapsed, duration));
    }

    /// Returns every sleep that has ended, in this order. A sleep that was dropped is not included.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.read(|state| state.sleeps.clone())
    }

    /// Returns the time that has elapsed on this clock since it was created.
    pub fn elapsed(&self) -> Duration {
        self.read(|state| state.elapsed)
    }

    /// Returns a function that reads the date and time of this clock, for a server that shares the clock with a client.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mews_connector::clock::ManualClock;
    /// use mews_connector::prelude::*;
    /// use mews_sandbox::{Sandbox, builtin};
    ///
    /// let clock = ManualClock::new();
    /// let sandbox = Sandbox::builder().clock(clock.reader()).start().await?;
    /// let client = Client::builder()
    ///     .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "My Tests 1.0.0")
    ///     .base_url(sandbox.url())
    ///     .clock(clock)
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(()) }
    /// ```
    pub fn reader(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.system_time()
    }

    fn read<R>(&self, read: impl FnOnce(&mut State) -> R) -> R {
        read(&mut lock(&self.shared.state))
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = self.read(|state| {
            state.changes += 1;
            change(state)
        });
        self.shared.changed.notify_waiters();
        result
    }

    async fn sleep_until(self, until: Duration, duration: Duration) {
        let asleep = Asleep::new(&self, until);
        loop {
            let changed = self.shared.changed.notified();
            let (elapsed, busy, changes) =
                self.read(|state| (state.elapsed, state.busy, state.changes));
            if elapsed >= until {
                drop(asleep);
                return self.change(|state| state.sleeps.push(duration));
            }
            if busy > 0 {
                changed.await;
            } else {
                self.advance_if_idle(changes).await;
            }
        }
    }

    /// Advances to the end of the earliest sleep, unless something happens before all other tasks have had their
    /// chances to run.
    async fn advance_if_idle(&self, changes: u64) {
        let is_parallel = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() != RuntimeFlavor::CurrentThread);
        if is_parallel {
            // Other threads do not wait for this one to yield.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
            if self.read(|state| state.changes) != changes {
                return;
            }
        }
        // A sleep that has ended stays in the list until it is polled.
        let earliest = self.read(|state| {
            let is_idle = state.changes == changes;
            let mut ends = state.asleep.iter().map(|(until, _)| *until);
            ends.find(|until| is_idle && *until > state.elapsed)
        });
        if let Some(until) = earliest {
            self.change(|state| state.elapsed = state.elapsed.max(until));
        }
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
        self.system_time
            .checked_add(self.elapsed())
            .unwrap_or(self.system_time)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let until = later(self.elapsed(), duration);
        Box::pin(self.clone().sleep_until(until, duration))
    }

    fn busy(&self) -> Busy {
        self.change(|state| state.busy += 1);
        let clock = self.clone();
        Busy::new(move || clock.change(|state| state.busy -= 1))
    }
}

fn later(elapsed: Duration, duration: Duration) -> Duration {
    elapsed.saturating_add(duration).min(MAX_SLEEP)
}

/// A sleep in progress, which ends when it is dropped.
struct Asleep {
    clock: ManualClock,
    key: (Duration, u64),
}

impl Asleep {
    fn new(clock: &ManualClock, until: Duration) -> Self {
        let key = clock.change(|state| {
            let key = (until, state.next_sleep);
            state.next_sleep += 1;
            state.asleep.insert(key);
            key
        });
        Self {
            clock: clock.clone(),
            key,
        }
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.clock.change(|state| state.asleep.remove(&self.key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stands_still_while_something_else_makes_progress() {
        let clock = ManualClock::new();
        let work = async {
            for _ in 0..10 {
                let busy = clock.busy();
                tokio::time::sleep(Duration::from_millis(2)).await;
                drop(busy);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = work => {}
            () = clock.sleep(Duration::from_secs(1)) => panic!("the work was not finished"),
        }
        assert_eq!(clock.elapsed(), Duration::ZERO);
        assert!(clock.sleeps().is_empty());
    }

    #[tokio::test]
    async fn advances_to_the_earliest_sleep_even_if_it_is_not_polled() {
        let clock = ManualClock::new();
        let mut kept = clock.sleep(Duration::from_secs(3));
        assert!(futures_util::poll!(&mut kept).is_pending());
        let other = clock.sleep(Duration::from_secs(5));
        let (first, ()) = tokio::join!(
            async {
                clock.sleep(Duration::from_secs(4)).await;
                clock.elapsed()
            },
            other
        );
        assert_eq!(first, Duration::from_secs(4));
        assert_eq!(clock.elapsed(), Duration::from_secs(5));
        kept.await;
        assert_eq!(clock.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn endless_sleeps_overflow_nothing() {
        let clock = ManualClock::starting_at(SystemTime::UNIX_EPOCH);
        clock.advance(Duration::MAX);
        clock.sleep(Duration::MAX).await;
        let _ = (clock.now(), clock.system_time());
    }
}
