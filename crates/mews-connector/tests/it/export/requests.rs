//! The number of requests of an export.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mews_connector::RateLimit;
use mews_connector::clock::ManualClock;
use serde_json::{Value, json};
use uuid::Uuid;

use super::services;
use crate::scripted::{Response, Scripted};
use crate::setup::client_of;

const VOUCHERS: usize = 1000;
const CODES: usize = 560;

fn voucher(number: usize) -> Uuid {
    Uuid::from_u128(1 << 64 | number as u128)
}

/// Returns a page of a listing of `items`, and the cursor of the next page, which is null at an empty page only.
fn page(request: &Value, list: &str, items: usize, id: impl Fn(usize) -> Uuid) -> Response {
    let start = request["Limitation"]["Cursor"]
        .as_str()
        .map_or(0, |cursor| cursor.parse().unwrap());
    let count = request["Limitation"]["Count"].as_u64().unwrap();
    let end = items.min(start + usize::try_from(count).unwrap());
    let records: Vec<_> = (start..end).map(|item| json!({ "Id": id(item) })).collect();
    let cursor = (!records.is_empty()).then(|| end.to_string());
    let body = json!({ list: records, "Cursor": cursor }).to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Sat, 21 Nov 2026 09:30:00 GMT\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Response::Raw([head.into_bytes(), body.into_bytes()].concat())
}

/// The documentation of the module has the same number. All pages of the 560,000 codes are full, including the last
/// page of each batch, and only a null cursor ends a listing.
#[tokio::test]
async fn export_of_1000_vouchers_with_560_codes_each_takes_570_requests() {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = requests.clone();
    let server = Scripted::start([Response::of(move |request: &Value| {
        seen.fetch_add(1, Ordering::SeqCst);
        let Some(vouchers) = request.get("VoucherIds") else {
            return page(request, "Vouchers", VOUCHERS, voucher);
        };
        let vouchers = vouchers.as_array().unwrap();
        let first: Uuid = vouchers[0].as_str().unwrap().parse().unwrap();
        let code = |item| Uuid::from_u128(first.as_u128() << 32 | item as u128);
        page(request, "VoucherCodes", vouchers.len() * CODES, code)
    })])
    .await;
    let client = client_of(&server.url, &ManualClock::new())
        .rate_limit(RateLimit::default())
        .build()
        .unwrap();
    let mut records = client.export(services()).records();
    while records.try_next().await.unwrap().is_some() {}
    let progress = records.progress();
    assert_eq!((progress.vouchers, progress.codes), (1000, 560_000));
    assert_eq!(progress.batches_done, 8);
    assert_eq!(requests.load(Ordering::SeqCst), 570);
}
