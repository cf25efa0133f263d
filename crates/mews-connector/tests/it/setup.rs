//! Clients and sandboxes for the tests.

use std::time::Duration;

use mews_connector::clock::{Clock, ManualClock};
use mews_connector::{Client, ClientBuilder, RateLimit};
use mews_sandbox::{Builder, Sandbox, builtin};

/// Creates the builder of a client for `url` whose waits take no time.
pub(crate) fn client_of(url: &str, clock: &ManualClock) -> ClientBuilder {
    with_clock(url, clock.clone())
}

/// Creates a client for `url` with a custom clock.
pub(crate) fn client_with_clock(url: &str, clock: impl Clock + 'static) -> Client {
    with_clock(url, clock).build().unwrap()
}

fn with_clock(url: &str, clock: impl Clock + 'static) -> ClientBuilder {
    Client::builder()
        .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests 1.0.0")
        .base_url(url)
        .clock(clock)
        .seed(7)
        .timeout(Duration::from_secs(20))
        .rate_limit(RateLimit::unlimited())
}

/// Starts a sandbox, and creates a client for the sandbox whose waits take no time.
pub(crate) async fn start(sandbox: Builder) -> (Sandbox, Client, ManualClock) {
    let sandbox = sandbox.no_rate_limit().start().await.unwrap();
    let clock = ManualClock::new();
    let client = client_of(sandbox.url(), &clock).build().unwrap();
    (sandbox, client, clock)
}

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}
