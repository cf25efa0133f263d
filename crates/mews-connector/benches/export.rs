//! The peak memory of an export of many codes, compared with an export of a tenth of them.
//!
//! Another process serves pages of 1000 codes, all of them different. The checkpoint is read after every 1000 records,
//! like in a caller that stores it with each page.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod baseline;
mod memory;
mod server;

use std::time::Instant;

use memory::{peak_kib, reset_peak};
use mews_connector::Client;
use serde_json::{Value, json};
use server::{PAGE, Server};

/// The number of vouchers: one for each of the batches that an export reads at a time by default without a rate limit.
const VOUCHERS: usize = 16;
/// The numbers of pages of codes of each voucher.
const SIZES: [usize; 3] = [6, 55, 6];

fn main() {
    let codes = baseline::codes(PAGE);
    let server = Server::start(move |path, body| page(&codes, path, body));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    for pages in SIZES {
        reset_peak();
        let start = Instant::now();
        let (codes, checkpoint) = runtime.block_on(export(&server.client(), pages));
        println!(
            "{codes:>6} codes: {:.2} s, peak memory {} MiB, checkpoint at most {checkpoint} bytes",
            start.elapsed().as_secs_f64(),
            peak_kib() / 1024
        );
    }
}

/// Exports every voucher with that number of pages of codes. Returns the number of codes, and the size of the largest
/// checkpoint.
async fn export(client: &Client, pages: usize) -> (u64, usize) {
    // The service has the number of pages, so that the server needs no state.
    let service = format!("5e710000-0000-4000-8000-{pages:012x}");
    let mut records = client.export([service.parse().unwrap()]).records();
    let (mut yielded, mut checkpoint) = (0_usize, 0);
    while records.try_next().await.unwrap().is_some() {
        yielded += 1;
        if yielded.is_multiple_of(PAGE) {
            let stored = serde_json::to_string(records.checkpoint()).unwrap();
            checkpoint = checkpoint.max(stored.len());
        }
    }
    assert_eq!(yielded, VOUCHERS + VOUCHERS * pages * PAGE);
    (records.progress().codes, checkpoint)
}

/// Returns a page of vouchers, or a page of the codes of one or more vouchers. An ID of a voucher has the number of its
/// pages, and an ID of a code has the voucher and the page.
fn page(codes: &str, path: &str, body: &Value) -> Option<String> {
    if path.ends_with("vouchers/getAll") {
        let service = body["ServiceIds"][0].as_str()?;
        let pages = usize::from_str_radix(&service[24..], 16).ok()?;
        let voucher = |number: usize| {
            json!({
                "Id": format!("d15c{pages:04x}-0000-4000-8000-{number:012x}"),
                "ServiceId": service,
                "Name": format!("Voucher {number}"),
            })
        };
        let vouchers: Vec<Value> = (0..VOUCHERS).map(voucher).collect();
        return Some(json!({ "Vouchers": vouchers, "Cursor": null }).to_string());
    }
    let at = server::cursor(body)? as usize;
    let vouchers = body["VoucherIds"].as_array()?;
    let first = vouchers.first()?.as_str()?;
    let pages = usize::from_str_radix(&first[4..8], 16).ok()?;
    Some(if at < vouchers.len() * pages {
        let number = u32::from_str_radix(&first[24..], 16).ok()?;
        let codes = codes.replace("c0de0000-0000-", &format!("{number:08x}-{at:04x}-"));
        format!("{{\"VoucherCodes\":{codes},\"Cursor\":\"{}\"}}", at + 1)
    } else {
        r#"{"VoucherCodes":[],"Cursor":null}"#.to_owned()
    })
}
