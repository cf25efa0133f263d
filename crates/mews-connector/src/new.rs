//! What is to be created.

use chrono::{DateTime, Utc};
use mews_connector_api::types::{
    CompanyId, RateId, ServiceId, VoucherAddParameters, VoucherCodeAddParameters, VoucherId,
    VoucherType,
};

/// A voucher to create.
///
/// ```
/// use mews_connector::NewVoucher;
///
/// # fn example(service: mews_connector::types::ServiceId, company: mews_connector::types::CompanyId) {
/// let spring = NewVoucher::public(service, "Spring weekend").external_identifier("SPRING-2026");
/// let partner = NewVoucher::partner_company(service, "Partner rate", company);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct NewVoucher(VoucherAddParameters);

impl NewVoucher {
    /// For anybody who has a code. A name has 1 to 128 characters.
    pub fn public(service: ServiceId, name: impl Into<String>) -> Self {
        Self(VoucherAddParameters::new(
            service,
            name,
            VoucherType::Public,
        ))
    }

    /// For the guests of a partner company, without which this type does not exist.
    pub fn partner_company(
        service: ServiceId,
        name: impl Into<String>,
        company: CompanyId,
    ) -> Self {
        Self::of_company(service, name, VoucherType::PartnerCompany, company)
    }

    /// For the guests of a travel agency, without which this type does not exist.
    pub fn travel_agency(service: ServiceId, name: impl Into<String>, agency: CompanyId) -> Self {
        Self::of_company(service, name, VoucherType::TravelAgency, agency)
    }

    fn of_company(
        service: ServiceId,
        name: impl Into<String>,
        voucher_type: VoucherType,
        company: CompanyId,
    ) -> Self {
        let mut parameters = VoucherAddParameters::new(service, name, voucher_type);
        parameters.company_id = Some(company);
        Self(parameters)
    }

    /// The rates that it gives access to, up to 10.
    pub fn rates(mut self, rates: impl IntoIterator<Item = RateId>) -> Self {
        self.0.assigned_rate_ids = Some(rates.into_iter().collect());
        self
    }

    /// When the first time unit that can be booked begins.
    pub fn occupiable_from(mut self, start: DateTime<Utc>) -> Self {
        self.0.occupiable_interval_start_utc = Some(start);
        self
    }

    /// When the last time unit that can be booked begins.
    pub fn occupiable_until(mut self, end: DateTime<Utc>) -> Self {
        self.0.occupiable_interval_end_utc = Some(end);
        self
    }

    /// Its identifier in an external system, up to 255 characters. With one of its own for each voucher, a bulk add
    /// can tell after a lost answer which vouchers are there.
    pub fn external_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.0.external_identifier = Some(identifier.into());
        self
    }
}

impl From<NewVoucher> for VoucherAddParameters {
    fn from(voucher: NewVoucher) -> Self {
        voucher.0
    }
}

/// A voucher code to create.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// use mews_connector::NewVoucherCode;
///
/// # fn example(voucher: mews_connector::types::VoucherId) {
/// let new_year = Utc.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap();
/// let code = NewVoucherCode::new(voucher, "WELCOME-7F3K").valid_until(new_year);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct NewVoucherCode(VoucherCodeAddParameters);

impl NewVoucherCode {
    /// A code with this value, 1 to 128 characters, that can be used at any time.
    pub fn new(voucher: VoucherId, value: impl Into<String>) -> Self {
        Self(VoucherCodeAddParameters::new(voucher, value))
    }

    /// From when on it can be used.
    pub fn valid_from(mut self, start: DateTime<Utc>) -> Self {
        self.0.validity_start_utc = Some(start);
        self
    }

    /// Until when it can be used.
    pub fn valid_until(mut self, end: DateTime<Utc>) -> Self {
        self.0.validity_end_utc = Some(end);
        self
    }
}

impl From<NewVoucherCode> for VoucherCodeAddParameters {
    fn from(code: NewVoucherCode) -> Self {
        code.0
    }
}
