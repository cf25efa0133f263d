//! Reads what an export yields, and says after each page how far it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::{self, TryStreamExt};
use mews_connector_api::UtcDateTime;
use mews_connector_api::types::{
    Cursor, ServiceId, Voucher, VoucherCode, VoucherCodeId, VoucherId,
};
use tokio::sync::mpsc::Sender;

use super::checkpoint::{Chain, Checkpoint, Stage};
use crate::client::Client;
use crate::error::Error;
use crate::filter::{VoucherCodeFilter, VoucherFilter};
use crate::ids::{Ids, MOST_ITEMS};
use crate::page::Page;

/// A page that is too heavy is made smaller down to this before the batch is made smaller instead.
const SMALL_PAGE: u16 = 125;

/// What the walk tells the stream, in order.
pub(super) enum Message {
    Vouchers {
        vouchers: Vec<Voucher>,
        ids: Vec<VoucherId>,
        duplicates: u64,
        cursor: Option<Cursor>,
    },
    /// The vouchers of so many services are read.
    NextPart,
    /// All vouchers are read, and their codes come in these chains.
    Chains(BTreeMap<u64, Chain>),
    Codes {
        chain: u64,
        codes: Vec<VoucherCode>,
        duplicates: u64,
        left: Option<Chain>,
    },
    Split {
        chain: u64,
        into: Vec<(u64, Chain)>,
    },
    Failed(Error),
}

/// The stream is gone, or an error was handed to it: nothing more to do.
struct Over;

pub(super) struct Walk {
    pub(super) client: Client,
    pub(super) concurrency: usize,
    pub(super) vouchers_per_batch: Option<usize>,
    pub(super) page_size: u16,
    pub(super) to: Sender<Message>,
}

impl Walk {
    pub(super) async fn run(self, from: Checkpoint) {
        // Either way the other side knows.
        let (Ok(()) | Err(Over)) = self.walk(from).await;
    }

    async fn tell(&self, message: Message) -> Result<(), Over> {
        self.to.send(message).await.map_err(|_| Over)
    }

    async fn fail<T>(&self, error: Error) -> Result<T, Over> {
        self.tell(Message::Failed(error)).await?;
        Err(Over)
    }

    async fn walk(&self, from: Checkpoint) -> Result<(), Over> {
        let chains = match from.stage {
            Stage::Codes(chains) => chains,
            Stage::Vouchers {
                part,
                cursor,
                found,
            } => {
                let vouchers = self.vouchers(&from.services, part, cursor, found).await?;
                let chains = self.chains(&vouchers, from.slices.as_ref());
                self.tell(Message::Chains(chains.clone())).await?;
                chains
            }
        };
        let next = AtomicU64::new(chains.keys().next_back().map_or(0, |last| last + 1));
        let next = &next;
        stream::iter(chains.into_iter().map(Ok))
            .try_for_each_concurrent(self.concurrency, |(number, chain)| {
                self.codes(number, chain, next)
            })
            .await
    }

    fn chains(
        &self,
        vouchers: &[VoucherId],
        slices: Option<&Vec<crate::interval::UpdatedWithin>>,
    ) -> BTreeMap<u64, Chain> {
        let shared_out = vouchers.len().div_ceil(self.concurrency);
        let size = self.vouchers_per_batch.unwrap_or(shared_out);
        let chain = |vouchers| Chain {
            vouchers,
            slices: slices.cloned(),
            cursor: None,
        };
        (0..).zip(Ids::split(vouchers, size).map(chain)).collect()
    }

