//! The number of requests that a token may send.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::admission::Priority;

/// The number of requests that an access token may send within a sliding window.
///
/// The vendor documents 200 requests for each access token within 30 seconds, in a sliding window, "as a guideline"
/// (guidelines/environments, guidelines/requests). The number of requests that are in flight or ended within the last
/// `window` never exceeds `requests`: a slot is free again one window after the *response*, so no sliding window of the
/// server can contain more.
///
/// ```
/// use std::time::Duration;
///
/// use mews_connector::RateLimit;
///
/// // Leave half of the limit to another process with the same token.
/// let half = RateLimit::new(100.try_into().unwrap(), Duration::from_secs(30));
/// assert_ne!(half, RateLimit::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: usize,
    window: Duration,
    reserve: usize,
}

impl RateLimit {
    /// Creates a limit of `requests` within any `window`. The default [reserve](Self::reserve) is 10 %, rounded up.
    pub fn new(requests: NonZeroUsize, window: Duration) -> Self {
        let requests = requests.get();
        Self {
            requests,
            window,
            reserve: requests.div_ceil(10),
        }
    }

    /// Returns a value without a limit, for a server that has none. A 429 still pauses the client.
    pub fn unlimited() -> Self {
        Self {
            requests: usize::MAX,
            window: Duration::ZERO,
            reserve: 0,
        }
    }

    /// Sets the number of slots that background requests leave free for the foreground, see
    /// [`CallOptions::background`](crate::CallOptions::background). The default is 10 % of the requests, rounded up.
    /// At least one slot remains for the background.
    ///
    /// ```
    /// use mews_connector::RateLimit;
    ///
    /// // A nightly job may use 120 of the 200 slots.
    /// let limit = RateLimit::default().reserve(80);
    /// assert_eq!(limit.reserved(), 80);
    /// ```
    #[must_use]
    pub fn reserve(self, slots: usize) -> Self {
        Self {
            reserve: slots,
            ..self
        }
    }

    /// Returns the number of requests.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// Returns the length of the window.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Returns the number of slots that background requests leave free.
    pub fn reserved(&self) -> usize {
        self.reserve
    }

    /// Returns `true` if the number of requests is [unlimited](Self::unlimited).
    pub fn is_unlimited(&self) -> bool {
        self.requests == usize::MAX
    }

    /// Returns the number of used slots at which a request of this priority has to wait.
    pub(super) fn capacity(&self, priority: Priority) -> usize {
        match priority {
            Priority::Foreground => self.requests,
            Priority::Background => self.requests.saturating_sub(self.reserve).max(1),
        }
    }
}

impl Default for RateLimit {
    /// Returns the documented limit: 200 requests within 30 seconds.
    fn default() -> Self {
        Self {
            requests: 200,
            window: Duration::from_secs(30),
            reserve: 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn background_leaves_the_reserve_free_and_keeps_one_slot() {
        let of = |requests: usize| {
            let requests = requests.try_into().expect("a number");
            RateLimit::new(requests, Duration::from_secs(30))
        };
        for (limit, reserved, background) in [
            (RateLimit::default(), 20, 180),
            (of(200), 20, 180),
            (of(15), 2, 13),
            (of(1), 1, 1),
            (of(15).reserve(0), 0, 15),
            (of(15).reserve(100), 100, 1),
        ] {
            assert_eq!(limit.reserved(), reserved, "{limit:?}");
            assert_eq!(limit.capacity(Priority::Background), background);
            assert_eq!(limit.capacity(Priority::Foreground), limit.requests());
        }
    }
}
