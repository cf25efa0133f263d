//! Intervals for filters.

use chrono::{DateTime, Months, SubsecRound, TimeDelta, Utc};
use mews_connector_api::types::TimeFilterInterval;
use serde::{Deserialize, Serialize};

use crate::error::{ConstraintViolation, invalid};

/// The maximum number of months of a filter on `UpdatedUtc`.
pub(crate) const MAX_MONTHS: u32 = 3;

/// An interval for the time of the last update: from a start, inclusive, to an end, exclusive, three months at most.
///
/// The vendor documents filters as half-open, `StartUtc <= x < EndUtc`, and equal bounds as one timestamp
/// (operations/_objects, *Time interval*). Therefore, intervals that share a bound neither overlap nor leave a gap.
/// Timestamps have whole seconds (guidelines/serialization); the bounds are widened to whole seconds. An interval that
/// is read from JSON is checked as well.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// use mews_connector::UpdatedWithin;
///
/// let day = |day| Utc.with_ymd_and_hms(2026, 1, day, 0, 0, 0).unwrap();
/// assert!(UpdatedWithin::new(day(1), day(31)).is_ok());
/// // Equal bounds have another meaning; use `at` for it.
/// assert!(UpdatedWithin::new(day(1), day(1)).is_err());
/// assert!(UpdatedWithin::at(day(1)).start() == UpdatedWithin::at(day(1)).end());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct UpdatedWithin {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl UpdatedWithin {
    /// Creates the interval from `start`, inclusive, to `end`, exclusive.
    ///
    /// # Errors
    /// Returns an error if `end` is not after `start`, or if it is more than three months after it.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, ConstraintViolation> {
        let has = || format!("an interval from {start} to {end}");
        if end <= start {
            return Err(invalid("UpdatedUtc", has(), "an end after the start"));
        }
        let (first, last) = (start.trunc_subsecs(0), up(end));
        match first.checked_add_months(Months::new(MAX_MONTHS)) {
            Some(latest) if last > latest => Err(invalid(
                "UpdatedUtc",
                has(),
                format!("at most {MAX_MONTHS} months"),
            )),
            _ => Ok(Self {
                start: first,
                end: last,
            }),
        }
    }

    /// Creates the interval of exactly one second.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let instant = instant.trunc_subsecs(0);
        Self {
            start: instant,
            end: instant,
        }
    }

    /// Returns the inclusive start of the interval.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// Returns the exclusive end of the interval.
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }
}

/// Rounds up to a whole second.
fn up(instant: DateTime<Utc>) -> DateTime<Utc> {
    let down = instant.trunc_subsecs(0);
    if down == instant {
        down
    } else {
        down.checked_add_signed(TimeDelta::seconds(1))
            .unwrap_or(down)
    }
}

/// The bounds from JSON, before they are checked.
#[derive(Deserialize)]
struct Bounds {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl TryFrom<Bounds> for UpdatedWithin {
    type Error = ConstraintViolation;

    fn try_from(Bounds { start, end }: Bounds) -> Result<Self, ConstraintViolation> {
        if start == end {
            return Ok(Self::at(start));
        }
        Self::new(start, end)
    }
}

impl From<UpdatedWithin> for TimeFilterInterval {
    fn from(interval: UpdatedWithin) -> Self {
        Self::new(interval.start, interval.end)
    }
}

/// Values for property tests.
#[cfg(test)]
pub(crate) mod strategies {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    /// Returns timestamps with nanoseconds, from 1970 to 2100.
    pub(crate) fn timestamp() -> impl Strategy<Value = DateTime<Utc>> {
        (0_i64..4_102_444_800, 0_u32..1_000_000_000).prop_map(|(seconds, nanos)| {
            DateTime::from_timestamp(seconds, nanos).unwrap_or_default()
        })
    }
}
