//! What an export yields, as a stream.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use chrono::{DateTime, TimeDelta, Utc};
use futures_core::Stream;
use futures_core::stream::FusedStream;
use mews_connector_api::types::{Voucher, VoucherCode};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, channel};
use uuid::Uuid;

use super::Export;
use super::checkpoint::{Checkpoint, Stage, Version};
use super::slices::slices;
use super::walk::{Message, Walk};
use crate::error::{ConstraintViolation, Error, ErrorKind};
use crate::task::AbortOnDrop;
use crate::voucher_codes;

/// Pages that are read and not taken yet, beside one for each chain.
const PAGES_AHEAD: usize = 4;
/// How far the server's clock may be ahead.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// A voucher or a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Record {
    /// A voucher; all vouchers come before the first code.
    Voucher(Voucher),
    /// A code.
    Code(VoucherCode),
}

impl Record {
    /// Its identifier, by which a record that comes again is known.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Voucher(voucher) => voucher.id.0,
            Self::Code(code) => code.id.0,
        }
    }
}

/// How much an export has yielded in this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Vouchers.
    pub vouchers: u64,
    /// Codes.
    pub codes: u64,
    /// Records that came twice and were left out.
    pub duplicates: u64,
    /// Batches of vouchers whose codes are complete.
    pub batches_done: usize,
    /// Batches of vouchers that are left; none is known before all vouchers are read.
    pub batches_left: Option<usize>,
}

/// The records of an export, as a [`Stream`]. Dropping it stops the export.
#[must_use = "streams do nothing unless they are polled"]
pub struct Records {
    state: State,
    checkpoint: Checkpoint,
    progress: Progress,
    /// Records of the last page that are left.
    page: std::vec::IntoIter<Record>,
    /// What to note once they are taken.
    then: Option<Message>,
}

enum State {
    Ready(Box<Walk>, Receiver<Message>),
    Walking(Receiver<Message>, AbortOnDrop<()>),
    Refused(ConstraintViolation),
    Over,
}

impl Records {
    pub(super) fn new(export: Export) -> Self {
        let now: DateTime<Utc> = export.client.core.clock.system_time().into();
        let overlap = TimeDelta::from_std(export.overlap).unwrap_or(TimeDelta::zero());
        let since = export.since.map(|since| {
            let start = since.checked_sub_signed(overlap).unwrap_or(since);
            slices(start, now + CLOCKS_DIFFER)
        });
        let (to, from) = channel(PAGES_AHEAD);
        let walk = Walk {
            client: export.client,
            concurrency: export.concurrency,
            vouchers_per_batch: export.vouchers_per_batch,
            page_size: export.page_size,
            to,
        };
        let mut state = State::Ready(Box::new(walk), from);
        let checkpoint = export.checkpoint.unwrap_or_else(|| Checkpoint {
            version: Version::One,
            services: export.services,
            slices: since.transpose().unwrap_or_else(|broken| {
                state = State::Refused(broken);
                None
            }),
            started: now,
            stage: Stage::Vouchers {
                part: 0,
                cursor: None,
                found: Vec::new(),
            },
        });
        if checkpoint.services.is_empty() {
            state = State::Refused(crate::error::invalid(
                "ServiceIds",
                "0 items",
                "at least 1 item",
            ));
        }
        let mut progress = Progress::default();
        if let Stage::Codes(chains) = &checkpoint.stage {
            progress.batches_left = Some(chains.len());
        }
        Self {
            state,
            checkpoint,
            progress,
            page: Vec::new().into_iter(),
            then: None,
        }
    }

    /// How far the records that were taken go.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// How much was yielded.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// When the export began, which is where the next [`Export::changed_since`] is to begin, once this one is
    /// complete.
    pub fn watermark(&self) -> DateTime<Utc> {
        self.checkpoint.watermark()
    }

