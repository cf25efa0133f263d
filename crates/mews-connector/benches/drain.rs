//! A listing of a million codes over the loopback interface, compared with handwritten code for reqwest and serde.
//!
//! Another process serves fixed pages. Prefetch is off, or on with a consumer that takes 2 ms or 5 ms for each page. With
//! prefetch, the time cannot be less than the time of the consumer, so the highest possible ratio is printed too.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod baseline;
mod memory;
mod server;

use std::time::{Duration, Instant};

use memory::{peak_kib, reset_peak};
use mews_connector::{Client, VoucherCodeFilter};
use serde_json::{Value, json};
use server::{PAGE, Server};

const PAGES: u32 = 1000;
/// The number of measurements. The best one counts, because other work of the machine only adds time.
const ROUNDS: usize = 5;
const CONSUMERS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(5)];

fn main() {
    let codes = baseline::codes(PAGE);
    let server = Server::start(move |_, body| page(&codes, body));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let url = &server.url;

    let (mut by_hand, mut ours) = (Vec::new(), Vec::new());
    let mut memory = 0;
    for _ in 0..ROUNDS {
        by_hand.push(runtime.block_on(drain_by_hand(url, PAGES, Duration::ZERO)));
        reset_peak();
        ours.push(runtime.block_on(drain(&server.client(), PAGES, false, Duration::ZERO)));
        memory = memory.max(peak_kib());
    }
    report("prefetch off", best(&by_hand), best(&ours), PAGES, 0.95);
    println!(
        "  peak memory of the client: {} MiB of 64 allowed",
        memory / 1024
    );

    let pages = PAGES / 5;
    for takes in CONSUMERS {
        let (mut by_hand, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            by_hand.push(runtime.block_on(drain_by_hand(url, pages, takes)));
            ours.push(runtime.block_on(drain(&server.client(), pages, true, takes)));
        }
        let possible = best(&by_hand).as_secs_f64() / (takes * pages).as_secs_f64();
        report(
            &format!("prefetch on, {takes:?} for each page, a ratio of {possible:.3} is possible"),
            best(&by_hand),
            best(&ours),
            pages,
            1.3,
        );
    }
}

/// Returns a page of the listing. Every page has the same codes.
fn page(codes: &str, body: &Value) -> Option<String> {
    let at: u32 = server::cursor(body)?;
    Some(if at < PAGES {
        format!("{{\"VoucherCodes\":{codes},\"Cursor\":\"{}\"}}", at + 1)
    } else {
        r#"{"VoucherCodes":[],"Cursor":null}"#.to_owned()
    })
}

fn best(times: &[Duration]) -> Duration {
    times.iter().copied().min().unwrap_or_default()
}

fn report(name: &str, by_hand: Duration, ours: Duration, pages: u32, wanted: f64) {
    let codes = f64::from(pages) * 1000.0;
    println!("{name}: {codes} codes");
    println!(
        "  by hand  {:>7.3} s  {:>9.0} codes/s",
        by_hand.as_secs_f64(),
        codes / by_hand.as_secs_f64()
    );
    println!(
        "  client   {:>7.3} s  {:>9.0} codes/s",
        ours.as_secs_f64(),
        codes / ours.as_secs_f64()
    );
    println!(
        "  throughput ratio {:.3}, {wanted} wanted",
        by_hand.as_secs_f64() / ours.as_secs_f64()
    );
}

/// Consumes a page, and blocks the thread for that time.
fn consume(codes: usize, takes: Duration) -> usize {
    std::thread::sleep(takes);
    codes
}

async fn drain(client: &Client, pages: u32, prefetch: bool, takes: Duration) -> Duration {
    let filter =
        VoucherCodeFilter::vouchers(["d15c0000-0000-4000-8000-000000000001".parse().unwrap()]);
    let start = Instant::now();
    let first = (PAGES - pages).to_string();
    let mut stream = client
        .voucher_codes()
        .pages(filter)
        .prefetch(prefetch)
        .resume_after(mews_connector::types::Cursor(first));
    let mut codes = 0;
    while let Some(page) = stream.try_next().await.unwrap() {
        codes += consume(page.into_inner().into_items().len(), takes);
    }
    assert_eq!(codes, pages as usize * PAGE);
    start.elapsed()
}

async fn drain_by_hand(url: &str, pages: u32, takes: Duration) -> Duration {
    let http = reqwest::Client::new();
    let url = format!("{url}/api/connector/v1/voucherCodes/getAll");
    let start = Instant::now();
    let mut cursor = Some((PAGES - pages).to_string());
    let mut codes = 0;
    loop {
        let request = json!({
            "ClientToken": "sandbox-client-token",
            "AccessToken": "sandbox-access-token",
            "Client": "Bench 1.0.0",
            "VoucherIds": ["d15c0000-0000-4000-8000-000000000001"],
            "Limitation": { "Count": 1000, "Cursor": cursor },
        });
        let response = http
            .post(&url)
            .json(&request)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
        let page: baseline::Page = response.json().await.unwrap();
        codes += consume(page.voucher_codes.map_or(0, |codes| codes.len()), takes);
        if page.cursor.is_none() {
            break;
        }
        cursor = page.cursor;
    }
    assert_eq!(codes, pages as usize * PAGE);
    start.elapsed()
}
