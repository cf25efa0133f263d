//! Tests of the attempt loop, without HTTP.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::attempts::{Attempt, Attempts};
use crate::clock::{Clock, ManualClock};
use crate::error::{Error, ErrorKind};
use crate::rate_limit::{AdmissionRequest, Priority, RateLimit, RateLimiter, SlidingWindowLimiter};
use crate::retry::{Decision, Effect, FailedAttempt, RetryPolicy, StandardRetry};

const OPERATION: &str = "vouchers/add";

/// The behavior of an attempt.
#[derive(Clone, Copy, Debug)]
enum Act {
    Succeed,
    /// Fails before the request is sent.
    NotSent,
    /// Fails after it was sent, in doubt.
    Fail(ErrorKind),
    /// 429 with this `Retry-After` in milliseconds.
    RateLimited(Option<u64>),
    /// Sends and never ends.
    Hang,
    /// Never even connects.
    HangBeforeSending,
}

#[derive(Debug)]
struct Always(Decision);

impl RetryPolicy for Always {
    fn decide(&self, _: &FailedAttempt<'_>) -> Decision {
        self.0
    }
}

struct Setup {
    clock: ManualClock,
    limiter: SlidingWindowLimiter,
    deadline: Duration,
    policy: Box<dyn RetryPolicy>,
}

impl Setup {
    fn new() -> Self {
        let clock = ManualClock::new();
        let limiter = SlidingWindowLimiter::new(RateLimit::default(), Arc::new(clock.clone()));
        Self {
            clock,
            limiter,
            deadline: Duration::from_secs(600),
            policy: Box::new(StandardRetry::default()),
        }
    }

    fn policy(policy: impl RetryPolicy + 'static) -> Self {
        Self {
            policy: Box::new(policy),
            ..Self::new()
        }
    }

    fn deadline(deadline: Duration) -> Self {
        Self {
            deadline,
            ..Self::new()
        }
    }

    async fn run(&self, effect: Effect, acts: impl IntoIterator<Item = Act>) -> Result<u32, Error> {
        let acts = Mutex::new(acts.into_iter().collect::<VecDeque<_>>());
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let attempts = Attempts {
            operation: OPERATION,
            effect,
            priority: Priority::Foreground,
            deadline: self.deadline,
            policy: &*self.policy,
            limiter: &self.limiter,
            clock: &clock,
            stop: None,
            random: &|| 0.5,
            on_failure: &|_, _| {},
        };
        attempts
            .run(|attempt| {
                let act = acts.lock().expect("not poisoned").pop_front();
                perform(attempt, act.expect("one more attempt"))
            })
            .await
    }
}

async fn perform(attempt: Attempt<'_>, act: Act) -> Result<u32, Error> {
    if !matches!(act, Act::NotSent | Act::HangBeforeSending) {
        attempt.sent.set();
    }
    let fail = |kind| Error::new(kind, OPERATION).with(|parts| parts.maybe_applied = true);
    match act {
        Act::Succeed => Ok(attempt.number),
        Act::NotSent => Err(fail(ErrorKind::Transport)),
        Act::Fail(kind) => Err(fail(kind)),
        Act::RateLimited(wait) => Err(fail(ErrorKind::RateLimited).with(|parts| {
            parts.maybe_applied = false;
            parts.retry_after = wait.map(Duration::from_millis);
        })),
        Act::Hang | Act::HangBeforeSending => pending().await,
    }
}

const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Create, Effect::Update, Effect::Delete];

#[tokio::test]
async fn retries_what_is_safe_to_retry() {
    for effect in EFFECTS {
        for act in [
            Act::NotSent,
            Act::RateLimited(None),
            Act::RateLimited(Some(9)),
        ] {
            let attempts = Setup::new().run(effect, [act, Act::Succeed]).await;
            assert_eq!(attempts.expect("retried"), 2, "{effect:?} {act:?}");
        }
        for kind in [ErrorKind::Transport, ErrorKind::Server] {
            let result = Setup::new()
                .run(effect, [Act::Fail(kind), Act::Succeed])
                .await;
            match result {
                Ok(attempts) => assert!(effect.is_idempotent() && attempts == 2, "{effect:?}"),
                Err(error) => assert!(
                    !effect.is_idempotent() && error.maybe_applied() && !error.is_retryable(),
                    "{error:?}"
                ),
            }
        }
        let error = Setup::new()
            .run(effect, [Act::Fail(ErrorKind::Conflict)])
            .await;
        assert_eq!(error.expect_err("final").attempts(), 1);
    }
}

#[tokio::test]
async fn never_repeats_a_create_in_doubt_whatever_the_policy_decides() {
    let eager = Setup::policy(Always(Decision::Retry {
        after: Duration::ZERO,
    }));
    let acts = [Act::NotSent, Act::Fail(ErrorKind::Server)];
    let error = eager.run(Effect::Create, acts).await.expect_err("in doubt");
    assert_eq!(error.attempts(), 2);
    assert!(error.maybe_applied());
}

#[tokio::test]
async fn a_write_in_doubt_stays_in_doubt() {
    let acts = [
        Act::Fail(ErrorKind::Server),
        Act::NotSent,
        Act::RateLimited(None),
        Act::Fail(ErrorKind::BadRequest),
    ];
    let error = Setup::new()
        .run(Effect::Delete, acts)
        .await
        .expect_err("rejected");
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Unconfirmed, 4)
    );
    assert!(error.maybe_applied());
}

