//! A clock that client and sandbox share, and writes that take effect while the client waits.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use mews_connector::clock::{Busy, Clock, ManualClock, Sleep};
use mews_sandbox::{Exchange, Fault, Faults};

/// Returns a fault that delays a write in real time. After a sleep on a [`LinkedClock`], the write has taken effect.
pub(crate) fn commit_late() -> Fault {
    Fault::commit_late(Duration::from_millis(20))
}

/// The clock of a client. A sleep also waits until the sandbox has made the delayed writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedClock {
    manual: ManualClock,
    faults: Arc<OnceLock<Faults>>,
    /// The number of delayed writes that were made.
    made: Arc<AtomicU64>,
}

impl LinkedClock {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets the faults of the sandbox.
    pub(crate) fn link(&self, faults: &Faults) {
        let _ = self.faults.set(faults.clone());
    }

    /// Returns the clock of the sandbox, which is ahead of the client's clock by a number of seconds.
    pub(crate) fn of_sandbox(
        &self,
        ahead: Arc<AtomicI64>,
    ) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let clock = self.manual.clone();
        move || {
            let ahead = ahead.load(Ordering::SeqCst);
            let by = Duration::from_secs(ahead.unsigned_abs());
            let now = clock.system_time();
            if ahead < 0 { now - by } else { now + by }
        }
    }

    /// Resets the number of delayed writes after the faults were removed.
    pub(crate) fn forget_late(&self) {
        self.made.store(0, Ordering::SeqCst);
    }

    /// Returns the observer that the sandbox calls with each exchange.
    pub(crate) fn observer(&self) -> impl Fn(&Exchange) + Send + Sync + 'static {
        let made = self.made.clone();
        move |exchange| {
            let late = exchange
                .faults
                .iter()
                .filter(|fault| *fault == "CommitLate");
            made.fetch_add(late.count() as u64, Ordering::SeqCst);
        }
    }

    /// Returns `true` while the sandbox delays a write.
    pub(crate) fn is_late(&self) -> bool {
        let states = self.faults.get().map(Faults::list).unwrap_or_default();
        let late = states
            .iter()
            .filter(|state| format!("{:?}", state.fault).contains("CommitLate"));
        late.map(|state| state.triggered).sum::<u64>() > self.made.load(Ordering::SeqCst)
    }

    /// Waits until [`Self::is_late`] returns `late`.
    pub(crate) async fn until_late_is(&self, late: bool) {
        while self.is_late() != late {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Clock for LinkedClock {
    fn now(&self) -> Instant {
        self.manual.now()
    }

    fn system_time(&self) -> SystemTime {
        self.manual.system_time()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            clock.manual.sleep(duration).await;
            clock.until_late_is(false).await;
        })
    }

    fn busy(&self) -> Busy {
        self.manual.busy()
    }
}