    async fn vouchers(
        &self,
        services: &[ServiceId],
        from_part: usize,
        mut cursor: Option<Cursor>,
        mut found: Vec<VoucherId>,
    ) -> Result<Vec<VoucherId>, Over> {
        let mut seen: HashSet<VoucherId> = found.iter().copied().collect();
        for services in Ids::split(services, MOST_ITEMS).skip(from_part) {
            let mut pages = self
                .client
                .vouchers()
                .pages(VoucherFilter::services(services))
                .page_size(self.page_size);
            if let Some(cursor) = cursor.take() {
                pages = pages.resume_after(cursor);
            }
            loop {
                let page = match pages.try_next().await {
                    Ok(Some(page)) => page,
                    Ok(None) => break,
                    Err(error) => return self.fail(error).await,
                };
                let mut vouchers = page.into_inner().into_items();
                let all = vouchers.len();
                vouchers.retain(|voucher| seen.insert(voucher.id));
                let ids: Vec<_> = vouchers.iter().map(|voucher| voucher.id).collect();
                found.extend(&ids);
                let duplicates = (all - vouchers.len()) as u64;
                self.tell(Message::Vouchers {
                    vouchers,
                    ids,
                    duplicates,
                    cursor: pages.cursor().cloned(),
                })
                .await?;
            }
            self.tell(Message::NextPart).await?;
        }
        Ok(found)
    }

    async fn codes(&self, number: u64, chain: Chain, next: &AtomicU64) -> Result<(), Over> {
        let mut left = vec![(number, chain)];
        while let Some((number, chain)) = left.pop() {
            let Err(error) = self.chain(number, chain.clone()).await? else {
                continue;
            };
            let can_split = chain.cursor.is_none() && chain.vouchers.len() > 1;
            if !error.is_splittable() || !can_split {
                return self.fail(error).await;
            }
            let halves = Ids::split(&chain.vouchers, chain.vouchers.len().div_ceil(2));
            let into: Vec<_> = halves
                .map(|vouchers| {
                    (
                        next.fetch_add(1, Ordering::Relaxed),
                        Chain {
                            vouchers,
                            ..chain.clone()
                        },
                    )
                })
                .collect();
            self.tell(Message::Split {
                chain: number,
                into: into.clone(),
            })
            .await?;
            left.extend(into);
        }
        Ok(())
    }

    /// Reads a chain to its end. The inner error is one about its first page, which smaller batches may mend.
    async fn chain(&self, number: u64, chain: Chain) -> Result<Result<(), Error>, Over> {
        let mut seen: HashMap<VoucherCodeId, Option<UtcDateTime>> = HashMap::new();
        let mut cursor = chain.cursor;
        let mut is_first = cursor.is_none() && chain.vouchers.len() > 1;
        let whole = chain.slices.is_none();
        let mut slices = chain.slices.unwrap_or_default();
        while whole || !slices.is_empty() {
            let mut filter = VoucherCodeFilter::vouchers(chain.vouchers.clone());
            if let Some(slice) = slices.first() {
                filter = filter.updated(*slice);
            }
            let smallest = if is_first { SMALL_PAGE } else { 1 };
            let mut pages = self
                .client
                .voucher_codes()
                .pages(filter)
                .page_size(self.page_size)
                .smallest(smallest);
            if let Some(cursor) = cursor.take() {
                pages = pages.resume_after(cursor);
            }
            loop {
                let page = match pages.try_next().await {
                    Ok(Some(page)) => page,
                    Ok(None) => break,
                    Err(error) if is_first => return Ok(Err(error)),
                    Err(error) => return self.fail(error).await,
                };
                if is_first {
                    is_first = false;
                    pages = pages.smallest(1);
                }
                let mut codes = page.into_inner().into_items();
                let all = codes.len();
                codes.retain(|code| {
                    seen.insert(code.id, code.updated_utc.clone()) != Some(code.updated_utc.clone())
                });
                let duplicates = (all - codes.len()) as u64;
                let left = Chain {
                    vouchers: chain.vouchers.clone(),
                    slices: (!whole).then(|| slices.clone()),
                    cursor: pages.cursor().cloned(),
                };
                self.tell(Message::Codes {
                    chain: number,
                    codes,
                    duplicates,
                    left: Some(left),
                })
                .await?;
            }
            is_first = false;
            if whole {
                break;
            }
            slices.remove(0);
        }
        self.tell(Message::Codes {
            chain: number,
            codes: Vec::new(),
            duplicates: 0,
            left: None,
        })
        .await?;
        Ok(Ok(()))
    }
}
