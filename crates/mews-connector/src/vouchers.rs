//! The operations on vouchers.

use mews_connector_api::types::{
    Limitation, MultipleVoucherAddParameters, MultipleVoucherDeleteParameters,
    MultipleVoucherUpdateParameters, Voucher, VoucherAddParameters, VoucherFilterParameters,
    VoucherId, VoucherUpdateParameters,
};

use crate::client::Client;
use crate::details::DetailsStream;
use crate::error::Error;
use crate::pages::{Items, Pages, VoucherPage};
use crate::response::Response;

/// The operations on vouchers. [`Client::vouchers`] returns them.
#[derive(Clone, Debug)]
pub struct Vouchers {
    client: Client,
}

impl Vouchers {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Reads one page of vouchers (`vouchers/getAll`). [`Self::pages`] and [`Self::items`] read all pages.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::prelude::*;
    /// use mews_connector::types::Limitation;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]).active().with_rates();
    /// let page = client.vouchers().get_page(&filter, Limitation::new(100)).await?;
    /// for voucher in page.items() {
    ///     let rates = page.rates_of(voucher.id).count();
    ///     println!("{:?} gives access to {rates} rates", voucher.name);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn get_page(
        &self,
        filter: &VoucherFilterParameters,
        limitation: Limitation,
    ) -> Result<Response<VoucherPage>, Error> {
        let mut request = filter.clone();
        request.limitation = limitation;
        self.client.page(request).await
    }

    /// Reads vouchers page by page.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::VoucherFilter;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]);
    /// let mut pages = client.vouchers().pages(filter);
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} vouchers, request {:?}", page.items().len(), page.request_id());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn pages(&self, filter: VoucherFilterParameters) -> Pages<VoucherPage> {
        self.client.pages(filter)
    }

    /// Reads vouchers one by one.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::VoucherFilter;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]);
    /// let vouchers = client.vouchers().items(filter).collect_all().await?;
    /// assert_eq!(vouchers.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn items(&self, filter: VoucherFilterParameters) -> Items<Voucher> {
        self.client.items(filter)
    }

    /// Reads vouchers one by one, each with its rates and its codes.
    ///
    /// The codes come from `voucherCodes/getAll`, because the extent of `vouchers/getAll` with codes was discontinued
    /// in January 2025. The codes of 100 vouchers are read together, and are in memory at the same time.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::prelude::*;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]).active();
    /// let mut vouchers = client.vouchers().details(filter);
    /// while let Some(details) = vouchers.try_next().await? {
    ///     println!("{:?}: {} rates, {} codes", details.voucher.name, details.rates.len(), details.codes.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn details(&self, filter: VoucherFilterParameters) -> DetailsStream {
        DetailsStream::of_vouchers(self.client.clone(), filter)
    }

    /// Creates 1 to 1000 vouchers with one request (`vouchers/add`), and returns the created vouchers.
    ///
    /// There is no idempotency key. A request without a response is not sent again, because it may have created the
    /// vouchers, see [`Error::maybe_applied`].
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::NewVoucher;
    ///
    /// let autumn = NewVoucher::public(builtin::SERVICE_ID.parse()?, "Autumn weekend");
    /// let created = client.vouchers().add([autumn]).await?;
    /// println!("created {}", created[0].id);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn add(
        &self,
        vouchers: impl IntoIterator<Item = VoucherAddParameters>,
    ) -> Result<Response<Vec<Voucher>>, Error> {
        let request = MultipleVoucherAddParameters::new(vouchers.into_iter().collect());
        let written = self.client.send(request).await?;
        Ok(written.map(|result| result.vouchers.unwrap_or_default()))
    }

    /// Changes 1 to 1000 vouchers with one request (`vouchers/update`), and returns the changed vouchers. A request
    /// without a response is sent again, because it sets the same values.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::{Update, VoucherUpdate};
    ///
    /// let change = VoucherUpdate::new(builtin::VOUCHER_ID.parse()?)
    ///     .name("Spring in the city")
    ///     .external_identifier(Update::Clear);
    /// let changed = client.vouchers().update([change]).await?;
    /// assert_eq!(changed[0].name.as_deref(), Some("Spring in the city"));
    /// assert_eq!(changed[0].external_identifier, None);
    /// # Ok(()) }
    /// ```
    ///
    /// The name and the type cannot be cleared:
    ///
    /// ```compile_fail
    /// # use mews_connector::{Update, VoucherUpdate};
    /// # fn example(voucher: mews_connector::types::VoucherId) {
    /// let change = VoucherUpdate::new(voucher).name(Update::Clear);
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn update(
        &self,
        updates: impl IntoIterator<Item = VoucherUpdateParameters>,
    ) -> Result<Response<Vec<Voucher>>, Error> {
        let request = MultipleVoucherUpdateParameters::new(updates.into_iter().collect());
        let written = self.client.send(request).await?;
        Ok(written.map(|result| result.vouchers.unwrap_or_default()))
    }

    /// Deletes 1 to 1000 vouchers with one request (`vouchers/delete`). Deleted vouchers can still be read.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// client.vouchers().delete([builtin::VOUCHER_ID.parse()?]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn delete(
        &self,
        vouchers: impl IntoIterator<Item = VoucherId>,
    ) -> Result<Response<()>, Error> {
        let request = MultipleVoucherDeleteParameters::new(vouchers.into_iter().collect());
        Ok(self.client.send(request).await?.map(drop))
    }
}
