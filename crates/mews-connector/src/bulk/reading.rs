//! Reading back: which records were created since a batch was first sent.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::DATE;
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::page::Page;
use crate::pages::Pages;
use crate::response::Response;

/// What rounding to whole seconds can take away: one second from `Date`, and one from `CreatedUtc`.
const ROUNDING: TimeDelta = TimeDelta::seconds(2);
/// The number of extra requests that one read-back may spend on finding IDs that the server rejects.
const MAX_EXTRA: usize = 64;

/// Returns the server's time of a response.
pub(super) fn date_of(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(httpdate::parse_http_date(text).ok()?.into())
}

/// The time at which an input was first sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum FirstSent {
    /// By the monotonic clock of this process.
    Here(Instant),
    /// In an earlier process, after the server's time that the journal has, if it has one.
    Earlier(Option<DateTime<Utc>>),
}

/// A response's `Date`, with the monotonic time at which the response was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerTime {
    pub(super) date: DateTime<Utc>,
    pub(super) received: Instant,
}

impl ServerTime {
    /// Returns the server's time at `instant`. A response is received after it was dated, so the result is early by the
    /// time that the response took, and by the part of a second that `Date` lacks.
    pub(super) fn at(self, instant: Instant) -> Option<DateTime<Utc>> {
        let moved = if instant >= self.received {
            TimeDelta::from_std(instant - self.received).ok()
        } else {
            let back = TimeDelta::from_std(self.received - instant).ok();
            back.map(|back| -back)
        };
        self.date.checked_add_signed(moved?)
    }
}

/// The IDs of the records that the job knows to be the result of an input, in the order in which it learned them.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Uuid, usize>>);

impl Known {
    pub(super) fn learn(&self, id: Uuid) {
        let mut ids = self.ids();
        let next = ids.len();
        ids.entry(id).or_insert(next);
    }

    /// Returns the number of records learned so far.
    pub(super) fn len(&self) -> usize {
        self.ids().len()
    }

    fn place(&self, id: Uuid) -> Option<usize> {
        self.ids().get(&id).copied()
    }

    fn ids(&self) -> MutexGuard<'_, HashMap<Uuid, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a read-back looks for: records created since the inputs of a batch were first sent.
pub(super) struct Window<'a> {
    pub(super) clock: &'a dyn Clock,
    /// By the position of the input in the batch.
    pub(super) first_sent: Vec<FirstSent>,
    pub(super) known: &'a Known,
    /// The number of records that were known when the first of the inputs was first sent. They are older.
    pub(super) older: usize,
}

/// What is told apart about a record.
pub(super) struct Mark {
    pub(super) id: Uuid,
    pub(super) created: Option<DateTime<Utc>>,
}

/// The records that a read-back has found.
pub(super) struct Found<R> {
    pub(super) records: Vec<R>,
    /// The time of the first response with a `Date`.
    pub(super) time: Option<ServerTime>,
    /// Whether nothing is missing that was created since the first of the inputs was first sent.
    pub(super) complete: bool,
}

impl<R> Default for Found<R> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            time: None,
            complete: true,
        }
    }
}

impl<R> Found<R> {
    pub(super) fn extend(&mut self, other: Self) {
        self.records.extend(other.records);
        self.time = self.time.or(other.time);
        self.complete &= other.complete;
    }
}

impl Window<'_> {
    /// Returns the server's time before which no record can come from the input: the time at which it was first
    /// sent, less the rounding.
    pub(super) fn since(&self, input: usize, time: Option<ServerTime>) -> Option<DateTime<Utc>> {
        let sent = match self.first_sent[input] {
            FirstSent::Here(instant) => time?.at(instant),
            FirstSent::Earlier(sent) => sent,
        };
        sent?.checked_sub_signed(ROUNDING)
    }

    /// The earliest of these times, unless one is unknown.
    fn since_first(&self, time: Option<ServerTime>) -> Option<DateTime<Utc>> {
        let all: Option<Vec<_>> = (0..self.first_sent.len())
            .map(|input| self.since(input, time))
            .collect();
        all?.into_iter().min()
    }

    /// Returns `true` if the job knows the record as the result of another input.
    pub(super) fn is_known(&self, id: Uuid) -> bool {
        self.known.place(id).is_some()
    }

    /// Reads a listing, newest records first, until everything is read that was created since.
    ///
    /// It ends early at a record that is older, if all before it stood in the documented order. Without a `Date` only
    /// the first page is read, because the end could be far away.
    pub(super) async fn read<P: Page, R>(
        &self,
        mut pages: Pages<P>,
        records_of: impl Fn(P) -> Vec<R>,
        mark: impl Fn(&R) -> Mark,
    ) -> Result<Found<R>, Error> {
        let mut found = Found {
            complete: false,
            ..Found::default()
        };
        let mut in_order = true;
        let mut last: Option<DateTime<Utc>> = None;
        loop {
            let Some(page) = pages.try_next().await? else {
                found.complete = true;
                return Ok(found);
            };
            let received = self.clock.now();
            let date = date_of(page.headers());
            found.time = found
                .time
                .or(date.map(|date| ServerTime { date, received }));
            let mut is_over = page.cursor().is_none();
            for record in records_of(Response::into_inner(page)) {
                let Mark { id, created } = mark(&record);
                if let Some(created) = created {
                    in_order &= last.is_none_or(|last| created <= last);
                    last = Some(created);
                }
                is_over |= in_order && self.known.place(id).is_some_and(|at| at < self.older);
                found.records.push(record);
            }
            let since = self.since_first(found.time);
            is_over |= in_order && since.zip(last).is_some_and(|(since, last)| last < since);
            if is_over {
                found.complete = true;
                return Ok(found);
            }
            if since.is_none() {
                return Ok(found);
            }
        }
    }
}

/// What became of IDs that were read in lists.
pub(super) struct Split<I, T> {
    pub(super) read: Vec<T>,
    /// IDs that the server rejects.
    pub(super) rejected: Vec<I>,
    /// IDs that were not read, because the budget was spent.
    pub(super) unread: Vec<I>,
}

/// Reads by IDs. If the server rejects a list, it is halved, so that one bad ID does not keep the others from being
/// read.
pub(super) async fn read_split<I: Clone, T, F>(
    ids: Vec<I>,
    read: impl Fn(Vec<I>) -> F,
) -> Result<Split<I, T>, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut split = Split {
        read: Vec::new(),
        rejected: Vec::new(),
        unread: Vec::new(),
    };
    let mut extra = 0;
    let mut lists = vec![ids];
    while let Some(mut list) = lists.pop() {
        if list.is_empty() {
            continue;
        }
        match read(list.clone()).await {
            Ok(value) => split.read.push(value),
            Err(error) if !is_rejection(&error) => return Err(error),
            Err(_) if list.len() == 1 => split.rejected.append(&mut list),
            Err(_) if extra + 2 > MAX_EXTRA => split.unread.append(&mut list),
            Err(_) => {
                extra += 2;
                let right = list.split_off(list.len() / 2);
                lists.push(right);
                lists.push(list);
            }
        }
    }
    Ok(split)
}

fn is_rejection(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::BadRequest | ErrorKind::Forbidden)
}
