//! The usability of vouchers and codes.

use std::fmt;

use chrono::{DateTime, Utc};
use mews_connector_api::types::{
    ActivityState, Company, Rate, RateForExtent, Service, Voucher, VoucherCode,
};

use crate::stay::Stay;

/// Records that are active until they are deleted.
pub trait Activity {
    /// Returns `true` if the record is active, or `None` if the response does not contain this: it can lack `IsActive`
    /// as well as the older `ActivityState`, or have an undocumented state. If both are present, `IsActive` is used.
    ///
    /// ```
    /// use mews_connector::prelude::*;
    ///
    /// let code: VoucherCode = serde_json::from_str(
    ///     r#"{ "Id": "c0de0000-0000-4000-8000-000000000001", "ActivityState": "Deleted" }"#,
    /// )?;
    /// assert_eq!(code.is_active(), Some(false));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    fn is_active(&self) -> Option<bool>;
}

fn is_active(is_active: Option<bool>, state: Option<&ActivityState>) -> Option<bool> {
    is_active.or(match state {
        Some(ActivityState::Active) => Some(true),
        Some(ActivityState::Deleted) => Some(false),
        _ => None,
    })
}

impl Activity for Voucher {
    #[allow(deprecated)] // Older responses have nothing else.
    fn is_active(&self) -> Option<bool> {
        is_active(self.is_active, self.activity_state.as_ref())
    }
}

impl Activity for VoucherCode {
    #[allow(deprecated)] // Older responses have nothing else.
    fn is_active(&self) -> Option<bool> {
        is_active(self.is_active, self.activity_state.as_ref())
    }
}

macro_rules! activity_of {
    ($($record:ty),*) => {
        $(impl Activity for $record {
            fn is_active(&self) -> Option<bool> {
                self.is_active
            }
        })*
    };
}

activity_of!(Company, Rate, RateForExtent, Service);

/// The result of checking whether a code can be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redeemability {
    /// The code can be redeemed, according to the code and its voucher.
    Yes,
    /// The code cannot be redeemed.
    No(NotRedeemableReason),
    /// The records do not contain enough data.
    Unknown(MissingData),
}

/// The reason why a code cannot be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRedeemableReason {
    /// The code was deleted.
    CodeDeleted,
    /// The voucher of the code was deleted.
    VoucherDeleted,
    /// The validity of the code has not started.
    NotYet {
        /// The first timestamp of the validity.
        from: DateTime<Utc>,
    },
    /// The code has expired.
    NoLonger {
        /// The last timestamp of the validity, which is inclusive.
        until: DateTime<Utc>,
    },
    /// The code belongs to another voucher.
    OtherVoucher,
    /// The stay starts before the occupiable interval of the voucher.
    StayTooEarly {
        /// The start of the first time unit to which the voucher can be applied.
        from: DateTime<Utc>,
    },
    /// The stay ends after the occupiable interval of the voucher.
    StayTooLate {
        /// The start of the last time unit to which the voucher can be applied.
        until: DateTime<Utc>,
    },
}

/// The data that is missing to determine whether a code can be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingData {
    /// Whether the code is active.
    CodeActivity,
    /// Whether the voucher is active.
    VoucherActivity,
    /// The validity is not a timestamp. The string is the value in the response.
    Validity(String),
    /// A bound of the occupiable interval is not a timestamp. The string is the value in the response.
    OccupiableInterval(String),
}

