//! One clock for the client and the sandbox.

use std::time::Duration;

use mews_connector::clock::ManualClock;
use mews_connector::prelude::*;
use mews_sandbox::{RateLimit, Sandbox, builtin};

use crate::setup::{client_of, id};

#[tokio::test]
async fn rate_limited_job_finishes_if_the_sandbox_uses_the_clock_of_the_client() {
    let clock = ManualClock::new();
    let sandbox = Sandbox::builder()
        .rate_limit(RateLimit::new(10, Duration::from_secs(30)))
        .clock(clock.reader())
        .start()
        .await
        .unwrap();
    let client = client_of(sandbox.url(), &clock).build().unwrap();
    let voucher: VoucherId = id(builtin::VOUCHER_ID);
    let codes = (0..50).map(|index| NewVoucherCode::new(voucher, format!("CODE-{index}")));

    let report = client.bulk().batch_size(1).add_voucher_codes(codes).await;

    assert!(report.is_complete(), "{:?}", report.counts());
    let has_status =
        |status| move |exchange: &mews_sandbox::Exchange| exchange.status == Some(status);
    let exchanges = sandbox.exchanges();
    assert!(
        exchanges.iter().any(has_status(429)),
        "the limit was reached"
    );
    assert_eq!(exchanges.into_iter().filter(has_status(200)).count(), 50);
    assert!(
        clock.elapsed() >= Duration::from_secs(4 * 30),
        "50 requests take at least five windows, but {:?} elapsed",
        clock.elapsed()
    );
}
