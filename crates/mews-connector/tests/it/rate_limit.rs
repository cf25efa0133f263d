//! The rate limit: never exceeded, shared, first come first served, and unharmed by callers who give up.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mews_connector::clock::{Clock, ManualClock, SystemClock};
use mews_connector::rate_limit::{RateLimit, RateLimiter, SlidingWindowLimiter};
use mews_connector::types::Limitation;
use mews_connector::{CallOptions, Client, ErrorKind, VoucherCodeFilter};
use mews_sandbox::{Fault, RateLimit as ServerLimit, Sandbox, builtin};
use proptest::prelude::*;

use crate::setup::{client_of, id};

fn limit(requests: usize, seconds: u64) -> RateLimit {
    RateLimit::new(requests.try_into().unwrap(), Duration::from_secs(seconds))
}

async fn read(client: &Client) -> Result<u32, mews_connector::Error> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    Ok(client
        .voucher_codes()
        .get_all(&filter, Limitation::new(10))
        .await?
        .attempts())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever requests take, the server never sees more of them arrive in a window than are allowed. It may see a
    /// request at any time between when it was let through and when its answer came.
    #[test]
    fn no_window_is_ever_exceeded(
        requests in 1_usize..8,
        takes in prop::collection::vec(0_u64..40_000, 1..60),
        at_a_time in 1_usize..12,
        early in prop::collection::vec(any::<bool>(), 60),
    ) {
        let window = Duration::from_secs(30);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let seen = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
            let limiter = SlidingWindowLimiter::new(RateLimit::new(requests.try_into().unwrap(), window), clock.clone());
            let seen = Arc::new(Mutex::new(Vec::<Instant>::new()));
            let work = Arc::new(Mutex::new(takes.into_iter().zip(early).collect::<Vec<_>>()));
            let workers = (0..at_a_time).map(|_| {
                let (clock, limiter, seen, work) = (clock.clone(), limiter.clone(), seen.clone(), work.clone());
                async move {
                    loop {
                        let Some((takes, early)) = work.lock().unwrap().pop() else { break };
                        let permit = limiter.admit(&*clock, None).await.unwrap();
                        let sent = clock.now();
                        clock.sleep(Duration::from_millis(takes)).await;
                        seen.lock().unwrap().push(if early { sent } else { clock.now() });
                        drop(permit);
                    }
                }
            });
            futures_util::future::join_all(workers).await;
            Arc::into_inner(seen).unwrap().into_inner().unwrap()
        });
        let mut seen = seen;
        seen.sort();
        for group in seen.windows(requests + 1) {
            prop_assert!(group[requests] - group[0] >= window, "{:?}", group[requests] - group[0]);
        }
    }
}

#[tokio::test]
async fn a_limit_of_the_server_is_kept_to_without_one_429() {
    let sandbox = Sandbox::builder()
        .rate_limit(ServerLimit::new(20, Duration::from_millis(400)))
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(sandbox.url())
        .rate_limit(RateLimit::new(
            20.try_into().unwrap(),
            Duration::from_millis(400),
        ))
        .build()
        .unwrap();
    // Another client of the same token shares the limit.
    let other = Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(sandbox.url())
        .rate_limit(RateLimit::new(
            20.try_into().unwrap(),
            Duration::from_millis(400),
        ))
        .build()
        .unwrap();
    let calls = (0..70).map(|n| {
        if n % 2 == 0 {
            client.clone()
        } else {
            other.clone()
        }
    });
    let results =
        futures_util::future::join_all(calls.map(|client| async move { read(&client).await }))
            .await;
    assert!(results.into_iter().all(|attempts| attempts.unwrap() == 1));
    assert!(
        sandbox
            .exchanges()
            .iter()
            .all(|exchange| exchange.status == Some(200))
    );
}

#[tokio::test]
async fn a_429_holds_all_traffic_of_the_token() {
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .fault(Fault::too_many_requests(Some(Duration::from_secs(5))))
        .start()
        .await
        .unwrap();
    let clock = ManualClock::new();
    let client = client_of(sandbox.url(), &clock).build().unwrap();
    assert_eq!(read(&client).await.unwrap(), 2);
    let held: Duration = clock.elapsed();
    assert!(held >= Duration::from_secs(5), "{held:?}");

    let limiter = SlidingWindowLimiter::new(RateLimit::default(), Arc::new(clock.clone()));
    limiter.hold(clock.now() + Duration::from_secs(9));
    let before = clock.elapsed();
    drop(limiter.admit(&clock, None).await.unwrap());
    assert_eq!(clock.elapsed(), before + Duration::from_secs(9));
}

