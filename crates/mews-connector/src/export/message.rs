//! The messages from the task that reads to the stream that yields.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mews_connector_api::types::{VoucherCode, VoucherId};

use super::checkpoint::{Batch, VoucherListing};
use super::record::Record;
use crate::error::Error;
use crate::interval::UpdatedWithin;

/// A step of an export. The position advances over it once its records were taken.
pub(super) enum Message {
    Vouchers {
        /// The vouchers of a page, and the rates that were read with them.
        records: Vec<Record>,
        /// The vouchers that were not known before.
        new: Vec<VoucherId>,
        duplicates: u64,
        /// The position at which the listing continues.
        next: VoucherListing,
        date: DateTime<Utc>,
    },
    /// All vouchers were read, and these batches of their codes follow.
    Batches(BTreeMap<u64, Batch>),
    Codes {
        number: u64,
        codes: Vec<VoucherCode>,
        duplicates: u64,
        /// The rest of the batch; `None` at its end.
        left: Option<Batch>,
        date: DateTime<Utc>,
    },
    Split {
        number: u64,
        into: Vec<(u64, Batch)>,
    },
    /// The voucher of a batch of one voucher does not exist any more.
    Vanished {
        number: u64,
        voucher: VoucherId,
    },
    /// The round took too long, and the next one follows. It begins with this slice of the vouchers.
    NextRound(UpdatedWithin),
    Failed(Error),
}

impl Message {
    /// Creates the message of a listing of vouchers that advanced without a voucher.
    pub(super) fn no_vouchers(next: VoucherListing, date: DateTime<Utc>) -> Self {
        Self::Vouchers {
            records: Vec::new(),
            new: Vec::new(),
            duplicates: 0,
            next,
            date,
        }
    }

    /// Creates the message of a listing of codes that advanced without a code.
    pub(super) fn no_codes(number: u64, left: Option<Batch>, date: DateTime<Utc>) -> Self {
        Self::Codes {
            number,
            codes: Vec::new(),
            duplicates: 0,
            left,
            date,
        }
    }

    /// Returns the time of the response that the message is about.
    pub(super) fn date(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Vouchers { date, .. } | Self::Codes { date, .. } => Some(*date),
            _ => None,
        }
    }
}
