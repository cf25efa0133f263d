//! Everything of some services in one stream: their vouchers, then the codes of these vouchers.
//!
//! Codes can only be listed by voucher, up to 1000 vouchers at a time, and a listing is a chain: each page names where
//! the next begins. So the export cuts the vouchers into batches and reads several chains at the same time, all within
//! the rate limit of the access token. How many vouchers a batch has decides whether the limit can be reached: unless
//! it is [set](Export::vouchers_per_batch), the vouchers are shared out so that there is a batch for each chain. Each
//! batch costs one request for the empty page at its end, so few large batches beat many small ones.
//!
//! The order of records across batches is not promised.
//!
//! # Interrupted and resumed
//!
//! [`Records::checkpoint`] says how far the records that were taken go; it is serialisable and stands for itself. An
//! export that resumes from it yields every record at least once: those of pages that were under way come again. Their
//! identifiers tell, so store records by [`Record::id`]. Within one run duplicates are left out.
//!
//! # Only what changed
//!
//! [`Export::changed_since`] reads all vouchers and only the codes that were updated since. It cannot leave vouchers
//! out: a code changes while its voucher does not. The time since then is cut into slices of at most 89 days, because
//! a filter takes three months at most; they share their bounds, so no instant is missing and none is asked for twice,
//! and they are read from the oldest on, so that a code that is changed meanwhile is met again and not missed. For the
//! next run take [`Records::watermark`] of this one, which reaches back a little, because clocks differ.

mod checkpoint;
mod records;
mod slices;
mod walk;

use std::time::Duration;

use chrono::{DateTime, Utc};
use mews_connector_api::types::ServiceId;

pub use checkpoint::Checkpoint;
pub use records::{Progress, Record, Records};

use crate::client::Client;
use crate::filter::MAX_IDS;

/// A complete export. [`Client::export`] makes it; [the module](crate::export) says how it goes about it.
///
/// ```
#[doc = include_str!("../doc/sandbox.rs")]
/// use mews_connector::export::Record;
///
/// let mut records = client.export([builtin::SERVICE_ID.parse()?]).records();
/// while let Some(record) = records.try_next().await? {
///     match record {
///         Record::Voucher(voucher) => println!("voucher {}", voucher.id),
///         Record::Code(code) => println!("code {:?}", code.value),
///         _ => {}
///     }
/// }
/// assert_eq!(records.progress().codes, 5);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Export {
    client: Client,
    services: Vec<ServiceId>,
    since: Option<DateTime<Utc>>,
    overlap: Duration,
    concurrency: usize,
    vouchers_per_batch: Option<usize>,
    page_size: u16,
    checkpoint: Option<Checkpoint>,
}

impl Export {
    pub(crate) fn new(client: Client, services: Vec<ServiceId>) -> Self {
        Self {
            client,
            services,
            since: None,
            overlap: Duration::from_secs(300),
            concurrency: 16,
            vouchers_per_batch: None,
            page_size: 1000,
            checkpoint: None,
        }
    }

    /// Only codes that were updated since then, and all vouchers.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// # let services = [builtin::SERVICE_ID.parse()?];
    /// let mut first = client.export(services).records();
    /// while let Some(_record) = first.try_next().await? { /* store it */ }
    ///
    /// // Later, perhaps in another process:
    /// let mut second = client.export(services).changed_since(first.watermark()).records();
    /// while let Some(_record) = second.try_next().await? { /* store it, replacing the older one */ }
    /// assert_eq!(second.progress().codes, 0);
    /// # Ok(()) }
    /// ```
    pub fn changed_since(self, instant: DateTime<Utc>) -> Self {
        Self {
            since: Some(instant),
            ..self
        }
    }

    /// How much further back [`Self::changed_since`] reaches than it is told: 5 minutes unless set.
    pub fn overlap(self, overlap: Duration) -> Self {
        Self { overlap, ..self }
    }

    /// How many chains of codes are read at the same time: 16 unless set; less than 1 counts as 1.
    pub fn concurrency(self, chains: usize) -> Self {
        Self {
            concurrency: chains.max(1),
            ..self
        }
    }

    /// How many vouchers a batch has, 1 to 1000. Unless set, the vouchers are shared out among the chains.
    pub fn vouchers_per_batch(self, vouchers: usize) -> Self {
        Self {
            vouchers_per_batch: Some(vouchers.clamp(1, MAX_IDS)),
            ..self
        }
    }

    /// How many records a page may hold, 1 to 1000; 1000 unless set.
    pub fn page_size(self, count: u16) -> Self {
        Self {
            page_size: count,
            ..self
        }
    }

    /// Goes on from where another export was. The checkpoint says for which services and since when, whatever this
    /// export was told.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// # let services = [builtin::SERVICE_ID.parse()?];
    /// let mut records = client.export(services).page_size(2).records();
    /// records.try_next().await?;
    /// let stored = serde_json::to_string(records.checkpoint())?;
    /// drop(records);
    ///
    /// let checkpoint = serde_json::from_str(&stored)?;
    /// let mut rest = client.export(services).resume_from(checkpoint).records();
    /// while let Some(_record) = rest.try_next().await? { /* store it */ }
    /// # Ok(()) }
    /// ```
    pub fn resume_from(self, checkpoint: Checkpoint) -> Self {
        Self {
            checkpoint: Some(checkpoint),
            ..self
        }
    }

    /// The records. Nothing is sent before the stream is polled.
    pub fn records(self) -> Records {
        Records::new(self)
    }
}
