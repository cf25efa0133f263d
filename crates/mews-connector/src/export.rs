//! Export of all vouchers and voucher codes of services, or of what changed, as one stream.
//!
//! Codes can be listed only by voucher, up to 1000 vouchers at a time, and each page of a listing starts where the page
//! before ended. Therefore, an export divides the vouchers into batches and reads several listings at a time, within
//! the rate limit of the access token. The order of records across batches is not specified.
//!
//! # Cost in requests
//!
//! An export costs one request for each full page of vouchers and codes. In addition, each listing costs one request
//! for the empty page at its end, and up to one request for the page before, which is not full. Only a null cursor ends
//! a listing, so this request cannot be avoided. There is one listing for the vouchers, and one for the codes of each
//! batch. Therefore, an export uses [few large batches](Export::concurrency), from 8 to 16: as many as are needed to use
//! the whole rate limit. An export of 1,000 vouchers with 560 codes each costs 570 requests with 8 batches, 560 of which
//! return full pages of codes.
//!
//! # Choosing vouchers
//!
//! An export can be limited to [active vouchers](Export::active_vouchers) or to [some vouchers](Export::voucher_ids),
//! and it can carry [rates and their assignments](Export::with_rates). `vouchers/getAll` filters the vouchers. There is
//! no such filter for codes: all codes of the chosen vouchers are yielded.
//!
//! # Joining codes to vouchers
//!
//! A code names its voucher in `VoucherId`. In a complete export from the beginning, every voucher comes before its
//! codes. A resumed export does not repeat the vouchers that it has yielded, so store the vouchers together with the
//! checkpoint, or before it. An export of changes yields all vouchers again.
//!
//! # Guarantees
//!
//! All times are the server's, from the header `Date` of its responses. The clock of the client is never used, so it
//! may be wrong. If a response has no readable `Date`, the export fails with [`ErrorKind::Protocol`] before the records
//! of that response are yielded.
//!
//! * **Nothing is missing.** At the end of the stream, every selected voucher and code was yielded in the state of ten
//!   minutes before the last response, or in a later state. If a round takes more than ten minutes, or the export is
//!   resumed later, another round reads the changes since the start of the round before. The last round takes at most
//!   ten minutes. After 16 rounds in one run the export fails and can be resumed. The conditions are that the server
//!   updates `UpdatedUtc` with every change, and that the clock of `Date` is the clock of `UpdatedUtc`. If the clocks
//!   of several servers differ, the [overlap](Export::overlap) of the next export compensates for the difference.
//! * **[`Checkpoint::is_complete`] is reliable.** Until the export is complete, there is no [`Checkpoint::watermark`].
//! * **At least once.** A record is yielded again if it changed in the meantime. It can also be yielded again if the
//!   export was resumed before its page was taken, or if its batch was split. Store records by [`Record::id`]; the one
//!   that came last is the newest. A record that the server repeats unchanged within two consecutive pages of a listing
//!   is not yielded again.
//! * **Bounded memory.** An export keeps the pages in flight, the IDs of the last two pages of each listing, and the
//!   IDs of all vouchers. It does not keep the IDs of the codes.
//!
//! # Resuming an export
//!
//! [`Records::checkpoint`] is the position after the records that were taken. It can be serialized, contains no token,
//! and is validated when it is read. A checkpoint does not expire: changes since it was stored are read in a further
//! round.
//!
//! # Stopping
//!
//! A [`StopHandle`](crate::StopHandle) in the options of the client asks an export to end early. The requests in flight
//! are finished. Their records are yielded, and then an error with the kind [`ErrorKind::Stopped`].
//! [`Records::checkpoint`] returns the position to resume from.
//!
//! # Exporting only what changed
//!
//! [`Export::changed_since`] reads all vouchers and only the codes that were updated since. It cannot skip vouchers,
//! because a code can change without its voucher. For the next export, use [`Records::watermark`] of this one, which is
//! the server's time of the first read.
//!
//! A filter covers at most three months, so the codes of a batch are read in slices of at most 89 days, oldest first.
//! Each slice starts where the one before ends. The last slice ends after the server's time of its last page.
//! Therefore, a code that changes while its slice is read stays in the slice, or is in the next one.
//!
//! # Vouchers that vanish, and batches that are too large
//!
//! If the server rejects a batch with a 400, it is split in halves until the rejected voucher is found. If the services
//! do not have the voucher any more, it is skipped, and reported as [`Record::VanishedVoucher`] and in
//! [`Checkpoint::vanished_vouchers`]. All other codes are yielded. If the voucher still exists, the export fails with
//! the 400. A 403 is a rule of the enterprise and not of one voucher, so the export fails with it, too.
//!
//! After a 408 or 413, smaller pages are requested. At the start of a slice, the minimum is 125 codes; then the batch
//! is split. Within a listing, the minimum is one code. A batch keeps the smaller size for its later slices. One run
//! spends at most 1000 requests on splitting. Then the export fails and can be resumed; the batches stay split.
//!
//! A cursor of a checkpoint that the server rejects with a 400 is dropped, and the slice starts again.