/// Records that can be redeemed.
pub trait Redeem {
    /// Determines whether the code can be redeemed at a time: the code and its voucher are active, and the time is
    /// within the validity of the code, including its bounds (guidelines/serialization).
    ///
    /// The dates of the stay are not checked; [`Self::redeemability_for`] checks them. The audience of the voucher is
    /// not checked either: see the type of the voucher.
    ///
    /// ```
    /// use mews_connector::prelude::*;
    /// use mews_connector::{NotRedeemableReason, Redeemability};
    ///
    /// # let voucher: Voucher = serde_json::from_str(
    /// #     r#"{ "Id": "d15c0000-0000-4000-8000-000000000001", "IsActive": true }"#)?;
    /// let code: VoucherCode = serde_json::from_str(
    ///     r#"{ "Id": "c0de0000-0000-4000-8000-000000000001", "IsActive": true,
    ///          "ValidityEndUtc": "2026-04-30T23:59:59Z" }"#,
    /// )?;
    /// // The end is inclusive: midnight of 1 May would include the first second of May.
    /// let (april, may) = ("2026-04-01T00:00:00Z".parse()?, "2026-05-01T00:00:00Z".parse()?);
    /// assert_eq!(code.redeemability(&voucher, april), Redeemability::Yes);
    /// assert!(matches!(code.redeemability(&voucher, may), Redeemability::No(NotRedeemableReason::NoLonger { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn redeemability(&self, voucher: &Voucher, at: DateTime<Utc>) -> Redeemability;

    /// Determines whether the code can be redeemed at a time for a stay: in addition to [`Self::redeemability`], all
    /// time units of the stay are within the occupiable interval of the voucher, including its bounds
    /// (guidelines/serialization). A voucher without an occupiable interval can be applied to any stay.
    ///
    /// No document states whether a voucher can be applied to a part of a stay. This method requires the whole stay.
    ///
    /// ```
    /// use mews_connector::prelude::*;
    /// use mews_connector::{NotRedeemableReason, Redeemability, Stay};
    ///
    /// let voucher: Voucher = serde_json::from_str(
    ///     r#"{ "Id": "d15c0000-0000-4000-8000-000000000001", "IsActive": true,
    ///          "OccupiableIntervalStartUtc": "2026-03-01T00:00:00Z",
    ///          "OccupiableIntervalEndUtc": "2026-05-31T00:00:00Z" }"#,
    /// )?;
    /// # let code: VoucherCode = serde_json::from_str(
    /// #     r#"{ "Id": "c0de0000-0000-4000-8000-000000000001", "IsActive": true }"#)?;
    /// # let now = "2026-04-15T12:00:00Z".parse()?;
    /// // The last time unit to which the voucher can be applied is the night from 31 May to 1 June.
    /// let may = Stay::new("2026-05-30T00:00:00Z".parse()?, "2026-05-31T00:00:00Z".parse()?)?;
    /// let june = Stay::new("2026-05-31T00:00:00Z".parse()?, "2026-06-01T00:00:00Z".parse()?)?;
    /// assert_eq!(code.redeemability_for(&voucher, now, &may), Redeemability::Yes);
    /// let reason = code.redeemability_for(&voucher, now, &june);
    /// assert!(matches!(reason, Redeemability::No(NotRedeemableReason::StayTooLate { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn redeemability_for(&self, voucher: &Voucher, at: DateTime<Utc>, stay: &Stay)
    -> Redeemability;
}

impl Redeem for VoucherCode {
    fn redeemability(&self, voucher: &Voucher, at: DateTime<Utc>) -> Redeemability {
        if self.voucher_id.is_some_and(|id| id != voucher.id) {
            return Redeemability::No(NotRedeemableReason::OtherVoucher);
        }
        let (code_active, voucher_active) = (self.is_active(), voucher.is_active());
        if code_active == Some(false) {
            return Redeemability::No(NotRedeemableReason::CodeDeleted);
        }
        if voucher_active == Some(false) {
            return Redeemability::No(NotRedeemableReason::VoucherDeleted);
        }
        let mut missing = None;
        let mut bound = |text: Option<&crate::UtcDateTime>| {
            let text = text?;
            let instant = text.to_utc();
            if instant.is_none() {
                missing = Some(MissingData::Validity(text.to_string()));
            }
            instant
        };
        let (start, end) = (
            bound(self.validity_start_utc.as_ref()),
            bound(self.validity_end_utc.as_ref()),
        );
        if let Some(from) = start.filter(|from| at < *from) {
            return Redeemability::No(NotRedeemableReason::NotYet { from });
        }
        if let Some(until) = end.filter(|until| at > *until) {
            return Redeemability::No(NotRedeemableReason::NoLonger { until });
        }
        match (missing, code_active, voucher_active) {
            (Some(missing), ..) => Redeemability::Unknown(missing),
            (None, None, _) => Redeemability::Unknown(MissingData::CodeActivity),
            (None, _, None) => Redeemability::Unknown(MissingData::VoucherActivity),
            (None, Some(_), Some(_)) => Redeemability::Yes,
        }
    }

