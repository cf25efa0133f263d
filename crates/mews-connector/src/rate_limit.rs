//! How many requests go out, and when.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use mews_connector_api::AccessToken;
use tokio::sync::Notify;

use crate::clock::Clock;

/// How many requests an access token may send, and within which time.
///
/// The vendor documents 200 requests for each access token within 30 seconds, in a sliding window, "as a guideline"
/// (guidelines/environments, guidelines/requests). A `RateLimit` never has more than `requests` under way or answered
/// within the last `window`: a slot is free again one window after its *answer* came, so no sliding window of the
/// server, wherever it begins, can see more.
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
}

impl RateLimit {
    /// At most `requests` within any `window`.
    pub fn new(requests: NonZeroUsize, window: Duration) -> Self {
        Self {
            requests: requests.get(),
            window,
        }
    }

    /// No limit, for a server that has none. A 429 is still waited for.
    pub fn unlimited() -> Self {
        Self {
            requests: usize::MAX,
            window: Duration::ZERO,
        }
    }

    fn is_unlimited(self) -> bool {
        self.requests == usize::MAX
    }
}

impl Default for RateLimit {
    /// What the vendor documents: 200 requests within 30 seconds.
    fn default() -> Self {
        Self {
            requests: 200,
            window: Duration::from_secs(30),
        }
    }
}

/// The future of a request that waits for its turn.
pub type Admission<'a> =
    Pin<Box<dyn Future<Output = Result<Permit, DeadlineExceeded>> + Send + 'a>>;

/// Decides when a request may be sent. [`SlidingWindowLimiter`] unless the builder is given another.
pub trait RateLimiter: fmt::Debug + Send + Sync {
    /// Waits until one more request may be sent.
    ///
    /// # Errors
    /// As soon as it is known that this will not be before `deadline`.
    fn admit<'a>(&'a self, clock: &'a dyn Clock, deadline: Option<Instant>) -> Admission<'a>;

    /// Lets nothing through until then: the server answered 429.
    fn hold(&self, until: Instant);
}

/// The right to send one request. It ends when it is dropped, which is to happen when the answer is there, or when
/// the caller gives up.
#[must_use = "dropped at once, it limits nothing"]
pub struct Permit(Option<Box<dyn FnOnce() + Send>>);

impl Permit {
    /// A permit that calls `on_end` when it ends.
    pub fn new(on_end: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(on_end)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(on_end) = self.0.take() {
            on_end();
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

/// The turn of a request comes after its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rate limit lets the request through only in {wait:?}, after its deadline")]
pub struct DeadlineExceeded {
    /// How long it would have to wait.
    pub wait: Duration,
}

/// The sliding window of a [`RateLimit`], first come, first served.
///
/// Dropping a waiting request leaves the queue; dropping one that is under way frees its slot one window later,
/// because the server may have counted it.
pub struct SlidingWindowLimiter {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    rate_limit: RateLimit,
    under_way: usize,
    answered: VecDeque<Instant>,
    waiting: VecDeque<u64>,
    next_ticket: u64,
    held_until: Option<Instant>,
}

/// When a request may go.
enum Turn {
    Now,
    At(Instant),
    /// Not before one of those under way is answered.
    Unknown,
}

impl SlidingWindowLimiter {
    /// A limiter that nobody else shares.
    pub fn new(rate_limit: RateLimit, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::new(State {
                rate_limit,
                under_way: 0,
                answered: VecDeque::new(),
                waiting: VecDeque::new(),
                next_ticket: 0,
                held_until: None,
            }),
            changed: Notify::new(),
        })
    }

    /// The limiter that every client of this process shares for one server and one access token. When they ask for
    /// different rate limits, the stricter one counts for all.
    pub(crate) fn shared(
        authority: &str,
        token: &AccessToken,
        rate_limit: RateLimit,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        type Shared = Mutex<HashMap<(String, u64), Weak<SlidingWindowLimiter>>>;
        static SHARED: LazyLock<Shared> = LazyLock::new(Mutex::default);
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

        if rate_limit.is_unlimited() {
            return Self::new(rate_limit, clock);
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|_, limiter| limiter.strong_count() > 0);
        let key = (authority.to_owned(), KEYS.hash_one(token.expose_secret()));
        if let Some(limiter) = shared.get(&key).and_then(Weak::upgrade) {
            limiter.tighten(rate_limit);
            return limiter;
        }
        let limiter = Self::new(rate_limit, clock);
        shared.insert(key, Arc::downgrade(&limiter));
        limiter
    }

    fn tighten(&self, rate_limit: RateLimit) {
        let current = &mut self.state().rate_limit;
        current.requests = current.requests.min(rate_limit.requests);
        current.window = current.window.max(rate_limit.window);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        state.under_way -= 1;
        if !state.rate_limit.is_unlimited() {
            state.answered.push_back(now);
        }
        drop(state);
        self.changed.notify_waiters();
    }
}

impl State {
    /// Tickets are handed out in order, so the queue is sorted.
    fn position(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search(&ticket).ok()
    }

