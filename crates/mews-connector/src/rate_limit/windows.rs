//! The arithmetic of sliding windows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::admission::Priority;
use super::limit::RateLimit;
use super::status::Window;

/// The minimum time for which ended requests are kept, in case a later client has a longer window.
const MIN_RETENTION: Duration = Duration::from_secs(30);

/// The limits of one token, and the requests that count against them.
#[derive(Debug, Default)]
pub(super) struct Windows {
    limits: Vec<Leased>,
    in_flight: usize,
    /// The times at which requests ended, oldest first.
    ended: VecDeque<Instant>,
    held_until: Option<Instant>,
}

#[derive(Debug)]
struct Leased {
    limit: RateLimit,
    clients: usize,
}

/// The earliest time at which one more request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// No request is admitted before this time; `None` if none ever is.
    pub(super) earliest: Option<Instant>,
    /// Whether the request is admitted at this time. It is not certain as long as the slot depends on a request in
    /// flight.
    pub(super) is_certain: bool,
}

impl Windows {
    /// Adds the limit of one more client.
    pub(super) fn lease(&mut self, limit: RateLimit) {
        match self.limits.iter_mut().find(|leased| leased.limit == limit) {
            Some(leased) => leased.clients += 1,
            None => self.limits.push(Leased { limit, clients: 1 }),
        }
        self.forget_limits();
    }

    /// Removes the limit of a client. The last limit stays, because its window may still contain requests.
    pub(super) fn release(&mut self, limit: RateLimit) {
        if let Some(leased) = self.limits.iter_mut().find(|leased| leased.limit == limit) {
            leased.clients -= 1;
        }
        if self.has_clients() {
            self.forget_limits();
        }
    }

    fn forget_limits(&mut self) {
        self.limits.retain(|leased| leased.clients > 0);
    }

    fn has_clients(&self) -> bool {
        self.limits.iter().any(|leased| leased.clients > 0)
    }

    /// Returns `true` if no client is left, and the last window and the hold are over.
    pub(super) fn is_forgettable(&mut self, now: Instant) -> bool {
        self.purge(now);
        !self.has_clients()
            && self.in_flight == 0
            && self.ended.is_empty()
            && self.hold(now).is_none()
    }

    fn purge(&mut self, now: Instant) {
        let longest = self.limits.iter().map(|leased| leased.limit.window()).max();
        let retention = longest.unwrap_or_default().max(MIN_RETENTION);
        while self
            .ended
            .front()
            .is_some_and(|ended| is_over(*ended, retention, now))
        {
            self.ended.pop_front();
        }
    }

    pub(super) fn turn(&mut self, priority: Priority, now: Instant) -> Turn {
        self.purge(now);
        let mut turn = Turn {
            earliest: Some(self.hold(now).unwrap_or(now)),
            is_certain: true,
        };
        for leased in &self.limits {
            let window = leased.limit.window();
            let first = self.first_within(window, now);
            let used = self.in_flight + self.ended.len() - first;
            let Some(excess) = used.checked_sub(leased.limit.capacity(priority)) else {
                continue;
            };
            // The slot of a request in flight is free at the earliest one window from now.
            let ended = self.ended.get(first + excess);
            let free = ended.unwrap_or(&now).checked_add(window);
            turn.is_certain &= ended.is_some() || free.is_none();
            turn.earliest = turn.earliest.zip(free).map(|(a, b)| a.max(b));
        }
        turn
    }

    fn first_within(&self, window: Duration, now: Instant) -> usize {
        self.ended
            .partition_point(|ended| is_over(*ended, window, now))
    }

    pub(super) fn begin(&mut self) {
        self.in_flight += 1;
    }

    pub(super) fn end(&mut self, now: Instant) {
        self.in_flight -= 1;
        if self
            .limits
            .iter()
            .any(|leased| !leased.limit.is_unlimited())
        {
            self.ended.push_back(now);
        }
    }

    pub(super) fn hold_until(&mut self, until: Instant) {
        self.held_until = self.held_until.max(Some(until));
    }

