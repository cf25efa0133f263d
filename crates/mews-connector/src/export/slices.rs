//! The intervals in which a listing of changes is read.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::error::{ConstraintViolation, invalid};
use crate::interval::UpdatedWithin;

/// The length of a slice. Three months, the maximum of a filter, have at least 89 days.
const LENGTH: TimeDelta = TimeDelta::days(89);

/// The maximum difference between the clocks of two servers that share the records.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// Returns the first slice from a timestamp on. Its end is where the next slice starts, so no timestamp is missing and
/// none is requested twice.
pub(super) fn first_slice(start: DateTime<Utc>) -> Result<UpdatedWithin, ConstraintViolation> {
    // A filter has whole seconds. Rounding both ends separately could exceed three months of 89 days.
    let start = start.trunc_subsecs(0);
    match start.checked_add_signed(LENGTH) {
        Some(end) => UpdatedWithin::new(start, end),
        None => Err(invalid(
            "changed since",
            start.to_string(),
            "a timestamp that a filter can express",
        )),
    }
}

/// Returns the slice to read after another one, or `None` if that one was still open at the last response.
///
/// A record that changes while a slice is read can leave the slice only for a time after the end of the slice.
/// Therefore, if the server's time was before the end of the slice at the last page, no record has left the slice.
/// Otherwise, the record is in a later slice.
pub(super) fn next_slice(
    slice: &UpdatedWithin,
    last_response: DateTime<Utc>,
) -> Result<Option<UpdatedWithin>, ConstraintViolation> {
    let was_open = last_response
        .checked_add_signed(CLOCKS_DIFFER)
        .is_some_and(|latest| latest < slice.end());
    if was_open {
        Ok(None)
    } else {
        first_slice(slice.end()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::interval::strategies::timestamp;

    proptest! {
        #[test]
        fn slices_tile_up_to_one_that_is_open(a in timestamp(), b in timestamp()) {
            let (start, now) = (a.min(b), a.max(b));
            let mut slice = first_slice(start).expect("a slice");
            prop_assert!(slice.start() <= start);
            while let Some(next) = next_slice(&slice, now).expect("a slice") {
                prop_assert!(slice.start() < slice.end());
                prop_assert!(slice.end() - slice.start() <= LENGTH + TimeDelta::seconds(1));
                prop_assert_eq!(slice.end(), next.start());
                prop_assert!(slice.end() <= now + CLOCKS_DIFFER);
                slice = next;
            }
            prop_assert!(slice.end() > now + CLOCKS_DIFFER);
        }
    }

    #[test]
    fn accepts_a_part_of_a_second_before_the_shortest_three_months() {
        let start = "2026-02-01T00:00:00.5Z".parse().expect("a timestamp");
        let slice = first_slice(start).expect("a slice");
        assert_eq!(slice.end() - slice.start(), LENGTH);
    }

    #[test]
    fn a_slice_is_open_until_ten_minutes_before_its_end() {
        let start: DateTime<Utc> = "2026-02-01T00:00:00Z".parse().expect("a timestamp");
        let slice = first_slice(start).expect("a slice");
        let next = |before_end: i64| {
            let last_response = slice.end() - TimeDelta::seconds(before_end);
            next_slice(&slice, last_response).expect("a slice")
        };
        assert_eq!(next(601), None);
        for before_end in [600, 599, 0, -1] {
            let next = next(before_end).expect("another slice");
            assert_eq!(next.start(), slice.end());
            assert_eq!(next.end() - next.start(), LENGTH);
        }
    }

    #[test]
    fn rejects_a_start_at_the_end_of_time() {
        assert!(first_slice(DateTime::<Utc>::MAX_UTC).is_err());
    }
}
