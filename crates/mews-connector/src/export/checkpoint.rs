//! The position of an export.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};
use mews_connector_api::types::{Cursor, ServiceId, VoucherId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::message::Message;
use super::round::Round;
use super::selection::Selection;
use super::slices::first_slice;
use crate::error::ConstraintViolation;
use crate::filter::MAX_IDS;
use crate::interval::UpdatedWithin;

/// The position of an export, with all that is needed to resume it. It contains no token.
///
/// As JSON, its size grows by about 40 bytes for each voucher, and does not grow with the number of codes. Reading a
/// checkpoint from JSON validates it: an unknown version and a state that no export can be in are errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Checkpoint(pub(super) Position);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    version: Version,
    pub(super) services: Vec<ServiceId>,
    #[serde(default, skip_serializing_if = "Selection::is_default")]
    pub(super) selection: Selection,
    /// The start of the changes to export, with the overlap; `None` for everything.
    pub(super) since: Option<DateTime<Utc>>,
    /// The time of the server at the first read.
    pub(super) started: Option<DateTime<Utc>>,
    pub(super) round: Round,
    /// All vouchers that were found, without those that vanished in an earlier round.
    pub(super) vouchers: Vec<VoucherId>,
    pub(super) vanished: Vec<VoucherId>,
    pub(super) stage: Stage,
}

/// The format of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "2")]
    Two,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    Vouchers(VoucherListing),
    /// The remaining batches, by number.
    Codes(BTreeMap<u64, Batch>),
}

/// The position in the listings of vouchers. There is one listing for each filter of the selection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VoucherListing {
    pub(super) part: usize,
    pub(super) slice: Option<UpdatedWithin>,
    pub(super) cursor: Option<Cursor>,
}

/// The vouchers whose codes are read together, and the position in the listing of the codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// The vouchers, as positions in the list of all.
    pub(super) vouchers: Range<usize>,
    /// The slice that is being read; `None` for a listing of all times.
    pub(super) slice: Option<UpdatedWithin>,
    pub(super) cursor: Option<Cursor>,
}

impl Checkpoint {
    /// Returns `true` if the export is complete: every record was yielded in the state that it had ten minutes before
    /// the last response, or in a later state. The server's `Date` headers prove it.
    pub fn is_complete(&self) -> bool {
        self.0.is_complete()
    }

    /// Returns the start of the next export for [`changed_since`](super::Export::changed_since), which is the time of
    /// the server at the first read. It is `None` until the export is complete, because an export that starts there
    /// would not contain the missing records.
    pub fn watermark(&self) -> Option<DateTime<Utc>> {
        self.0.started.filter(|_| self.is_complete())
    }

    /// Returns the IDs of all vouchers that the export has found so far. Compare them with the vouchers of an earlier
    /// export with the same options, once this export is complete. A voucher that is missing here is not selected any
    /// more. For example, it was deleted, and the export is limited to [active
    /// vouchers](super::Export::active_vouchers).
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// let mut records = client.export([builtin::SERVICE_ID.parse()?]).active_vouchers().records();
    /// while let Some(_record) = records.try_next().await? { /* store it */ }
    /// let active: Vec<_> = records.checkpoint().vouchers().collect();
    /// assert_eq!(active.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn vouchers(&self) -> impl Iterator<Item = VoucherId> {
        let Position {
            vouchers, vanished, ..
        } = &self.0;
        vouchers
            .iter()
            .copied()
            .filter(|voucher| !vanished.contains(voucher))
    }

    /// Returns the vouchers that were listed but could not be found when their codes were read.
    pub fn vanished_vouchers(&self) -> &[VoucherId] {
        &self.0.vanished
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let position = Position::deserialize(deserializer)?;
        position
            .check()
            .map_err(|problem| D::Error::custom(format!("invalid checkpoint: {problem}")))?;
        Ok(Self(position))
    }
}

impl Position {
    pub(super) fn new(
        services: Vec<ServiceId>,
        selection: Selection,
        since: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            version: Version::Two,
            services,
            selection,
            since,
            started: None,
            round: Round::default(),
            vouchers: Vec::new(),
            vanished: Vec::new(),
            stage: Stage::Vouchers(VoucherListing::default()),
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(&self.stage, Stage::Codes(batches) if batches.is_empty()) && self.round.is_short()
    }

