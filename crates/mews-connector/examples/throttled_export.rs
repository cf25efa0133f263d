//! Measures an export from a server with 300 ms of latency and the documented limit of 200 requests in 30 seconds: 1,000
//! vouchers with 560 codes each, first with the default, then with 16 listings at a time, then with one request after
//! the other.
//!
//!     cargo run --release -p mews-connector --example throttled_export
//!
//! It takes about six minutes. About 600 requests need three windows of the limit, which take at least 60 seconds. Then
//! all listings send the rest of the requests.
#![allow(clippy::print_stdout)] // It reports what it measures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use mews_connector::{Client, NewVoucher, NewVoucherCode, RateLimit};
use mews_sandbox::{Sandbox, builtin};

const VOUCHERS: u32 = 1000;
const CODES: u32 = 560;
const LATENCY: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("sandbox.sqlite");
    let filled = Instant::now();
    fill(&data).await?;
    println!(
        "added {VOUCHERS} vouchers with {CODES} codes each in {:.0?}",
        filled.elapsed()
    );

    let export = measure(&data, "export", None, None).await?;
    measure(&data, "16 listings at a time", Some(16), None).await?;
    let one_by_one = measure(&data, "one after the other", Some(1), Some(50)).await?;
    println!(
        "  {:.2} times the export",
        one_by_one.as_secs_f64() / export.as_secs_f64()
    );
    Ok(())
}

fn client(url: &str, rate_limit: RateLimit) -> anyhow::Result<Client> {
    Ok(Client::builder()
        .credentials(
            builtin::CLIENT_TOKEN,
            builtin::ACCESS_TOKEN,
            "Throttled 1.0.0",
        )
        .base_url(url)
        .rate_limit(rate_limit)
        .build()?)
}

async fn fill(data: &std::path::Path) -> anyhow::Result<()> {
    let sandbox = Sandbox::builder()
        .data_file(data)
        .no_rate_limit()
        .keep_exchanges(0)
        .start()
        .await?;
    let client = client(sandbox.url(), RateLimit::unlimited())?;
    // The service has only two vouchers in the built-in data.
    let service = builtin::PARKING_SERVICE_ID.parse()?;
    let vouchers =
        (0..VOUCHERS).map(|number| NewVoucher::public(service, format!("Voucher {number}")));
    let vouchers = client.bulk().add_vouchers(vouchers).await;
    for (_, voucher) in vouchers.applied() {
        let codes =
            (0..CODES).map(|number| NewVoucherCode::new(voucher.id, format!("C-{number:04}")));
        if !client.bulk().add_voucher_codes(codes).await.is_complete() {
            bail!("the sandbox did not accept all codes");
        }
    }
    sandbox.shutdown().await;
    Ok(())
}

async fn measure(
    data: &std::path::Path,
    name: &str,
    listings: Option<usize>,
    vouchers_per_batch: Option<usize>,
) -> anyhow::Result<Duration> {
    let (requests, rejected) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (seen, counted) = (requests.clone(), rejected.clone());
    let sandbox = Sandbox::builder()
        .data_file(data)
        .latency(LATENCY)
        .keep_exchanges(0)
        .observe(move |exchange| {
            seen.fetch_add(1, Ordering::Relaxed);
            counted.fetch_add(u32::from(exchange.status == Some(429)), Ordering::Relaxed);
        })
        .start()
        .await?;
    let client = client(sandbox.url(), RateLimit::default())?;
    let mut export = client.export([builtin::PARKING_SERVICE_ID.parse()?]);
    if let Some(listings) = listings {
        export = export.concurrency(listings);
    }
    if let Some(vouchers) = vouchers_per_batch {
        export = export.vouchers_per_batch(vouchers);
    }
    let mut records = export.records();
    let start = Instant::now();
    while records.try_next().await?.is_some() {}
    let took = start.elapsed();
    let (progress, requests) = (records.progress(), requests.load(Ordering::Relaxed));
    let least = least_time(requests, listings.unwrap_or(progress.batches_done));
    println!(
        "{name}: {took:.1?} for {} codes, {requests} requests, {} of them 429; {:.3} times the least possible {least:.1?}",
        progress.codes,
        rejected.load(Ordering::Relaxed),
        took.as_secs_f64() / least.as_secs_f64(),
    );
    sandbox.shutdown().await;
    Ok(took)
}

/// Returns the least time of so many requests: the full windows of the rate limit, two pages of vouchers, which come one
/// after the other, and the rest of the requests in as many listings at a time. One listing after the other takes longer
/// than the rate limit.
fn least_time(requests: u32, listings: usize) -> Duration {
    let limit = RateLimit::default();
    let most = u32::try_from(limit.requests()).unwrap_or(u32::MAX);
    let listings = u32::try_from(listings).unwrap_or(u32::MAX);
    let windows = requests.saturating_sub(1) / most;
    let latencies = |requests: u32| LATENCY * (2 + requests.div_ceil(listings));
    (limit.window() * windows + latencies(requests - windows * most)).max(latencies(requests))
}
