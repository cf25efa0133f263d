//! The records of an export, and their count.

use mews_connector_api::types::{Voucher, VoucherCode, VoucherId};
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
}

impl Record {
    /// Returns the ID of the voucher or of the code. A record that comes again has the same ID.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Voucher(voucher) => voucher.id.0,
            Self::Code(code) => code.id.0,
            Self::VanishedVoucher(voucher) => voucher.0,
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
    /// The number of records left out because the server repeated them.
    pub duplicates: u64,
    /// The number of batches of vouchers whose codes were read to the end, in all rounds.
    pub batches_done: usize,
    /// The number of batches left in this round, or `None` until all its vouchers are read.
    pub batches_left: Option<usize>,
}

impl Progress {
    /// Counts a record that is yielded.
    pub(super) fn count(&mut self, record: &Record) {
        match record {
            Record::Voucher(_) => self.vouchers += 1,
            Record::Code(_) => self.codes += 1,
            Record::VanishedVoucher(_) => self.vanished += 1,
        }
    }
}
