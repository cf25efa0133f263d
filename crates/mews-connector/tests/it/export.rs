//! Exports, with interruptions, faults, and changes between pages.

mod changes;
mod checkpoints;
mod isolation;
mod model;
mod requests;
mod selection;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use mews_connector::clock::ManualClock;
use mews_connector::export::{Checkpoint, Record};
use mews_connector::{Client, ErrorKind};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use uuid::Uuid;

use crate::setup::{client_of, id, start};

fn services() -> [mews_connector::types::ServiceId; 1] {
    [id(builtin::SERVICE_ID)]
}

async fn all(client: &Client) -> BTreeSet<Uuid> {
    let mut records = client.export(services()).records();
    let mut ids = BTreeSet::new();
    while let Some(record) = records.try_next().await.unwrap() {
        assert!(ids.insert(record.id()), "each once");
    }
    assert!(records.checkpoint().is_complete());
    ids
}

#[tokio::test]
async fn yields_all_vouchers_and_then_all_codes() {
    let (_sandbox, client, _) = start(Sandbox::builder().seed_codes(5000)).await;
    let mut records = client.export(services()).concurrency(3).records();
    let (mut vouchers, mut codes) = (0, 0);
    while let Some(record) = records.try_next().await.unwrap() {
        match record {
            Record::Voucher(_) => {
                assert_eq!(codes, 0, "vouchers first");
                vouchers += 1;
            }
            Record::Code(_) => codes += 1,
            _ => unreachable!(),
        }
    }
    assert_eq!((vouchers, codes), (3 + 5, 5 + 5000));
    let progress = records.progress();
    assert_eq!(
        (progress.vouchers, progress.codes, progress.duplicates),
        (8, 5005, 0)
    );
    assert_eq!((progress.batches_done, progress.batches_left), (3, Some(0)));
}

#[tokio::test]
async fn loses_nothing_if_it_is_interrupted_anywhere_and_resumed() {
    let (_sandbox, client, _) = start(Sandbox::builder().seed_codes(300)).await;
    let whole = all(&client).await;
    for stop in 0..whole.len() {
        if stop > 12 && stop % 23 != 0 {
            continue;
        }
        let mut seen = HashSet::new();
        let mut records = client
            .export(services())
            .page_size(3)
            .concurrency(2)
            .records();
        for _ in 0..stop {
            seen.insert(records.try_next().await.unwrap().unwrap().id());
        }
        let stored = serde_json::to_string(records.checkpoint()).unwrap();
        drop(records);
        assert!(!stored.contains("token"), "{stored}");
        let checkpoint: Checkpoint = serde_json::from_str(&stored).unwrap();
        let mut rest = client
            .export([])
            .resume_from(checkpoint)
            .page_size(50)
            .records();
        while let Some(record) = rest.try_next().await.unwrap() {
            seen.insert(record.id());
        }
        assert_eq!(
            seen.into_iter().collect::<BTreeSet<_>>(),
            whole,
            "stopped after {stop}"
        );
    }
}

#[tokio::test]
async fn continues_after_every_fault() {
    for fault in [
        Fault::status(500),
        Fault::html(502),
        Fault::too_many_requests(None),
        Fault::drop_before_reading(),
        Fault::drop_mid_body(),
        Fault::drop_after_commit(),
        Fault::unknown_enum_value(),
        Fault::unknown_field(),
    ] {
        let (_sandbox, client, _) = start(
            Sandbox::builder()
                .seed_codes(500)
                .fault(fault.clone().every(3)),
        )
        .await;
        let mut records = client
            .export(services())
            .page_size(100)
            .concurrency(2)
            .records();
        let mut ids = HashSet::new();
        while let Some(record) = records
            .try_next()
            .await
            .unwrap_or_else(|error| panic!("{fault:?}: {error}"))
        {
            ids.insert(record.id());
        }
        assert_eq!(ids.len(), 3 + 1 + 5 + 500, "{fault:?}");
    }
}

