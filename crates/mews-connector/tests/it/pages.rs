//! Listings as streams.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FusedStream;
use mews_connector::clock::ManualClock;
use mews_connector::types::VoucherCodeFilterParameters;
use mews_connector::{
    ErrorKind, UpdatedWithin, VoucherCodeFilter, VoucherFilter, VoucherFilterExt,
};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

fn filter() -> VoucherCodeFilterParameters {
    VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)])
}

/// Returns pages of two codes each. `next` returns the cursor that follows the page of a cursor.
fn listing(next: impl Fn(u64) -> Value + Send + Sync + 'static) -> Response {
    Response::of(move |request| {
        let at = request["Limitation"]["Cursor"]
            .as_str()
            .map_or(0, |cursor| cursor.parse::<u64>().unwrap());
        Response::ok(page(at, &next(at)))
    })
}

fn page(at: u64, cursor: &Value) -> Value {
    let code = |number: u64| json!({ "Id": format!("c0de0000-0000-4000-8000-{number:012x}"), "Value": "X" });
    json!({ "VoucherCodes": [code(2 * at), code(2 * at + 1)], "Cursor": cursor })
}

#[tokio::test]
async fn a_listing_ends_on_a_null_cursor_only() {
    let server = Scripted::start([
        Response::ok(page(0, &json!("1"))),
        // Short and empty pages do not end the listing if they have a cursor.
        Response::ok(json!({ "VoucherCodes": null, "Cursor": "2" })),
        Response::ok(json!({ "VoucherCodes": [], "Cursor": "3" })),
        Response::ok(page(3, &json!("4"))),
        Response::ok(json!({ "VoucherCodes": [] })),
    ])
    .await;
    let client = client_of(&server.url, &ManualClock::default())
        .build()
        .unwrap();
    let codes = client
        .voucher_codes()
        .items(filter())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(codes.len(), 4);
    let cursors: Vec<_> = server
        .requests()
        .iter()
        .map(|(_, body)| body["Limitation"].get("Cursor").cloned())
        .collect();
    assert_eq!(
        cursors,
        [
            None,
            Some(json!("1")),
            Some(json!("2")),
            Some(json!("3")),
            Some(json!("4"))
        ]
    );
}

#[tokio::test]
async fn a_204_is_an_empty_page() {
    let server = Scripted::start([
        Response::ok(page(0, &json!("1"))),
        Response::Raw(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
    ])
    .await;
    let client = client_of(&server.url, &ManualClock::default())
        .build()
        .unwrap();
    assert_eq!(
        client
            .voucher_codes()
            .items(filter())
            .collect_all()
            .await
            .unwrap()
            .len(),
        2
    );

    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let client = client.with_options(mews_connector::CallOptions::new().prefer_minimal(true));
    assert_eq!(
        client
            .voucher_codes()
            .items(filter())
            .collect_all()
            .await
            .unwrap()
            .len(),
        3
    );
    let deleted = client
        .voucher_codes()
        .delete([id(builtin::CODE_ID)])
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
}

#[tokio::test]
async fn repeated_cursor_is_an_error() {
    for (name, next) in [("the same", [1, 1]), ("a cycle", [1, 0])] {
        let server = Scripted::start([listing(move |at| {
            json!(next[usize::try_from(at % 2).unwrap()].to_string())
        })])
        .await;
        let client = client_of(&server.url, &ManualClock::default())
            .build()
            .unwrap();
        for prefetch in [false, true] {
            let mut pages = client.voucher_codes().pages(filter()).prefetch(prefetch);
            let mut error = None;
            for _ in 0..5 {
                match pages.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(failed)) => error = Some(failed),
                    None => break,
                }
            }
            let error = error.expect(name);
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(error.to_string().contains("came twice"), "{error}");
            assert!(
                pages.is_terminated() && pages.next().await.is_none(),
                "fused after an error"
            );
        }
    }
    let (sandbox, client, _) = start(Sandbox::builder().fault(Fault::same_cursor())).await;
    assert!(
        client
            .voucher_codes()
            .items(filter())
            .page_size(1)
            .collect_all()
            .await
            .is_err()
    );
    assert_eq!(sandbox.exchanges().len(), 2);
}

