//! The settings and the start of a job.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mews_connector_api::types::{
    ServiceId, Voucher, VoucherAddParameters, VoucherCode, VoucherCodeAddParameters, VoucherCodeId,
    VoucherId, VoucherUpdateParameters,
};

use super::add_voucher_codes::AddVoucherCodes;
use super::add_vouchers::AddVouchers;
use super::change::{DeleteVoucherCodes, DeleteVouchers, UpdateVouchers};
use super::engine::Engine;
use super::journal::Journal;
use super::observer::{NoopObserver, Observer};
use super::operation::Operation;
use super::outcome::Report;
use super::past::{Past, begin_or_continue};
use crate::client::Client;
use crate::filter::MAX_IDS;

/// Writes of any number of items. [`Client::bulk`] creates it. [The module](crate::bulk) describes how a job handles
/// failures.
///
/// A job never fails as a whole: its [`Report`] has an outcome for each input. Dropping the future stops the job. The
/// inputs in flight are then unknown, unless the job has a [journal](Self::journal).
#[derive(Clone)]
#[must_use]
pub struct Bulk {
    pub(super) client: Client,
    batch_size: usize,
    concurrency: usize,
    settle: Duration,
    observer: Arc<dyn Observer>,
    journal: Option<Arc<dyn Journal>>,
    pub(super) vouchers: Vec<VoucherId>,
    pub(super) services: Vec<ServiceId>,
}

