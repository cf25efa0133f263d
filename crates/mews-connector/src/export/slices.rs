//! Cuts a stretch of time into intervals that a filter takes.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::error::{ConstraintViolation, invalid};
use crate::interval::UpdatedWithin;

/// Three months have at least 89 days.
const LONGEST: TimeDelta = TimeDelta::days(89);

/// The slices from `start` to `end`, oldest first. They share their bounds; none has equal bounds, which would mean
/// something else.
pub(super) fn slices(
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<Vec<UpdatedWithin>, ConstraintViolation> {
    let mut slices = Vec::new();
    let mut from = start.trunc_subsecs(0);
    if start >= end {
        return Err(invalid(
            "changed since",
            format!("{start}, with the overlap"),
            "an instant in the past",
        ));
    }
    while from < end {
        let until = from
            .checked_add_signed(LONGEST)
            .map_or(end, |until| until.min(end));
        let slice = UpdatedWithin::new(from, until)?;
        from = slice.end();
        slices.push(slice);
    }
    Ok(slices)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant() -> impl Strategy<Value = DateTime<Utc>> {
        (0_i64..4_102_444_800, 0_u32..1_000_000_000).prop_map(|(seconds, nanos)| {
            DateTime::from_timestamp(seconds, nanos).unwrap_or_default()
        })
    }

    proptest! {
        #[test]
        fn slices_tile_without_gap_overlap_or_equal_bounds(a in instant(), b in instant()) {
            let (start, end) = (a.min(b), a.max(b));
            prop_assume!(start < end);
            let slices = slices(start, end).expect("slices");
            prop_assert!(slices[0].start() <= start);
            prop_assert!(slices[slices.len() - 1].end() >= end);
            for slice in &slices {
                prop_assert!(slice.start() < slice.end());
                prop_assert!(slice.end() - slice.start() <= LONGEST + TimeDelta::seconds(1));
            }
            for pair in slices.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].start());
            }
        }
    }

    #[test]
    fn a_start_in_the_future_is_refused() {
        let now = Utc::now();
        assert!(slices(now, now).is_err());
        assert!(slices(now + TimeDelta::days(1), now).is_err());
    }
}
