//! Intervals of time as filters take them.

use chrono::{DateTime, Months, SubsecRound, TimeDelta, Utc};
use mews_connector_api::types::TimeFilterInterval;
use serde::{Deserialize, Serialize};

use crate::error::{ConstraintViolation, invalid};

/// How many months a filter on `UpdatedUtc` may span.
const MOST_MONTHS: u32 = 3;

/// When a record was last updated: from a first instant up to, not including, a last one, three months at most.
///
/// The vendor documents filters as half-open, `StartUtc <= x < EndUtc`, and equal bounds as *exactly then*
/// (operations/_objects, *Time interval*), so intervals that share a bound neither overlap nor leave a gap. Instants
/// are sent in whole seconds (guidelines/serialization); the bounds are widened to them.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// use mews_connector::UpdatedWithin;
///
/// let day = |day| Utc.with_ymd_and_hms(2026, 1, day, 0, 0, 0).unwrap();
/// assert!(UpdatedWithin::new(day(1), day(31)).is_ok());
/// // Equal bounds mean something else; `at` is for that.
/// assert!(UpdatedWithin::new(day(1), day(1)).is_err());
/// assert!(UpdatedWithin::at(day(1)).start() == UpdatedWithin::at(day(1)).end());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UpdatedWithin {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl UpdatedWithin {
    /// From `start` up to, not including, `end`.
    ///
    /// # Errors
    /// When `end` is not after `start`, or more than three months after it.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, ConstraintViolation> {
        let has = || format!("an interval from {start} to {end}");
        if end <= start {
            return Err(invalid("UpdatedUtc", has(), "an end after the start"));
        }
        let (first, last) = (start.trunc_subsecs(0), up(end));
        match first.checked_add_months(Months::new(MOST_MONTHS)) {
            Some(latest) if last > latest => Err(invalid(
                "UpdatedUtc",
                has(),
                format!("at most {MOST_MONTHS} months"),
            )),
            _ => Ok(Self {
                start: first,
                end: last,
            }),
        }
    }

    /// Exactly at that second.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let instant = instant.trunc_subsecs(0);
        Self {
            start: instant,
            end: instant,
        }
    }

    /// The first instant that counts.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The first instant that no longer counts.
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }
}

/// The next whole second, unless it is one.
fn up(instant: DateTime<Utc>) -> DateTime<Utc> {
    let down = instant.trunc_subsecs(0);
    if down == instant {
        down
    } else {
        down.checked_add_signed(TimeDelta::seconds(1))
            .unwrap_or(down)
    }
}

impl From<UpdatedWithin> for TimeFilterInterval {
    fn from(interval: UpdatedWithin) -> Self {
        Self::new(interval.start, interval.end)
    }
}
