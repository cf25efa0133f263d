//! Which vouchers and codes to read.

use mews_connector_api::types::{
    ActivityState, CompanyId, Cursor, Limitation, ServiceId, VoucherCodeFilterParameters,
    VoucherCodeId, VoucherExtent, VoucherFilterParameters, VoucherId,
};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::ids::Ids;
use crate::interval::UpdatedWithin;

/// Which vouchers to read, and with what.
///
/// The services are required, so that is where a filter begins; everything else narrows it. Every list takes 1 to
/// 1000 items, which [`Ids`] sees to.
///
/// ```
/// # use mews_connector::types::{ServiceId, VoucherId};
/// use mews_connector::{Ids, VoucherFilter};
///
/// # fn example(service: ServiceId, wanted: Vec<VoucherId>) -> Result<(), mews_connector::ConstraintViolation> {
/// let filter = VoucherFilter::services([service]).active().vouchers(Ids::new(wanted)?).with_rates();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct VoucherFilter {
    services: Ids<ServiceId>,
    vouchers: Option<Ids<VoucherId>>,
    companies: Option<Ids<CompanyId>>,
    code_values: Option<Ids<String>>,
    external_identifiers: Option<Ids<String>>,
    states: Option<Vec<ActivityState>>,
    updated: Option<UpdatedWithin>,
    rates: bool,
}

impl VoucherFilter {
    /// All vouchers of these services, deleted ones too.
    pub fn services(services: impl Into<Ids<ServiceId>>) -> Self {
        Self {
            services: services.into(),
            vouchers: None,
            companies: None,
            code_values: None,
            external_identifiers: None,
            states: None,
            updated: None,
            rates: false,
        }
    }

    /// Only these vouchers.
    pub fn vouchers(self, vouchers: impl Into<Ids<VoucherId>>) -> Self {
        Self {
            vouchers: Some(vouchers.into()),
            ..self
        }
    }

    /// Only vouchers of these companies.
    pub fn companies(self, companies: impl Into<Ids<CompanyId>>) -> Self {
        Self {
            companies: Some(companies.into()),
            ..self
        }
    }

    /// Only vouchers that have a code with one of these values.
    pub fn code_values(self, values: impl Into<Ids<String>>) -> Self {
        Self {
            code_values: Some(values.into()),
            ..self
        }
    }

    /// Only vouchers with one of these identifiers of an external system.
    pub fn external_identifiers(self, identifiers: impl Into<Ids<String>>) -> Self {
        Self {
            external_identifiers: Some(identifiers.into()),
            ..self
        }
    }

    /// Only vouchers in use.
    pub fn active(self) -> Self {
        Self {
            states: Some(vec![ActivityState::Active]),
            ..self
        }
    }

    /// Only deleted vouchers.
    pub fn deleted(self) -> Self {
        Self {
            states: Some(vec![ActivityState::Deleted]),
            ..self
        }
    }

    /// Only vouchers last updated then. A voucher does not change when its codes do.
    pub fn updated(self, updated: UpdatedWithin) -> Self {
        Self {
            updated: Some(updated),
            ..self
        }
    }

    /// Each page also says which rates its vouchers are assigned to, and what these rates are. The vendor advises to
    /// ask for what is needed only (guidelines/best-practices, *Limit use of extents*).
    pub fn with_rates(self) -> Self {
        Self {
            rates: true,
            ..self
        }
    }

    pub(crate) fn request(
        &self,
        client: &Client,
        limitation: Limitation,
    ) -> VoucherFilterParameters {
        let mut extent = VoucherExtent::new();
        extent.vouchers = Some(true);
        extent.voucher_assignments = self.rates.then_some(true);
        extent.rates = self.rates.then_some(true);
        let mut request =
            VoucherFilterParameters::new(extent, self.services.clone().into(), limitation);
        request.enterprise_ids = client.enterprises.clone().map(Into::into);
        request.voucher_ids = self.vouchers.clone().map(Into::into);
        request.company_ids = self.companies.clone().map(Into::into);
        request.voucher_code_values = self.code_values.clone().map(Into::into);
        request.external_identifiers = self.external_identifiers.clone().map(Into::into);
        request.activity_states.clone_from(&self.states);
        request.updated_utc = self.updated.map(Into::into);
        request
    }
}

/// Which voucher codes to read. The vouchers are required, so that is where a filter begins.
///
/// ```
/// # use mews_connector::types::VoucherId;
/// use mews_connector::VoucherCodeFilter;
///
/// # fn example(voucher: VoucherId) {
/// let filter = VoucherCodeFilter::vouchers([voucher]);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct VoucherCodeFilter {
    vouchers: Ids<VoucherId>,
    codes: Option<Ids<VoucherCodeId>>,
    updated: Option<UpdatedWithin>,
}

impl VoucherCodeFilter {
    /// All codes of these vouchers, deleted ones too.
    pub fn vouchers(vouchers: impl Into<Ids<VoucherId>>) -> Self {
        Self {
            vouchers: vouchers.into(),
            codes: None,
            updated: None,
        }
    }

    /// Only these codes.
    pub fn codes(self, codes: impl Into<Ids<VoucherCodeId>>) -> Self {
        Self {
            codes: Some(codes.into()),
            ..self
        }
    }

    /// Only codes last updated then.
    pub fn updated(self, updated: UpdatedWithin) -> Self {
        Self {
            updated: Some(updated),
            ..self
        }
    }

    pub(crate) fn request(
        &self,
        client: &Client,
        limitation: Limitation,
    ) -> VoucherCodeFilterParameters {
        let mut request =
            VoucherCodeFilterParameters::new(self.vouchers.clone().into(), limitation);
        request.enterprise_ids = client.enterprises.clone().map(Into::into);
        request.voucher_code_ids = self.codes.clone().map(Into::into);
        request.updated_utc = self.updated.map(Into::into);
        request
    }
}

/// Where a listing goes on, and how much of it one page may hold.
pub(crate) fn limitation(count: u16, cursor: Option<Cursor>) -> Limitation {
    let mut limitation = Limitation::new(i32::from(count));
    limitation.cursor = cursor;
    limitation
}
