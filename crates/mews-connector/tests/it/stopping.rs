//! Stop requests for calls, jobs and exports.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mews_connector::bulk::{FileJournal, Observer, Outcome, Resumed};
use mews_connector::clock::{ManualClock, SystemClock};
use mews_connector::export::Record;
use mews_connector::retry::{ExponentialBackoff, StandardRetry};
use mews_connector::{
    CallOptions, Client, Effect, ErrorKind, NewVoucherCode, RateLimit, StopHandle,
    VoucherCodeFilter,
};
use mews_sandbox::{Builder, Fault, Operation, Sandbox, builtin};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, client_with_clock, id, start};

fn codes(count: usize) -> impl Iterator<Item = NewVoucherCode> {
    (0..count).map(|n| NewVoucherCode::new(id(builtin::VOUCHER_ID), format!("STOP-{n:04}")))
}

/// Returns the values of the codes that the tests created.
async fn made(client: &Client) -> Vec<String> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client.items(filter).collect_all().await.unwrap();
    let values = codes.into_iter().filter_map(|code| code.value);
    let mut values: Vec<_> = values.filter(|value| value.starts_with("STOP-")).collect();
    values.sort();
    values
}

fn all() -> Vec<String> {
    (0..20).map(|n| format!("STOP-{n:04}")).collect()
}

/// Starts a server that requests a stop before it responds.
async fn stopping(stop: &StopHandle, status: u16) -> Scripted {
    let stop = stop.clone();
    Scripted::start([Response::of(move |_| {
        stop.stop();
        Response::Json(status, "", "{}".into())
    })])
    .await
}