    /// The next record, `None` at the end.
    ///
    /// # Errors
    /// As every call, see [`Error`]. The export has ended then; [`Self::checkpoint`] says where to go on.
    pub async fn try_next(&mut self) -> Result<Option<Record>, Error> {
        poll_fn(|context| self.poll(context)).await.transpose()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Record, Error>>> {
        loop {
            if let Some(record) = self.page.next() {
                match &record {
                    Record::Voucher(_) => self.progress.vouchers += 1,
                    Record::Code(_) => self.progress.codes += 1,
                }
                self.note_if_taken();
                return Poll::Ready(Some(Ok(record)));
            }
            match std::mem::replace(&mut self.state, State::Over) {
                State::Walking(mut from, walk) => match from.poll_recv(context) {
                    Poll::Pending => {
                        self.state = State::Walking(from, walk);
                        return Poll::Pending;
                    }
                    Poll::Ready(None) => {
                        let complete = self.checkpoint.is_complete();
                        return Poll::Ready((!complete).then(|| Err(ended_too_early())));
                    }
                    Poll::Ready(Some(Message::Failed(error))) => {
                        return Poll::Ready(Some(Err(error)));
                    }
                    Poll::Ready(Some(message)) => {
                        self.state = State::Walking(from, walk);
                        self.take(message);
                    }
                },
                State::Ready(walk, from) => match Handle::try_current() {
                    Ok(runtime) => {
                        let task = runtime.spawn(walk.run(self.checkpoint.clone()));
                        self.state = State::Walking(from, AbortOnDrop(task));
                    }
                    Err(source) => {
                        return Poll::Ready(Some(Err(Error::new(
                            ErrorKind::InvalidRequest,
                            voucher_codes::GET_ALL,
                        )
                        .with(|parts| {
                            parts.sent = false;
                            parts.what = Some("not sent, an export needs a tokio runtime".into());
                            parts.source = Some(Box::new(source));
                        }))));
                    }
                },
                State::Refused(broken) => {
                    return Poll::Ready(Some(Err(Error::invalid(voucher_codes::GET_ALL, broken))));
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }

    fn take(&mut self, mut message: Message) {
        let records: Vec<Record> = match &mut message {
            Message::Vouchers { vouchers, .. } => std::mem::take(vouchers)
                .into_iter()
                .map(Record::Voucher)
                .collect(),
            Message::Codes { codes, .. } => std::mem::take(codes)
                .into_iter()
                .map(Record::Code)
                .collect(),
            _ => Vec::new(),
        };
        self.page = records.into_iter();
        self.then = Some(message);
        self.note_if_taken();
    }

    /// Notes how far the export is, once the records of a page are taken.
    fn note_if_taken(&mut self) {
        if self.page.len() > 0 {
            return;
        }
        match (self.then.take(), &mut self.checkpoint.stage) {
            (
                Some(Message::Vouchers {
                    duplicates,
                    ids,
                    cursor: at,
                    ..
                }),
                Stage::Vouchers { cursor, found, .. },
            ) => {
                self.progress.duplicates += duplicates;
                found.extend(ids);
                *cursor = at;
            }
            (Some(Message::NextPart), Stage::Vouchers { part, cursor, .. }) => {
                *part += 1;
                *cursor = None;
            }
            (Some(Message::Chains(chains)), stage) => {
                self.progress.batches_left = Some(chains.len());
                *stage = Stage::Codes(chains);
            }
            (
                Some(Message::Codes {
                    chain,
                    duplicates,
                    left,
                    ..
                }),
                Stage::Codes(chains),
            ) => {
                self.progress.duplicates += duplicates;
                if let Some(left) = left {
                    chains.insert(chain, left);
                } else {
                    chains.remove(&chain);
                    self.progress.batches_done += 1;
                }
                self.progress.batches_left = Some(chains.len());
            }
            (Some(Message::Split { chain, into }), Stage::Codes(chains)) => {
                chains.remove(&chain);
                chains.extend(into);
            }
            _ => {}
        }
    }
}

/// Without this an export whose task has panicked would look complete.
fn ended_too_early() -> Error {
    Error::new(ErrorKind::Transport, voucher_codes::GET_ALL)
        .with(|parts| parts.what = Some("the task that reads has ended too early".into()))
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl FusedStream for Records {
    fn is_terminated(&self) -> bool {
        self.page.len() == 0 && matches!(self.state, State::Over)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