    /// Returns the end of the hold that applies now.
    pub(super) fn hold(&self, now: Instant) -> Option<Instant> {
        self.held_until.filter(|until| *until > now)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn status(&self, now: Instant) -> Vec<Window> {
        let limits = self.limits.iter().map(|leased| leased.limit);
        limits
            .filter(|limit| !limit.is_unlimited())
            .map(|limit| {
                let used =
                    self.in_flight + self.ended.len() - self.first_within(limit.window(), now);
                Window {
                    limit,
                    used,
                    free: limit.requests().saturating_sub(used),
                }
            })
            .collect()
    }
}

fn is_over(ended: Instant, window: Duration, now: Instant) -> bool {
    ended.checked_add(window).is_some_and(|free| free <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limit(requests: usize, window: Duration) -> RateLimit {
        RateLimit::new(requests.try_into().expect("a number"), window)
    }

    fn is_free(windows: &mut Windows, now: Instant) -> bool {
        windows.turn(Priority::Foreground, now).earliest == Some(now)
    }

    #[test]
    fn limit_of_a_dropped_client_no_longer_applies() {
        let (strict, wide) = (limit(1, 60 * SECOND), limit(100, 60 * SECOND));
        let now = Instant::now();
        let mut windows = Windows::default();
        windows.lease(wide);
        windows.lease(strict);
        windows.begin();
        windows.end(now);
        assert!(!is_free(&mut windows, now));
        windows.release(strict);
        assert!(is_free(&mut windows, now));
    }

    #[test]
    fn last_limit_stays_until_its_window_is_over() {
        let strict = limit(1, 60 * SECOND);
        let now = Instant::now();
        let mut windows = Windows::default();
        windows.lease(strict);
        windows.begin();
        windows.release(strict);
        assert!(!windows.is_forgettable(now), "a request is in flight");
        assert_eq!(windows.in_flight(), 1);
        windows.end(now);
        assert!(!windows.is_forgettable(now + 59 * SECOND));
        // A new client within the window is limited by what was sent before.
        windows.lease(strict);
        assert!(!is_free(&mut windows, now + 59 * SECOND));
        assert!(
            !windows.is_forgettable(now + 60 * SECOND),
            "it has a client"
        );
        windows.release(strict);
        assert!(windows.is_forgettable(now + 60 * SECOND));
    }

    #[test]
    fn slot_of_a_request_in_flight_is_not_certain() {
        let now = Instant::now();
        let mut windows = Windows::default();
        windows.lease(limit(1, SECOND));
        let mut turn = |change: fn(&mut Windows, Instant)| {
            change(&mut windows, now);
            let turn = windows.turn(Priority::Foreground, now);
            (turn.earliest, turn.is_certain)
        };
        assert_eq!(turn(|_, _| {}), (Some(now), true));
        let in_flight = turn(|windows, _| windows.begin());
        assert_eq!(in_flight, (Some(now + SECOND), false));
        let ended = turn(Windows::end);
        assert_eq!(ended, (Some(now + SECOND), true));
    }

    #[test]
    fn hold_is_remembered_without_clients() {
        let now = Instant::now();
        let mut windows = Windows::default();
        windows.hold_until(now + 5 * SECOND);
        windows.hold_until(now + SECOND);
        assert!(!windows.is_forgettable(now + 4 * SECOND));
        assert!(windows.is_forgettable(now + 5 * SECOND));
    }

    #[test]
    fn requests_without_a_limit_are_not_remembered() {
        let now = Instant::now();
        let mut windows = Windows::default();
        windows.lease(RateLimit::unlimited());
        windows.begin();
        windows.end(now);
        assert!(windows.ended.is_empty());
        assert_eq!(windows.status(now), []);
        windows.lease(limit(3, SECOND));
        let [window] = windows.status(now)[..] else {
            panic!("one window");
        };
        assert_eq!((window.used, window.free), (0, 3));
    }
}
