//! The task that reads an export, round after round.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, TryStreamExt};
use mews_connector_api::Operation;
use mews_connector_api::operations::{Cursor, Listing};
use mews_connector_api::types::{
    Voucher, VoucherCodeFilterParameters, VoucherFilterParameters, VoucherId,
};
use tokio::sync::mpsc::Sender;

use super::checkpoint::{Batch, Position, Stage, VoucherListing};
use super::message::Message;
use super::recent::Recent;
use super::selection::Rates;
use super::sharing::{MAX_LISTINGS, listings};
use super::slices::{first_slice, next_slice};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error, ErrorKind, invalid};
use crate::filter::MAX_IDS;
use crate::lock::lock;
use crate::pages::{Page, Pages};
use crate::response::{Head, Response, date_of};
use crate::sending::failed;

/// The path of the listing of codes, for errors that are about the export as a whole.
pub(super) const CODES: &str = VoucherCodeFilterParameters::PATH;
const VOUCHERS: &str = VoucherFilterParameters::PATH;

/// The maximum number of rounds of one run. Without it, an export would not end if every round takes too long.
const MAX_ROUNDS: u32 = 16;

/// The reason to end the task: the stream was dropped, or an error was sent to it.
pub(super) struct Stopped;

pub(super) struct Walk {
    pub(super) client: Client,
    /// The number of listings to read at a time, if the caller has set it.
    pub(super) concurrency: Option<usize>,
    pub(super) vouchers_per_batch: Option<usize>,
    pub(super) page_size: u16,
    pub(super) to: Sender<Message>,
    /// The position after the last message that was sent.
    pub(super) position: Mutex<Position>,
    /// The number of the next batch that a split creates.
    pub(super) next_number: AtomicU64,
    /// The number of requests spent on splitting and on looking for vanished vouchers.
    pub(super) extra_requests: AtomicU32,
    /// The error of the first call that was not sent because of a request to stop.
    pub(super) stop: OnceLock<Error>,
}

impl Walk {
    pub(super) async fn run(self) {
        // The stream was dropped or has received the error, except for the error of a request to stop.
        let (Ok(()) | Err(Stopped)) = self.rounds().await;
        if let Some(error) = self.stop.into_inner() {
            let (Ok(()) | Err(_)) = self.to.send(Message::Failed(error)).await;
        }
    }

