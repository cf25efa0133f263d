//! A property test of the rate limiter: random calls of random clients on an injected clock, against a server that
//! counts in sliding windows.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mews_connector_api::AccessToken;
use proptest::prelude::*;

use super::registry::Lease;
use super::*;
use crate::clock::{Clock, ManualClock};

/// The use of an admission and its permit.
#[derive(Clone, Debug)]
enum Fate {
    Finish,
    /// Drops the waiting future after this time, in milliseconds.
    GiveUp(u64),
    /// Polls once, keeps the future unpolled for this time, then awaits it.
    Keep(u64),
    /// Polls once, keeps the future unpolled for this time, then drops it.
    KeepAndDrop(u64),
    /// Finishes with a 429, which holds all traffic for this time.
    RateLimited(u64),
}

#[derive(Clone, Debug)]
struct Call {
    fate: Fate,
    is_background: bool,
    /// The time until the response, or until the call is dropped.
    takes: u64,
    /// The time at which the server counts the request, in percent of `takes`.
    counted: u64,
}

/// Clients that live at the same time.
#[derive(Clone, Debug)]
struct Generation {
    calls: Vec<Call>,
    at_a_time: usize,
    pause: u64,
}

fn call() -> impl Strategy<Value = Call> {
    let fate = prop_oneof![
        4 => Just(Fate::Finish),
        1 => (0_u64..40_000).prop_map(Fate::GiveUp),
        1 => (0_u64..40_000).prop_map(Fate::Keep),
        1 => (0_u64..40_000).prop_map(Fate::KeepAndDrop),
        1 => (0_u64..40_000).prop_map(Fate::RateLimited),
    ];
    (fate, any::<bool>(), 0_u64..40_000, 0_u64..=100).prop_map(
        |(fate, is_background, takes, counted)| Call {
            fate,
            is_background,
            takes,
            counted,
        },
    )
}

fn generation() -> impl Strategy<Value = Generation> {
    (
        prop::collection::vec(call(), 1..25),
        1_usize..10,
        0_u64..40_000,
    )
        .prop_map(|(calls, at_a_time, pause)| Generation {
            calls,
            at_a_time,
            pause,
        })
}

fn limit() -> impl Strategy<Value = RateLimit> {
    (1_usize..8, 1_u64..=30, 0_usize..4).prop_map(|(requests, seconds, reserve)| {
        let requests = requests.try_into().expect("not zero");
        RateLimit::new(requests, Duration::from_secs(seconds)).reserve(reserve)
    })
}

/// Everything that was observed.
#[derive(Default)]
struct Log {
    counted: Vec<Instant>,
    joined: u64,
    /// The places at which admitted calls joined their queue, in the order of admission.
    admitted: [Vec<u64>; 2],
    holds: Vec<(Instant, Instant)>,
    admissions: Vec<Instant>,
}

/// One client and what it observes.
struct World {
    clock: ManualClock,
    limiter: Lease,
    log: Arc<Mutex<Log>>,
}

impl World {
    async fn sleep(&self, milliseconds: u64) {
        self.clock.sleep(Duration::from_millis(milliseconds)).await;
    }

    /// Waits for admission, and checks what has to be true at this moment.
    async fn admit(&self, priority: Priority) -> Permit {
        let place = {
            let mut log = self.log.lock().expect("not poisoned");
            log.joined += 1;
            log.joined
        };
        let request = AdmissionRequest::new(priority);
        let permit = self.limiter.admit(request).await.expect("no deadline");
        let limits = self.limiter.limits();
        for window in &limits.windows {
            let (requests, reserved) = (window.limit.requests(), window.limit.reserved());
            let max = match priority {
                Priority::Foreground => requests,
                Priority::Background => requests.saturating_sub(reserved).max(1),
            };
            assert!(window.used <= max, "{limits:?}");
        }
        if priority == Priority::Background {
            assert_eq!(limits.waiting, 0, "foreground goes first");
        }
        let mut log = self.log.lock().expect("not poisoned");
        log.admitted[usize::from(priority == Priority::Background)].push(place);
        log.admissions.push(self.clock.now());
        permit
    }