    fn redeemability_for(
        &self,
        voucher: &Voucher,
        at: DateTime<Utc>,
        stay: &Stay,
    ) -> Redeemability {
        match (self.redeemability(voucher, at), stay.redeemability(voucher)) {
            (no @ Redeemability::No(_), _) | (_, no @ Redeemability::No(_)) => no,
            (unknown @ Redeemability::Unknown(_), _) => unknown,
            (Redeemability::Yes, of_stay) => of_stay,
        }
    }
}

impl fmt::Display for Redeemability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("redeemable"),
            Self::No(reason) => write!(f, "not redeemable: {reason}"),
            Self::Unknown(missing) => write!(f, "not known to be redeemable: {missing}"),
        }
    }
}

impl fmt::Display for NotRedeemableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeDeleted => f.write_str("the code was deleted"),
            Self::VoucherDeleted => f.write_str("its voucher was deleted"),
            Self::NotYet { from } => write!(f, "it is valid from {from}"),
            Self::NoLonger { until } => write!(f, "it was valid until {until}"),
            Self::OtherVoucher => f.write_str("it belongs to another voucher"),
            Self::StayTooEarly { from } => {
                write!(f, "its voucher applies to time units from {from}")
            }
            Self::StayTooLate { until } => {
                write!(
                    f,
                    "its voucher applies to time units that start until {until}"
                )
            }
        }
    }
}