    /// Returns the slice that a listing of this round begins with.
    pub(super) fn voucher_slice(&self) -> Result<Option<UpdatedWithin>, ConstraintViolation> {
        self.round.since.map(first_slice).transpose()
    }

    /// Advances over the step of a message.
    pub(super) fn apply(&mut self, message: &Message) {
        if let Some(date) = message.date() {
            self.round.note(date);
            if self.round.since.is_none() {
                self.started = self.round.started;
            }
        }
        match (message, &mut self.stage) {
            (Message::Vouchers { new, next, .. }, Stage::Vouchers(listing)) => {
                self.vanished.retain(|voucher| !new.contains(voucher));
                self.vouchers.extend(new);
                listing.clone_from(next);
            }
            (Message::Batches(batches), stage) => *stage = Stage::Codes(batches.clone()),
            (Message::Codes { number, left, .. }, Stage::Codes(batches)) => match left {
                Some(left) => {
                    batches.insert(*number, left.clone());
                }
                None => {
                    batches.remove(number);
                }
            },
            (Message::Split { number, into }, Stage::Codes(batches)) => {
                batches.remove(number);
                batches.extend(into.iter().cloned());
            }
            (Message::Vanished { number, voucher }, Stage::Codes(batches)) => {
                batches.remove(number);
                self.vanished.push(*voucher);
            }
            (Message::NextRound(slice), stage) => {
                let vanished = &self.vanished;
                self.vouchers.retain(|voucher| !vanished.contains(voucher));
                self.round = self.round.next(self.vouchers.len());
                *stage = Stage::Vouchers(VoucherListing {
                    slice: Some(*slice),
                    ..VoucherListing::default()
                });
            }
            _ => {}
        }
    }

    /// Rejects a state that no export can be in.
    fn check(&self) -> Result<(), &'static str> {
        let require = |is_met: bool, problem| if is_met { Ok(()) } else { Err(problem) };
        let is_open =
            |slice: &Option<UpdatedWithin>| slice.is_none_or(|slice| slice.start() < slice.end());
        require(!self.services.is_empty(), "it has no services")?;
        require(
            self.selection.check().is_ok(),
            "its list of vouchers is empty",
        )?;
        let Round {
            since,
            started,
            last,
            known,
        } = self.round;
        require(known <= self.vouchers.len(), "`known` exceeds the vouchers")?;
        require(
            started <= last && started.is_some() == last.is_some(),
            "`last` is before `started`",
        )?;
        require(
            if since.is_some() {
                self.started.is_some()
            } else {
                self.started == started
            },
            "`started` is not the time of the first read",
        )?;
        match &self.stage {
            Stage::Vouchers(listing) => {
                let has_response = since.is_some() || started.is_some();
                let is_new =
                    listing.cursor.is_none() && listing.part == 0 && self.vouchers.is_empty();
                require(has_response || is_new, "`started` is missing")?;
                require(
                    listing.part <= self.selection.listings(&self.services),
                    "`part` exceeds the listings of vouchers",
                )?;
                require(
                    listing.slice.is_some() == since.is_some(),
                    "`slice` does not fit the round",
                )?;
                require(is_open(&listing.slice), "`slice` is empty")
            }
            Stage::Codes(batches) => {
                require(started.is_some(), "`started` is missing")?;
                let mut taken: Vec<&Range<usize>> =
                    batches.values().map(|batch| &batch.vouchers).collect();
                taken.sort_unstable_by_key(|vouchers| vouchers.start);
                let mut free = 0;
                for vouchers in taken {
                    require(
                        vouchers.start >= free && (1..=MAX_IDS).contains(&vouchers.len()),
                        "a batch is empty, too large, or overlaps another",
                    )?;
                    free = vouchers.end;
                }
                require(free <= self.vouchers.len(), "a batch exceeds the vouchers")?;
                require(
                    batches.values().all(|batch| is_open(&batch.slice)),
                    "`slice` is empty",
                )
            }
        }
    }
}
