//! Reads the codes of batches of vouchers.

use std::sync::atomic::Ordering;

use mews_connector_api::types::{VoucherCode, VoucherId};

use super::checkpoint::Batch;
use super::message::Message;
use super::recent::Recent;
use super::slices::next_slice;
use super::walk::{CODES, Stopped, Walk, next_page, rejects_cursor, server_time};
use crate::error::{Error, ErrorKind};
use crate::filter::{MAX_IDS, VoucherCodeFilter, VoucherFilter};
use crate::pages::Ceiling;

/// The minimum size of a page at the start of a slice. Below it, a batch is split instead.
const MIN_PAGE: u16 = 125;
/// The number of requests that one run spends on splitting batches and on looking for vanished vouchers.
const MAX_EXTRA_REQUESTS: u32 = 1000;

/// A batch that could not be read to its end.
struct Interrupted {
    batch: Batch,
    error: Error,
    /// Whether the server rejected the cursor that the listing was resumed with.
    is_cursor_rejected: bool,
}

impl Walk {
    /// Reads a batch, and the smaller batches into which it is split.
    pub(super) async fn codes(&self, number: u64, batch: Batch) -> Result<(), Stopped> {
        match self.batch_and_parts(number, batch).await {
            // The other batches finish their pages.
            Err(Stopped) if self.is_stopping() => Ok(()),
            result => result,
        }
    }

    async fn batch_and_parts(&self, number: u64, batch: Batch) -> Result<(), Stopped> {
        let mut left = vec![(number, batch)];
        while let Some((number, batch)) = left.pop() {
            if let Err(interrupted) = self.batch(number, batch).await? {
                left.extend(self.isolate(number, interrupted).await?);
            }
        }
        Ok(())
    }

    /// Returns the batches to read instead of one that failed.
    ///
    /// A smaller batch helps if the server took too long, and if it rejected the request because of one voucher. The
    /// parts start their slice again, because a cursor belongs to the listing of the whole batch.
    async fn isolate(
        &self,
        number: u64,
        Interrupted {
            batch,
            error,
            is_cursor_rejected,
        }: Interrupted,
    ) -> Result<Vec<(u64, Batch)>, Stopped> {
        let is_rejected = error.kind() == ErrorKind::BadRequest;
        let is_isolable = is_rejected || error.is_splittable();
        if !is_isolable || !self.spend_request() {
            return self.fail(error).await;
        }
        let restarted = Batch {
            cursor: None,
            ..batch
        };
        if is_cursor_rejected {
            return Ok(vec![(number, restarted)]);
        }
        if restarted.vouchers.len() > 1 {
            let vouchers = restarted.vouchers.clone();
            let middle = vouchers.start + vouchers.len().div_ceil(2);
            let into: Vec<_> = [vouchers.start..middle, middle..vouchers.end]
                .into_iter()
                .map(|vouchers| Batch {
                    vouchers,
                    ..restarted.clone()
                })
                .map(|batch| (self.next_number.fetch_add(1, Ordering::Relaxed), batch))
                .collect();
            let split = into.clone();
            self.send(Message::Split {
                number,
                into: split,
            })
            .await?;
            return Ok(into);
        }
        let voucher = self
            .position()
            .vouchers
            .get(restarted.vouchers.start)
            .copied();
        match voucher {
            Some(voucher) if is_rejected && self.has_vanished(voucher).await? => {
                self.send(Message::Vanished { number, voucher }).await?;
                Ok(Vec::new())
            }
            _ => self.fail(error).await,
        }
    }

    /// Returns `true` if no service of the export has the voucher any more, not even as a deleted voucher. A rejection
    /// of the ID proves this only if the server accepts the same request without the ID.
    async fn has_vanished(&self, voucher: VoucherId) -> Result<bool, Stopped> {
        let services = self.position().services.clone();
        for services in services.chunks(MAX_IDS) {
            let all = VoucherFilter::services(services.iter().copied());
            let one = all.clone().voucher_ids([voucher]);
            let mut found = self.client.vouchers().items(one).page_size(1);
            match found.try_next().await {
                Ok(None) => {}
                Ok(Some(_)) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::BadRequest => {
                    let mut any = self.client.vouchers().items(all).page_size(1);
                    if let Err(error) = any.try_next().await {
                        return self.fail(error).await;
                    }
                }
                Err(error) => return self.fail(error).await,
            }
        }
        Ok(true)
    }

    /// Returns `true` if the run may spend another request on a batch that failed.
    fn spend_request(&self) -> bool {
        self.extra_requests.fetch_add(1, Ordering::Relaxed) < MAX_EXTRA_REQUESTS
    }

    /// Reads a batch to its end, slice by slice, oldest first.
    async fn batch(
        &self,
        number: u64,
        mut batch: Batch,
    ) -> Result<Result<(), Interrupted>, Stopped> {
        let vouchers: Vec<VoucherId> = {
            let position = self.position();
            let vouchers = position.vouchers.get(batch.vouchers.clone());
            vouchers.unwrap_or_default().to_vec()
        };
        // A page size that was too large in a slice is too large in the next one, too.
        let ceiling = Ceiling::default();
        let mut recent = Recent::default();
        loop {
            let mut filter = VoucherCodeFilter::vouchers(vouchers.iter().copied());
            if let Some(slice) = batch.slice {
                filter = filter.updated_utc(slice);
            }
            let starts_at = batch.cursor.clone();
            // In the middle of a listing, smaller pages cost less than a new start with fewer vouchers.
            let can_split = starts_at.is_none() && vouchers.len() > 1;
            let mut pages = self
                .client
                .voucher_codes()
                .pages(filter)
                .page_size(self.page_size)
                .below(&ceiling)
                .smallest(if can_split { MIN_PAGE } else { 1 });
            if let Some(cursor) = batch.cursor.take() {
                pages = pages.resume_after(cursor);
            }
            let date = loop {
                let page = next_page(&mut pages, CODES).await;
                batch.cursor = pages.cursor().cloned();
                let (mut codes, date) = match page {
                    Ok((Some(page), date)) => (page.into_items(), date),
                    Ok((None, date)) => break date,
                    Err(error) => {
                        let is_cursor_rejected = rejects_cursor(&error, starts_at.as_ref(), &pages);
                        if let Ok(date) = server_time(pages.last_response(), CODES) {
                            let left = Some(batch.clone());
                            self.send(Message::no_codes(number, left, date)).await?;
                        }
                        return Ok(Err(Interrupted {
                            batch,
                            error,
                            is_cursor_rejected,
                        }));
                    }
                };
                pages = pages.smallest(1);
                let duplicates = recent.drop_repeated(&mut codes, |code: &VoucherCode| {
                    (code.id.0, code.updated_utc.as_ref())
                });
                self.send(Message::Codes {
                    number,
                    codes,
                    duplicates,
                    left: Some(batch.clone()),
                    date,
                })
                .await?;
            };
            let slice = batch.slice.map(|slice| next_slice(&slice, date));
            batch.slice = self.require(CODES, slice.transpose()).await?.flatten();
            batch.cursor = None;
            let left = batch.slice.is_some().then(|| batch.clone());
            let is_done = left.is_none();
            self.send(Message::no_codes(number, left, date)).await?;
            if is_done {
                return Ok(Ok(()));
            }
        }
    }
}
