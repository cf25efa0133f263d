//! Changes to vouchers.

use chrono::{DateTime, Utc};
use mews_connector_api::types::{
    AssignedRateIds, CompanyId, CompanyIdUpdateValue, DateTimeUpdateValue,
    ExternalIdentifierUpdateValue, RateId, VoucherId, VoucherNameUpdateValue, VoucherType,
    VoucherTypeUpdateValue, VoucherUpdateParameters,
};

/// What happens to a property (guidelines/serialization, *Update values*).
///
/// | here | on the wire |
/// |---|---|
/// | `Keep` | the property is left out |
/// | `Set(x)` | `{"Value": x}` |
/// | `Clear` | `{"Value": null}` |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Update<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets this value.
    Set(T),
    /// It loses its value.
    Clear,
}

impl<T> Update<T> {
    /// The form that goes over the wire: nothing to keep, nothing in it to clear.
    fn wrap<U>(self, wrap: impl FnOnce(Option<T>) -> U) -> Option<U> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(wrap(Some(value))),
            Self::Clear => Some(wrap(None)),
        }
    }
}

impl<T> From<T> for Update<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl From<&str> for Update<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

/// A change to a voucher. What is not mentioned is kept.
///
/// ```
/// use mews_connector::{Update, VoucherUpdate};
///
/// # fn example(voucher: mews_connector::types::VoucherId) {
/// let change = VoucherUpdate::new(voucher).name("Autumn in the city").external_identifier(Update::Clear);
/// # }
/// ```
///
/// The name and the type cannot be cleared, so they do not take an [`Update`]:
///
/// ```compile_fail
/// # use mews_connector::{Update, VoucherUpdate};
/// # fn example(voucher: mews_connector::types::VoucherId) {
/// let change = VoucherUpdate::new(voucher).name(Update::Clear);
/// # }
/// ```
///
/// ```compile_fail
/// # use mews_connector::{Update, VoucherUpdate};
/// # fn example(voucher: mews_connector::types::VoucherId) {
/// let change = VoucherUpdate::new(voucher).voucher_type(Update::Clear);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct VoucherUpdate(VoucherUpdateParameters);

impl VoucherUpdate {
    /// A change to this voucher that changes nothing yet.
    pub fn new(voucher: VoucherId) -> Self {
        Self(VoucherUpdateParameters::new(voucher))
    }

    /// Sets the name, 1 to 128 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.name = Some(VoucherNameUpdateValue::new(name.into()));
        self
    }

    /// Its type. `PartnerCompany` and `TravelAgency` need a [company](Self::company).
    pub fn voucher_type(mut self, voucher_type: VoucherType) -> Self {
        self.0.type_ = Some(VoucherTypeUpdateValue::new(voucher_type));
        self
    }

    /// Its company or travel agency.
    pub fn company(mut self, company: impl Into<Update<CompanyId>>) -> Self {
        self.0.company_id = company.into().wrap(CompanyIdUpdateValue::new);
        self
    }

    /// Replaces all assigned rates with these, 10 at most. The effect of `Clear` is not known: operations/vouchers
    /// documents null as "should it not be updated", guidelines/serialization as the removal of a nullable value. The
    /// effect of an empty list is not documented.
    pub fn rates(mut self, rates: impl Into<Update<Vec<RateId>>>) -> Self {
        self.0.assigned_rate_ids = rates.into().wrap(AssignedRateIds::new);
        self
    }

    /// When the first time unit that can be booked begins.
    pub fn occupiable_from(mut self, start: impl Into<Update<DateTime<Utc>>>) -> Self {
        self.0.occupiable_interval_start_utc = start.into().wrap(DateTimeUpdateValue::new);
        self
    }

    /// When the last time unit that can be booked begins.
    pub fn occupiable_until(mut self, end: impl Into<Update<DateTime<Utc>>>) -> Self {
        self.0.occupiable_interval_end_utc = end.into().wrap(DateTimeUpdateValue::new);
        self
    }

    /// Its identifier in an external system, up to 255 characters.
    pub fn external_identifier(mut self, identifier: impl Into<Update<String>>) -> Self {
        self.0.external_identifier = identifier.into().wrap(ExternalIdentifierUpdateValue::new);
        self
    }
}

impl From<VoucherUpdate> for VoucherUpdateParameters {
    fn from(update: VoucherUpdate) -> Self {
        update.0
    }
}
