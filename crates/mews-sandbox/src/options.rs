//! The behavior of a sandbox that the documentation does not specify, or that a test changes.

use std::time::Duration;

/// A choice between behaviors, with its values on the command line.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
        pub enum $name {
            $($(#[$doc])* #[cfg_attr(feature = "cli", value(name = $text))] $variant),+
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self { $(Self::$variant => $text),+ })
            }
        }
    };
}

choice! {
    /// The response to the extents that were discontinued in January 2025, `VoucherCodes` and `Companies`.
    Discontinued {
        /// Null, as if the extent were off.
        #[default]
        Null = "null",
        /// The data, as before.
        Data = "data",
        /// 400 `Invalid Extent`.
        Error = "error",
    }
}

choice! {
    /// The treatment of a request that the documentation neither allows nor forbids.
    Behavior {
        /// The request is accepted.
        #[default]
        Accept = "accept",
        /// The request is rejected.
        Reject = "reject",
    }
}

choice! {
    /// The effect of `{"Value": null}` on the assigned rates of a voucher.
    NullRates {
        /// The rates are cleared (guidelines/serialization.md).
        #[default]
        Clear = "clear",
        /// The rates are kept (the description of the property in pages/vouchers.md).
        Keep = "keep",
    }
}

choice! {
    /// The order of the records in a response to `add` and `update`.
    ResponseOrder {
        /// The order of the request.
        #[default]
        Request = "request",
        /// The reverse order, because a client must not rely on the order.
        Reversed = "reversed",
    }
}

choice! {
    /// The IDs of new records.
    Ids {
        /// IDs that are made from the number of the record, so that they are the same in every run.
        #[default]
        Numbered = "numbered",
        /// Random IDs, because a client must not rely on their order.
        Random = "random",
    }
}

/// The request limit: the number of requests of one access token in any window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// The number of requests.
    pub requests: usize,
    /// The length of the window.
    pub window: Duration,
    /// Whether a 429 has `Retry-After`, which "may not be present" (guidelines/requests.md).
    pub retry_after: bool,
}

impl RateLimit {
    /// Creates a limit, with `Retry-After`.
    pub const fn new(requests: usize, window: Duration) -> Self {
        Self {
            requests,
            window,
            retry_after: true,
        }
    }

    /// Omits `Retry-After`.
    #[must_use]
    pub const fn without_retry_after(mut self) -> Self {
        self.retry_after = false;
        self
    }
}

impl Default for RateLimit {
    /// Returns 200 requests in 30 seconds (guidelines/environments.md).
    fn default() -> Self {
        Self::new(200, Duration::from_secs(30))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) latency: Duration,
    pub(crate) accept_any_token: bool,
    pub(crate) discontinued: Discontinued,
    pub(crate) duplicate_values: Behavior,
    pub(crate) repeated_delete: Behavior,
    pub(crate) unknown_ids: Behavior,
    pub(crate) null_rates: NullRates,
    pub(crate) response_order: ResponseOrder,
    pub(crate) max_body: usize,
    pub(crate) keep_exchanges: usize,
    pub(crate) ids: Ids,
    pub(crate) receive_timeout: Duration,
    pub(crate) allowed_hosts: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_limit: Some(RateLimit::default()),
            latency: Duration::ZERO,
            accept_any_token: false,
            discontinued: Discontinued::default(),
            duplicate_values: Behavior::Accept,
            repeated_delete: Behavior::Reject,
            unknown_ids: Behavior::Reject,
            null_rates: NullRates::default(),
            response_order: ResponseOrder::default(),
            max_body: 2 * 1024 * 1024,
            keep_exchanges: 1_000,
            ids: Ids::default(),
            receive_timeout: Duration::from_secs(30),
            allowed_hosts: Vec::new(),
        }
    }
}
