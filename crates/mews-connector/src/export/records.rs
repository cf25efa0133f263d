//! The records of an export as a stream.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll};
use std::vec;

use chrono::{DateTime, TimeDelta, Utc};
use futures_core::Stream;
use futures_core::stream::FusedStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, channel};

use super::Export;
use super::checkpoint::{Checkpoint, Position, Stage};
use super::message::Message;
use super::record::{Progress, Record};
use super::walk::{CODES, Walk};
use crate::error::{ConstraintViolation, Error, ErrorKind, invalid};
use crate::task::AbortOnDrop;

/// The maximum number of pages that were read and not taken, in addition to one for each batch that is being read.
const PAGES_AHEAD: usize = 4;

/// The records of an export, as a [`Stream`]. Dropping it stops the export.
#[must_use = "streams do nothing unless they are polled"]
pub struct Records {
    state: State,
    checkpoint: Checkpoint,
    progress: Progress,
    /// The records of the last page that were not taken.
    page: vec::IntoIter<Record>,
    /// The step that the checkpoint advances over once they are taken.
    step: Option<Message>,
}

enum State {
    Ready(Box<Walk>, Receiver<Message>),
    Running(Receiver<Message>, AbortOnDrop<()>),
    Rejected(ConstraintViolation),
    Done,
}

impl Records {
    pub(super) fn new(export: Export) -> Self {
        let checkpoint = export.checkpoint.unwrap_or_else(|| {
            let overlap = TimeDelta::from_std(export.overlap).unwrap_or(TimeDelta::MAX);
            let since = export.since.map(|since| {
                let since = since.checked_sub_signed(overlap).unwrap_or_default();
                since.max(DateTime::<Utc>::UNIX_EPOCH)
            });
            Checkpoint(Position::new(export.services, export.selection, since))
        });
        let (to, from) = channel(PAGES_AHEAD);
        let violation = if checkpoint.0.services.is_empty() {
            Some(invalid("ServiceIds", "0 items", "at least 1 item"))
        } else {
            checkpoint.0.selection.check().err()
        };
        let state = if let Some(violation) = violation {
            State::Rejected(violation)
        } else {
            let walk = Walk {
                client: export.client,
                concurrency: export.concurrency,
                vouchers_per_batch: export.vouchers_per_batch,
                page_size: export.page_size,
                to,
                position: Mutex::new(checkpoint.0.clone()),
                next_number: AtomicU64::new(0),
                extra_requests: AtomicU32::new(0),
                stop: OnceLock::new(),
            };
            State::Ready(Box::new(walk), from)
        };
        let mut progress = Progress::default();
        if let Stage::Codes(batches) = &checkpoint.0.stage {
            progress.batches_left = Some(batches.len());
        }
        Self {
            state,
            checkpoint,
            progress,
            page: Vec::new().into_iter(),
            step: None,
        }
    }

    /// Returns the position after the records that were taken.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns the counts of this run.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Returns the start of the next export, see [`Checkpoint::watermark`]. It is `None` until this one is complete.
    pub fn watermark(&self) -> Option<DateTime<Utc>> {
        self.checkpoint.watermark()
    }

    /// Returns the next record, or `None` at the end. The export is complete then.
    ///
    /// # Errors
    /// Returns an error if a call fails. See [`Error`]. The kind is [`ErrorKind::Protocol`] if a response has no
    /// readable `Date`, and [`ErrorKind::Stopped`] after a request to stop. An error ends the export;
    /// [`Self::checkpoint`] returns the position to resume from.
    pub async fn try_next(&mut self) -> Result<Option<Record>, Error> {
        poll_fn(|context| self.poll(context)).await.transpose()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Record, Error>>> {
        loop {
            if let Some(record) = self.page.next() {
                self.progress.count(&record);
                self.advance_if_taken();
                return Poll::Ready(Some(Ok(record)));
            }
            match mem::replace(&mut self.state, State::Done) {
                State::Running(mut from, task) => match from.poll_recv(context) {
                    Poll::Pending => {
                        self.state = State::Running(from, task);
                        return Poll::Pending;
                    }
                    Poll::Ready(None) => {
                        let is_complete = self.checkpoint.is_complete();
                        return Poll::Ready((!is_complete).then(|| Err(ended_too_early())));
                    }
                    Poll::Ready(Some(Message::Failed(error))) => {
                        return Poll::Ready(Some(Err(error)));
                    }
                    Poll::Ready(Some(message)) => {
                        self.state = State::Running(from, task);
                        self.take(message);
                    }
                },
                State::Ready(walk, from) => match Handle::try_current() {
                    Ok(runtime) => {
                        let task = runtime.spawn(walk.run());
                        self.state = State::Running(from, AbortOnDrop(task));
                    }
                    Err(source) => {
                        let error = Error::new(ErrorKind::InvalidRequest, CODES);
                        return Poll::Ready(Some(Err(error.with(|parts| {
                            parts.sent = false;
                            parts.what = Some("not sent, an export needs a tokio runtime".into());
                            parts.source = Some(Box::new(source));
                        }))));
                    }
                },
                State::Rejected(violation) => {
                    return Poll::Ready(Some(Err(Error::invalid(CODES, violation))));
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }

    fn take(&mut self, mut message: Message) {
        let records: Vec<Record> = match &mut message {
            Message::Vouchers { records, .. } => mem::take(records),
            Message::Codes { codes, .. } => {
                let codes = mem::take(codes);
                codes.into_iter().map(Record::Code).collect()
            }
            Message::Vanished { voucher, .. } => vec![Record::VanishedVoucher(*voucher)],
            _ => Vec::new(),
        };
        self.page = records.into_iter();
        self.step = Some(message);
        self.advance_if_taken();
    }

    /// Advances the checkpoint once the records of a page are taken.
    fn advance_if_taken(&mut self) {
        if self.page.len() > 0 {
            return;
        }
        let Some(message) = self.step.take() else {
            return;
        };
        self.checkpoint.0.apply(&message);
        match message {
            Message::Vouchers { duplicates, .. }
            | Message::Codes {
                duplicates,
                left: Some(_),
                ..
            } => {
                self.progress.duplicates += duplicates;
            }
            Message::Codes { .. } => self.progress.batches_done += 1,
            _ => {}
        }
        self.progress.batches_left = match &self.checkpoint.0.stage {
            Stage::Codes(batches) => Some(batches.len()),
            Stage::Vouchers(_) => None,
        };
    }
}

/// Returns the error of an export whose task panicked. Without it, the export would look complete.
fn ended_too_early() -> Error {
    Error::new(ErrorKind::Transport, CODES)
        .with(|parts| parts.what = Some("the reading task ended too early".into()))
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl FusedStream for Records {
    fn is_terminated(&self) -> bool {
        self.page.len() == 0 && matches!(self.state, State::Done)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
