//! The rate limit: it is never exceeded, clients of one token share it, and dropped calls do not change it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mews_connector::clock::{Clock, ManualClock, SystemClock};
use mews_connector::rate_limit::{AdmissionRequest, RateLimit, RateLimiter, SlidingWindowLimiter};
use mews_connector::types::Limitation;
use mews_connector::{CallOptions, Client, ErrorKind, VoucherCodeFilter};
use mews_sandbox::{Fault, RateLimit as ServerLimit, Sandbox, builtin};

use crate::setup::{client_of, id};

fn limit(requests: usize, seconds: u64) -> RateLimit {
    RateLimit::new(requests.try_into().unwrap(), Duration::from_secs(seconds))
}

async fn read(client: &Client) -> Result<u32, mews_connector::Error> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    Ok(client
        .voucher_codes()
        .get_page(&filter, Limitation::new(10))
        .await?
        .attempts())
}

#[tokio::test]
async fn limit_of_the_server_is_not_exceeded() {
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
async fn a_429_holds_all_requests_of_the_token() {
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
    drop(limiter.admit(AdmissionRequest::default()).await.unwrap());
    assert_eq!(clock.elapsed(), before + Duration::from_secs(9));
}

#[tokio::test]
async fn call_whose_turn_is_after_the_deadline_is_not_sent() {
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
    // A call with a later deadline is sent.
    read(&client).await.unwrap();
    assert!(clock.elapsed() >= Duration::from_secs(30));
}

#[tokio::test]
async fn call_fails_at_once_if_the_retry_is_after_the_deadline() {
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
    assert_eq!(
        error.retry_after(),
        Some(Duration::from_secs(300)),
        "the maximum wait"
    );
    assert_eq!(
        clock.elapsed(),
        Duration::ZERO,
        "the retry would be after the deadline"
    );
}

#[tokio::test]
async fn dropped_admissions_leave_the_limiter_correct() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limiter = SlidingWindowLimiter::new(
        RateLimit::new(2.try_into().unwrap(), Duration::from_millis(300)),
        clock.clone(),
    );
    let first = limiter.admit(AdmissionRequest::default()).await.unwrap();
    let second = limiter.admit(AdmissionRequest::default()).await.unwrap();
    // A waiting request that is dropped does not block the requests behind it.
    {
        let mut dropped = limiter.admit(AdmissionRequest::default());
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(dropped.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
    }
    let start = Instant::now();
    // An admission that is dropped in flight still counts for a window.
    drop(first);
    let third = limiter.admit(AdmissionRequest::default()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
    drop((second, third));
    let shown = format!("{limiter:?}");
    assert!(
        shown.contains("used: 2, free: 0") && shown.contains("in_flight: 0, waiting: 0"),
        "{limiter:?}"
    );
}

#[tokio::test]
async fn canceled_calls_leave_the_limiter_correct() {
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
async fn reads_retry_after_as_seconds_and_as_a_date() {
    use crate::scripted::{Response, Scripted};

    let forms = [
        ("retry-after: 12\r\n", 12.0),
        ("retry-after: 1.5\r\n", 1.5),
        (
            "date: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 10:00:40 GMT\r\n",
            40.0,
        ),
        // According to the server's clock, the date has passed: the wait is the first backoff.
        (
            "date: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 09:00:00 GMT\r\n",
            0.25,
        ),
        ("retry-after: 0\r\n", 0.25),
    ];
    for (headers, seconds) in forms {
        let server = Scripted::start([
            Response::Json(429, headers, "{}".into()),
            Response::ok(r#"{"VoucherCodes":[],"Cursor":null}"#),
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
    for invalid in [
        "retry-after: soon\r\n",
        "retry-after: -3\r\n",
        "retry-after: 1e999\r\n",
        "retry-after: NaN\r\n",
    ] {
        let server = Scripted::start([Response::Json(429, invalid, "{}".into())]).await;
        let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
        assert_eq!(
            read(&client).await.unwrap_err().kind(),
            ErrorKind::RateLimited,
            "{invalid}"
        );
    }
}

/// Returns the builder of a client on the real clock, which shares the limiter of the token.
fn shared(url: &str, requests: usize, window: Duration) -> mews_connector::ClientBuilder {
    Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(url)
        .rate_limit(RateLimit::new(requests.try_into().unwrap(), window))
}

#[tokio::test]
async fn consecutive_clients_share_the_window() {
    let window = Duration::from_millis(400);
    let sandbox = Sandbox::builder()
        .rate_limit(ServerLimit::new(10, window))
        .start()
        .await
        .unwrap();
    for _ in 0..4 {
        let client = shared(sandbox.url(), 10, window).build().unwrap();
        let calls = (0..10).map(|_| read(&client));
        for attempts in futures_util::future::join_all(calls).await {
            assert_eq!(attempts.unwrap(), 1, "no 429");
        }
    }
}

#[tokio::test]
async fn a_429_holds_the_token_after_the_call_has_failed() {
    let window = Duration::from_millis(100);
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .fault(Fault::too_many_requests(Some(Duration::from_secs(1))))
        .start()
        .await
        .unwrap();
    let start = Instant::now();
    {
        let failing = shared(sandbox.url(), 10, window)
            .retry(mews_connector::retry::StandardRetry::attempts(1))
            .build()
            .unwrap();
        let error = read(&failing).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    }
    // Another client, built after the last one was dropped.
    let next = shared(sandbox.url(), 10, window).build().unwrap();
    read(&next).await.unwrap();
    assert!(
        start.elapsed() >= Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_429_holds_the_token_if_the_call_is_dropped_before_the_end_of_the_response() {
    use crate::scripted::{Response, Scripted};

    let head = "HTTP/1.1 429 Status\r\nretry-after: 30\r\ncontent-length: 1000000\r\n\r\n";
    let every = Duration::from_millis(5);
    let server = Scripted::start([Response::Drip { head, every }]).await;
    let client = shared(&server.url, 10, Duration::from_millis(100));
    let client = client.timeout(Duration::from_secs(60)).build().unwrap();
    let held = async {
        while client.limits().held_for.is_none() {
            tokio::time::sleep(every).await;
        }
    };
    tokio::select! {
        result = read(&client) => panic!("{result:?}"),
        held = tokio::time::timeout(Duration::from_secs(20), held) => held.unwrap(),
    }
    let held_for = client.limits().held_for.unwrap();
    assert!(held_for > Duration::from_secs(20), "{held_for:?}");
}

#[tokio::test]
async fn excessive_retry_after_is_limited_to_the_maximum_wait() {
    use crate::scripted::{Response, Scripted};

    let excessive = [
        "retry-after: 86400\r\n",
        "retry-after: inf\r\n",
        "retry-after: 1e999\r\n",
        "retry-after: 99999999999999999999\r\n",
        "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
    ];
    for headers in excessive {
        let server = Scripted::start([
            Response::Json(429, headers, "{}".into()),
            Response::ok(r#"{"VoucherCodes":[],"Cursor":null}"#),
        ])
        .await;
        let clock = ManualClock::new();
        let client = client_of(&server.url, &clock).build().unwrap();
        assert_eq!(read(&client).await.unwrap(), 2, "{headers}");
        let waited = clock.elapsed();
        assert!(
            waited > Duration::ZERO && waited <= Duration::from_secs(302),
            "{headers}: {waited:?}"
        );
    }
}

#[tokio::test]
async fn retry_after_of_zero_waits_for_the_first_backoff() {
    use crate::scripted::{Response, Scripted};

    let server = Scripted::start([Response::Json(429, "retry-after: 0\r\n", "{}".into())]).await;
    let clock = ManualClock::new();
    let client = client_of(&server.url, &clock).build().unwrap();
    assert_eq!(read(&client).await.unwrap_err().attempts(), 5);
    let sleeps = clock.sleeps();
    assert_eq!(sleeps.len(), 4, "{sleeps:?}");
    for wait in sleeps {
        assert!((0.25..=0.5).contains(&wait.as_secs_f64()), "{wait:?}");
    }
}

#[tokio::test]
async fn different_limits_of_one_token_all_apply() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let short = shared(sandbox.url(), 5, Duration::from_millis(200))
        .build()
        .unwrap();
    let long = shared(sandbox.url(), 40, Duration::from_secs(2))
        .build()
        .unwrap();
    let start = Instant::now();
    let calls = (0..40).map(|n| {
        if n % 2 == 0 {
            read(&short)
        } else {
            read(&long)
        }
    });
    for attempts in futures_util::future::join_all(calls).await {
        attempts.unwrap();
    }
    let elapsed = start.elapsed();
    // Eight groups of five take 1.4 s. A merged limit of five calls in two seconds would take 14 s.
    assert!(
        (Duration::from_millis(1400)..Duration::from_secs(5)).contains(&elapsed),
        "{elapsed:?}"
    );
}

#[tokio::test]
async fn accepts_a_window_of_the_maximum_duration() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let clock = ManualClock::new();
    let client = client_of(sandbox.url(), &clock)
        .rate_limit(RateLimit::new(1.try_into().unwrap(), Duration::MAX))
        .build()
        .unwrap();
    read(&client).await.unwrap();
    let error = read(&client).await.unwrap_err();
    assert!(error.failed_before_sending(), "{error}");
    assert_eq!(sandbox.exchanges().len(), 1);
}

#[tokio::test]
async fn background_calls_leave_room_for_foreground_calls() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let client = shared(sandbox.url(), 10, Duration::from_secs(3))
        .build()
        .unwrap();
    let nightly = client.with_options(CallOptions::new().background());
    let job: Vec<_> = (0..20)
        .map(|_| {
            let nightly = nightly.clone();
            tokio::spawn(async move { read(&nightly).await })
        })
        .collect();
    while client.limits().free() != Some(1) || client.limits().in_flight > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let limits = client.limits();
    assert_eq!((limits.waiting, limits.waiting_in_background), (0, 11));
    assert_eq!(limits.windows[0].used, 9);

    let interactive = client.with_options(CallOptions::new().deadline(Duration::from_secs(1)));
    let start = Instant::now();
    read(&interactive).await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(900));
    // The next foreground call is sent before all waiting background calls.
    let before = sandbox.exchanges().len();
    read(&client).await.unwrap();
    assert!(client.limits().waiting_in_background >= 1, "{before}");
    for call in job {
        call.abort();
    }
}

#[tokio::test]
async fn limits_report_usage_and_hold() {
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .fault(Fault::too_many_requests(Some(Duration::from_secs(7))))
        .start()
        .await
        .unwrap();
    let clock = ManualClock::new();
    let client = client_of(sandbox.url(), &clock)
        .rate_limit(limit(5, 30))
        .retry(mews_connector::retry::StandardRetry::attempts(1))
        .build()
        .unwrap();
    assert_eq!(client.limits().free(), Some(5));
    read(&client).await.unwrap_err();
    let limits = client.limits();
    assert_eq!((limits.free(), limits.windows[0].used), (Some(4), 1));
    assert_eq!(limits.held_for, Some(Duration::from_secs(7)));
    clock.advance(Duration::from_secs(31));
    let limits = client.limits();
    assert_eq!((limits.free(), limits.held_for), (Some(5), None));
}
