//! Jobs that continue from their journal.

use std::sync::Arc;

use mews_connector_api::types::{
    ServiceId, Voucher, VoucherAddParameters, VoucherCode, VoucherCodeId, VoucherId,
};

use super::add_voucher_codes::AddVoucherCodes;
use super::add_vouchers::AddVouchers;
use super::change::{DeleteVoucherCodes, DeleteVouchers, UpdateVouchers};
use super::job::Bulk;
use super::journal::{Journal, JournalError};
use super::operation::Operation;
use super::outcome::{Counts, Report};
use super::past::{job, typed};
use crate::error::Error;

/// The report of a job that was continued from its journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a job does not fail as a whole; check the outcome of each input"]
pub enum Resumed {
    /// The job was started with [`Bulk::add_vouchers`].
    AddVouchers(Report<Voucher>),
    /// The job was started with [`Bulk::update_vouchers`].
    UpdateVouchers(Report<Voucher>),
    /// The job was started with [`Bulk::delete_vouchers`].
    DeleteVouchers(Report<VoucherId>),
    /// The job was started with [`Bulk::add_voucher_codes`].
    AddVoucherCodes(Report<VoucherCode>),
    /// The job was started with [`Bulk::delete_voucher_codes`].
    DeleteVoucherCodes(Report<VoucherCodeId>),
}

impl Resumed {
    /// Returns the number of inputs with each outcome.
    pub fn counts(&self) -> Counts {
        match self {
            Self::AddVouchers(report) | Self::UpdateVouchers(report) => report.counts(),
            Self::DeleteVouchers(report) => report.counts(),
            Self::AddVoucherCodes(report) => report.counts(),
            Self::DeleteVoucherCodes(report) => report.counts(),
        }
    }

    /// Returns `true` if every write was applied.
    pub fn is_complete(&self) -> bool {
        self.counts().is_complete()
    }

    /// Returns the error that stopped the job early, if one did.
    pub fn stopped(&self) -> Option<&Error> {
        match self {
            Self::AddVouchers(report) | Self::UpdateVouchers(report) => report.stopped(),
            Self::DeleteVouchers(report) => report.stopped(),
            Self::AddVoucherCodes(report) => report.stopped(),
            Self::DeleteVoucherCodes(report) => report.stopped(),
        }
    }
}

impl Bulk {
    /// Continues the job of a journal. The inputs come from the journal.
    ///
    /// An input that was applied or rejected keeps its outcome. An input that was not applied is sent again. An input
    /// that was in flight, or whose outcome was unknown, is first settled: an add is read back after the settle time,
    /// an update or a delete is sent again.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::NewVoucherCode;
    /// use mews_connector::bulk::{FileJournal, Resumed};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("codes.journal");
    /// # let voucher = builtin::VOUCHER_ID.parse()?;
    /// # let codes = (0..5).map(|n| NewVoucherCode::new(voucher, format!("LATER-{n}")));
    /// # let _ = client.bulk().journal(FileJournal::open(&path)?).add_voucher_codes(codes).await;
    /// match client.bulk().resume(FileJournal::open(&path)?).await? {
    ///     Resumed::AddVoucherCodes(report) => println!("{} codes exist", report.counts().applied),
    ///     other => println!("{:?}", other.counts()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the journal has no job, or one that cannot be read.
    pub async fn resume(&self, journal: impl Journal + 'static) -> Result<Resumed, JournalError> {
        let journal: Arc<dyn Journal> = Arc::new(journal);
        let (start, inputs) = job(&*journal)?;
        let parents = start.parents;
        let bulk = self.clone().journal(journal);
        Ok(match &*start.operation {
            AddVouchers::NAME => {
                let inputs: Vec<VoucherAddParameters> = typed(inputs)?;
                Resumed::AddVouchers(bulk.run(AddVouchers::new(&inputs), inputs).await)
            }
            UpdateVouchers::NAME => {
                Resumed::UpdateVouchers(bulk.run(UpdateVouchers, typed(inputs)?).await)
            }
            DeleteVouchers::NAME => {
                let parents = parents.into_iter().map(ServiceId).collect();
                let operation = DeleteVouchers { parents };
                Resumed::DeleteVouchers(bulk.run(operation, typed(inputs)?).await)
            }
            AddVoucherCodes::NAME => {
                let operation = AddVoucherCodes::default();
                Resumed::AddVoucherCodes(bulk.run(operation, typed(inputs)?).await)
            }
            DeleteVoucherCodes::NAME => {
                let parents = parents.into_iter().map(VoucherId).collect();
                let operation = DeleteVoucherCodes { parents };
                Resumed::DeleteVoucherCodes(bulk.run(operation, typed(inputs)?).await)
            }
            other => {
                return Err(JournalError::other(format!("unknown operation `{other}`")));
            }
        })
    }
}
