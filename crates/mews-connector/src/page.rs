//! One page of a listing.

use mews_connector_api::types::{
    Cursor, RateForExtent, RateId, Voucher, VoucherAssignment, VoucherCode, VoucherCodeResult,
    VoucherId, VoucherResult,
};

/// A page of a listing, newest items first (guidelines/pagination).
pub trait Page: Send + 'static {
    /// What it lists.
    type Item: Send + 'static;

    /// Where the next page begins. `None` is the end of the listing, and nothing else is.
    fn cursor(&self) -> Option<&Cursor>;

    /// The items alone.
    fn into_items(self) -> Vec<Self::Item>;

    /// How many items it has.
    fn len(&self) -> usize;

    /// Whether it has no items. That is no sign of the end.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A page of vouchers. What the filter did not ask for is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct VoucherPage(VoucherResult);

impl VoucherPage {
    /// The vouchers.
    pub fn vouchers(&self) -> &[Voucher] {
        self.0.vouchers.as_deref().unwrap_or_default()
    }

    /// Which rates the vouchers are assigned to.
    pub fn assignments(&self) -> &[VoucherAssignment] {
        self.0.voucher_assignments.as_deref().unwrap_or_default()
    }

    /// The rates that the assignments name.
    pub fn rates(&self) -> &[RateForExtent] {
        self.0.rates.as_deref().unwrap_or_default()
    }

    /// The identifiers of the rates that a voucher of this page is assigned to.
    pub fn rate_ids_of(&self, voucher: VoucherId) -> impl Iterator<Item = RateId> {
        self.assignments()
            .iter()
            .filter(move |assignment| assignment.voucher_id == Some(voucher))
            .filter_map(|assignment| assignment.rate_id)
    }

    /// The rates that a voucher of this page is assigned to, as far as the page has them.
    pub fn rates_of(&self, voucher: VoucherId) -> impl Iterator<Item = &RateForExtent> {
        self.rate_ids_of(voucher)
            .filter_map(|id| self.rates().iter().find(|rate| rate.id == id))
    }

    /// The page as it was decoded, with the arrays that this crate has no word for.
    pub fn into_result(self) -> VoucherResult {
        self.0
    }
}

impl From<VoucherResult> for VoucherPage {
    fn from(result: VoucherResult) -> Self {
        Self(result)
    }
}

impl Page for VoucherPage {
    type Item = Voucher;

    fn cursor(&self) -> Option<&Cursor> {
        self.0.cursor.as_ref()
    }

    fn into_items(self) -> Vec<Voucher> {
        self.0.vouchers.unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.vouchers().len()
    }
}

/// A page of voucher codes.
#[derive(Clone, Debug, PartialEq)]
pub struct VoucherCodePage(VoucherCodeResult);

impl VoucherCodePage {
    /// The codes.
    pub fn codes(&self) -> &[VoucherCode] {
        self.0.voucher_codes.as_deref().unwrap_or_default()
    }
}

impl From<VoucherCodeResult> for VoucherCodePage {
    fn from(result: VoucherCodeResult) -> Self {
        Self(result)
    }
}

impl Page for VoucherCodePage {
    type Item = VoucherCode;

    fn cursor(&self) -> Option<&Cursor> {
        self.0.cursor.as_ref()
    }

    fn into_items(self) -> Vec<VoucherCode> {
        self.0.voucher_codes.unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.codes().len()
    }
}