#[tokio::test]
async fn attempt_in_flight_is_finished_and_nothing_else_is_sent() {
    let stop = StopHandle::new();
    let server = stopping(&stop, 200).await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let client = client.with_options(CallOptions::new().stop_on(&stop));
    client
        .call::<Value>("codes/getAll", &json!({}))
        .await
        .unwrap();
    assert!(stop.is_stopped());
    let error = client
        .call::<Value>("codes/getAll", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.failed_before_sending() && error.is_retryable() && !error.maybe_applied());
    assert_eq!(
        error.to_string(),
        "codes/getAll failed: not sent, a stop was requested"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn call_in_the_queue_of_the_rate_limiter_ends_at_once() {
    let server = Scripted::start([Response::ok("{}")]).await;
    let stop = StopHandle::new();
    let client = client_of(&server.url, &ManualClock::new())
        .clock(SystemClock)
        .rate_limit(RateLimit::new(NonZeroUsize::MIN, Duration::from_secs(3600)))
        .deadline(Duration::from_secs(7200))
        .build()
        .unwrap();
    let stoppable = client.with_options(CallOptions::new().stop_on(&stop));
    stoppable
        .call::<Value>("codes/getAll", &json!({}))
        .await
        .unwrap();
    let body = json!({});
    let waiting = stoppable.call::<Value>("codes/getAll", &body);
    let stopping = async {
        while client.limits().waiting == 0 {
            tokio::task::yield_now().await;
        }
        stop.stop();
    };
    let (result, ()) = tokio::join!(waiting, stopping);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Stopped);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(client.limits().waiting, 0);
}

#[tokio::test]
async fn call_that_waits_for_a_retry_ends_and_its_effect_stays_unknown() {
    for (effect, kind) in [
        (Effect::Read, ErrorKind::Stopped),
        (Effect::Update, ErrorKind::Server),
        (Effect::Create, ErrorKind::Server),
    ] {
        let stop = StopHandle::new();
        let server = stopping(&stop, 500).await;
        // The test ends in time only if the client does not wait.
        let hour = Duration::from_secs(3600);
        let backoff = ExponentialBackoff {
            initial: hour,
            max: hour,
        };
        let client = client_of(&server.url, &ManualClock::new())
            .clock(SystemClock)
            .deadline(10 * hour)
            .retry(StandardRetry::default().with_backoff(backoff))
            .build()
            .unwrap();
        let options = CallOptions::new().stop_on(&stop).effect(effect);
        let error = client
            .with_options(options)
            .call::<Value>("codes/any", &json!({}))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{effect:?}: {error}");
        assert_eq!(error.maybe_applied(), !effect.is_safe());
        assert_eq!((error.attempts(), server.requests().len()), (1, 1));
    }
}

/// An observer that requests a stop after a number of outcomes.
struct StopAfter(usize, StopHandle, AtomicUsize);

impl Observer for StopAfter {
    fn settled(&self, _: usize, outcome: &Outcome<Uuid>) {
        if outcome.applied().is_some() && self.2.fetch_add(1, Ordering::Relaxed) + 1 == self.0 {
            self.1.stop();
        }
    }
}

#[tokio::test]
async fn stopped_job_reports_known_outcomes_and_resumes_from_its_journal() {
    for journaled in [false, true] {
        let (sandbox, client, _) = start(Sandbox::builder()).await;
        let folder = tempfile::tempdir().unwrap();
        let journal = || FileJournal::open(folder.path().join("job.journal")).unwrap();
        let stop = StopHandle::new();
        let stoppable = client.with_options(CallOptions::new().stop_on(&stop));
        let mut bulk = stoppable
            .bulk()
            .batch_size(2)
            .concurrency(3)
            .observer(Arc::new(StopAfter(6, stop.clone(), AtomicUsize::new(0))));
        if journaled {
            bulk = bulk.journal(journal());
        }
        let report = bulk.add_voucher_codes(codes(20)).await;
        let counts = report.counts();
        assert_eq!(counts.unknown + counts.rejected, 0);
        // Up to two more batches were in flight.
        assert!((6..=10).contains(&counts.applied), "{counts:?}");
        assert_eq!(counts.not_applied, 20 - counts.applied);
        assert_eq!(report.stopped().unwrap().kind(), ErrorKind::Stopped);
        assert_eq!(made(&client).await.len(), counts.applied);
        for (outcome, value) in report.outcomes().iter().zip(all()) {
            let exists = made(&client).await.contains(&value);
            assert_eq!(outcome.applied().is_some(), exists);
        }
        let adds = sandbox.exchanges().into_iter();
        let adds = adds.filter(|exchange| exchange.operation == Some(Operation::VoucherCodesAdd));
        assert_eq!(adds.count() * 2, counts.applied);

        // One job uses a journal at a time.
        drop(bulk);
        if journaled {
            let resumed = client.bulk().resume(journal()).await.unwrap();
            assert!(resumed.is_complete());
            assert_eq!(made(&client).await, all(), "each once");
        }
    }
}

#[tokio::test]
async fn job_that_is_stopped_before_its_start_sends_nothing() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let stop = StopHandle::new();
    stop.stop();
    let client = client.with_options(CallOptions::new().stop_on(&stop));
    let report = client.bulk().add_voucher_codes(codes(20)).await;
    assert_eq!((report.counts().not_applied, report.requests()), (20, 0));
    assert_eq!(sandbox.exchanges().len(), 0);
}

/// Starts a sandbox, and creates a client on the real clock.
async fn in_real_time(sandbox: Builder) -> (Sandbox, Client) {
    let sandbox = sandbox.no_rate_limit().start().await.unwrap();
    let client = client_with_clock(sandbox.url(), SystemClock);
    (sandbox, client)
}

