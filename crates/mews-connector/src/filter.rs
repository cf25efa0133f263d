//! Filters of listings.

use mews_connector_api::types::{
    ActivityState, Limitation, ServiceId, VoucherCodeFilterParameters, VoucherExtent,
    VoucherFilterParameters, VoucherId,
};

/// The default number of items of a page, which is the maximum of the API (guidelines/pagination).
pub(crate) const PAGE_SIZE: i32 = 1000;
/// The maximum number of IDs in a list of a request (the operation pages: "max 1000 items"), for lists that this crate
/// creates. Generated code checks the lists of callers.
pub(crate) const MAX_IDS: usize = 1000;

/// Constructors of filters for vouchers. The filter itself is the generated request, with a setter for each optional
/// property and the [conveniences](VoucherFilterExt) of this crate.
///
/// ```
/// # use mews_connector::types::{ServiceId, VoucherId};
/// use mews_connector::prelude::*;
///
/// # fn example(service: ServiceId, wanted: Vec<VoucherId>) {
/// let filter = VoucherFilter::services([service]).active().voucher_ids(wanted).with_rates();
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct VoucherFilter;

impl VoucherFilter {
    /// Creates a filter for all vouchers of 1 to 1000 services, including deleted vouchers.
    pub fn services(services: impl IntoIterator<Item = ServiceId>) -> VoucherFilterParameters {
        VoucherFilterParameters::new(
            VoucherExtent::new().vouchers(true),
            services.into_iter().collect(),
            Limitation::new(PAGE_SIZE),
        )
    }
}

/// Conveniences for filters of vouchers, in addition to the generated setters.
pub trait VoucherFilterExt: Sized {
    /// Includes only active vouchers.
    #[must_use]
    fn active(self) -> Self;

    /// Includes only deleted vouchers.
    #[must_use]
    fn deleted(self) -> Self;

    /// Requests the assigned rates of the vouchers and the assignments as well. The vendor recommends requesting only
    /// the data that is needed (guidelines/best-practices, *Limit use of extents*).
    #[must_use]
    fn with_rates(self) -> Self;
}

impl VoucherFilterExt for VoucherFilterParameters {
    fn active(self) -> Self {
        self.activity_states([ActivityState::Active])
    }

    fn deleted(self) -> Self {
        self.activity_states([ActivityState::Deleted])
    }

    fn with_rates(mut self) -> Self {
        self.extent = self.extent.voucher_assignments(true).rates(true);
        self
    }
}

/// Constructors of filters for voucher codes. The filter itself is the generated request.
///
/// ```
/// # use mews_connector::types::VoucherId;
/// use mews_connector::{UpdatedWithin, VoucherCodeFilter};
///
/// # fn example(voucher: VoucherId, january: UpdatedWithin) {
/// let filter = VoucherCodeFilter::vouchers([voucher]).updated_utc(january);
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct VoucherCodeFilter;

impl VoucherCodeFilter {
    /// Creates a filter for all codes of 1 to 1000 vouchers, including deleted codes.
    pub fn vouchers(vouchers: impl IntoIterator<Item = VoucherId>) -> VoucherCodeFilterParameters {
        VoucherCodeFilterParameters::new(vouchers.into_iter().collect(), Limitation::new(PAGE_SIZE))
    }
}
