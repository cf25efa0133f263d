//! Calls without a tokio runtime, and calls whose runtime is shut down.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use mews_connector::clock::ManualClock;
use mews_connector::types::Limitation;
use mews_connector::{Client, Error, ErrorKind, NewVoucherCode, VoucherCodeFilter};
use mews_sandbox::builtin;
use tokio::runtime::Builder;

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};

async fn add(client: &Client) -> Result<(), Error> {
    let code = NewVoucherCode::new(id(builtin::VOUCHER_ID), "RUNTIME");
    client.voucher_codes().add([code]).await.map(drop)
}

async fn delete(client: &Client) -> Result<(), Error> {
    let codes = client.voucher_codes();
    codes.delete([id(builtin::CODE_ID)]).await.map(drop)
}

async fn read(client: &Client) -> Result<(), Error> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client.voucher_codes();
    codes.get_page(&filter, Limitation::new(10)).await.map(drop)
}

/// Makes a call in another runtime, which is shut down when the server has received the request.
async fn shut_down(call: impl AsyncFnOnce(&Client) -> Result<(), Error>) -> Error {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let handle = runtime.handle().clone();
    let runtime = Arc::new(Mutex::new(Some(runtime)));
    let server = Scripted::start([Response::of(move |_| {
        if let Some(runtime) = runtime.lock().unwrap().take() {
            runtime.shutdown_background();
        }
        Response::Silence
    })])
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let mut call = pin!(call(&client));
    let result = poll_fn(|context| {
        let _inside = handle.enter();
        call.as_mut().poll(context)
    })
    .await;
    assert_eq!(server.requests().len(), 1);
    result.unwrap_err()
}

#[tokio::test]
async fn write_whose_runtime_is_shut_down_may_have_been_applied() {
    let error = shut_down(async |client| add(client).await).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.maybe_applied() && !error.failed_before_sending());
    assert!(!error.is_retryable(), "an add twice is two codes");
    assert!(
        error
            .to_string()
            .contains("the tokio runtime was shut down"),
        "{error}"
    );

    let error = shut_down(async |client| delete(client).await).await;
    assert!(error.maybe_applied() && error.is_retryable());

    let error = shut_down(async |client| read(client).await).await;
    assert!(!error.maybe_applied() && error.is_retryable());
}

#[test]
fn call_without_a_runtime_is_an_error_and_sends_nothing() {
    let url = "http://127.0.0.1:9";
    let client = client_of(url, &ManualClock::new()).build().unwrap();
    let poll = pin!(add(&client)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = poll else {
        panic!("{poll:?}");
    };
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.failed_before_sending() && !error.maybe_applied());
    assert!(
        error.to_string().contains("there is no tokio runtime"),
        "{error}"
    );
}