    fn turn(&mut self, position: usize, now: Instant) -> Turn {
        let window = self.rate_limit.window;
        while self
            .answered
            .front()
            .is_some_and(|answered| *answered + window <= now)
        {
            self.answered.pop_front();
        }
        let held = self.held_until.filter(|until| *until > now);
        let used = self.under_way + self.answered.len();
        match (used + position).checked_sub(self.rate_limit.requests) {
            None => held.map_or(Turn::Now, Turn::At),
            Some(index) => match self.answered.get(index) {
                Some(answered) => Turn::At((*answered + window).max(held.unwrap_or(now))),
                None => Turn::Unknown,
            },
        }
    }
}

/// A place in the queue.
struct Ticket<'a> {
    limiter: &'a SlidingWindowLimiter,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        if let Some(position) = state.position(self.number) {
            state.waiting.remove(position);
        }
        drop(state);
        self.limiter.changed.notify_waiters();
    }
}

impl RateLimiter for Arc<SlidingWindowLimiter> {
    fn admit<'a>(&'a self, clock: &'a dyn Clock, deadline: Option<Instant>) -> Admission<'a> {
        Box::pin(async move {
            let number = {
                let mut state = self.state();
                let number = state.next_ticket;
                state.next_ticket += 1;
                state.waiting.push_back(number);
                number
            };
            let ticket = Ticket {
                limiter: self,
                number,
            };
            loop {
                let changed = self.changed.notified();
                let mut changed = std::pin::pin!(changed);
                changed.as_mut().enable();
                let now = clock.now();
                let turn = {
                    let mut state = self.state();
                    let position = state.position(number).unwrap_or(0);
                    let turn = state.turn(position, now);
                    if matches!(turn, Turn::Now) {
                        state.under_way += 1;
                    }
                    turn
                };
                match turn {
                    Turn::Now => {
                        drop(ticket);
                        let limiter = self.clone();
                        return Ok(Permit::new(move || limiter.answered()));
                    }
                    Turn::At(at) if deadline.is_some_and(|deadline| at > deadline) => {
                        return Err(DeadlineExceeded { wait: at - now });
                    }
                    Turn::At(at) => {
                        tokio::select! {
                            () = clock.sleep(at - now) => {}
                            () = changed => {}
                        }
                    }
                    Turn::Unknown => changed.await,
                }
            }
        })
    }

    fn hold(&self, until: Instant) {
        let mut state = self.state();
        state.held_until = Some(state.held_until.map_or(until, |held| held.max(until)));
        drop(state);
        self.changed.notify_waiters();
    }
}

impl fmt::Debug for SlidingWindowLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("SlidingWindowLimiter")
            .field("rate_limit", &state.rate_limit)
            .field("under_way", &state.under_way)
            .field("answered", &state.answered.len())
            .field("waiting", &state.waiting.len())
            .finish_non_exhaustive()
    }
}
