//! The operations on voucher codes.

use mews_connector_api::types::{
    Limitation, VoucherCode, VoucherCodeAddParameters, VoucherCodeFilterParameters, VoucherCodeId,
};

use crate::client::{Client, write_list};
use crate::error::Error;
use crate::exchange::exchange;
use crate::filter::VoucherCodeFilter;
use crate::page::VoucherCodePage;
use crate::pages::{Items, Pages};
use crate::response::Response;

pub(crate) const GET_ALL: &str = "voucherCodes/getAll";
pub(crate) const ADD: &str = "voucherCodes/add";
pub(crate) const DELETE: &str = "voucherCodes/delete";

/// The operations on voucher codes. [`Client::voucher_codes`] makes it. There is none that changes a code: delete it
/// and add another.
#[derive(Clone, Debug)]
pub struct VoucherCodes {
    client: Client,
}

impl VoucherCodes {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Reads one page of codes (`voucherCodes/getAll`). [`Self::pages`] and [`Self::items`] read on by themselves.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::{VoucherCodeFilter, types::Limitation};
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// let page = client.voucher_codes().get_all(&filter, Limitation::new(100)).await?;
    /// assert_eq!(page.codes().len(), 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call, see [`Error`].
    pub async fn get_all(
        &self,
        filter: &VoucherCodeFilter,
        limitation: Limitation,
    ) -> Result<Response<VoucherCodePage>, Error> {
        get_all(&self.client, &filter.request(&self.client, limitation)).await
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
    ///     println!("{} codes", page.codes().len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn pages(&self, filter: VoucherCodeFilter) -> Pages<VoucherCodePage> {
        let client = self.client.clone();
        Pages::new(GET_ALL, move |limitation| {
            let request = filter.request(&client, limitation);
            let client = client.clone();
            async move { get_all(&client, &request).await }
        })
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
    pub fn items(&self, filter: VoucherCodeFilter) -> Items<VoucherCodePage> {
        Items::new(self.pages(filter))
    }

    /// Creates 1 to 1000 codes with one request (`voucherCodes/add`), and returns them as created.
    ///
    /// There is no idempotency key. A request that was lost is not sent again, because it may have created the codes
    /// all the same: [`Error::maybe_applied`] says so.
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
    /// As every call, see [`Error`].
    pub async fn add<C>(
        &self,
        codes: impl IntoIterator<Item = C>,
    ) -> Result<Response<Vec<VoucherCode>>, Error>
    where
        C: Into<VoucherCodeAddParameters>,
    {
        let codes = codes.into_iter().map(Into::into).collect();
        let written = write_list!(
            self.client,
            ADD,
            voucher_codes_add,
            MultipleVoucherCodeAddParameters,
            codes
        );
        Ok(written?.map(|result| result.voucher_codes.unwrap_or_default()))
    }

    /// Deletes 1 to 1000 codes with one request (`voucherCodes/delete`). They stay readable, as deleted.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// client.voucher_codes().delete([builtin::CODE_ID.parse()?]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call, see [`Error`].
    pub async fn delete(
        &self,
        codes: impl IntoIterator<Item = VoucherCodeId>,
    ) -> Result<Response<()>, Error> {
        let codes = codes.into_iter().collect();
        let deleted = write_list!(
            self.client,
            DELETE,
            voucher_codes_delete,
            MultipleVoucherCodeDeleteParameters,
            codes
        );
        Ok(deleted?.map(|_| ()))
    }
}

async fn get_all(
    client: &Client,
    request: &VoucherCodeFilterParameters,
) -> Result<Response<VoucherCodePage>, Error> {
    let page = exchange(
        &client.core,
        &client.options,
        GET_ALL,
        request.check(),
        |generated| async move {
            generated
                .voucher_codes_get_all(&client.core.envelope, request)
                .await
        },
    );
    Ok(page.await?.map(VoucherCodePage::from))
}