impl Bulk {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            batch_size: MAX_IDS,
            concurrency: 4,
            settle: Duration::from_secs(60),
            observer: Arc::new(NoopObserver),
            journal: None,
            vouchers: Vec::new(),
            services: Vec::new(),
        }
    }

    /// Sets the number of items in a request, from 1 to 1000. The default is 1000, which is the maximum.
    pub fn batch_size(self, items: usize) -> Self {
        Self {
            batch_size: items.clamp(1, MAX_IDS),
            ..self
        }
    }

    /// Sets the number of requests that may be in flight at a time, at least 1. The default is 4.
    pub fn concurrency(self, requests: usize) -> Self {
        Self {
            concurrency: requests.max(1),
            ..self
        }
    }

    /// Sets the settle time: the time that the server has to finish a write whose response was lost, before the job
    /// reads back the records. The default is 60 seconds. The client's [clock](crate::clock::Clock) measures it.
    pub fn settle(self, settle: Duration) -> Self {
        Self { settle, ..self }
    }

    /// Sets the observer that is notified of each batch and each outcome.
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Sets the vouchers of the codes that [`Self::delete_voucher_codes`] deletes. With them, a job can find out
    /// whether a code is deleted if the response was lost. Without them, the outcome is unknown.
    pub fn of_vouchers(self, vouchers: impl IntoIterator<Item = VoucherId>) -> Self {
        Self {
            vouchers: vouchers.into_iter().collect(),
            ..self
        }
    }

    /// Sets the services of the vouchers that [`Self::delete_vouchers`] deletes. With them, a job can find out whether
    /// a voucher is deleted if the response was lost. Without them, the outcome is unknown.
    pub fn of_services(self, services: impl IntoIterator<Item = ServiceId>) -> Self {
        Self {
            services: services.into_iter().collect(),
            ..self
        }
    }

    /// Sets the journal of the job. With a journal, the job survives the end of the process. Use a separate journal for
    /// each job.
    ///
    /// If the journal is empty, the job begins in it. If it has a job with the same inputs, that job continues as with
    /// [`Self::resume`]: items that were applied are not sent again. If it has another job, or cannot be read, nothing is
    /// sent, and [`Report::stopped`] returns the reason. Every outcome is [`Unknown`](super::Outcome::Unknown) then,
    /// because an earlier process may have sent some of the inputs.
    ///
    /// A job that adds records sends one more request at its start, to read the server's time.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::NewVoucherCode;
    /// use mews_connector::bulk::FileJournal;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("codes.journal");
    /// let voucher = builtin::VOUCHER_ID.parse()?;
    /// let codes = || (0..500).map(|n| NewVoucherCode::new(voucher, format!("ONCE-{n:03}")));
    /// let first = client.bulk().journal(FileJournal::open(&path)?).add_voucher_codes(codes()).await;
    /// // The program starts again with the same codes: each exists once.
    /// let again = client.bulk().journal(FileJournal::open(&path)?).add_voucher_codes(codes()).await;
    /// assert!(first.is_complete() && again.is_complete());
    /// assert_eq!(again.requests(), 0);
    /// # Ok(()) }
    /// ```
    pub fn journal(self, journal: impl Journal + 'static) -> Self {
        Self {
            journal: Some(Arc::new(journal)),
            ..self
        }
    }

    /// Creates vouchers. Give each a unique external identifier, so that none is unknown after a lost response.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::NewVoucher;
    ///
    /// let service = builtin::SERVICE_ID.parse()?;
    /// let new = |n| NewVoucher::public(service, format!("Weekend {n}")).external_identifier(format!("WEEKEND-{n}"));
    /// let report = client.bulk().add_vouchers((0..1500).map(new)).await;
    /// assert!(report.is_complete());
    /// assert_eq!(report.requests(), 2);
    /// # Ok(()) }
    /// ```
    pub async fn add_vouchers<V>(&self, vouchers: impl IntoIterator<Item = V>) -> Report<Voucher>
    where
        V: Into<VoucherAddParameters>,
    {
        let inputs: Vec<VoucherAddParameters> = vouchers.into_iter().map(Into::into).collect();
        self.run(AddVouchers::new(&inputs), inputs).await
    }

    /// Changes vouchers. The second update of the same voucher is rejected, because the order of the two would be
    /// uncertain.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::VoucherUpdate;
    ///
    /// let changes = [builtin::VOUCHER_ID, builtin::PARTNER_VOUCHER_ID]
    ///     .map(|id| VoucherUpdate::new(id.parse().unwrap()).name("Spring"));
    /// let report = client.bulk().update_vouchers(changes).await;
    /// assert_eq!(report.counts().applied, 2);
    /// # Ok(()) }
    /// ```
    pub async fn update_vouchers<U>(&self, updates: impl IntoIterator<Item = U>) -> Report<Voucher>
    where
        U: Into<VoucherUpdateParameters>,
    {
        self.run(
            UpdateVouchers,
            updates.into_iter().map(Into::into).collect(),
        )
        .await
    }

    /// Deletes vouchers. An ID that is given twice is sent once. Set [`Self::of_services`] if you can.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// let service = builtin::SERVICE_ID.parse()?;
    /// let report = client.bulk().of_services([service]).delete_vouchers([builtin::VOUCHER_ID.parse()?]).await;
    /// assert!(report.is_complete());
    /// # Ok(()) }
    /// ```
    pub async fn delete_vouchers(
        &self,
        vouchers: impl IntoIterator<Item = VoucherId>,
    ) -> Report<VoucherId> {
        let parents = self.services.clone();
        self.run(DeleteVouchers { parents }, vouchers.into_iter().collect())
            .await
    }

    /// Creates codes. A code with the voucher and the value of an earlier input is rejected.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::NewVoucherCode;
    /// use mews_connector::bulk::Outcome;
    ///
    /// let voucher = builtin::VOUCHER_ID.parse()?;
    /// let codes = (0..2500).map(|n| NewVoucherCode::new(voucher, format!("BULK-{n:04}")));
    /// let report = client.bulk().add_voucher_codes(codes).await;
    /// for (index, outcome) in report.outcomes().iter().enumerate() {
    ///     match outcome {
    ///         Outcome::Applied(code) => assert!(code.value.is_some()),
    ///         other => println!("{index}: {}", other.reason().unwrap_or_default()),
    ///     }
    /// }
    /// assert_eq!(report.counts().applied, 2500);
    /// # Ok(()) }
    /// ```
    pub async fn add_voucher_codes<C>(
        &self,
        codes: impl IntoIterator<Item = C>,
    ) -> Report<VoucherCode>
    where
        C: Into<VoucherCodeAddParameters>,
    {
        let operation = AddVoucherCodes::default();
        self.run(operation, codes.into_iter().map(Into::into).collect())
            .await
    }

    /// Deletes codes. An ID that is given twice is sent once. Set [`Self::of_vouchers`] if you can.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// let voucher = builtin::VOUCHER_ID.parse()?;
    /// let report = client.bulk().of_vouchers([voucher]).delete_voucher_codes([builtin::CODE_ID.parse()?]).await;
    /// assert!(report.is_complete());
    /// # Ok(()) }
    /// ```
    pub async fn delete_voucher_codes(
        &self,
        codes: impl IntoIterator<Item = VoucherCodeId>,
    ) -> Report<VoucherCodeId> {
        let parents = self.vouchers.clone();
        self.run(DeleteVoucherCodes { parents }, codes.into_iter().collect())
            .await
    }

    pub(super) async fn run<O: Operation>(
        &self,
        operation: O,
        inputs: Vec<O::Input>,
    ) -> Report<O::Output> {
        let journal = self.journal.as_deref();
        let past = match journal {
            None => Ok(Past::none(inputs.len())),
            Some(journal) => {
                // A handle for several enterprises fails when the first batch is sent.
                let enterprise = match self.client.enterprises.as_deref() {
                    Some([enterprise]) => Some(enterprise.0),
                    _ => None,
                };
                begin_or_continue(journal, &operation, enterprise, &inputs)
            }
        };
        let engine = Engine {
            client: &self.client,
            operation,
            inputs,
            batch_size: self.batch_size,
            concurrency: self.concurrency,
            settle: self.settle,
            observer: &*self.observer,
            journal,
        };
        match past {
            Ok(past) => engine.run(past).await,
            Err(error) => engine.not_started(error),
        }
    }
}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("client", &self.client)
            .field("batch_size", &self.batch_size)
            .field("concurrency", &self.concurrency)
            .field("settle", &self.settle)
            .finish_non_exhaustive()
    }
}
