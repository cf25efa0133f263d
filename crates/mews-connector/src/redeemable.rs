//! Whether vouchers and codes can be used.

use std::fmt;

use chrono::{DateTime, Utc};
use mews_connector_api::types::{ActivityState, RateForExtent, Voucher, VoucherCode};

/// Records that are in use until they are deleted.
pub trait Activity {
    /// Whether it is in use. `None` when the server did not say so: an answer may lack `IsActive` as well as the older
    /// `ActivityState`, or have a state that is not documented. `IsActive` counts if both are there.
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
    #[allow(deprecated)] // Older answers have nothing else.
    fn is_active(&self) -> Option<bool> {
        is_active(self.is_active, self.activity_state.as_ref())
    }
}

impl Activity for VoucherCode {
    #[allow(deprecated)] // Older answers have nothing else.
    fn is_active(&self) -> Option<bool> {
        is_active(self.is_active, self.activity_state.as_ref())
    }
}

impl Activity for RateForExtent {
    fn is_active(&self) -> Option<bool> {
        self.is_active
    }
}

/// Whether a code can be redeemed, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redeemable {
    /// As far as the code and its voucher tell.
    Yes,
    /// No.
    No(Obstacle),
    /// The records do not say enough.
    Unknown(Gap),
}

/// Why a code cannot be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The code was deleted.
    CodeDeleted,
    /// Its voucher was deleted.
    VoucherDeleted,
    /// It can be used later.
    NotYet {
        /// From when on.
        from: DateTime<Utc>,
    },
    /// It could be used earlier.
    NoLonger {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// The voucher given is not the code's own.
    OtherVoucher,
}

/// What is missing to tell whether a code can be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gap {
    /// Whether the code is in use.
    CodeActivity,
    /// Whether its voucher is in use.
    VoucherActivity,
    /// A validity that is no instant, as it was sent.
    Validity(String),
}

/// Whether a code can be redeemed at some time.
pub trait Redeem {
    /// Whether the code can be redeemed at that time, as far as it and its voucher tell: both in use, and the time
    /// within the validity of the code, its bounds included (guidelines/serialization).
    ///
    /// When the stay has to be, and who may use the voucher, is another matter: see the occupiable interval and the
    /// type of the voucher.
    ///
    /// ```
    /// use mews_connector::prelude::*;
    /// use mews_connector::{Obstacle, Redeemable};
    ///
    /// # let voucher: Voucher = serde_json::from_str(
    /// #     r#"{ "Id": "d15c0000-0000-4000-8000-000000000001", "IsActive": true }"#)?;
    /// let code: VoucherCode = serde_json::from_str(
    ///     r#"{ "Id": "c0de0000-0000-4000-8000-000000000001", "IsActive": true,
    ///          "ValidityEndUtc": "2026-04-30T00:00:00Z" }"#,
    /// )?;
    /// let (april, may) = ("2026-04-01T00:00:00Z".parse()?, "2026-05-01T00:00:00Z".parse()?);
    /// assert_eq!(code.is_redeemable(&voucher, april), Redeemable::Yes);
    /// assert!(matches!(code.is_redeemable(&voucher, may), Redeemable::No(Obstacle::NoLonger { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn is_redeemable(&self, voucher: &Voucher, at: DateTime<Utc>) -> Redeemable;
}

impl Redeem for VoucherCode {
    fn is_redeemable(&self, voucher: &Voucher, at: DateTime<Utc>) -> Redeemable {
        if self.voucher_id.is_some_and(|id| id != voucher.id) {
            return Redeemable::No(Obstacle::OtherVoucher);
        }
        let (code_active, voucher_active) = (self.is_active(), voucher.is_active());
        if code_active == Some(false) {
            return Redeemable::No(Obstacle::CodeDeleted);
        }
        if voucher_active == Some(false) {
            return Redeemable::No(Obstacle::VoucherDeleted);
        }
        let mut gap = None;
        let mut bound = |text: Option<&crate::UtcDateTime>| {
            let text = text?;
            let instant = text.to_utc();
            if instant.is_none() {
                gap = Some(Gap::Validity(text.to_string()));
            }
            instant
        };
        let (start, end) = (
            bound(self.validity_start_utc.as_ref()),
            bound(self.validity_end_utc.as_ref()),
        );
        if let Some(from) = start.filter(|from| at < *from) {
            return Redeemable::No(Obstacle::NotYet { from });
        }
        if let Some(until) = end.filter(|until| at > *until) {
            return Redeemable::No(Obstacle::NoLonger { until });
        }
        match (gap, code_active, voucher_active) {
            (Some(gap), ..) => Redeemable::Unknown(gap),
            (None, None, _) => Redeemable::Unknown(Gap::CodeActivity),
            (None, _, None) => Redeemable::Unknown(Gap::VoucherActivity),
            (None, Some(_), Some(_)) => Redeemable::Yes,
        }
    }
}

