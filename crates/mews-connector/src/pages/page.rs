//! One page of a listing.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;

use mews_connector_api::operations::{Cursor, Listing};
use mews_connector_api::types::{
    RateForExtent, RateId, VoucherCodeFilterParameters, VoucherFilterParameters, VoucherId,
};

/// A page of a listing, newest items first (guidelines/pagination).
///
/// It derefs to the response, which can contain more than the items, such as the rates of vouchers.
pub struct Page<R: Listing>(R::Response);

/// A page of vouchers.
pub type VoucherPage = Page<VoucherFilterParameters>;

/// A page of voucher codes.
pub type VoucherCodePage = Page<VoucherCodeFilterParameters>;

impl<R: Listing> Page<R> {
    pub(crate) fn new(response: R::Response) -> Self {
        Self(response)
    }

    /// Returns the items.
    pub fn items(&self) -> &[R::Item] {
        R::items(&self.0)
    }

    /// Returns the items, and drops the rest of the response.
    pub fn into_items(self) -> Vec<R::Item> {
        R::into_items(self.0)
    }

    /// Returns the response.
    pub fn into_response(self) -> R::Response {
        self.0
    }

    /// Returns the cursor of the next page, or `None` at the end of the listing.
    pub fn cursor(&self) -> Option<&Cursor> {
        R::next_cursor(&self.0)
    }
}

impl VoucherPage {
    /// Returns the IDs of the assigned rates by voucher, or `None` if the page has no assignments.
    pub(crate) fn assigned_rates(&self) -> Option<HashMap<VoucherId, Vec<RateId>>> {
        let mut assigned = HashMap::<_, Vec<_>>::new();
        for assignment in self.voucher_assignments.as_ref()? {
            if let (Some(voucher), Some(rate)) = (assignment.voucher_id, assignment.rate_id) {
                assigned.entry(voucher).or_default().push(rate);
            }
        }
        Some(assigned)
    }

    /// Returns the IDs of the rates that a voucher of this page is assigned to. The filter must request them.
    pub fn rate_ids_of(&self, voucher: VoucherId) -> impl Iterator<Item = RateId> {
        let assignments = self.voucher_assignments.as_deref().unwrap_or_default();
        assignments
            .iter()
            .filter(move |assignment| assignment.voucher_id == Some(voucher))
            .filter_map(|assignment| assignment.rate_id)
    }

    /// Returns the rates of this page that a voucher is assigned to. The filter must request them.
    pub fn rates_of(&self, voucher: VoucherId) -> impl Iterator<Item = &RateForExtent> {
        let rates = self.rates.as_deref().unwrap_or_default();
        self.rate_ids_of(voucher)
            .filter_map(move |id| rates.iter().find(|rate| rate.id == id))
    }
}

impl<R: Listing> Deref for Page<R> {
    type Target = R::Response;

    fn deref(&self) -> &R::Response {
        &self.0
    }
}

impl<R: Listing<Response: Clone>> Clone for Page<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Listing<Response: fmt::Debug>> fmt::Debug for Page<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Page").field(&self.0).finish()
    }
}
