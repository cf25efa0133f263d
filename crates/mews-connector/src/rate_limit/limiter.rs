//! The sliding-window rate limiter and its queue.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use tokio::sync::Notify;

use super::admission::{
    Admission, AdmissionRequest, DeadlineExceeded, Permit, Priority, RateLimiter,
};
use super::limit::RateLimit;
use super::status::Limits;
use super::windows::Windows;
use crate::clock::Clock;
use crate::lock::lock;

/// A rate limiter with sliding windows, first come, first served within a priority. Clones share their state.
///
/// Dropping a waiting request removes it from the queue. Dropping a permit frees its slot one window later, because the
/// server may have counted the request. A waiting future that is not polled keeps its place in the queue. Therefore,
/// the client waits in a task of the call.
#[derive(Clone)]
pub struct SlidingWindowLimiter(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    windows: Windows,
    foreground: VecDeque<Waiter>,
    background: VecDeque<Waiter>,
    next_ticket: u64,
}

struct Waiter {
    ticket: u64,
    turn: Arc<Notify>,
}

impl SlidingWindowLimiter {
    /// Creates a limiter that is not shared with other clients. The clock has to be the client's.
    pub fn new(limit: RateLimit, clock: Arc<dyn Clock>) -> Self {
        let limiter = Self::without_limit(clock);
        limiter.lease(limit);
        limiter
    }

    pub(super) fn without_limit(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            clock,
            state: Mutex::default(),
        }))
    }

    pub(super) fn lease(&self, limit: RateLimit) {
        self.change(|state, _| state.windows.lease(limit));
    }

    pub(super) fn release(&self, limit: RateLimit) {
        self.change(|state, _| state.windows.release(limit));
    }

    pub(super) fn is_forgettable(&self) -> bool {
        let now = self.0.clock.now();
        self.state().windows.is_forgettable(now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    /// Changes the state, then wakes the first request of the queue.
    fn change<R>(&self, change: impl FnOnce(&mut State, Instant) -> R) -> R {
        let mut state = self.state();
        // Read within the lock, so that ended requests are in order.
        let now = self.0.clock.now();
        let result = change(&mut state, now);
        if let Some(first) = state.first() {
            first.turn.notify_one();
        }
        result
    }

    fn join(&self, priority: Priority) -> Place<'_> {
        let turn = Arc::new(Notify::new());
        let mut state = self.state();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.queue(priority).push_back(Waiter {
            ticket,
            turn: turn.clone(),
        });
        Place {
            limiter: self,
            priority,
            ticket,
            turn,
        }
    }
}

impl State {
    fn queue(&mut self, priority: Priority) -> &mut VecDeque<Waiter> {
        match priority {
            Priority::Foreground => &mut self.foreground,
            Priority::Background => &mut self.background,
        }
    }

    /// Returns the waiting request that is next.
    fn first(&self) -> Option<&Waiter> {
        self.foreground.front().or(self.background.front())
    }

    fn is_first(&self, ticket: u64) -> bool {
        self.first().is_some_and(|first| first.ticket == ticket)
    }

    fn leave(&mut self, priority: Priority, ticket: u64) {
        let queue = self.queue(priority);
        // Tickets ascend, so a queue is sorted.
        if let Ok(at) = queue.binary_search_by_key(&ticket, |waiter| waiter.ticket) {
            queue.remove(at);
        }
    }
}

/// A place in the queue, which ends when it is dropped.
struct Place<'a> {
    limiter: &'a SlidingWindowLimiter,
    priority: Priority,
    ticket: u64,
    turn: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter
            .change(|state, _| state.leave(self.priority, self.ticket));
    }
}

/// The next step of a waiting request.
enum Step {
    Send,
    Fail(DeadlineExceeded),
    SleepUntil(Instant),
    Wait,
}

impl Place<'_> {
    fn step(&self, deadline: Option<Instant>) -> Step {
        let mut state = self.limiter.state();
        let now = self.limiter.0.clock.now();
        let turn = state.windows.turn(self.priority, now);
        let is_late = deadline.is_some_and(|deadline| turn.earliest.is_none_or(|at| at > deadline));
        if is_late {
            return Step::Fail(DeadlineExceeded {
                wait: turn.earliest.map(|at| at - now),
            });
        }
        match turn.earliest {
            Some(at) if state.is_first(self.ticket) && turn.is_certain => {
                if at > now {
                    return Step::SleepUntil(at);
                }
                state.windows.begin();
                Step::Send
            }
            _ => Step::Wait,
        }
    }
}

impl RateLimiter for SlidingWindowLimiter {
    fn admit(&self, request: AdmissionRequest) -> Admission<'_> {
        Box::pin(async move {
            let place = self.join(request.priority);
            loop {
                match place.step(request.deadline) {
                    Step::Send => {
                        // Leaving the queue wakes the next request.
                        drop(place);
                        let limiter = self.clone();
                        return Ok(Permit::new(move || {
                            limiter.change(|state, now| state.windows.end(now));
                        }));
                    }
                    Step::Fail(late) => return Err(late),
                    Step::SleepUntil(at) => {
                        let wait = at.saturating_duration_since(self.0.clock.now());
                        tokio::select! {
                            () = self.0.clock.sleep(wait) => {}
                            () = place.turn.notified() => {}
                        }
                    }
                    Step::Wait => place.turn.notified().await,
                }
            }
        })
    }

    fn hold(&self, until: Instant) {
        let mut state = self.state();
        state.windows.hold_until(until);
        // Each waiting request checks whether the hold ends after its deadline.
        for waiter in state.foreground.iter().chain(&state.background) {
            waiter.turn.notify_one();
        }
    }

    fn limits(&self) -> Limits {
        let state = self.state();
        let now = self.0.clock.now();
        Limits {
            windows: state.windows.status(now),
            in_flight: state.windows.in_flight(),
            waiting: state.foreground.len(),
            waiting_in_background: state.background.len(),
            held_for: state.windows.hold(now).map(|until| until - now),
        }
    }
}

impl fmt::Debug for SlidingWindowLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SlidingWindowLimiter")
            .field(&self.limits())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    #[tokio::test]
    async fn slot_at_the_deadline_is_in_time() {
        let clock = Arc::new(ManualClock::new());
        let (window, too_short) = (Duration::from_secs(30), Duration::from_millis(29_999));
        let limit = RateLimit::new(1.try_into().expect("a number"), window);
        let limiter = SlidingWindowLimiter::new(limit, clock.clone());
        let request = AdmissionRequest::new(Priority::Foreground);
        drop(limiter.admit(request).await.expect("the first slot"));

        let deadline = |offset: Duration| request.with_deadline(Some(clock.now() + offset));
        let late = limiter
            .admit(deadline(too_short))
            .await
            .expect_err("no slot is free before the deadline");
        assert_eq!(late.wait, Some(window));
        let in_time = limiter.admit(deadline(window)).await;
        assert!(in_time.is_ok());
    }
}
