//! Vouchers with what belongs to them.

use std::collections::HashMap;

use futures_core::stream::BoxStream;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use mews_connector_api::types::{RateForExtent, Voucher, VoucherCode, VoucherId};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;
use crate::filter::{VoucherCodeFilter, VoucherFilter};
use crate::ids::{Ids, MOST_ITEMS};
use crate::page::{Page, VoucherPage};

/// How many vouchers are joined at a time. All of their codes are held in memory meanwhile.
const VOUCHERS_AT_A_TIME: u16 = 100;

/// A voucher with the rates that it gives access to, and its codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JoinedVoucher {
    /// The voucher.
    pub voucher: Voucher,
    /// The rates that it is assigned to.
    pub rates: Vec<RateForExtent>,
    /// Its codes, deleted ones too, newest first.
    pub codes: Vec<VoucherCode>,
}

/// Reads the vouchers of a filter, and for each page of them their codes.
pub(crate) fn joined(
    client: Client,
    filter: VoucherFilter,
) -> BoxStream<'static, Result<JoinedVoucher, Error>> {
    let pages = client
        .vouchers()
        .pages(filter.with_rates())
        .page_size(VOUCHERS_AT_A_TIME);
    pages
        .and_then(move |page| {
            let client = client.clone();
            async move { join(&client, page.into_inner()).await }
        })
        .map_ok(|vouchers| stream::iter(vouchers.into_iter().map(Ok)))
        .try_flatten()
        .boxed()
}

async fn join(client: &Client, page: VoucherPage) -> Result<Vec<JoinedVoucher>, Error> {
    let ids: Vec<VoucherId> = page.vouchers().iter().map(|voucher| voucher.id).collect();
    let mut codes: HashMap<VoucherId, Vec<VoucherCode>> = HashMap::new();
    for ids in Ids::split(&ids, MOST_ITEMS) {
        let mut items = client
            .voucher_codes()
            .items(VoucherCodeFilter::vouchers(ids));
        while let Some(code) = items.try_next().await? {
            if let Some(voucher) = code.voucher_id {
                codes.entry(voucher).or_default().push(code);
            }
        }
    }
    let mut rates: HashMap<VoucherId, Vec<RateForExtent>> = ids
        .iter()
        .map(|id| (*id, page.rates_of(*id).cloned().collect()))
        .collect();
    let join = |voucher: Voucher| JoinedVoucher {
        rates: rates.remove(&voucher.id).unwrap_or_default(),
        codes: codes.remove(&voucher.id).unwrap_or_default(),
        voucher,
    };
    Ok(page.into_items().into_iter().map(join).collect())
}
