//! The operations on voucher codes.

use mews_connector_api::types::{
    Limitation, MultipleVoucherCodeAddParameters, MultipleVoucherCodeDeleteParameters, VoucherCode,
    VoucherCodeAddParameters, VoucherCodeFilterParameters, VoucherCodeId,
};

use crate::client::Client;
use crate::error::Error;
use crate::pages::{Items, Pages, VoucherCodePage};
use crate::response::Response;

/// The operations on voucher codes. [`Client::voucher_codes`] returns them. No operation changes a code: delete it
/// and add another.
#[derive(Clone, Debug)]
pub struct VoucherCodes {
    client: Client,
}

impl VoucherCodes {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Reads one page of codes (`voucherCodes/getAll`). [`Self::pages`] and [`Self::items`] read all pages.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::{VoucherCodeFilter, types::Limitation};
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// let page = client.voucher_codes().get_page(&filter, Limitation::new(100)).await?;
    /// assert_eq!(page.items().len(), 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn get_page(
        &self,
        filter: &VoucherCodeFilterParameters,
        limitation: Limitation,
    ) -> Result<Response<VoucherCodePage>, Error> {
        let mut request = filter.clone();
        request.limitation = limitation;
        self.client.page(request).await
    }

    /// Reads codes page by page.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::VoucherCodeFilter;
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// let mut pages = client.voucher_codes().pages(filter).page_size(2).prefetch(true);
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} codes", page.items().len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn pages(&self, filter: VoucherCodeFilterParameters) -> Pages<VoucherCodePage> {
        self.client.pages(filter)
    }

    /// Reads codes one by one.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::VoucherCodeFilter;
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// let mut codes = client.voucher_codes().items(filter);
    /// while let Some(code) = codes.try_next().await? {
    ///     println!("{:?}", code.value);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn items(&self, filter: VoucherCodeFilterParameters) -> Items<VoucherCode> {
        self.client.items(filter)
    }

    /// Creates 1 to 1000 codes with one request (`voucherCodes/add`), and returns the created codes.
    ///
    /// There is no idempotency key. A request without a response is not sent again, because it may have created the
    /// codes, see [`Error::maybe_applied`].
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::NewVoucherCode;
    ///
    /// let voucher = builtin::VOUCHER_ID.parse()?;
    /// let created = client.voucher_codes().add([NewVoucherCode::new(voucher, "WELCOME-7F3K")]).await?;
    /// assert_eq!(created[0].value.as_deref(), Some("WELCOME-7F3K"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn add(
        &self,
        codes: impl IntoIterator<Item = VoucherCodeAddParameters>,
    ) -> Result<Response<Vec<VoucherCode>>, Error> {
        let request = MultipleVoucherCodeAddParameters::new(codes.into_iter().collect());
        let written = self.client.send(request).await?;
        Ok(written.map(|result| result.voucher_codes.unwrap_or_default()))
    }

    /// Deletes 1 to 1000 codes with one request (`voucherCodes/delete`). Deleted codes can still be read.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// client.voucher_codes().delete([builtin::CODE_ID.parse()?]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn delete(
        &self,
        codes: impl IntoIterator<Item = VoucherCodeId>,
    ) -> Result<Response<()>, Error> {
        let request = MultipleVoucherCodeDeleteParameters::new(codes.into_iter().collect());
        Ok(self.client.send(request).await?.map(drop))
    }
}
