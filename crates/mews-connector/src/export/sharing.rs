//! The number of listings of codes that an export reads at a time.

use std::time::Duration;

use crate::rate_limit::Limits;

/// The default of the maximum number of listings at a time.
pub(super) const MAX_LISTINGS: usize = 16;
/// The minimum number of listings at a time. The last requests of an export do not wait for the rate limit, and take twice
/// the time with half of the listings.
const MIN_LISTINGS: usize = 8;

/// Returns the number of batches into which the vouchers are divided.
///
/// A listing costs a request for the empty page at its end, and on average half a request for the page before, which is
/// not full. Every batch costs requests, and more batches than the rate limit can serve save no time. A listing sends
/// one request after the other. If a page takes 300 ms, two listings use the limit of 200 requests in 30 seconds
/// completely. Half of that number is added, because pages take different times.
pub(super) fn listings(limits: &Limits, page_time: Duration) -> usize {
    let needed = limits.windows.iter().map(|window| {
        let (requests, window) = (window.limit.requests(), window.limit.window());
        let busy = (requests as u128).saturating_mul(page_time.as_millis() * 3);
        let listings = busy.div_ceil((window.as_millis() * 2).max(1));
        usize::try_from(listings).unwrap_or(MAX_LISTINGS)
    });
    let needed = needed.min().unwrap_or(MAX_LISTINGS);
    needed.clamp(MIN_LISTINGS, MAX_LISTINGS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate_limit::{RateLimit, Window};

    fn limits(limits: &[RateLimit]) -> Limits {
        let window = |limit: &RateLimit| Window {
            limit: *limit,
            used: 0,
            free: limit.requests(),
        };
        Limits {
            windows: limits.iter().map(window).collect(),
            ..Limits::default()
        }
    }

    #[test]
    fn slow_pages_need_more_listings() {
        let documented = limits(&[RateLimit::default()]);
        let needed = |millis| listings(&documented, Duration::from_millis(millis));
        let expected = [(0, 8), (300, 8), (800, 8), (1000, 10), (1600, 16)];
        for (millis, expected) in expected {
            assert_eq!(needed(millis), expected, "{millis} ms");
        }
        assert_eq!(listings(&documented, Duration::MAX), 16);
    }

    #[test]
    fn the_lowest_limit_counts_and_no_limit_needs_all() {
        let half = RateLimit::new(100.try_into().expect("a number"), Duration::from_secs(30));
        let both = limits(&[RateLimit::default(), half]);
        assert_eq!(listings(&both, Duration::from_secs(2)), 10);
        assert_eq!(listings(&limits(&[]), Duration::ZERO), 16);
    }
}
