//! How a sandbox behaves where the documentation leaves it open, or where a test wants it otherwise.

use std::time::Duration;

/// A choice between two behaviours, as it is written on the command line.
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
    /// What the extents that were discontinued in January 2025 (`VoucherCodes`, `Companies`) answer with.
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
    /// What becomes of a request that repeats, or names what isn't there.
    Verdict {
        /// It is taken.
        #[default]
        Accept = "accept",
        /// It is refused.
        Refuse = "refuse",
    }
}

choice! {
    /// What `{"Value": null}` does to the assigned rates of a voucher.
    NullRates {
        /// It clears them (guidelines/serialization.md).
        #[default]
        Clear = "clear",
        /// It keeps them (the property's text in pages/vouchers.md).
        Keep = "keep",
    }
}

choice! {
    /// In which order `add` and `update` answer.
    AnswerOrder {
        /// That of the request.
        #[default]
        Request = "request",
        /// The reverse, for a client that must not rely on it.
        Reversed = "reversed",
    }
}

/// The request limit: so many requests of one access token in any such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many requests.
    pub requests: usize,
    /// In which time.
    pub window: Duration,
    /// Whether 429 comes with `Retry-After`, which "may not be present" (guidelines/requests.md).
    pub retry_after: bool,
}

impl RateLimit {
    /// So many requests in any such time, with `Retry-After`.
    pub const fn new(requests: usize, window: Duration) -> Self {
        Self {
            requests,
            window,
            retry_after: true,
        }
    }

    /// The same without `Retry-After`.
    #[must_use]
    pub const fn without_retry_after(mut self) -> Self {
        self.retry_after = false;
        self
    }
}

impl Default for RateLimit {
    /// 200 requests in 30 seconds (guidelines/environments.md).
    fn default() -> Self {
        Self::new(200, Duration::from_secs(30))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) latency: Duration,
    pub(crate) any_token: bool,
    pub(crate) discontinued: Discontinued,
    pub(crate) duplicate_values: Verdict,
    pub(crate) deleted_again: Verdict,
    pub(crate) unknown_ids: Verdict,
    pub(crate) null_rates: NullRates,
    pub(crate) answer_order: AnswerOrder,
    pub(crate) max_body: usize,
    pub(crate) keep_requests: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_limit: Some(RateLimit::default()),
            latency: Duration::ZERO,
            any_token: false,
            discontinued: Discontinued::default(),
            duplicate_values: Verdict::Accept,
            deleted_again: Verdict::Refuse,
            unknown_ids: Verdict::Refuse,
            null_rates: NullRates::default(),
            answer_order: AnswerOrder::default(),
            max_body: 8 * 1024 * 1024,
            keep_requests: 1_000,
        }
    }
}
