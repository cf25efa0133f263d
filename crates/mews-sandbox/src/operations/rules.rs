//! The business rules that apply to a record, whether a request or a fixture has it.

use uuid::Uuid;

use crate::access::Reference;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::record::{Voucher, VoucherCode};

/// Checks a voucher, new or changed, with the rates that it is assigned to.
pub(crate) fn check_voucher(
    reference: &Reference,
    voucher: &Voucher,
    rates: &[Uuid],
) -> Result<(), ApiError> {
    let kind = voucher.kind();
    match voucher.company() {
        None if ["PartnerCompany", "TravelAgency"].contains(&kind) => {
            return Err(ApiError::invalid(
                "CompanyId",
                format!("a voucher of type {kind} needs a company"),
            ));
        }
        Some(company) if !reference.knows_company(voucher.enterprise_id, company) => {
            return Err(missing("CompanyId", company));
        }
        Some(company) if kind == "TravelAgency" && !reference.is_travel_agency(company) => {
            return Err(
                ApiError::forbidden("The company has no travel agency contract.").because(format!(
                    "{company} has no contract among the `TravelAgencyContracts` of the fixtures, and is not among their `TravelAgencyIds`"
                )),
            );
        }
        _ => {}
    }
    if let Some(rate) = rates
        .iter()
        .find(|rate| !reference.has_rate(voucher.service_id, **rate))
    {
        return Err(ApiError::invalid(
            "AssignedRateIds",
            format!("{rate} is not a rate of service {}", voucher.service_id),
        ));
    }
    in_order(
        voucher.instant("OccupiableIntervalStartUtc"),
        voucher.instant("OccupiableIntervalEndUtc"),
        "OccupiableIntervalEndUtc",
    )
}

/// Checks that the company is in the property that the type determines. Requests cannot violate this.
pub(crate) fn check_company_property(voucher: &Voucher) -> Result<(), ApiError> {
    let (wrong, property, expected) = match voucher.kind() {
        "TravelAgency" => (voucher.company_id, "CompanyId", "TravelAgencyId"),
        _ => (voucher.travel_agency_id, "TravelAgencyId", "CompanyId"),
    };
    match wrong {
        None => Ok(()),
        Some(_) => Err(ApiError::invalid(
            property,
            format!(
                "a voucher of type {} has its company in `{expected}`",
                voucher.kind()
            ),
        )),
    }
}

/// Checks a code.
pub(crate) fn check_code(code: &VoucherCode) -> Result<(), ApiError> {
    in_order(
        code.instant("ValidityStartUtc"),
        code.instant("ValidityEndUtc"),
        "ValidityEndUtc",
    )
}

pub(crate) fn missing(parameter: &str, identifier: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(
        parameter,
        format!("{identifier} does not exist within the scope of the access token"),
    )
}

/// Checks that both bounds of an interval are in order, if both are set.
fn in_order(start: Option<Instant>, end: Option<Instant>, parameter: &str) -> Result<(), ApiError> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => Err(ApiError::invalid(
            parameter,
            format!("{end} is before the start, {start}"),
        )),
        _ => Ok(()),
    }
}
