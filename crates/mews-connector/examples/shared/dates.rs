//! Local dates of a hotel as timestamps in UTC.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Returns the first second of a date in a time zone.
///
/// A day does not always start at midnight: where daylight saving time begins at midnight, the first hour is missing.
pub(crate) fn first_second(date: NaiveDate, time_zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = date.and_time(NaiveTime::MIN);
    let mut minutes = (0..=24 * 60).map(|minutes| midnight + TimeDelta::minutes(minutes));
    let first = |local| time_zone.from_local_datetime(&local).earliest();
    Some(minutes.find_map(first)?.to_utc())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn start_of(date: &str, time_zone: Tz) -> String {
        let first = first_second(date.parse().unwrap(), time_zone).unwrap();
        first.format("%d %B %H:%M:%S").to_string()
    }

    #[test]
    fn a_day_starts_at_local_midnight() {
        assert_eq!(start_of("2026-06-01", Tz::UTC), "01 June 00:00:00");
        assert_eq!(
            start_of("2026-06-01", Tz::Europe__Prague),
            "31 May 22:00:00"
        );
        assert_eq!(
            start_of("2026-12-01", Tz::Europe__Prague),
            "30 November 23:00:00"
        );
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_starts_later() {
        // In Cairo, the clock is set from midnight to one o'clock on 24 April 2026.
        assert_eq!(
            start_of("2026-04-23", Tz::Africa__Cairo),
            "22 April 22:00:00"
        );
        assert_eq!(
            start_of("2026-04-24", Tz::Africa__Cairo),
            "23 April 22:00:00"
        );
        assert_eq!(
            start_of("2026-04-25", Tz::Africa__Cairo),
            "24 April 21:00:00"
        );
    }
}