impl fmt::Display for Redeemable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("redeemable"),
            Self::No(obstacle) => write!(f, "not redeemable: {obstacle}"),
            Self::Unknown(gap) => write!(f, "not known to be redeemable: {gap}"),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeDeleted => f.write_str("the code was deleted"),
            Self::VoucherDeleted => f.write_str("its voucher was deleted"),
            Self::NotYet { from } => write!(f, "it is valid from {from}"),
            Self::NoLonger { until } => write!(f, "it was valid until {until}"),
            Self::OtherVoucher => f.write_str("it belongs to another voucher"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeActivity => f.write_str("the server did not say whether the code is in use"),
            Self::VoucherActivity => {
                f.write_str("the server did not say whether its voucher is in use")
            }
            Self::Validity(text) => write!(f, "`{}` is no instant", crate::error::one_line(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn redeem(code: Value, voucher: Value) -> Redeemable {
        let with_id = |mut value: Value| {
            value["Id"] = "d15c0000-0000-4000-8000-000000000001".into();
            value
        };
        let code: VoucherCode = serde_json::from_value(with_id(code)).expect("a code");
        let voucher: Voucher = serde_json::from_value(with_id(voucher)).expect("a voucher");
        code.is_redeemable(
            &voucher,
            "2026-04-15T12:00:00Z".parse().expect("an instant"),
        )
    }

    #[test]
    fn every_obstacle_has_its_reason() {
        let active = || json!({ "IsActive": true });
        let from = "2026-04-15T12:00:01Z";
        assert_eq!(redeem(active(), active()), Redeemable::Yes);
        assert_eq!(
            redeem(json!({ "ActivityState": "Active" }), active()),
            Redeemable::Yes
        );
        assert_eq!(
            redeem(json!({ "IsActive": false }), active()),
            Redeemable::No(Obstacle::CodeDeleted)
        );
        assert_eq!(
            redeem(
                json!({ "IsActive": false, "ActivityState": "Active" }),
                active()
            ),
            Redeemable::No(Obstacle::CodeDeleted)
        );
        assert_eq!(
            redeem(active(), json!({ "IsActive": false })),
            Redeemable::No(Obstacle::VoucherDeleted)
        );
        assert_eq!(
            redeem(json!({}), active()),
            Redeemable::Unknown(Gap::CodeActivity)
        );
        assert_eq!(
            redeem(json!({ "ActivityState": "Paused" }), active()),
            Redeemable::Unknown(Gap::CodeActivity)
        );
        assert_eq!(
            redeem(active(), json!({})),
            Redeemable::Unknown(Gap::VoucherActivity)
        );
        assert!(matches!(
            redeem(
                json!({ "IsActive": true, "ValidityStartUtc": from }),
                active()
            ),
            Redeemable::No(Obstacle::NotYet { .. })
        ));
        assert_eq!(
            redeem(
                json!({ "IsActive": true, "ValidityEndUtc": "2026-04-15T12:00:00Z" }),
                active()
            ),
            Redeemable::Yes
        );
        assert_eq!(
            redeem(
                json!({ "IsActive": true, "ValidityEndUtc": "soon" }),
                active()
            ),
            Redeemable::Unknown(Gap::Validity("soon".into()))
        );
        assert_eq!(
            redeem(
                json!({ "IsActive": true, "VoucherId": "d15c0000-0000-4000-8000-000000000009" }),
                active()
            ),
            Redeemable::No(Obstacle::OtherVoucher)
        );
    }
}