#[tokio::test]
async fn too_many_empty_pages_are_an_error_after_which_a_listing_can_resume() {
    let server = Scripted::start([Response::of(|request| {
        let at: u64 = request["Limitation"]["Cursor"]
            .as_str()
            .map_or(0, |cursor| cursor.parse().unwrap());
        let items = if at == 250 {
            json!([{ "Id": builtin::CODE_ID }])
        } else {
            json!([])
        };
        let cursor = if at == 250 {
            Value::Null
        } else {
            json!((at + 1).to_string())
        };
        Response::ok(json!({ "VoucherCodes": items, "Cursor": cursor }))
    })])
    .await;
    let client = client_of(&server.url, &ManualClock::default())
        .build()
        .unwrap();
    let mut cursor = None;
    for _ in 0..2 {
        let mut pages = client.voucher_codes().pages(filter());
        if let Some(cursor) = cursor {
            pages = pages.resume_after(cursor);
        }
        let error = pages.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains("were empty"), "{error}");
        cursor = pages.cursor().cloned();
    }
    let rest = client
        .voucher_codes()
        .items(filter())
        .resume_after(cursor.unwrap());
    assert_eq!(rest.collect_all().await.unwrap().len(), 1);
    let patient = client.voucher_codes().items(filter()).max_empty_pages(300);
    assert_eq!(patient.collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_before_a_stream_is_polled() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let pages = client.voucher_codes().pages(filter()).prefetch(true);
    let records = client.export([id(builtin::SERVICE_ID)]).records();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop((pages, records));
    assert_eq!(sandbox.exchanges().len(), 0);
}

#[tokio::test]
async fn prefetch_reads_one_page_ahead_once_the_first_was_taken() {
    let server = Scripted::start([listing(|at| json!((at + 1).to_string()))]).await;
    let client = client_of(&server.url, &ManualClock::default())
        .build()
        .unwrap();
    let mut pages = client.voucher_codes().pages(filter()).prefetch(true);
    pages.try_next().await.unwrap().unwrap();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if server.requests().len() == 2 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(server.requests().len(), 2, "one page ahead, not more");
    assert_eq!(
        pages.cursor().unwrap().as_str(),
        "1",
        "the cursor of the page that was taken, not of the prefetched page"
    );
    assert_eq!(pages.try_next().await.unwrap().unwrap().cursor_text(), "2");
}

trait CursorText {
    fn cursor_text(&self) -> String;
}

impl CursorText for mews_connector::Response<mews_connector::VoucherCodePage> {
    fn cursor_text(&self) -> String {
        self.cursor.as_ref().unwrap().to_string()
    }
}

#[tokio::test]
async fn resumed_items_lose_nothing() {
    let (_sandbox, client, _) = start(Sandbox::builder().seed_codes(50)).await;
    let vouchers = client
        .vouchers()
        .items(VoucherFilter::services([id(builtin::SERVICE_ID)]))
        .collect_all()
        .await
        .unwrap();
    let filter = VoucherCodeFilter::vouchers(vouchers.iter().map(|voucher| voucher.id));
    let all = client
        .voucher_codes()
        .items(filter.clone())
        .collect_all()
        .await
        .unwrap();
    for taken in 0..all.len() {
        let mut items = client.voucher_codes().items(filter.clone()).page_size(7);
        for _ in 0..taken {
            items.try_next().await.unwrap().unwrap();
        }
        let mut rest = client.voucher_codes().items(filter.clone()).page_size(7);
        if let Some(cursor) = items.cursor().cloned() {
            rest = rest.resume_after(cursor);
        }
        let rest = rest.collect_all().await.unwrap();
        let whole_pages = taken / 7 * 7;
        assert_eq!(rest[..], all[whole_pages..], "after {taken}");
    }
}