mod checkpoint;
mod codes;
mod message;
mod recent;
mod record;
mod records;
mod round;
mod selection;
mod sharing;
mod slices;
mod walk;

use std::time::Duration;

use chrono::{DateTime, Utc};
use mews_connector_api::types::{ServiceId, VoucherId};

pub use checkpoint::Checkpoint;
pub use record::{Progress, Record, VoucherRates};
pub use records::Records;

use self::selection::{Selection, without_repetitions};
use crate::client::Client;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::filter::MAX_IDS;

/// An export of vouchers and codes. [`Client::export`] creates it. The [module](crate::export) documents its guarantees.
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
///         Record::VanishedVoucher(voucher) => println!("voucher {voucher} is gone"),
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
    selection: Selection,
    since: Option<DateTime<Utc>>,
    overlap: Duration,
    concurrency: Option<usize>,
    vouchers_per_batch: Option<usize>,
    page_size: u16,
    checkpoint: Option<Checkpoint>,
}

impl Export {
    pub(crate) fn new(client: Client, services: Vec<ServiceId>) -> Self {
        Self {
            client,
            services,
            selection: Selection::default(),
            since: None,
            overlap: Duration::from_secs(300),
            concurrency: None,
            vouchers_per_batch: None,
            page_size: 1000,
            checkpoint: None,
        }
    }

    /// Limits the export to codes that were updated since a timestamp, and all vouchers. The timestamp must be in the
    /// past of the server.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// # let services = [builtin::SERVICE_ID.parse()?];
    /// let mut first = client.export(services).records();
    /// while let Some(_record) = first.try_next().await? { /* store it */ }
    /// let watermark = first.watermark().expect("the export is complete");
    ///
    /// // Later, perhaps in another process:
    /// let mut second = client.export(services).changed_since(watermark).records();
    /// while let Some(_record) = second.try_next().await? { /* store it, replacing the older one */ }
    /// assert_eq!(second.progress().codes, 0);
    /// # Ok(()) }
    /// ```
    pub fn changed_since(self, timestamp: DateTime<Utc>) -> Self {
        Self {
            since: Some(timestamp),
            ..self
        }
    }

    /// Sets the overlap: the changes start this long before the timestamp of [`Self::changed_since`], because the
    /// clocks of servers may differ. The default is 5 minutes.
    pub fn overlap(self, overlap: Duration) -> Self {
        Self { overlap, ..self }
    }

    /// Limits the export to vouchers that are active when they are read, and to their codes. Deleted codes of active
    /// vouchers are included.
    ///
    /// A voucher that was deleted since an earlier export is not yielded. [`Checkpoint::vouchers`] shows that it is
    /// missing.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let mut records = client.export([builtin::PARKING_SERVICE_ID.parse()?]).active_vouchers().records();
    /// while let Some(_record) = records.try_next().await? { /* store it */ }
    /// // The second voucher of this service is deleted.
    /// assert_eq!(records.progress().vouchers, 1);
    /// # Ok(()) }
    /// ```
    pub fn active_vouchers(mut self) -> Self {
        self.selection.active = true;
        self
    }