    /// Returns `true` if no more requests are sent because of a request to stop. Those in flight are finished.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.get().is_some()
    }

    pub(super) fn position(&self) -> MutexGuard<'_, Position> {
        lock(&self.position)
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), Stopped> {
        self.position().apply(&message);
        self.to.send(message).await.map_err(|_| Stopped)
    }

    pub(super) async fn fail<T>(&self, error: Error) -> Result<T, Stopped> {
        if error.kind() == ErrorKind::Stopped {
            self.stop.get_or_init(|| error);
            return Err(Stopped);
        }
        self.send(Message::Failed(error)).await?;
        Err(Stopped)
    }

    /// Returns a value, or ends the export if a filter cannot express the value.
    pub(super) async fn require<T>(
        &self,
        operation: &'static str,
        result: Result<T, ConstraintViolation>,
    ) -> Result<T, Stopped> {
        match result {
            Ok(value) => Ok(value),
            Err(violation) => self.fail(Error::invalid(operation, violation)).await,
        }
    }

    async fn rounds(&self) -> Result<(), Stopped> {
        for _ in 0..MAX_ROUNDS {
            self.round().await?;
            let (is_complete, started) = {
                let position = self.position();
                (position.is_complete(), position.round.started)
            };
            if is_complete || self.is_stopping() {
                return Ok(());
            }
            let slice = self
                .require(VOUCHERS, first_slice(started.unwrap_or_default()))
                .await?;
            self.send(Message::NextRound(slice)).await?;
        }
        let error = Error::new(ErrorKind::Protocol, CODES).with(|parts| {
            parts.what = Some(format!(
                "each of {MAX_ROUNDS} rounds took more than ten minutes of the server's time; resume the export \
                 when the server is faster, or when fewer records change"
            ));
        });
        self.fail(error).await
    }

    async fn round(&self) -> Result<(), Stopped> {
        let stage = self.position().stage.clone();
        let batches = match stage {
            Stage::Codes(batches) => batches,
            Stage::Vouchers(listing) => {
                let page_time = self.vouchers(listing).await?;
                let batches = self.batches(page_time);
                let batches = self.require(CODES, batches).await?;
                self.send(Message::Batches(batches.clone())).await?;
                batches
            }
        };
        let first_free = batches.keys().next_back().map_or(0, |last| last + 1);
        self.next_number.store(first_free, Ordering::Relaxed);
        stream::iter(batches.into_iter().map(Ok))
            .try_for_each_concurrent(
                self.concurrency.unwrap_or(MAX_LISTINGS),
                |(number, batch)| self.codes(number, batch),
            )
            .await
    }

    /// Divides the vouchers into batches. For a voucher of an earlier round, the changes since the start of that round
    /// are read. For all other vouchers, the changes since the start of the export's interval are read.
    fn batches(&self, page_time: Duration) -> Result<BTreeMap<u64, Batch>, ConstraintViolation> {
        let position = self.position();
        let (known, all) = (position.round.known, position.vouchers.len());
        let is_first = position.round.since.is_none();
        let shared_out = if is_first {
            let listings = self
                .concurrency
                .unwrap_or_else(|| listings(&self.client.limits(), page_time));
            all.div_ceil(listings)
        } else {
            MAX_IDS
        };
        let size = self
            .vouchers_per_batch
            .unwrap_or(shared_out)
            .clamp(1, MAX_IDS);
        let mut batches = BTreeMap::new();
        let mut number = 0;
        for (group, since) in [
            (0..known, position.round.since),
            (known..all, position.since),
        ] {
            let slice = since.map(first_slice).transpose()?;
            for start in group.clone().step_by(size) {
                let vouchers = start..group.end.min(start + size);
                let cursor = None;
                batches.insert(
                    number,
                    Batch {
                        vouchers,
                        slice,
                        cursor,
                    },
                );
                number += 1;
            }
        }
        Ok(batches)
    }

    /// Reads the vouchers of this round. Returns the longest time that a page took.
    async fn vouchers(&self, mut listing: VoucherListing) -> Result<Duration, Stopped> {
        let clock = &self.client.core.clock;
        let mut page_time = Duration::ZERO;
        let (filters, since) = {
            let position = self.position();
            let filters = position.selection.filters(&position.services);
            (
                filters,
                position.since.filter(|_| position.started.is_none()),
            )
        };
        let first_slice = self.position().voucher_slice();
        let first_slice = self.require(VOUCHERS, first_slice).await?;
        let mut known: HashSet<VoucherId> = self.position().vouchers.iter().copied().collect();
        let mut recent = Recent::default();
        let mut rates = Rates::default();
        while let Some(filter) = filters.get(listing.part) {
            let mut filter = filter.clone();
            if let Some(slice) = listing.slice {
                filter = filter.updated_utc(slice);
            }
            let mut pages = self
                .client
                .vouchers()
                .pages(filter)
                .page_size(self.page_size);
            let starts_at = listing.cursor.take();
            if let Some(cursor) = starts_at.clone() {
                pages = pages.resume_after(cursor);
            }
            let mut is_at_end = false;
            while !is_at_end {
                let start = clock.now();
                let page = next_page(&mut pages, VOUCHERS).await;
                page_time = page_time.max(clock.now().saturating_duration_since(start));
                listing.cursor = pages.cursor().cloned();
                let (page, date) = match page {
                    Ok((Some(page), date)) => (Some(page), date),
                    Ok((None, date)) => {
                        is_at_end = true;
                        let slice = listing.slice.map(|slice| next_slice(&slice, date));
                        listing = match self.require(VOUCHERS, slice.transpose()).await?.flatten() {
                            Some(slice) => VoucherListing {
                                part: listing.part,
                                slice: Some(slice),
                                cursor: None,
                            },
                            None => VoucherListing {
                                part: listing.part + 1,
                                slice: first_slice,
                                cursor: None,
                            },
                        };
                        (None, date)
                    }
                    Err(error) if rejects_cursor(&error, starts_at.as_ref(), &pages) => {
                        listing.cursor = None;
                        break;
                    }
                    Err(error) => {
                        if let Ok(date) = server_time(pages.last_response(), VOUCHERS) {
                            self.send(Message::no_vouchers(listing, date)).await?;
                        }
                        return self.fail(error).await;
                    }
                };
                if let Some(since) = since.filter(|since| *since > date) {
                    let actual = format!("{since}, with the overlap; the server has {date}");
                    let violation = invalid("changed since", actual, "a timestamp in the past");
                    return self.fail(Error::invalid(VOUCHERS, violation)).await;
                }
                let mut vouchers = page.iter().flat_map(Page::items).cloned().collect();
                let duplicates = recent.drop_repeated(&mut vouchers, |voucher: &Voucher| {
                    (voucher.id.0, voucher.updated_utc.as_ref())
                });
                let new = vouchers.iter().map(|voucher| voucher.id);
                let new: Vec<_> = new.filter(|voucher| known.insert(*voucher)).collect();
                let records = page.map(|page| rates.records(&page, vouchers));
                self.send(Message::Vouchers {
                    records: records.unwrap_or_default(),
                    new,
                    duplicates,
                    next: listing.clone(),
                    date,
                })
                .await?;
            }
        }
        Ok(page_time)
    }
}

/// Returns the next page, `None` at the end of the listing, and the time of the last response.
pub(super) async fn next_page<R>(
    pages: &mut Pages<Page<R>>,
    operation: &'static str,
) -> Result<(Option<Page<R>>, DateTime<Utc>), Error>
where
    R: Listing<Response: Send> + Send + 'static,
{
    let page = pages.try_next().await?;
    let date = server_time(pages.last_response(), operation)?;
    Ok((page.map(Response::into_inner), date))
}

/// Returns `true` if a listing that was resumed failed at its first request, for example because the item of the cursor
/// vanished. The listing is then read again from its start.
pub(super) fn rejects_cursor<P: Send + 'static>(
    error: &Error,
    starts_at: Option<&Cursor>,
    pages: &Pages<P>,
) -> bool {
    error.kind() == ErrorKind::BadRequest && starts_at.is_some() && pages.cursor() == starts_at
}

/// Returns the time of a response. Without it, nothing proves that no change is missing.
pub(super) fn server_time(
    head: Option<&Head>,
    operation: &'static str,
) -> Result<DateTime<Utc>, Error> {
    if let Some(date) = head.and_then(|head| date_of(&head.headers)) {
        return Ok(date);
    }
    let error = match head {
        Some(head) => failed(ErrorKind::Protocol, operation, head),
        None => Error::new(ErrorKind::Protocol, operation),
    };
    Err(error.with(|parts| {
        parts.what = Some(
            "missing or invalid header `Date`, so the export cannot prove that no change is missing; configure \
             the proxy to keep the header, or read the listings without an export"
                .into(),
        );
    }))
}
