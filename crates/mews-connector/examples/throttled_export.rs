//! How long an export takes against a server with 300 ms of latency and the documented limit of 200 requests in 30
//! seconds: 1,000 vouchers with 560 codes each, first with the export, then with one request after the other.
//!
//!     cargo run --release -p mews-connector --example throttled_export
//!
//! It takes about five minutes. About 600 requests need three windows of the limit, so 60 seconds are the least; the
//! latencies at the beginning and the end come on top.
#![allow(clippy::print_stdout)] // It is there to print.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mews_connector::{Client, NewVoucher, NewVoucherCode, RateLimit};
use mews_sandbox::{Sandbox, builtin};

const VOUCHERS: u32 = 1000;
const CODES: u32 = 560;
const LATENCY: Duration = Duration::from_millis(300);

type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("sandbox.sqlite");
    let filled = Instant::now();
    fill(&data).await?;
    println!(
        "{VOUCHERS} vouchers with {CODES} codes each are there after {:.0?}",
        filled.elapsed()
    );

    let most = (Duration::from_secs(60) + 15 * LATENCY).mul_f64(1.05);
    let export = measure(&data, "export", 16, None).await?;
    println!("  allowed: {most:.1?}, 1.05 times 60 s and 15 latencies");
    let one_by_one = measure(&data, "one after the other", 1, Some(50)).await?;
    println!(
        "  {:.2} times the export",
        one_by_one.as_secs_f64() / export.as_secs_f64()
    );
    Ok(())
}

fn client(url: &str, rate_limit: RateLimit) -> Result<Client, Failed> {
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

async fn fill(data: &std::path::Path) -> Result<(), Failed> {
    let sandbox = Sandbox::builder()
        .data_file(data)
        .no_rate_limit()
        .keep_exchanges(0)
        .start()
        .await?;
    let client = client(sandbox.url(), RateLimit::unlimited())?;
    // A service that has nothing else but a voucher of the built-in data.
    let service = builtin::PARKING_SERVICE_ID.parse()?;
    let vouchers =
        (0..VOUCHERS).map(|number| NewVoucher::public(service, format!("Voucher {number}")));
    let vouchers = client.bulk().add_vouchers(vouchers).await;
    for (_, voucher) in vouchers.applied() {
        let codes =
            (0..CODES).map(|number| NewVoucherCode::new(voucher.id, format!("C-{number:04}")));
        if !client.bulk().add_voucher_codes(codes).await.is_complete() {
            return Err("the sandbox did not take all codes".into());
        }
    }
    sandbox.shutdown().await;
    Ok(())
}

async fn measure(
    data: &std::path::Path,
    name: &str,
    chains: usize,
    vouchers_per_batch: Option<usize>,
) -> Result<Duration, Failed> {
    let (requests, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (seen, held) = (requests.clone(), refused.clone());
    let sandbox = Sandbox::builder()
        .data_file(data)
        .latency(LATENCY)
        .keep_exchanges(0)
        .observe(move |exchange| {
            seen.fetch_add(1, Ordering::Relaxed);
            held.fetch_add(u64::from(exchange.status == Some(429)), Ordering::Relaxed);
        })
        .start()
        .await?;
    let client = client(sandbox.url(), RateLimit::default())?;
    let mut export = client
        .export([builtin::PARKING_SERVICE_ID.parse()?])
        .concurrency(chains);
    if let Some(vouchers) = vouchers_per_batch {
        export = export.vouchers_per_batch(vouchers);
    }
    let mut records = export.records();
    let start = Instant::now();
    while records.try_next().await?.is_some() {}
    let took = start.elapsed();
    println!(
        "{name}: {took:.1?} for {} codes, {} requests, {} of them 429",
        records.progress().codes,
        requests.load(Ordering::Relaxed),
        refused.load(Ordering::Relaxed)
    );
    sandbox.shutdown().await;
    Ok(took)
}
