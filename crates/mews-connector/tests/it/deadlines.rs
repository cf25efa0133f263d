//! Deadlines, and calls whose futures are kept but not polled.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use mews_connector::clock::ManualClock;
use mews_connector::types::{Limitation, VoucherCodeFilterParameters};
use mews_connector::{
    CallOptions, Client, Error, ErrorKind, NewVoucherCode, RateLimit, VoucherCodeFilter,
};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};

fn filter() -> VoucherCodeFilterParameters {
    VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)])
}

async fn read(client: &Client) -> Result<u32, Error> {
    Ok(client
        .voucher_codes()
        .get_page(&filter(), Limitation::new(10))
        .await?
        .attempts())
}

async fn add(client: &Client) -> Result<(), Error> {
    let code = NewVoucherCode::new(id(builtin::VOUCHER_ID), "NEW");
    client.voucher_codes().add([code]).await?;
    Ok(())
}

/// Creates a client on the real clock.
fn real(url: &str, requests: usize, window: Duration) -> Client {
    Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(url)
        .timeout(Duration::from_secs(6))
        .rate_limit(RateLimit::new(requests.try_into().unwrap(), window))
        .build()
        .unwrap()
}

async fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    let mut future = Some(future);
    poll_fn(|context| {
        let future = future.take().expect("polled once");
        Poll::Ready(future.poll(context).is_ready())
    })
    .await
}

#[tokio::test]
async fn deadline_ends_waiting_in_the_queue() {
    let server = Scripted::start([Response::Silence]).await;
    let client = real(&server.url, 1, Duration::from_millis(50));
    let mut first = pin!(read(&client));
    assert!(!poll_once(first.as_mut()).await);
    tokio::time::sleep(Duration::from_millis(100)).await;

    let hurried = client.with_options(CallOptions::new().deadline(Duration::from_millis(300)));
    let start = Instant::now();
    let error = read(&hurried).await.unwrap_err();
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    assert!(error.failed_before_sending() && error.attempts() == 0);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn deadline_ends_an_attempt_in_flight() {
    let server = Scripted::start([Response::Silence]).await;
    let client = real(&server.url, 9, Duration::from_millis(50));
    let hurried = client.with_options(CallOptions::new().deadline(Duration::from_millis(300)));
    let start = Instant::now();
    let error = add(&hurried).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(
        error.maybe_applied() && !error.failed_before_sending(),
        "{error}"
    );
}

#[tokio::test]
async fn deadline_of_an_injected_clock_ends_an_attempt_in_flight() {
    let server = Scripted::start([Response::Silence]).await;
    let clock = ManualClock::new();
    let client = client_of(&server.url, &clock).build().unwrap();
    let call = tokio::spawn(async move { add(&client).await.unwrap_err() });
    while server.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(clock.elapsed(), Duration::ZERO, "an exchange is in flight");
    clock.advance(Duration::from_secs(601));
    let error = tokio::time::timeout(Duration::from_secs(5), call)
        .await
        .unwrap()
        .unwrap();
    assert!(
        error.maybe_applied() && error.to_string().contains("deadline"),
        "{error}"
    );
}

/// Each result starts another call while the other calls are kept unpolled.
#[tokio::test]
async fn unpolled_calls_do_not_block_other_calls() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let client = real(sandbox.url(), 8, Duration::from_millis(100));
    let work = async {
        let calls = (0..40).map(|_| read(&client));
        let mut results = futures_util::stream::iter(calls).buffer_unordered(16);
        while let Some(result) = results.next().await {
            result.unwrap();
            read(&client).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("every call ends");
}

#[tokio::test]
async fn listing_that_is_polled_once_does_not_block_other_calls() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let client = real(sandbox.url(), 1, Duration::from_millis(50));
    let mut pages = client.voucher_codes().pages(filter());
    {
        let mut next = pin!(pages.try_next());
        assert!(!poll_once(next.as_mut()).await);
    }
    let start = Instant::now();
    read(&client).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(pages.try_next().await.unwrap().is_some());
}

#[tokio::test]
async fn dropped_call_is_not_retried() {
    let server = Scripted::start([Response::Json(500, "", "{}".into())]).await;
    let client = real(&server.url, 9, Duration::from_millis(50));
    {
        let mut call = pin!(read(&client));
        assert!(!poll_once(call.as_mut()).await);
        while server.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn timeout_during_the_tls_handshake_fails_before_sending() {
    // The server accepts connections and sends nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let accepting = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok(accepted) = listener.accept().await {
            kept.push(accepted);
        }
    });
    let client = client_of(&url, &ManualClock::new())
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let error = add(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 5));
    assert!(
        error.failed_before_sending() && !error.maybe_applied() && error.is_retryable(),
        "{error:?}"
    );
    accepting.abort();
}

#[tokio::test]
async fn nothing_is_sent_if_the_timeout_or_deadline_is_zero() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let client = client_of(sandbox.url(), &ManualClock::new())
        .build()
        .unwrap();
    for options in [
        CallOptions::new().timeout(Duration::ZERO),
        CallOptions::new().deadline(Duration::ZERO),
    ] {
        let error = add(&client.with_options(options.clone()))
            .await
            .unwrap_err();
        assert!(
            error.failed_before_sending() && !error.maybe_applied(),
            "{options:?}: {error:?}"
        );
    }
    assert!(sandbox.exchanges().is_empty());
}

#[tokio::test]
async fn unresolvable_host_fails_before_sending() {
    struct Fails;
    impl mews_connector::reqwest::dns::Resolve for Fails {
        fn resolve(
            &self,
            _: mews_connector::reqwest::dns::Name,
        ) -> mews_connector::reqwest::dns::Resolving {
            Box::pin(async { Err("unknown host".into()) })
        }
    }
    let client = client_of("https://pms.invalid", &ManualClock::new())
        .configure_http(|http| http.dns_resolver(std::sync::Arc::new(Fails)))
        .build()
        .unwrap();
    let error = add(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 5));
    assert!(
        error.failed_before_sending() && !error.maybe_applied(),
        "{error:?}"
    );
}

#[tokio::test]
async fn later_options_keep_earlier_ones() {
    let fault = Fault::status(500)
        .on(Operation::VoucherCodesGetAll)
        .times(9);
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .fault(fault)
        .start()
        .await
        .unwrap();
    let client = client_of(sandbox.url(), &ManualClock::new())
        .build()
        .unwrap()
        .with_options(CallOptions::new().retry(mews_connector::retry::StandardRetry::attempts(1)))
        .with_options(CallOptions::new().timeout(Duration::from_secs(9)));
    assert_eq!(read(&client).await.unwrap_err().attempts(), 1);
}
