//! The selection of the vouchers that an export reads.

use std::collections::{HashMap, HashSet};

use mews_connector_api::types::{
    RateForExtent, RateId, ServiceId, Voucher, VoucherFilterParameters, VoucherId,
};
use serde::{Deserialize, Serialize};

use super::record::{Record, VoucherRates};
use crate::error::{ConstraintViolation, invalid};
use crate::filter::{MAX_IDS, VoucherFilter, VoucherFilterExt};
use crate::pages::VoucherPage;

/// The options of an export that decide which vouchers it reads. They are part of its checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Selection {
    /// Whether only active vouchers are read.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) active: bool,
    /// The only vouchers to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) voucher_ids: Option<Vec<VoucherId>>,
    /// Whether rates and their assignments are read with the vouchers.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) rates: bool,
}

// serde asks for a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Selection {
    /// Returns `true` if this is the selection of everything, which a checkpoint omits.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check(&self) -> Result<(), ConstraintViolation> {
        match &self.voucher_ids {
            Some(ids) if ids.is_empty() => Err(invalid("VoucherIds", "0 items", "at least 1 item")),
            _ => Ok(()),
        }
    }

    /// Returns the number of listings that [`Self::filters`] returns.
    pub(super) fn listings(&self, services: &[ServiceId]) -> usize {
        let vouchers = self.voucher_ids.as_ref();
        services.len().div_ceil(MAX_IDS) * vouchers.map_or(1, |ids| ids.len().div_ceil(MAX_IDS))
    }

    /// Returns the filter of each listing of vouchers. A request has at most 1000 services and 1000 vouchers.
    pub(super) fn filters(&self, services: &[ServiceId]) -> Vec<VoucherFilterParameters> {
        let mut filters = Vec::new();
        for services in services.chunks(MAX_IDS) {
            let mut filter = VoucherFilter::services(services.iter().copied());
            if self.active {
                filter = filter.active();
            }
            if self.rates {
                filter = filter.with_rates();
            }
            match &self.voucher_ids {
                None => filters.push(filter),
                Some(ids) => {
                    let parts = ids.chunks(MAX_IDS);
                    filters
                        .extend(parts.map(|ids| filter.clone().voucher_ids(ids.iter().copied())));
                }
            }
        }
        filters
    }
}

/// The rates of the vouchers, as they were read last in this run.
#[derive(Default)]
pub(super) struct Rates {
    read: HashMap<RateId, RateForExtent>,
}

impl Rates {
    /// Returns the records of a page in the order in which a consumer can store them: rates that are new or have
    /// changed, then each voucher, followed by its assignments. `vouchers` are those of the page that are not repeated.
    pub(super) fn records(&mut self, page: &VoucherPage, vouchers: Vec<Voucher>) -> Vec<Record> {
        let mut records = Vec::with_capacity(vouchers.len());
        for rate in page.rates.iter().flatten() {
            if self.read.get(&rate.id) != Some(rate) {
                self.read.insert(rate.id, rate.clone());
                records.push(Record::Rate(rate.clone()));
            }
        }
        let mut assigned = page.assigned_rates();
        for voucher in vouchers {
            let voucher_id = voucher.id;
            records.push(Record::Voucher(voucher));
            if let Some(assigned) = &mut assigned {
                records.push(Record::VoucherRates(VoucherRates {
                    voucher_id,
                    rate_ids: assigned.remove(&voucher_id).unwrap_or_default(),
                }));
            }
        }
        records
    }
}

/// Returns IDs without repetitions, in order.
pub(super) fn without_repetitions(ids: impl IntoIterator<Item = VoucherId>) -> Vec<VoucherId> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}