#[tokio::test]
async fn stopped_job_does_not_wait_for_the_settle_time_but_the_resumed_job_does() {
    let lost = Fault::drop_after_commit().on(Operation::VoucherCodesAdd);
    let (sandbox, client) = in_real_time(Sandbox::builder().fault(lost)).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = || FileJournal::open(folder.path().join("job.journal")).unwrap();
    let stop = StopHandle::new();
    let bulk = client
        .with_options(CallOptions::new().stop_on(&stop))
        .bulk()
        .batch_size(10)
        .concurrency(1)
        .settle(Duration::from_secs(3600))
        .journal(journal());
    let job = bulk.add_voucher_codes(codes(20));
    let stopping = async {
        let lost = |exchange: &mews_sandbox::Exchange| {
            exchange.operation == Some(Operation::VoucherCodesAdd)
        };
        while !sandbox.exchanges().iter().any(lost) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.stop();
    };
    let (report, ()) = tokio::join!(job, stopping);
    drop(bulk);
    let counts = report.counts();
    assert_eq!((counts.unknown, counts.not_applied), (10, 10));
    assert_eq!(made(&client).await, all()[..10]);

    let bulk = client.bulk().settle(Duration::from_secs(1));
    let resumed = bulk.resume(journal()).await.unwrap();
    assert!(matches!(&resumed, Resumed::AddVoucherCodes(report) if report.requests() == 1));
    assert!(resumed.is_complete(), "{:?}", resumed.counts());
    assert_eq!(made(&client).await, all(), "each once");
}

#[tokio::test]
async fn stopped_export_yields_the_pages_in_flight_and_resumes_from_its_checkpoint() {
    let (sandbox, client, _) = start(Sandbox::builder().seed_codes(400)).await;
    let services = || [id(builtin::SERVICE_ID)];
    let mut whole = BTreeSet::new();
    let mut records = client.export(services()).records();
    while let Some(record) = records.try_next().await.unwrap() {
        whole.insert(record.id());
    }
    for after in [0, 1, 7, 60, 200, 300] {
        sandbox.clear_exchanges();
        let stop = StopHandle::new();
        let stoppable = client.with_options(CallOptions::new().stop_on(&stop));
        let mut records = stoppable
            .export(services())
            .page_size(5)
            .concurrency(3)
            .vouchers_per_batch(2)
            .records();
        let mut ids = BTreeSet::new();
        let error = loop {
            if ids.len() == after {
                stop.stop();
            }
            match records.try_next().await {
                Ok(Some(record)) => assert!(ids.insert(record.id()), "each once"),
                Ok(None) => panic!("a stopped export is not complete"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
        assert!(records.try_next().await.unwrap().is_none());
        // Every record that the server sent was yielded.
        let sent: usize = sandbox
            .exchanges()
            .iter()
            .flat_map(|exchange| {
                ["Vouchers", "VoucherCodes"].map(|list| &exchange.response_body[list])
            })
            .filter_map(Value::as_array)
            .map(Vec::len)
            .sum();
        assert_eq!(ids.len(), sent, "after {after}");
        let checkpoint = records.checkpoint().clone();
        assert!(!checkpoint.is_complete() && checkpoint.watermark().is_none());

        let mut rest = client.export(services()).resume_from(checkpoint).records();
        while let Some(record) = rest.try_next().await.unwrap() {
            assert!(ids.insert(record.id()), "each once");
        }
        assert_eq!(ids, whole, "after {after}");
        assert!(rest.checkpoint().is_complete());
    }
}

#[tokio::test]
async fn stopped_export_yields_the_slow_page_of_another_batch() {
    let slow = Fault::latency(Duration::from_millis(500)).on(Operation::VoucherCodesGetAll);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(slow)).await;
    let stop = StopHandle::new();
    let mut records = client
        .with_options(CallOptions::new().stop_on(&stop))
        .export([id(builtin::SERVICE_ID)])
        .concurrency(2)
        .vouchers_per_batch(1)
        .records();
    let mut vouchers = BTreeSet::new();
    let error = loop {
        match records.try_next().await {
            Ok(Some(Record::Code(code))) => {
                stop.stop();
                vouchers.insert(code.voucher_id);
            }
            Ok(Some(_)) => {}
            Ok(None) => panic!("a stopped export is not complete"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
    assert!(vouchers.len() >= 2, "{vouchers:?}");
}
