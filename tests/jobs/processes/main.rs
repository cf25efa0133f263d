//! The examples `sync`, `campaign` and `redeemable` as processes, which are killed and started again.
#![allow(clippy::unwrap_used, missing_docs)]

mod campaign;
mod copied;
mod process;
mod proxy;
mod redeemable;
mod sync;

use mews_connector::{Client, RateLimit};
use mews_sandbox::builtin;

/// The number of processes that run at a time.
const POINTS_AT_A_TIME: usize = 4;

/// Creates a client that reads the data in a sandbox.
fn client_of(url: &str) -> Client {
    Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(url)
        .rate_limit(RateLimit::unlimited())
        .build()
        .unwrap()
}
