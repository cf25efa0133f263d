//! Vouchers that vanish, batches that are too large, and listings without end.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mews_connector::clock::ManualClock;
use mews_connector::export::{Checkpoint, Record, Records};
use mews_connector::types::VoucherId;
use mews_connector::{Client, ErrorKind};
use mews_sandbox::{Fault, Fixtures, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use super::services;
use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

/// Returns the built-in data without some vouchers, their codes and their reservations.
fn fixtures_without(vouchers: &[&str]) -> Fixtures {
    let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).unwrap();
    for (list, property) in [
        ("Vouchers", "Id"),
        ("VoucherCodes", "VoucherId"),
        ("Reservations", "VoucherId"),
    ] {
        let records = fixtures[list].as_array_mut().unwrap();
        records.retain(|record| {
            let id = record[property].as_str();
            id.is_none_or(|id| !vouchers.contains(&id))
        });
    }
    fixtures.to_string().parse().unwrap()
}

async fn without(vouchers: &[&str]) -> (Sandbox, Client) {
    let sandbox = Sandbox::builder().fixtures(fixtures_without(vouchers));
    let (sandbox, client, _) = start(sandbox).await;
    (sandbox, client)
}

/// Takes records up to the first code, and returns the checkpoint.
async fn up_to_code(records: &mut Records) -> Checkpoint {
    while records.progress().codes == 0 {
        records.try_next().await.unwrap().unwrap();
    }
    let stored = serde_json::to_string(records.checkpoint()).unwrap();
    serde_json::from_str(&stored).unwrap()
}

async fn rest(records: &mut Records) -> (BTreeSet<String>, Vec<VoucherId>) {
    let (mut values, mut vanished) = (BTreeSet::new(), Vec::new());
    while let Some(record) = records.try_next().await.unwrap() {
        match record {
            Record::Code(code) => drop(values.insert(code.value.unwrap())),
            Record::VanishedVoucher(voucher) => vanished.push(voucher),
            _ => {}
        }
    }
    assert!(records.checkpoint().is_complete());
    (values, vanished)
}

#[tokio::test]
async fn vanished_voucher_is_skipped_and_all_other_codes_are_yielded() {
    for (page_size, gone) in [
        (1, vec![builtin::AGENCY_VOUCHER_ID]),
        (1000, vec![builtin::AGENCY_VOUCHER_ID]),
        (
            1,
            vec![builtin::PARTNER_VOUCHER_ID, builtin::AGENCY_VOUCHER_ID],
        ),
        (
            1000,
            vec![
                builtin::VOUCHER_ID,
                builtin::PARTNER_VOUCHER_ID,
                builtin::AGENCY_VOUCHER_ID,
            ],
        ),
    ] {
        let (_sandbox, client, _) = start(Sandbox::builder()).await;
        let mut records = client
            .export(services())
            .concurrency(1)
            .page_size(page_size)
            .records();
        let checkpoint = if page_size == 1 {
            up_to_code(&mut records).await
        } else {
            // Before the first page of codes.
            while records.progress().vouchers < 3 {
                records.try_next().await.unwrap().unwrap();
            }
            records.checkpoint().clone()
        };
        drop(records);

        let (full, client) = without(&gone).await;
        let mut all = client.export(services()).records();
        let (expected, none) = rest(&mut all).await;
        assert!(none.is_empty());
        full.clear_exchanges();
        let mut records = client.export([]).resume_from(checkpoint).records();
        let (values, vanished) = rest(&mut records).await;
        assert_eq!(values, expected, "{gone:?}");
        let gone: BTreeSet<VoucherId> = gone.iter().map(|voucher| id(voucher)).collect();
        assert_eq!(vanished.iter().copied().collect::<BTreeSet<_>>(), gone);
        assert_eq!(vanished.len(), gone.len(), "each once");
        assert_eq!(records.checkpoint().vanished_vouchers(), vanished);
        assert_eq!(records.progress().vanished, gone.len() as u64);
        assert!(full.exchanges().len() < 20, "{}", full.exchanges().len());

        let stored = serde_json::to_string(records.checkpoint()).unwrap();
        let complete: Checkpoint = serde_json::from_str(&stored).unwrap();
        assert_eq!(complete.vanished_vouchers(), vanished);
    }
}

