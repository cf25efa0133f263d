//! One time for the client and the sandbox, so that a write can take effect while the client waits.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use mews_connector::clock::{Busy, Clock, ManualClock, Sleep};
use mews_sandbox::Exchange;
use tokio::sync::Notify;

/// The clock of a client. After a sleep it lets the sandbox finish what is due.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedClock {
    manual: ManualClock,
    late: Arc<Late>,
}

/// The writes that the sandbox delays.
#[derive(Debug, Default)]
struct Late {
    /// When each is due, and how many were made.
    state: Mutex<(Vec<Duration>, usize)>,
    begun: Notify,
}

impl LinkedClock {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The clock of the sandbox, which is ahead of that of the client.
    pub(crate) fn of_sandbox(&self, ahead: chrono::TimeDelta) -> SandboxClock {
        SandboxClock {
            linked: self.clone(),
            ahead,
        }
    }

    /// What the sandbox calls with each exchange.
    pub(crate) fn observer(&self) -> impl Fn(&Exchange) + Send + Sync + 'static {
        let late = self.late.clone();
        move |exchange| {
            if exchange.faults.iter().any(|fault| fault == "CommitLate") {
                late.state.lock().unwrap().1 += 1;
            }
        }
    }

    /// Returns when the sandbox has received a request that it delays.
    pub(crate) async fn late_begun(&self) {
        self.late.begun.notified().await;
    }

    /// Returns when every write that is due was made.
    pub(crate) async fn settle(&self) {
        loop {
            let due = self.manual.elapsed();
            {
                let state = self.late.state.lock().unwrap();
                if state.0.iter().filter(|until| **until <= due).count() <= state.1 {
                    return;
                }
            }
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
            clock.settle().await;
        })
    }

    fn busy(&self) -> Busy {
        self.manual.busy()
    }
}

/// The clock of a sandbox.
pub(crate) struct SandboxClock {
    linked: LinkedClock,
    ahead: chrono::TimeDelta,
}

impl mews_sandbox::Clock for SandboxClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::<Utc>::from(self.linked.manual.system_time()) + self.ahead
    }

    fn sleep(&self, duration: Duration) -> mews_sandbox::Sleep<'_> {
        let until = self.linked.manual.elapsed() + duration;
        self.linked.late.state.lock().unwrap().0.push(until);
        self.linked.late.begun.notify_one();
        Box::pin(async move {
            while self.linked.manual.elapsed() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    }
}
