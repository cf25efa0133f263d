//! Vouchers to create.

use mews_connector_api::types::{CompanyId, ServiceId, VoucherAddParameters, VoucherType};

/// Constructors of vouchers to create. The voucher itself is the generated type, with a setter for each optional
/// property.
///
/// ```
/// use mews_connector::NewVoucher;
///
/// # fn example(service: mews_connector::types::ServiceId, company: mews_connector::types::CompanyId) {
/// let spring = NewVoucher::public(service, "Spring weekend").external_identifier("SPRING-2026");
/// let partner = NewVoucher::partner_company(service, "Partner rate", company);
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct NewVoucher;

impl NewVoucher {
    /// Creates a voucher for every guest with a code. A name has 1 to 128 characters.
    pub fn public(service: ServiceId, name: impl Into<String>) -> VoucherAddParameters {
        VoucherAddParameters::new(service, name, VoucherType::Public)
    }

    /// Creates a voucher for guests of a partner company. This type requires a company.
    pub fn partner_company(
        service: ServiceId,
        name: impl Into<String>,
        company: CompanyId,
    ) -> VoucherAddParameters {
        VoucherAddParameters::new(service, name, VoucherType::PartnerCompany).company_id(company)
    }

    /// Creates a voucher for guests of a travel agency. This type requires the company of the agency.
    pub fn travel_agency(
        service: ServiceId,
        name: impl Into<String>,
        agency: CompanyId,
    ) -> VoucherAddParameters {
        VoucherAddParameters::new(service, name, VoucherType::TravelAgency).company_id(agency)
    }
}