#[tokio::test]
async fn unexplained_rejection_fails_soon_and_can_be_resumed() {
    let fault = Fault::status(400)
        .on(Operation::VoucherCodesGetAll)
        .every(1);
    let (sandbox, client, _) = start(Sandbox::builder().fault(fault).seed_codes(100)).await;
    let mut records = client.export(services()).concurrency(1).records();
    let error = loop {
        match records.try_next().await {
            Ok(Some(record)) => assert!(matches!(record, Record::Voucher(_)), "{record:?}"),
            Ok(None) => panic!("the rejection was ignored"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(
        sandbox.exchanges().len() < 12,
        "{}",
        sandbox.exchanges().len()
    );
    sandbox.faults().clear();
    let checkpoint = records.checkpoint().clone();
    assert!(checkpoint.vanished_vouchers().is_empty());
    let mut records = client.export([]).resume_from(checkpoint).records();
    let (values, vanished) = rest(&mut records).await;
    assert_eq!((values.len(), vanished.len()), (105, 0));
}

/// Returns the number of vouchers, the page size and the start of the slice of each request for codes.
fn asked(sandbox: &Sandbox) -> Vec<(usize, u64, Option<String>)> {
    let exchanges = sandbox.exchanges();
    let of_codes = exchanges
        .iter()
        .filter(|exchange| exchange.operation == Some(Operation::VoucherCodesGetAll));
    of_codes
        .map(|exchange| {
            let body = &exchange.request_body;
            (
                body["VoucherIds"].as_array().unwrap().len(),
                body["Limitation"]["Count"].as_u64().unwrap(),
                body["UpdatedUtc"]["StartUtc"].as_str().map(str::to_owned),
            )
        })
        .collect()
}

#[tokio::test]
async fn batch_that_is_too_large_in_a_later_slice_is_split() {
    for status in [408, 413] {
        is_split_in_a_later_slice(status).await;
    }
}

async fn is_split_in_a_later_slice(status: u16) {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let too_large = Fault::status(status).on(Operation::VoucherCodesGetAll);
    // The first slice is empty, so the second one begins with the second request.
    sandbox.faults().add(too_large.skip(1).times(4));
    let since = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(7300);
    let mut records = client
        .export(services())
        .changed_since(since)
        .concurrency(1)
        .records();
    let (values, _) = rest(&mut records).await;
    assert_eq!(values.len(), 5);
    let asked = asked(&sandbox);
    let sizes: Vec<_> = asked
        .iter()
        .take(6)
        .map(|(vouchers, count, _)| (*vouchers, *count))
        .collect();
    assert_eq!(
        sizes,
        [
            (3, 1000),
            (3, 1000),
            (3, 500),
            (3, 250),
            (3, 125),
            (1, 1000)
        ]
    );
    assert_eq!(asked[1].2, asked[5].2, "the slice starts again");
    assert_ne!(asked[0].2, asked[1].2);
}

#[tokio::test]
async fn smaller_page_size_is_kept_for_later_slices() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    sandbox
        .faults()
        .add(Fault::status(408).on(Operation::VoucherCodesGetAll));
    let since = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let mut records = client
        .export(services())
        .changed_since(since)
        .concurrency(1)
        .records();
    let (values, _) = rest(&mut records).await;
    assert_eq!(values.len(), 5);
    let asked = asked(&sandbox);
    assert_eq!(asked[0].1, 1000);
    assert!(
        asked.len() > 4 && asked[1..].iter().all(|(_, count, _)| *count == 500),
        "{asked:?}"
    );
}

/// The page sizes after five responses with the status 408.
const SMALLER: [u64; 6] = [1000, 500, 250, 125, 62, 31];

fn five_timeouts() -> Fault {
    Fault::status(408)
        .on(Operation::VoucherCodesGetAll)
        .times(5)
}

#[tokio::test]
async fn page_size_of_a_single_voucher_has_no_minimum() {
    let (sandbox, client, _) = start(Sandbox::builder().fault(five_timeouts())).await;
    let export = client
        .export(services())
        .voucher_ids([id(builtin::VOUCHER_ID)]);
    let (values, _) = rest(&mut export.records()).await;
    assert_eq!(values.len(), 3);
    let asked = asked(&sandbox);
    let sizes: Vec<_> = asked[..6].iter().map(|(_, count, _)| *count).collect();
    assert_eq!(sizes, SMALLER);
}

#[tokio::test]
async fn listing_that_has_begun_reads_smaller_pages_instead_of_splitting_its_batch() {
    let (sandbox, client, _) = start(Sandbox::builder().seed_codes(400)).await;
    let export = client.export(services()).concurrency(1).page_size(200);
    let mut records = export.records();
    while records.progress().codes < 200 {
        records.try_next().await.unwrap().unwrap();
    }
    let checkpoint = records.checkpoint().clone();
    rest(&mut records).await;
    sandbox.clear_exchanges();
    sandbox.faults().add(five_timeouts());
    let mut records = client.export([]).resume_from(checkpoint).records();
    let (values, _) = rest(&mut records).await;
    assert_eq!(values.len(), 205);
    let asked = asked(&sandbox);
    let sizes: Vec<_> = asked[..6].iter().map(|(_, count, _)| *count).collect();
    assert_eq!(sizes, SMALLER);
    assert!(asked.iter().all(|(vouchers, ..)| *vouchers == asked[0].0));
    assert!(asked[0].0 > 1);
}

#[tokio::test]
async fn forbidden_response_ends_the_export() {
    let fault = Fault::status(403).on(Operation::VoucherCodesGetAll);
    let (sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let mut records = client.export(services()).concurrency(1).records();
    let error = loop {
        match records.try_next().await {
            Ok(record) => assert!(matches!(record, Some(Record::Voucher(_))), "{record:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(asked(&sandbox).len(), 1);
    let checkpoint = records.checkpoint().clone();
    let (values, vanished) = rest(&mut client.export([]).resume_from(checkpoint).records()).await;
    assert_eq!((values.len(), vanished.len()), (5, 0));
}

/// The number of vouchers of the server. Splitting their batches takes more requests than the maximum of a run.
const VOUCHERS: usize = 2000;

/// Starts a server of vouchers with one code each. The server rejects requests for the codes of several vouchers.
async fn server_of_single_vouchers() -> Scripted {
    let date = "date: Sun, 01 Feb 2026 10:00:00 GMT\r\n";
    let voucher = |number: usize| format!("d15c0000-0000-4000-8000-{number:012}");
    let response = Response::of(move |request| {
        let Some(asked) = request["VoucherIds"].as_array() else {
            let vouchers: Vec<_> = (0..VOUCHERS)
                .map(|number| json!({ "Id": voucher(number), "ServiceId": builtin::SERVICE_ID }))
                .collect();
            let page = json!({ "Vouchers": vouchers, "Cursor": null });
            return Response::Json(200, date, page.to_string());
        };
        if asked.len() > 1 {
            return Response::Json(413, date, "{}".into());
        }
        let code = json!({ "Id": asked[0], "VoucherId": asked[0], "Value": asked[0] });
        let page = json!({ "VoucherCodes": [code], "Cursor": null });
        Response::Json(200, date, page.to_string())
    });
    Scripted::start([response]).await
}

#[tokio::test]
async fn run_splits_within_its_budget_and_the_next_run_continues() {
    let server = server_of_single_vouchers().await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let export = client.export(services()).page_size(1).concurrency(2);
    let mut records = export.vouchers_per_batch(1000).records();
    let mut values = BTreeSet::new();
    let error = loop {
        match records.try_next().await {
            Ok(Some(Record::Code(code))) => drop(values.insert(code.value.unwrap())),
            Ok(Some(_)) => {}
            Ok(None) => panic!("the budget was not limited"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ContentTooLarge, "{error}");
    let split = |requests: &[(String, Value)]| {
        let asked = requests
            .iter()
            .filter_map(|(_, body)| body["VoucherIds"].as_array());
        asked.filter(|vouchers| vouchers.len() > 1).count()
    };
    let before = server.requests().len();
    let spent = split(&server.requests());
    assert!((1001..=1002).contains(&spent), "{spent}");

    let checkpoint = records.checkpoint().clone();
    let mut records = client
        .export([])
        .page_size(1)
        .resume_from(checkpoint)
        .records();
    let (rest, vanished) = rest(&mut records).await;
    values.extend(rest);
    assert_eq!((values.len(), vanished.len()), (VOUCHERS, 0));
    // Split batches stay split: 1998 splits make 2000 batches of 2.
    let again = split(&server.requests()[before..]);
    assert!((998..=1000).contains(&again), "{again}");
}

/// Starts a server of one voucher. A function returns the page of codes for a cursor.
async fn server_of_codes(
    codes: impl Fn(Option<&str>) -> Value + Send + Sync + 'static,
) -> Scripted {
    const DATE: &str = "date: Sun, 01 Feb 2026 10:00:00 GMT\r\n";
    let response = Response::of(move |request| {
        let cursor = request["Limitation"]["Cursor"].as_str();
        let body = match (request.get("Extent"), cursor) {
            (Some(_), None) => json!({
                "Vouchers": [{ "Id": builtin::VOUCHER_ID, "ServiceId": builtin::SERVICE_ID }],
                "Cursor": builtin::VOUCHER_ID,
            }),
            (Some(_), Some(_)) => json!({ "Vouchers": [], "Cursor": null }),
            (None, cursor) => codes(cursor),
        };
        Response::Json(200, DATE, body.to_string())
    });
    Scripted::start([response]).await
}

#[tokio::test]
async fn resumed_export_continues_after_too_many_empty_pages() {
    let server = server_of_codes(|cursor| {
        let page: u32 = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        match page {
            0..250 => json!({ "VoucherCodes": [], "Cursor": (page + 1).to_string() }),
            250 => json!({
                "VoucherCodes": [{ "Id": builtin::CODE_ID, "VoucherId": builtin::VOUCHER_ID }],
                "Cursor": "251",
            }),
            _ => json!({ "VoucherCodes": [], "Cursor": null }),
        }
    })
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let mut records = client.export(services()).records();
    let mut codes = 0;
    for expected_failures in (0..=2).rev() {
        let failure = loop {
            match records.try_next().await {
                Ok(Some(record)) => codes += u32::from(matches!(record, Record::Code(_))),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        match failure {
            Some(error) => assert_eq!(error.kind(), ErrorKind::Protocol, "{error}"),
            None => assert_eq!(expected_failures, 0),
        }
        let checkpoint = records.checkpoint().clone();
        records = client.export([]).resume_from(checkpoint).records();
    }
    assert_eq!(codes, 1);
    assert!(records.checkpoint().is_complete());
}

#[tokio::test]
async fn token_in_a_cursor_is_not_stored_in_a_checkpoint() {
    let cursor = format!("x-{}", builtin::ACCESS_TOKEN.to_uppercase());
    let echoed = cursor.clone();
    let server = server_of_codes(move |_| {
        json!({
            "VoucherCodes": [{ "Id": builtin::CODE_ID, "VoucherId": builtin::VOUCHER_ID }],
            "Cursor": echoed,
        })
    })
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let mut records = client.export(services()).records();
    let error = loop {
        match records.try_next().await {
            Ok(record) => assert!(matches!(record, Some(Record::Voucher(_))), "{record:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    let checkpoint = records.checkpoint();
    let stored = serde_json::to_string(checkpoint).unwrap();
    for text in [stored, format!("{checkpoint:?} {error} {error:?}")] {
        assert!(!text.contains(&cursor), "{text}");
    }
}
