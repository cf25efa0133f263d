//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::error_response::header_text;
use crate::response::date_of;

/// Reads `Retry-After`, in seconds or as a date, up to `max`. A date is compared with the server's own `Date` if there
/// is one, else with `now`. A value that is neither is ignored.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime, max: Duration) -> Option<Duration> {
    let text = header_text(headers, &RETRY_AFTER)?;
    let wait = if let Ok(seconds) = text.parse::<f64>() {
        if !seconds.is_finite() || seconds < 0.0 {
            return None;
        }
        // A value that exceeds every duration exceeds the maximum, too.
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    } else {
        let until = httpdate::parse_http_date(&text).ok()?;
        let now = date_of(headers).map_or(now, Into::into);
        until.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(max))
}
