//! Vouchers with their rates and codes.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::{BoxStream, FusedStream};
use futures_util::stream::{self, Fuse, StreamExt, TryStreamExt};
use mews_connector_api::types::{
    RateForExtent, Voucher, VoucherCode, VoucherFilterParameters, VoucherId,
};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;
use crate::filter::{VoucherCodeFilter, VoucherFilterExt};
use crate::pages::VoucherPage;

/// The number of vouchers whose codes are read together. All of these codes are in memory at a time.
const VOUCHERS_AT_A_TIME: u16 = 100;

/// A voucher with the rates that it gives access to, and its codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VoucherDetails {
    /// The voucher.
    pub voucher: Voucher,
    /// The assigned rates.
    pub rates: Vec<RateForExtent>,
    /// The codes, including deleted codes, newest first.
    pub codes: Vec<VoucherCode>,
}

/// Vouchers with their rates and codes, as a [`Stream`]. [`Vouchers::details`](crate::Vouchers::details) creates it. No
/// request is sent until it is polled.
#[must_use = "streams do nothing unless they are polled"]
pub struct DetailsStream(Fuse<BoxStream<'static, Result<VoucherDetails, Error>>>);

impl DetailsStream {
    pub(crate) fn new(client: Client, filter: VoucherFilterParameters) -> Self {
        let pages = client
            .pages(filter.with_rates())
            .page_size(VOUCHERS_AT_A_TIME);
        let details = pages
            .and_then(move |page| {
                let client = client.clone();
                async move { join(&client, page.into_inner()).await }
            })
            .map_ok(|vouchers| stream::iter(vouchers.into_iter().map(Ok)))
            .try_flatten();
        Self(details.boxed().fuse())
    }

    /// Returns the next voucher, or `None` at the end.
    ///
    /// # Errors
    /// Returns an error if [`Pages::try_next`](crate::Pages::try_next) does, for vouchers or codes.
    pub async fn try_next(&mut self) -> Result<Option<VoucherDetails>, Error> {
        self.0.next().await.transpose()
    }

    /// Returns all remaining vouchers.
    ///
    /// # Errors
    /// Returns an error if [`Self::try_next`] does. The vouchers read before are lost.
    pub async fn collect_all(self) -> Result<Vec<VoucherDetails>, Error> {
        self.0.try_collect().await
    }
}

async fn join(client: &Client, page: VoucherPage) -> Result<Vec<VoucherDetails>, Error> {
    let ids: Vec<VoucherId> = page.items().iter().map(|voucher| voucher.id).collect();
    let mut rates: HashMap<VoucherId, Vec<RateForExtent>> = ids
        .iter()
        .map(|id| (*id, page.rates_of(*id).cloned().collect()))
        .collect();
    let mut codes: HashMap<VoucherId, Vec<VoucherCode>> = HashMap::new();
    for ids in ids.chunks(VOUCHERS_AT_A_TIME.into()) {
        let mut items = client.items(VoucherCodeFilter::vouchers(ids.iter().copied()));
        while let Some(code) = items.try_next().await? {
            if let Some(voucher) = code.voucher_id {
                codes.entry(voucher).or_default().push(code);
            }
        }
    }
    let join = |voucher: Voucher| VoucherDetails {
        rates: rates.remove(&voucher.id).unwrap_or_default(),
        codes: codes.remove(&voucher.id).unwrap_or_default(),
        voucher,
    };
    Ok(page.into_items().into_iter().map(join).collect())
}

impl Stream for DetailsStream {
    type Item = Result<VoucherDetails, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl FusedStream for DetailsStream {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl fmt::Debug for DetailsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetailsStream").finish_non_exhaustive()
    }
}
