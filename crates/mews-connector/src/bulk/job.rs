//! How a job is begun.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mews_connector_api::types::{
    Voucher, VoucherAddParameters, VoucherCode, VoucherCodeAddParameters, VoucherCodeId, VoucherId,
    VoucherUpdateParameters,
};

use super::add_voucher_codes::AddVoucherCodes;
use super::add_vouchers::AddVouchers;
use super::change::{DeleteVoucherCodes, DeleteVouchers, UpdateVouchers};
use super::engine::Engine;
use super::observer::{Nobody, Observer};
use super::operation::Operation;
use super::outcome::Report;
use crate::client::Client;
use crate::ids::MOST_ITEMS;

/// Writes of any number of items. [`Client::bulk`] makes it; [the module](crate::bulk) says what it does about
/// failures.
///
/// A job never fails as a whole: its [`Report`] says what became of each input. Dropping its future stops it; what was
/// under way then is unknown, and an [`Observer`] has seen what that was.
#[derive(Clone)]
#[must_use]
pub struct Bulk {
    client: Client,
    batch_size: usize,
    concurrency: usize,
    settle: Duration,
    observer: Arc<dyn Observer>,
}

impl Bulk {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            batch_size: MOST_ITEMS,
            concurrency: 4,
            settle: Duration::from_secs(60),
            observer: Arc::new(Nobody),
        }
    }

    /// How many items a request holds: 1000 unless set, which is the most; less than 1 counts as 1.
    pub fn batch_size(self, items: usize) -> Self {
        Self {
            batch_size: items.clamp(1, MOST_ITEMS),
            ..self
        }
    }

    /// How many requests may be under way at a time: 4 unless set; less than 1 counts as 1.
    pub fn concurrency(self, requests: usize) -> Self {
        Self {
            concurrency: requests.max(1),
            ..self
        }
    }

    /// How long after a lost add the server is left to finish before what it created is read back: 60 seconds unless
    /// set. The client's [clock](crate::clock::Clock) does the waiting.
    pub fn settle(self, settle: Duration) -> Self {
        Self { settle, ..self }
    }

    /// Who watches.
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Creates vouchers. Give each an external identifier of its own, so that none is unknown after a lost answer.
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

    /// Changes vouchers. A voucher that comes twice is rejected the second time, because the order of the two would
    /// not be certain.
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

    /// Deletes vouchers.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// let report = client.bulk().delete_vouchers([builtin::VOUCHER_ID.parse()?]).await;
    /// assert!(report.is_complete());
    /// # Ok(()) }
    /// ```
    pub async fn delete_vouchers(
        &self,
        vouchers: impl IntoIterator<Item = VoucherId>,
    ) -> Report<VoucherId> {
        self.run(DeleteVouchers, vouchers.into_iter().collect())
            .await
    }

    /// Creates codes. A code that has the voucher and the value of an earlier one is rejected.
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
        self.run(AddVoucherCodes, codes.into_iter().map(Into::into).collect())
            .await
    }

    /// Deletes codes.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// let report = client.bulk().delete_voucher_codes([builtin::CODE_ID.parse()?]).await;
    /// assert!(report.is_complete());
    /// # Ok(()) }
    /// ```
    pub async fn delete_voucher_codes(
        &self,
        codes: impl IntoIterator<Item = VoucherCodeId>,
    ) -> Report<VoucherCodeId> {
        self.run(DeleteVoucherCodes, codes.into_iter().collect())
            .await
    }

    async fn run<O: Operation>(&self, operation: O, inputs: Vec<O::Input>) -> Report<O::Output> {
        let engine = Engine {
            client: &self.client,
            operation,
            inputs,
            batch_size: self.batch_size,
            concurrency: self.concurrency,
            settle: self.settle,
            observer: &*self.observer,
        };
        engine.run().await
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