#[tokio::test]
async fn the_deadline_ends_an_attempt() {
    let setup = Setup::deadline(Duration::from_secs(9));
    let error = setup
        .run(Effect::Create, [Act::Hang])
        .await
        .expect_err("expired");
    assert_eq!(setup.clock.elapsed(), Duration::from_secs(9));
    assert!(error.maybe_applied() && !error.failed_before_sending());
    let setup = Setup::deadline(Duration::from_secs(9));
    let error = setup
        .run(Effect::Create, [Act::HangBeforeSending])
        .await
        .expect_err("expired");
    assert!(!error.maybe_applied() && error.failed_before_sending() && error.is_retryable());
}

#[tokio::test]
async fn the_deadline_ends_waiting_for_admission() {
    let mut setup = Setup::deadline(Duration::from_secs(9));
    let only_one = RateLimit::new(1.try_into().expect("not zero"), Duration::from_secs(1));
    setup.limiter = SlidingWindowLimiter::new(only_one, Arc::new(setup.clock.clone()));
    let _kept = setup
        .limiter
        .admit(AdmissionRequest::default())
        .await
        .expect("admitted");
    let error = setup.run(Effect::Read, []).await.expect_err("expired");
    assert_eq!(setup.clock.elapsed(), Duration::from_secs(9));
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::RateLimited, 0)
    );
    assert!(error.failed_before_sending());
    assert_eq!(setup.limiter.limits().waiting, 0);
}

#[tokio::test]
async fn sends_nothing_without_time() {
    let error = Setup::deadline(Duration::ZERO).run(Effect::Read, []).await;
    assert!(error.expect_err("no time").failed_before_sending());
}

#[tokio::test]
async fn does_not_wait_for_a_retry_after_the_deadline() {
    let second = Duration::from_secs(1);
    for (wait, elapsed) in [(10, 0), (9, 0), (8, 8)] {
        let setup = Setup {
            deadline: 9 * second,
            ..Setup::policy(Always(Decision::Retry {
                after: wait * second,
            }))
        };
        let acts = [Act::RateLimited(None), Act::RateLimited(None)];
        let error = setup.run(Effect::Read, acts).await.expect_err("late");
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(setup.clock.elapsed(), elapsed * second, "{wait} s");
    }
}

/// Retries after two seconds, and keeps the number of each attempt and the time since the call began.
#[derive(Clone, Debug, Default)]
struct Patient(Arc<Mutex<Vec<(u32, u64)>>>);

impl RetryPolicy for Patient {
    fn decide(&self, failed: &FailedAttempt<'_>) -> Decision {
        let mut seen = self.0.lock().expect("not poisoned");
        seen.push((failed.attempt, failed.elapsed.as_secs()));
        Decision::Retry {
            after: Duration::from_secs(2),
        }
    }
}

#[tokio::test]
async fn policy_receives_the_number_of_the_attempt_and_the_time_since_the_call_began() {
    let policy = Patient::default();
    let acts = [Act::NotSent, Act::NotSent, Act::NotSent, Act::Succeed];
    let setup = Setup::policy(policy.clone());
    let attempts = setup.run(Effect::Create, acts).await;
    assert_eq!(attempts.expect("sent"), 4);
    let seen = policy.0.lock().expect("not poisoned");
    assert_eq!(*seen, [(1, 0), (2, 2), (3, 4)]);
}

#[tokio::test]
async fn a_429_holds_the_token_whatever_the_policy_decides() {
    let wait = |decision, asked| async move {
        let setup = Setup::policy(Always(decision));
        let _ = setup
            .run(Effect::Read, [Act::RateLimited(asked), Act::Succeed])
            .await;
        let _permit = setup
            .limiter
            .admit(AdmissionRequest::default())
            .await
            .expect("admitted");
        setup.clock.elapsed()
    };
    let retry = |seconds| Decision::Retry {
        after: Duration::from_secs(seconds),
    };
    assert_eq!(
        wait(Decision::GiveUp, Some(5000)).await,
        Duration::from_secs(5)
    );
    // Without a time from the server, the first backoff.
    assert_eq!(
        wait(Decision::GiveUp, Some(0)).await,
        Duration::from_millis(375)
    );
    assert_eq!(
        wait(Decision::GiveUp, None).await,
        Duration::from_millis(375)
    );
    // The longer one of policy and server.
    assert_eq!(wait(retry(1), Some(5000)).await, Duration::from_secs(5));
    assert_eq!(wait(retry(7), Some(5000)).await, Duration::from_secs(7));
}

#[tokio::test]
async fn a_429_holds_the_token_although_the_call_is_dropped() {
    let setup = Setup::new();
    {
        let mut call =
            Box::pin(setup.run(Effect::Read, [Act::RateLimited(Some(5000)), Act::Succeed]));
        for _ in 0..4 {
            assert!(futures_util::poll!(&mut call).is_pending());
        }
    }
    assert_eq!(
        setup.limiter.limits().held_for.map(|wait| wait.as_secs()),
        Some(5)
    );
}