    /// Limits the export to these vouchers of the services, and to their codes. There must be at least one.
    ///
    /// An ID that does not exist in the services is ignored or fails the export with a 400, which depends on the server;
    /// [`Checkpoint::vouchers`] returns the IDs that were found. With [`Self::changed_since`], use the vouchers of the
    /// earlier export: of a voucher that was not in it, codes that did not change are missing.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// let chosen = [builtin::VOUCHER_ID.parse()?];
    /// let mut records = client.export([builtin::SERVICE_ID.parse()?]).voucher_ids(chosen).records();
    /// while let Some(_record) = records.try_next().await? { /* store it */ }
    /// assert_eq!((records.progress().vouchers, records.progress().codes), (1, 3));
    /// # Ok(()) }
    /// ```
    pub fn voucher_ids(mut self, vouchers: impl IntoIterator<Item = VoucherId>) -> Self {
        self.selection.voucher_ids = Some(without_repetitions(vouchers));
        self
    }

    /// Adds the rates of the vouchers, as [`Record::Rate`], and the assignments of rates to vouchers, as
    /// [`Record::VoucherRates`]. This makes pages of vouchers larger, but costs no requests.
    ///
    /// An assignment has the state at the time when the page with its voucher was read. Every export reads all
    /// vouchers, so every export yields all assignments. If a response does not contain assignments, none are yielded
    /// for its vouchers.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::export::Record;
    ///
    /// let mut records = client.export([builtin::SERVICE_ID.parse()?]).with_rates().records();
    /// while let Some(record) = records.try_next().await? {
    ///     match record {
    ///         Record::Rate(rate) => println!("rate {}: {:?}", rate.id, rate.name),
    ///         Record::VoucherRates(of) => println!("voucher {} has {} rates", of.voucher_id, of.rate_ids.len()),
    ///         _ => {}
    ///     }
    /// }
    /// # assert_eq!(records.progress().rates, 3);
    /// # Ok(()) }
    /// ```
    pub fn with_rates(mut self) -> Self {
        self.selection.rates = true;
        self
    }

    /// Sets the number of batches of vouchers whose codes are read at the same time, at least 1.
    ///
    /// The default depends on the rate limit and on the time that a page of vouchers takes: as many as the limit can
    /// serve, from 8 to 16. Each batch costs one or two requests more than its full pages. An export of 1,000 vouchers
    /// with 560 codes each has 560 full pages; from a server that takes 300 ms for a page, it costs 570 requests with
    /// the default of 8 batches, and about 590 with 16.
    pub fn concurrency(self, batches: usize) -> Self {
        Self {
            concurrency: Some(batches.max(1)),
            ..self
        }
    }

    /// Sets the number of vouchers of a batch, 1 to 1000. By default, the vouchers are divided into as many batches as
    /// are read at the same time. In later rounds, which read few records, the default is 1000.
    pub fn vouchers_per_batch(self, vouchers: usize) -> Self {
        Self {
            vouchers_per_batch: Some(vouchers.clamp(1, MAX_IDS)),
            ..self
        }
    }

    /// Sets the maximum number of records of a page, 1 to 1000. The default is 1000.
    pub fn page_size(self, count: u16) -> Self {
        Self {
            page_size: count,
            ..self
        }
    }

    /// Resumes an export from a checkpoint. The services of the checkpoint, its [vouchers](Self::voucher_ids) with
    /// their [rates](Self::with_rates), and the start of its changes replace those of this export.
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
    /// assert!(rest.checkpoint().is_complete());
    /// # Ok(()) }
    /// ```
    pub fn resume_from(self, checkpoint: Checkpoint) -> Self {
        Self {
            checkpoint: Some(checkpoint),
            ..self
        }
    }

    /// Returns the records. No request is sent until the stream is polled.
    pub fn records(self) -> Records {
        Records::new(self)
    }
}