    async fn call(&self, call: Call) {
        let priority = if call.is_background {
            Priority::Background
        } else {
            Priority::Foreground
        };
        let mut admission = Box::pin(self.admit(priority));
        let permit = match call.fate {
            Fate::Finish | Fate::RateLimited(_) => admission.await,
            Fate::GiveUp(after) => tokio::select! {
                permit = admission => permit,
                () = self.sleep(after) => return,
            },
            Fate::Keep(time) | Fate::KeepAndDrop(time) => {
                let polled = futures_util::poll!(&mut admission);
                let at = self.clock.now();
                self.sleep(time).await;
                match polled {
                    // The request is sent at once, although the future is not polled.
                    std::task::Poll::Ready(permit) => {
                        self.count(at);
                        return drop(permit);
                    }
                    std::task::Poll::Pending if matches!(call.fate, Fate::Keep(_)) => {
                        admission.await
                    }
                    std::task::Poll::Pending => return,
                }
            }
        };
        let sent = self.clock.now();
        self.sleep(call.takes).await;
        self.count(sent + Duration::from_millis(call.takes * call.counted / 100));
        if let Fate::RateLimited(time) = call.fate {
            let now = self.clock.now();
            let until = now + Duration::from_millis(time);
            self.limiter.hold(until);
            self.log
                .lock()
                .expect("not poisoned")
                .holds
                .push((now, until));
        }
        drop(permit);
    }

    fn count(&self, at: Instant) {
        self.log.lock().expect("not poisoned").counted.push(at);
    }
}

async fn run(limits: &[RateLimit], generations: Vec<Generation>) -> Log {
    let clock = ManualClock::new();
    let registry = Registry::new(Arc::new(clock.clone()));
    let token = AccessToken::from("sandbox-access-token");
    let log = Arc::new(Mutex::new(Log::default()));
    for generation in generations {
        let clients: Vec<_> = limits
            .iter()
            .map(|limit| World {
                clock: clock.clone(),
                limiter: registry.lease("https://pms.invalid", &token, *limit),
                log: log.clone(),
            })
            .collect();
        let calls = Mutex::new(generation.calls.into_iter());
        let workers = (0..generation.at_a_time).map(|worker| {
            let (clients, calls) = (&clients, &calls);
            async move {
                loop {
                    let next = calls.lock().expect("not poisoned").next();
                    let Some(call) = next else { break };
                    clients[worker % clients.len()].call(call).await;
                }
            }
        });
        join_all(workers).await;
        drop(clients);
        clock.advance(Duration::from_millis(generation.pause));
    }
    clock.advance(Duration::from_secs(60));
    drop(registry.lease("https://other.invalid", &token, limits[0]));
    assert_eq!(
        registry.len(),
        1,
        "limiters are forgotten after their last window"
    );
    Arc::into_inner(log)
        .expect("all clients are gone")
        .into_inner()
        .expect("not poisoned")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// No window of the server has more requests than any of the limits, and no request is sent during a hold. Requests
    /// of one priority are admitted in the order of their arrival.
    #[test]
    fn no_window_is_ever_exceeded(
        limits in prop::collection::vec(limit(), 1..4),
        generations in prop::collection::vec(generation(), 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut log = runtime.block_on(run(&limits, generations));
        log.counted.sort();
        for limit in limits {
            for group in log.counted.windows(limit.requests() + 1) {
                let within = group[limit.requests()] - group[0];
                prop_assert!(within >= limit.window(), "{limit:?}: {within:?}");
            }
        }
        for admitted in &log.admitted {
            prop_assert!(admitted.is_sorted(), "{admitted:?}");
        }
        for (from, until) in &log.holds {
            let during = log.admissions.iter().filter(|at| *at > from && *at < until).count();
            prop_assert_eq!(during, 0);
        }
    }
}