#[tokio::test]
async fn failed_page_does_not_lose_earlier_items() {
    let fault = Fault::status(400)
        .on(Operation::VoucherCodesGetAll)
        .skip(1)
        .times(1);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let mut items = client.voucher_codes().items(filter()).page_size(2);
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().is_err());
    assert!(items.next().await.is_none());
    let cursor = items.cursor().cloned().unwrap();
    let rest = client
        .voucher_codes()
        .items(filter())
        .resume_after(cursor)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn unknown_values_and_properties_are_accepted() {
    for fault in [Fault::unknown_enum_value(), Fault::unknown_field()] {
        let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
        let vouchers = client
            .vouchers()
            .items(VoucherFilter::services([id(builtin::SERVICE_ID)]))
            .collect_all()
            .await
            .unwrap();
        assert_eq!(vouchers.len(), 3);
    }
}

#[tokio::test]
async fn filters_are_sent_as_documented() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let day = |day: u32| format!("2026-01-{day:02}T00:00:00Z").parse().unwrap();
    let filter = VoucherFilter::services([id(builtin::SERVICE_ID)])
        .active()
        .updated_utc(UpdatedWithin::new(day(1), day(31)).unwrap())
        .external_identifiers(["SPRING-2026"])
        .with_rates();
    let found = client.vouchers().pages(filter).collect_all().await.unwrap();
    assert_eq!(found.len(), 1);
    let page = &found[0];
    assert_eq!(page.items().len(), 1);
    assert!(page.rates_of(page.items()[0].id).count() > 0);
    let body = &sandbox.exchanges()[0].request_body;
    assert_eq!(
        body["Extent"],
        json!({ "Vouchers": true, "VoucherAssignments": true, "Rates": true })
    );
    assert_eq!(
        body["UpdatedUtc"],
        json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-01-31T00:00:00Z" })
    );
    assert_eq!(body["ActivityStates"], json!(["Active"]));
    assert_eq!(body["Limitation"], json!({ "Count": 1000 }));
}

#[tokio::test]
async fn details_have_rates_and_codes() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let filter = VoucherFilter::services([id(builtin::SERVICE_ID)]);
    let details = client
        .vouchers()
        .details(filter)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(details.len(), 3);
    let spring = details
        .iter()
        .find(|details| details.voucher.id == id(builtin::VOUCHER_ID))
        .unwrap();
    assert_eq!(spring.codes.len(), 3);
    assert!(!spring.rates.is_empty());
    assert!(details.iter().all(|details| {
        details
            .codes
            .iter()
            .all(|code| code.voucher_id == Some(details.voucher.id))
    }));
}

#[tokio::test]
async fn short_page_ends_a_listing_only_if_requested() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let codes = client.voucher_codes();
    let whole = codes.items(filter()).page_size(2);
    assert_eq!(whole.collect_all().await.unwrap().len(), 3);
    let requests = sandbox.exchanges().len();
    let short = codes.items(filter()).page_size(2).stop_at_short_page(true);
    assert_eq!(short.collect_all().await.unwrap().len(), 3);
    assert_eq!(sandbox.exchanges().len() - requests, requests - 1);

    // After a 408, a short page can have another reason.
    let responses = [
        Response::Json(408, "", "{}".into()),
        Response::ok(page(0, &json!("1"))),
        Response::ok(json!({ "VoucherCodes": [], "Cursor": null })),
    ];
    let server = Scripted::start(responses).await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let items = client.items(filter()).stop_at_short_page(true);
    assert_eq!(items.collect_all().await.unwrap().len(), 2);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn interval_from_json_is_validated() {
    let parse = |start: &str, end: &str| {
        serde_json::from_value::<UpdatedWithin>(json!({ "start": start, "end": end }))
    };
    let (january, february) = ("2026-01-01T00:00:00.5Z", "2026-02-01T00:00:00Z");
    let read = parse(january, february).unwrap();
    assert_eq!(read.start().timestamp_subsec_millis(), 0);
    assert_eq!(
        serde_json::from_value::<UpdatedWithin>(json!(read)).unwrap(),
        read
    );
    let at = parse(february, february).unwrap();
    assert_eq!(at, UpdatedWithin::at(february.parse().unwrap()));
    assert!(parse(february, january).is_err());
    assert!(parse(january, "2026-06-01T00:00:00Z").is_err());
}
