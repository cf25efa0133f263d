//! Vouchers with their rates and codes.

use std::collections::HashMap;

use futures_util::stream::{self, TryStreamExt};
use mews_connector_api::types::{
    RateForExtent, Voucher, VoucherCode, VoucherFilterParameters, VoucherId,
};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;
use crate::filter::{VoucherCodeFilter, VoucherFilterExt};
use crate::item_stream::ItemStream;
use crate::pages::{Ceiling, VoucherPage};

/// The number of vouchers whose codes are read together. All of these codes are in memory at the same time.
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

/// Vouchers with their rates and codes. [`Vouchers::details`](crate::Vouchers::details) creates the stream.
pub type DetailsStream = ItemStream<VoucherDetails>;

impl DetailsStream {
    pub(crate) fn of_vouchers(client: Client, filter: VoucherFilterParameters) -> Self {
        let pages = client
            .pages(filter.with_rates())
            .page_size(VOUCHERS_AT_A_TIME);
        let ceiling = Ceiling::default();
        let details = pages
            .and_then(move |page| {
                let (client, ceiling) = (client.clone(), ceiling.clone());
                async move { join(&client, page.into_inner(), &ceiling).await }
            })
            .map_ok(|vouchers| stream::iter(vouchers.into_iter().map(Ok)))
            .try_flatten();
        Self::new(details)
    }
}

/// Reads the codes of the vouchers of a page. `ceiling` is the maximum size of the pages of codes so far.
async fn join(
    client: &Client,
    page: VoucherPage,
    ceiling: &Ceiling,
) -> Result<Vec<VoucherDetails>, Error> {
    let ids: Vec<VoucherId> = page.items().iter().map(|voucher| voucher.id).collect();
    let mut rates: HashMap<VoucherId, Vec<RateForExtent>> = ids
        .iter()
        .map(|id| (*id, page.rates_of(*id).cloned().collect()))
        .collect();
    let mut codes: HashMap<VoucherId, Vec<VoucherCode>> = HashMap::new();
    for ids in ids.chunks(VOUCHERS_AT_A_TIME.into()) {
        let filter = VoucherCodeFilter::vouchers(ids.iter().copied());
        let mut items = client.items(filter).below(ceiling);
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
