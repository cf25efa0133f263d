//! The dates of a stay, compared with the occupiable interval of a voucher.

use chrono::{DateTime, Utc};
use mews_connector_api::UtcDateTime;
use mews_connector_api::types::Voucher;

use crate::error::{ConstraintViolation, invalid};
use crate::redeemability::{MissingData, NotRedeemableReason, Redeemability};

/// A stay, as the starts of its first and its last time unit.
///
/// The occupiable interval of a voucher has the same form: both of its bounds are the starts of time units
/// (operations/vouchers, *Voucher*), and both are inclusive (guidelines/serialization). For a hotel that sells nights,
/// a time unit is a day, so a stay from 10 to 12 April has two time units. It starts at midnight of 10 April, and its
/// last time unit starts at midnight of 11 April, both in the time zone of the hotel:
///
/// ```
/// use mews_connector::Stay;
///
/// // Prague is two hours ahead of UTC in April.
/// let stay = Stay::new("2026-04-09T22:00:00Z".parse()?, "2026-04-10T22:00:00Z".parse()?)?;
/// # let _ = stay;
/// // The last time unit cannot start before the first one.
/// assert!(Stay::new(stay.last(), stay.first()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stay {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Stay {
    /// Creates a stay from the start of its first and the start of its last time unit. They are equal for a stay of
    /// one night.
    ///
    /// # Errors
    /// Returns an error if `last` is before `first`.
    pub fn new(first: DateTime<Utc>, last: DateTime<Utc>) -> Result<Self, ConstraintViolation> {
        if last < first {
            let actual = format!("a stay from {first} to {last}");
            let allowed = "a last time unit that is not before the first one";
            return Err(invalid("stay", actual, allowed));
        }
        Ok(Self { first, last })
    }

    /// Returns the start of the first time unit.
    pub fn first(&self) -> DateTime<Utc> {
        self.first
    }

    /// Returns the start of the last time unit.
    pub fn last(&self) -> DateTime<Utc> {
        self.last
    }

    /// Determines whether a voucher can be applied to all time units of the stay.
    pub(crate) fn redeemability(&self, voucher: &Voucher) -> Redeemability {
        let (start, end) = (
            voucher.occupiable_interval_start_utc.as_ref(),
            voucher.occupiable_interval_end_utc.as_ref(),
        );
        let timestamp = |bound: Option<&UtcDateTime>| bound.and_then(UtcDateTime::to_utc);
        if let Some(from) = timestamp(start).filter(|from| self.first < *from) {
            return Redeemability::No(NotRedeemableReason::StayTooEarly { from });
        }
        if let Some(until) = timestamp(end).filter(|until| self.last > *until) {
            return Redeemability::No(NotRedeemableReason::StayTooLate { until });
        }
        let unreadable = [start, end].into_iter().flatten();
        let mut unreadable = unreadable.filter(|bound| bound.to_utc().is_none());
        match unreadable.next() {
            Some(bound) => {
                Redeemability::Unknown(MissingData::OccupiableInterval(bound.to_string()))
            }
            None => Redeemability::Yes,
        }
    }
}