#[tokio::test]
async fn resumes_after_an_error_that_ends_it() {
    for fault in [
        Fault::truncated_json(),
        Fault::invalid_json(),
        Fault::same_cursor(),
        Fault::status(401),
    ] {
        let fault = fault.on(Operation::VoucherCodesGetAll).skip(3);
        let (_sandbox, client, _) =
            start(Sandbox::builder().seed_codes(500).fault(fault.clone())).await;
        let mut ids = HashSet::new();
        let mut records = client
            .export(services())
            .page_size(50)
            .concurrency(1)
            .records();
        let error = loop {
            match records.try_next().await {
                Ok(Some(record)) => ids.insert(record.id()),
                Ok(None) => panic!("{fault:?} was not noticed"),
                Err(error) => break error,
            };
        };
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Decode | ErrorKind::Protocol | ErrorKind::Unauthorized
            ),
            "{error}"
        );
        assert!(records.try_next().await.unwrap().is_none(), "fused");
        let mut rest = client
            .export([])
            .resume_from(records.checkpoint().clone())
            .records();
        while let Some(record) = rest.try_next().await.unwrap() {
            ids.insert(record.id());
        }
        assert_eq!(ids.len(), 509, "{fault:?}");
    }
}

#[tokio::test]
async fn splits_a_batch_that_is_too_large() {
    let fault = Fault::status(408)
        .on(Operation::VoucherCodesGetAll)
        .times(4);
    let (sandbox, client, _) = start(Sandbox::builder().seed_codes(4000).fault(fault)).await;
    let mut records = client.export(services()).concurrency(1).records();
    let mut codes = 0;
    while let Some(record) = records.try_next().await.unwrap() {
        codes += u32::from(matches!(record, Record::Code(_)));
    }
    assert_eq!(codes, 4005);
    let asked: Vec<_> = sandbox
        .exchanges()
        .iter()
        .filter(|exchange| exchange.operation == Some(Operation::VoucherCodesGetAll))
        .map(|exchange| {
            let vouchers = exchange.request_body["VoucherIds"]
                .as_array()
                .unwrap()
                .len();
            (
                vouchers,
                exchange.request_body["Limitation"]["Count"]
                    .as_u64()
                    .unwrap(),
            )
        })
        .take(5)
        .collect();
    assert_eq!(asked, [(7, 1000), (7, 500), (7, 250), (7, 125), (3, 1000)]);
}

#[tokio::test]
async fn loses_nothing_that_changes_between_pages() {
    for fault in [Fault::update_between_pages(), Fault::delete_between_pages()] {
        let fault = fault.on(Operation::VoucherCodesGetAll).every(2).times(20);
        let (sandbox, client, _) = start(Sandbox::builder().seed_codes(300)).await;
        let whole = all(&client).await;
        sandbox.faults().add(fault);
        let mut records = client
            .export(services())
            .page_size(20)
            .concurrency(2)
            .records();
        let mut ids = BTreeSet::new();
        while let Some(record) = records.try_next().await.unwrap() {
            ids.insert(record.id());
        }
        assert_eq!(ids, whole);
    }
}

#[tokio::test]
async fn rejects_an_export_without_services() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let error = client.export([]).records().try_next().await.unwrap_err();
    assert_eq!(error.constraint_violation().unwrap().property, "ServiceIds");
}

#[tokio::test]
async fn stops_if_it_is_dropped() {
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .seed_codes(20_000)
        .start()
        .await
        .unwrap();
    let client = client_of(sandbox.url(), &ManualClock::new())
        .build()
        .unwrap();
    let mut records = client.export(services()).page_size(10).records();
    records.try_next().await.unwrap();
    drop(records);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let sent = sandbox.exchanges().len();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(sandbox.exchanges().len(), sent);
    assert!(sent < 100, "{sent}");
}