impl fmt::Display for MissingData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeActivity => {
                f.write_str("the response does not contain whether the code is active")
            }
            Self::VoucherActivity => {
                f.write_str("the response does not contain whether the voucher is active")
            }
            Self::Validity(text) | Self::OccupiableInterval(text) => {
                write!(f, "`{}` is not a timestamp", crate::error::one_line(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn redeem(code: Value, voucher: Value) -> Redeemability {
        let with_id = |mut value: Value| {
            value["Id"] = "d15c0000-0000-4000-8000-000000000001".into();
            value
        };
        let code: VoucherCode = serde_json::from_value(with_id(code)).expect("a code");
        let voucher: Voucher = serde_json::from_value(with_id(voucher)).expect("a voucher");
        code.redeemability(
            &voucher,
            "2026-04-15T12:00:00Z".parse().expect("an instant"),
        )
    }

    #[test]
    fn reports_the_reason() {
        let active = || json!({ "IsActive": true });
        let from = "2026-04-15T12:00:01Z";
        assert_eq!(redeem(active(), active()), Redeemability::Yes);
        assert_eq!(
            redeem(json!({ "ActivityState": "Active" }), active()),
            Redeemability::Yes
        );
        assert_eq!(
            redeem(json!({ "IsActive": false }), active()),
            Redeemability::No(NotRedeemableReason::CodeDeleted)
        );
        assert_eq!(
            redeem(
                json!({ "IsActive": false, "ActivityState": "Active" }),
                active()
            ),
            Redeemability::No(NotRedeemableReason::CodeDeleted)
        );
        assert_eq!(
            redeem(active(), json!({ "IsActive": false })),
            Redeemability::No(NotRedeemableReason::VoucherDeleted)
        );
        assert_eq!(
            redeem(json!({}), active()),
            Redeemability::Unknown(MissingData::CodeActivity)
        );
        assert_eq!(
            redeem(json!({ "ActivityState": "Paused" }), active()),
            Redeemability::Unknown(MissingData::CodeActivity)
        );
        assert_eq!(
            redeem(active(), json!({})),
            Redeemability::Unknown(MissingData::VoucherActivity)
        );
        assert!(matches!(
            redeem(
                json!({ "IsActive": true, "ValidityStartUtc": from }),
                active()
            ),
            Redeemability::No(NotRedeemableReason::NotYet { .. })
        ));
        assert_eq!(
            redeem(
                json!({ "IsActive": true, "ValidityEndUtc": "2026-04-15T12:00:00Z" }),
                active()
            ),
            Redeemability::Yes
        );
        assert_eq!(
            redeem(
                json!({ "IsActive": true, "ValidityEndUtc": "soon" }),
                active()
            ),
            Redeemability::Unknown(MissingData::Validity("soon".into()))
        );
        assert_eq!(
            redeem(
                json!({ "IsActive": true, "VoucherId": "d15c0000-0000-4000-8000-000000000009" }),
                active()
            ),
            Redeemability::No(NotRedeemableReason::OtherVoucher)
        );
    }

    #[test]
    fn compares_the_stay_with_the_occupiable_interval() {
        let timestamp = |day: u32| -> DateTime<Utc> {
            format!("2026-04-{day:02}T22:00:00Z")
                .parse()
                .expect("a timestamp")
        };
        let record = |mut value: Value| {
            value["Id"] = "d15c0000-0000-4000-8000-000000000001".into();
            value
        };
        let check = |code: Value, from: Option<&str>, until: Option<&str>, first, last| {
            let code: VoucherCode = serde_json::from_value(record(code)).expect("a code");
            let voucher = record(json!({
                "IsActive": true,
                "OccupiableIntervalStartUtc": from,
                "OccupiableIntervalEndUtc": until,
            }));
            let voucher: Voucher = serde_json::from_value(voucher).expect("a voucher");
            let stay = Stay::new(timestamp(first), timestamp(last)).expect("a stay");
            code.redeemability_for(&voucher, timestamp(1), &stay)
        };
        let active = || json!({ "IsActive": true });
        let (from, until) = (Some("2026-04-10T22:00:00Z"), Some("2026-04-12T22:00:00Z"));
        let too_early = Redeemability::No(NotRedeemableReason::StayTooEarly {
            from: timestamp(10),
        });
        let too_late = Redeemability::No(NotRedeemableReason::StayTooLate {
            until: timestamp(12),
        });
        assert_eq!(check(active(), None, None, 1, 28), Redeemability::Yes);
        assert_eq!(
            check(active(), from, until, 10, 12),
            Redeemability::Yes,
            "both bounds"
        );
        assert_eq!(check(active(), from, until, 9, 12), too_early);
        assert_eq!(check(active(), from, until, 10, 13), too_late);
        assert_eq!(check(active(), from, None, 10, 28), Redeemability::Yes);
        assert_eq!(check(active(), None, until, 1, 12), Redeemability::Yes);

        let unknown =
            |text: &str| Redeemability::Unknown(MissingData::OccupiableInterval(text.to_owned()));
        assert_eq!(
            check(active(), Some("soon"), until, 10, 12),
            unknown("soon")
        );
        assert_eq!(
            check(active(), Some("soon"), until, 10, 13),
            too_late,
            "in any case"
        );
        // A certain reason takes precedence over missing data.
        let deleted = Redeemability::No(NotRedeemableReason::CodeDeleted);
        assert_eq!(
            check(json!({ "IsActive": false }), from, until, 9, 12),
            deleted
        );
        let code_activity = Redeemability::Unknown(MissingData::CodeActivity);
        assert_eq!(check(json!({}), from, until, 10, 12), code_activity);
        assert_eq!(check(json!({}), from, until, 9, 12), too_early);
    }
}
