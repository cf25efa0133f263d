//! The operations on vouchers.

use futures_core::stream::BoxStream;
use mews_connector_api::types::{
    Limitation, Voucher, VoucherAddParameters, VoucherFilterParameters, VoucherId,
    VoucherUpdateParameters,
};

use crate::client::{Client, write_list};
use crate::error::Error;
use crate::exchange::exchange;
use crate::filter::VoucherFilter;
use crate::joined::{JoinedVoucher, joined};
use crate::page::VoucherPage;
use crate::pages::{Items, Pages};
use crate::response::Response;

pub(crate) const GET_ALL: &str = "vouchers/getAll";
pub(crate) const ADD: &str = "vouchers/add";
pub(crate) const UPDATE: &str = "vouchers/update";
pub(crate) const DELETE: &str = "vouchers/delete";

/// The operations on vouchers. [`Client::vouchers`] makes it.
#[derive(Clone, Debug)]
pub struct Vouchers {
    client: Client,
}

impl Vouchers {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Reads one page of vouchers (`vouchers/getAll`). [`Self::pages`] and [`Self::items`] read on by themselves.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::{VoucherFilter, types::Limitation};
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]).active().with_rates();
    /// let page = client.vouchers().get_all(&filter, Limitation::new(100)).await?;
    /// for voucher in page.vouchers() {
    ///     let rates = page.rates_of(voucher.id).count();
    ///     println!("{:?} gives access to {rates} rates", voucher.name);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call, see [`Error`].
    pub async fn get_all(
        &self,
        filter: &VoucherFilter,
        limitation: Limitation,
    ) -> Result<Response<VoucherPage>, Error> {
        get_all(&self.client, &filter.request(&self.client, limitation)).await
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
    ///     println!("{} vouchers, request {:?}", page.vouchers().len(), page.request_id());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn pages(&self, filter: VoucherFilter) -> Pages<VoucherPage> {
        let client = self.client.clone();
        Pages::new(GET_ALL, move |limitation| {
            let request = filter.request(&client, limitation);
            let client = client.clone();
            async move { get_all(&client, &request).await }
        })
    }

    /// Reads vouchers one by one.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::VoucherFilter;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]);
    /// let vouchers = client.vouchers().items(filter).all().await?;
    /// assert_eq!(vouchers.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn items(&self, filter: VoucherFilter) -> Items<VoucherPage> {
        Items::new(self.pages(filter))
    }

    /// Reads vouchers one by one, each with its rates and its codes, as a stream.
    ///
    /// The codes come from `voucherCodes/getAll`, because the extent of `vouchers/getAll` that had them was
    /// discontinued in January 2025. Each 100 vouchers are joined together, so all codes of 100 vouchers are held in
    /// memory at a time.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use futures_util::TryStreamExt;
    /// use mews_connector::VoucherFilter;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]).active();
    /// let mut joined = client.vouchers().joined(filter);
    /// while let Some(joined) = joined.try_next().await? {
    ///     println!("{:?}: {} rates, {} codes", joined.voucher.name, joined.rates.len(), joined.codes.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn joined(
        &self,
        filter: VoucherFilter,
    ) -> BoxStream<'static, Result<JoinedVoucher, Error>> {
        joined(self.client.clone(), filter)
    }

    /// Creates 1 to 1000 vouchers with one request (`vouchers/add`), and returns them as created.
    ///
    /// There is no idempotency key. A request that was lost is not sent again, because it may have created the
    /// vouchers all the same: [`Error::maybe_applied`] says so.
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
    /// As every call, see [`Error`].
    pub async fn add<V>(
        &self,
        vouchers: impl IntoIterator<Item = V>,
    ) -> Result<Response<Vec<Voucher>>, Error>
    where
        V: Into<VoucherAddParameters>,
    {
        let vouchers = vouchers.into_iter().map(Into::into).collect();
        let written = write_list!(
            self.client,
            ADD,
            vouchers_add,
            MultipleVoucherAddParameters,
            vouchers
        );
        Ok(written?.map(|result| result.vouchers.unwrap_or_default()))
    }

    /// Changes 1 to 1000 vouchers with one request (`vouchers/update`), and returns them as they are now. A request
    /// that was lost is sent again, which does no harm: it sets the same values.
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
    /// # Errors
    /// As every call, see [`Error`].
    pub async fn update<U>(
        &self,
        updates: impl IntoIterator<Item = U>,
    ) -> Result<Response<Vec<Voucher>>, Error>
    where
        U: Into<VoucherUpdateParameters>,
    {
        let updates = updates.into_iter().map(Into::into).collect();
        let written = write_list!(
            self.client,
            UPDATE,
            vouchers_update,
            MultipleVoucherUpdateParameters,
            updates
        );
        Ok(written?.map(|result| result.vouchers.unwrap_or_default()))
    }

    /// Deletes 1 to 1000 vouchers with one request (`vouchers/delete`). They stay readable, as deleted.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// client.vouchers().delete([builtin::VOUCHER_ID.parse()?]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every call, see [`Error`].
    pub async fn delete(
        &self,
        vouchers: impl IntoIterator<Item = VoucherId>,
    ) -> Result<Response<()>, Error> {
        let vouchers = vouchers.into_iter().collect();
        let deleted = write_list!(
            self.client,
            DELETE,
            vouchers_delete,
            MultipleVoucherDeleteParameters,
            vouchers
        );
        Ok(deleted?.map(|_| ()))
    }
}

async fn get_all(
    client: &Client,
    request: &VoucherFilterParameters,
) -> Result<Response<VoucherPage>, Error> {
    let page = exchange(
        &client.core,
        &client.options,
        GET_ALL,
        request.check(),
        |generated| async move {
            generated
                .vouchers_get_all(&client.core.envelope, request)
                .await
        },
    );
    Ok(page.await?.map(VoucherPage::from))
}
