//! The blocking client.

use std::time::Duration;

use mews_connector::blocking::Client;
use mews_connector::bulk::FileJournal;
use mews_connector::clock::ManualClock;
use mews_connector::types::MultipleVoucherCodeDeleteParameters;
use mews_connector::{Error, ErrorKind, NewVoucherCode, VoucherCodeFilter, VoucherFilter};
use mews_sandbox::{Fault, Sandbox, builtin};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::setup::{client_of, id};

/// Starts a sandbox in a runtime, and creates a blocking client for the sandbox.
fn start() -> (Runtime, Sandbox, Client) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let sandbox = Sandbox::builder().no_rate_limit();
    let sandbox = runtime.block_on(sandbox.start()).unwrap();
    let client = client_of(sandbox.url(), &ManualClock::new())
        .build_blocking()
        .unwrap();
    (runtime, sandbox, client)
}

fn codes(count: usize) -> impl Iterator<Item = NewVoucherCode> {
    (0..count).map(|n| NewVoucherCode::new(id(builtin::VOUCHER_ID), format!("DESK-{n:05}")))
}

fn all_codes() -> mews_connector::types::VoucherCodeFilterParameters {
    VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)])
}

#[test]
fn sends_calls_and_lists_without_a_runtime_of_the_caller() {
    let (_runtime, sandbox, client) = start();
    let delete = MultipleVoucherCodeDeleteParameters::new(vec![id(builtin::CODE_ID)]);
    assert_eq!(client.send(delete).unwrap().attempts(), 1);

    let request = json!({ "VoucherIds": [builtin::VOUCHER_ID], "Limitation": { "Count": 1 } });
    let page = client
        .call::<Value>("voucherCodes/getAll", &request)
        .unwrap();
    assert_eq!(page["VoucherCodes"].as_array().unwrap().len(), 1);

    let items = client.items(all_codes()).with(|items| items.page_size(2));
    assert_eq!(items.collect::<Result<Vec<_>, _>>().unwrap().len(), 3);
    let mut pages = client
        .pages(all_codes())
        .with(|pages| pages.page_size(2).prefetch(true));
    assert_eq!(pages.next().unwrap().unwrap().items().len(), 2);
    let cursor = pages.cursor().cloned().unwrap();
    let rest = client
        .items(all_codes())
        .with(|items| items.resume_after(cursor));
    assert_eq!(rest.count(), 1);

    let mut records = client.iterate(
        client
            .as_async()
            .export([id(builtin::SERVICE_ID)])
            .records(),
    );
    for record in records.by_ref() {
        record.unwrap();
    }
    assert!(records.checkpoint().is_complete());
    assert!(records.next().is_none());
    let vouchers = VoucherFilter::services([id(builtin::SERVICE_ID)]);
    let details = client.as_async().vouchers().details(vouchers).collect_all();
    assert_eq!(client.wait(details).unwrap().len(), 3);
    assert!(sandbox.exchanges().len() > 8);
}

#[test]
fn job_verifies_a_lost_add_and_resumes_from_its_journal() {
    let (_runtime, sandbox, client) = start();
    let folder = tempfile::tempdir().unwrap();
    let journal = || FileJournal::open(folder.path().join("codes.journal")).unwrap();
    sandbox.faults().add(Fault::drop_after_commit());
    let run = || {
        client
            .bulk(async |bulk| {
                bulk.journal(journal())
                    .concurrency(1)
                    .add_voucher_codes(codes(1500))
                    .await
            })
            .unwrap()
    };
    let report = run();
    assert_eq!(report.counts().applied, 1500, "{:?}", report.stopped());
    assert_eq!(run().requests(), 0);
    assert_eq!(client.items(all_codes()).count(), 1503);
}

#[test]
fn error_ends_an_iterator() {
    let (_runtime, sandbox, client) = start();
    sandbox.faults().add(Fault::status(400));
    let mut items = client.items(all_codes());
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(items.next().is_none());
}

#[test]
fn threads_share_a_client_and_iterators_outlive_the_client() {
    let (_runtime, _sandbox, client) = start();
    let iterators: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| client.clone().items(all_codes())))
            .collect();
        let iterators = threads.into_iter().map(|thread| thread.join().unwrap());
        iterators.collect()
    });
    drop(client);
    for items in iterators {
        assert_eq!(items.count(), 3);
    }
}

/// Asserts that calls in the task of a runtime are errors: they neither block nor panic.
fn assert_rejected(client: &Client) {
    let request = json!({ "VoucherIds": [builtin::VOUCHER_ID] });
    let mut items = client.items(all_codes());
    let errors: [Error; 4] = [
        client
            .call::<Value>("vouchers/getAll", &request)
            .unwrap_err(),
        items.next().unwrap().unwrap_err(),
        client
            .bulk(async |bulk| bulk.add_voucher_codes(codes(1)).await)
            .unwrap_err(),
        client
            .wait(client.as_async().voucher_codes().add(codes(1)))
            .unwrap_err(),
    ];
    assert!(items.next().is_none(), "the iterator has ended");
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.failed_before_sending());
        assert!(error.to_string().contains("spawn_blocking"), "{error}");
    }
}

#[test]
fn returns_errors_in_async_code_and_works_where_blocking_is_allowed() {
    let (runtime, sandbox, client) = start();
    let build = {
        let url = sandbox.url().to_owned();
        move || {
            client_of(&url, &ManualClock::new())
                .build_blocking()
                .unwrap()
        }
    };
    // Calls are rejected in the future of `block_on`, in a task, and in a runtime with one thread. The first two also
    // create and drop a client.
    runtime.block_on(async { assert_rejected(&build()) });
    let other = build.clone();
    runtime
        .block_on(runtime.spawn(async move {
            assert_rejected(&other());
            tokio::task::yield_now().await;
            assert_rejected(&other());
        }))
        .unwrap();
    let single = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    single.block_on(async { assert_rejected(&client) });
    // The blocking client runs the future in its runtime.
    let inner = client.clone();
    let nested = client.wait(async {
        tokio::spawn(async move { assert_rejected(&inner) })
            .await
            .unwrap();
        Ok(())
    });
    nested.unwrap();
    assert_eq!(sandbox.exchanges().len(), 0);

    let read = |client: &Client| assert_eq!(client.items(all_codes()).count(), 3);
    let moved = client.clone();
    runtime
        .block_on(runtime.spawn_blocking(move || read(&moved)))
        .unwrap();
    let moved = client.clone();
    runtime
        .block_on(runtime.spawn(async move { tokio::task::block_in_place(|| read(&moved)) }))
        .unwrap();
    let _entered = runtime.enter();
    read(&client);
}

#[test]
fn nested_calls_do_not_use_up_the_wakeups_of_each_other() {
    let (_runtime, _sandbox, client) = start();
    let (done, result) = std::sync::mpsc::channel();
    // If a wakeup is lost, this thread waits forever.
    std::thread::spawn(move || {
        let inner = client.clone();
        let (wake, woken) = tokio::sync::oneshot::channel();
        let nested = async {
            // The outer call is woken while the inner one waits for responses.
            wake.send(()).unwrap();
            inner.items(all_codes()).count()
        };
        let both = client.wait(async { Ok(futures_util::future::join(woken, nested).await) });
        done.send(both.unwrap()).unwrap();
    });
    let (woken, codes) = result.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!((woken, codes), (Ok(()), 3));
}