#[tokio::test]
async fn a_call_whose_turn_comes_too_late_is_not_sent() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let clock = ManualClock::new();
    let client = client_of(sandbox.url(), &clock)
        .rate_limit(limit(1, 30))
        .build()
        .unwrap();
    let hurried = client.with_options(CallOptions::new().deadline(Duration::from_secs(10)));
    read(&hurried).await.unwrap();
    let error = read(&hurried).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(
        error.failed_before_sending() && error.retry_after().unwrap() > Duration::from_secs(20),
        "{error}"
    );
    assert_eq!(sandbox.exchanges().len(), 1);
    // Somebody with more time gets through.
    read(&client).await.unwrap();
    assert!(clock.elapsed() >= Duration::from_secs(30));
}

#[tokio::test]
async fn a_deadline_ends_waiting_for_retries() {
    let fault = Fault::too_many_requests(Some(Duration::from_secs(3600))).times(9);
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .fault(fault)
        .start()
        .await
        .unwrap();
    let clock = ManualClock::new();
    let client = client_of(sandbox.url(), &clock)
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    let error = read(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::RateLimited, 1)
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(
        clock.elapsed(),
        Duration::ZERO,
        "there is no point in waiting"
    );
}

#[tokio::test]
async fn giving_up_leaves_the_limiter_correct() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limiter = SlidingWindowLimiter::new(
        RateLimit::new(2.try_into().unwrap(), Duration::from_millis(300)),
        clock.clone(),
    );
    let first = limiter.admit(&*clock, None).await.unwrap();
    let second = limiter.admit(&*clock, None).await.unwrap();
    // One who waits and gives up does not stand in the way of the one behind.
    {
        let mut gives_up = limiter.admit(&*clock, None);
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(gives_up.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
    }
    let start = Instant::now();
    // One who gives up while under way still counts for a window.
    drop(first);
    let third = limiter.admit(&*clock, None).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
    drop((second, third));
    assert!(
        format!("{limiter:?}").contains("under_way: 0, answered: 2, waiting: 0"),
        "{limiter:?}"
    );
}

#[tokio::test]
async fn cancelled_calls_leave_the_limiter_correct() {
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .latency(Duration::from_millis(200))
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(sandbox.url())
        .rate_limit(RateLimit::new(
            3.try_into().unwrap(),
            Duration::from_millis(300),
        ))
        .build()
        .unwrap();
    for _ in 0..6 {
        let _ = tokio::time::timeout(Duration::from_millis(20), read(&client)).await;
    }
    let results = futures_util::future::join_all((0..6).map(|_| read(&client))).await;
    assert!(results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn retry_after_is_understood_in_both_forms() {
    use crate::scripted::{Answer, Scripted};

    let forms = [
        ("retry-after: 12\r\n", 12.0),
        ("retry-after: 1.5\r\n", 1.5),
        (
            "date: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 10:00:40 GMT\r\n",
            40.0,
        ),
        // In the past by the server's own clock.
        (
            "date: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 09:00:00 GMT\r\n",
            0.0,
        ),
        ("retry-after: 0\r\n", 0.0),
    ];
    for (headers, seconds) in forms {
        let server = Scripted::start([
            Answer::Json(429, headers, "{}".into()),
            Answer::ok(r#"{"VoucherCodes":[],"Cursor":null}"#),
        ])
        .await;
        let clock = ManualClock::new();
        let client = client_of(&server.url, &clock).build().unwrap();
        assert_eq!(read(&client).await.unwrap(), 2, "{headers}");
        let waited = clock.elapsed().as_secs_f64();
        assert!(
            (seconds..=seconds + 1.01).contains(&waited),
            "{headers}: {waited}"
        );
    }
    for nonsense in [
        "retry-after: soon\r\n",
        "retry-after: -3\r\n",
        "retry-after: 1e999\r\n",
        "retry-after: NaN\r\n",
    ] {
        let server = Scripted::start([Answer::Json(429, nonsense, "{}".into())]).await;
        let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
        assert_eq!(
            read(&client).await.unwrap_err().kind(),
            ErrorKind::RateLimited,
            "{nonsense}"
        );
    }
}
