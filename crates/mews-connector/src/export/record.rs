//! The records of an export, and their count.

use mews_connector_api::types::{RateForExtent, RateId, Voucher, VoucherCode, VoucherId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A record of an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Record {
    /// A voucher. In each round of an export, all vouchers come before the first code.
    Voucher(Voucher),
    /// A voucher code.
    Code(VoucherCode),
    /// The ID of a voucher that was listed, but was gone when its codes were read. Its codes cannot be read.
    VanishedVoucher(VoucherId),
    /// A rate that a voucher of the export is assigned to, before that voucher. A rate is yielded once in a run, and
    /// again if it changes. Only [`Export::with_rates`](super::Export::with_rates) yields rates.
    Rate(RateForExtent),
    /// The assigned rates of a voucher, after that voucher. They replace all earlier assignments of the voucher. Only
    /// [`Export::with_rates`](super::Export::with_rates) yields them.
    VoucherRates(VoucherRates),
}

/// The rates that a voucher is assigned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct VoucherRates {
    /// The ID of the voucher.
    pub voucher_id: VoucherId,
    /// The IDs of all rates that the voucher is assigned to. The list is empty if there are none.
    pub rate_ids: Vec<RateId>,
}

impl Record {
    /// Returns the ID of the voucher, the code or the rate. A record that is yielded again has the same variant and the
    /// same ID. [`Self::VanishedVoucher`] and [`Self::VoucherRates`] have the ID of their voucher.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Voucher(voucher) => voucher.id.0,
            Self::Code(code) => code.id.0,
            Self::VanishedVoucher(voucher) => voucher.0,
            Self::Rate(rate) => rate.id.0,
            Self::VoucherRates(rates) => rates.voucher_id.0,
        }
    }
}

/// The counts of an export in this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of vouchers yielded.
    pub vouchers: u64,
    /// The number of codes yielded.
    pub codes: u64,
    /// The number of vouchers that vanished.
    pub vanished: u64,
    /// The number of rates yielded.
    pub rates: u64,
    /// The number of records that were not yielded because the server repeated them.
    pub duplicates: u64,
    /// The number of batches of vouchers whose codes were read to the end, in all rounds.
    pub batches_done: usize,
    /// The number of remaining batches in this round, or `None` until all vouchers of the round are read.
    pub batches_left: Option<usize>,
}

impl Progress {
    /// Counts a record that is yielded.
    pub(super) fn count(&mut self, record: &Record) {
        match record {
            Record::Voucher(_) => self.vouchers += 1,
            Record::Code(_) => self.codes += 1,
            Record::VanishedVoucher(_) => self.vanished += 1,
            Record::Rate(_) => self.rates += 1,
            // The assignments belong to a voucher, which was counted.
            Record::VoucherRates(_) => {}
        }
    }
}
