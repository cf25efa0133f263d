//! Reading back the records that were created since a batch was first sent.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use mews_connector_api::Listing;
use uuid::Uuid;

use super::machine::Evidence;
use super::operation::Judged;
use crate::client::Client;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::lock::lock;
use crate::pages::{Page, Pages};
use crate::response::{Response, date_of};

/// The maximum error of rounding to whole seconds: one second of `Date`, and one of `CreatedUtc`.
const ROUNDING: TimeDelta = TimeDelta::seconds(2);
/// The number of records in a row that are not of one response by chance.
const LONG_GROUP: usize = 16;
/// The number of extra requests that one read-back may spend on finding IDs that the server rejects.
const MAX_EXTRA: usize = 64;

/// A moment by both clocks of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    monotonic: Instant,
    system: SystemTime,
}

impl Moment {
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            monotonic: clock.now(),
            system: clock.system_time(),
        }
    }

    /// Returns the time that has passed since an earlier moment, by the clock that has moved further. The monotonic
    /// clock stops while the machine is suspended, and the system clock can be set back.
    fn since(self, earlier: Self) -> Duration {
        let by_system = self.system.duration_since(earlier.system);
        let by_monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        by_monotonic.max(by_system.unwrap_or_default())
    }
}

/// The time at which an input was first sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum FirstSent {
    /// In this process.
    Here(Moment),
    /// In an earlier process, after the server's time that the journal has, if it has one.
    Earlier(Option<DateTime<Utc>>),
}

/// A response's `Date`, with the moment at which the response was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerTime {
    date: DateTime<Utc>,
    received: Moment,
}

impl ServerTime {
    /// Returns the server's time at an earlier moment. A response is received after its `Date`, which has whole
    /// seconds. Therefore, the result is too early by the duration of the response and by less than a second.
    fn at(self, earlier: Moment) -> Option<DateTime<Utc>> {
        let passed = TimeDelta::from_std(self.received.since(earlier)).ok()?;
        self.date.checked_sub_signed(passed)
    }
}

/// The IDs of the records that are known to be the result of an input, each with the number of the response that
/// contained it.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<KnownIds>);

#[derive(Debug, Default)]
struct KnownIds {
    groups: HashMap<Uuid, usize>,
    count: usize,
}

impl Known {
    /// Adds the records of one response.
    pub(super) fn learn(&self, ids: impl IntoIterator<Item = Uuid>) {
        let mut known = self.ids();
        let group = known.count;
        for id in ids {
            known.groups.entry(id).or_insert(group);
            known.count = group + 1;
        }
    }

    /// Returns the number of groups that were added.
    pub(super) fn count(&self) -> usize {
        self.ids().count
    }

    fn group(&self, id: Uuid) -> Option<usize> {
        self.ids().groups.get(&id).copied()
    }

    fn ids(&self) -> MutexGuard<'_, KnownIds> {
        lock(&self.0)
    }
}

/// The scope of a read-back: records created since the inputs of a batch were first sent.
pub(super) struct Window<'a> {
    pub(super) clock: &'a dyn Clock,
    /// By the position of the input in the batch.
    pub(super) first_sent: Vec<FirstSent>,
    pub(super) known: &'a Known,
    /// The number of groups that were known when the first of the inputs was first sent. They are older.
    pub(super) older: usize,
}

/// The properties of a record that decide when a read-back ends.
pub(super) struct Mark {
    pub(super) id: Uuid,
    pub(super) created: Option<DateTime<Utc>>,
}

/// The records that a read-back has found.
pub(super) struct Found<R> {
    pub(super) records: Vec<R>,
    /// The time of the first response with a `Date`.
    pub(super) time: Option<ServerTime>,
    /// Whether the records contain everything that was created since the first of the inputs was first sent.
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
            FirstSent::Here(moment) => time?.at(moment),
            FirstSent::Earlier(sent) => sent,
        };
        sent?.checked_sub_signed(ROUNDING)
    }

    /// Returns the earliest of these times, or `None` if one is unknown.
    fn since_first(&self, time: Option<ServerTime>) -> Option<DateTime<Utc>> {
        let all: Option<Vec<_>> = (0..self.first_sent.len())
            .map(|input| self.since(input, time))
            .collect();
        all?.into_iter().min()
    }

    /// Returns the group of a record that was known before the first of the inputs was first sent.
    fn older_group(&self, id: Uuid) -> Option<usize> {
        self.known.group(id).filter(|group| *group < self.older)
    }

    /// Returns `true` if the record is known to be the result of another input.
    pub(super) fn is_known(&self, id: Uuid) -> bool {
        self.known.group(id).is_some()
    }

    /// Reads a listing, newest records first, until everything is read that was created since.
    ///
    /// It ends early at records that are older, see [`Order`]. Without a `Date` only the first page is read, because the
    /// end could be far away.
    pub(super) async fn read<L, R>(
        &self,
        mut pages: Pages<Page<L>>,
        records_of: impl Fn(Page<L>) -> Vec<R>,
        mark: impl Fn(&R) -> Mark,
    ) -> Result<Found<R>, Error>
    where
        L: Listing<Response: Send> + 'static,
    {
        let mut found = Found {
            complete: false,
            ..Found::default()
        };
        let mut order = Order::default();
        loop {
            let Some(page) = pages.try_next().await? else {
                found.complete = true;
                return Ok(found);
            };
            let received = Moment::now(self.clock);
            let date = date_of(page.headers());
            found.time = found
                .time
                .or(date.map(|date| ServerTime { date, received }));
            let mut is_over = page.cursor().is_none();
            for record in records_of(Response::into_inner(page)) {
                let Mark { id, created } = mark(&record);
                order.see(created, self.older_group(id));
                found.records.push(record);
            }
            let since = self.since_first(found.time);
            is_over |= order.is_past(since);
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

/// The order of a listing, which bounds the age of the records that follow.
///
/// Records are listed newest first, as documented, but no document states how records of the same second are ordered.
/// Therefore, the listing has to reach a record with an earlier time. This is not necessary if the records of several
/// earlier responses show that the listing is in the order of creation.
#[derive(Debug)]
struct Order {
    /// Whether no record was listed before an older one.
    by_time: bool,
    /// Whether no record of an earlier response was listed before one of a later response.
    by_creation: bool,
    last: Option<DateTime<Utc>>,
    /// The group of the last record of an earlier response, and the number of records of it in a row.
    group: Option<(usize, usize)>,
    /// Whether a group before that was long enough to rule out chance.
    has_long_group: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            by_time: true,
            by_creation: true,
            last: None,
            group: None,
            has_long_group: false,
        }
    }
}

impl Order {
    /// Adds the next record: its time of creation, and its group if it is known to be older.
    fn see(&mut self, created: Option<DateTime<Utc>>, group: Option<usize>) {
        if let Some(created) = created {
            self.by_time &= self.last.is_none_or(|last| created <= last);
            self.last = Some(created);
        }
        self.group = match (self.group, group) {
            (Some((last, length)), Some(group)) if last == group => Some((group, length + 1)),
            (last, Some(group)) => {
                let (last, length) = last.unwrap_or((group, 0));
                self.by_creation &= group <= last;
                self.has_long_group |= length >= LONG_GROUP;
                Some((group, 1))
            }
            (last, None) => {
                self.by_creation &= last.is_none();
                last
            }
        };
    }

    /// Returns `true` if everything that follows was created before `since`, or before the older groups.
    fn is_past(&self, since: Option<DateTime<Utc>>) -> bool {
        let by_time = since
            .zip(self.last)
            .is_some_and(|(since, last)| last < since);
        let is_long = self.group.is_some_and(|(_, length)| length >= LONG_GROUP);
        self.by_time && (by_time || (self.by_creation && self.has_long_group && is_long))
    }
}

/// Asks for the server's time with the first page of a listing.
pub(super) async fn server_time<L>(client: &Client, mut listing: L) -> Option<DateTime<Utc>>
where
    L: Listing<Response: Send> + Send,
{
    listing.set_page(1, None);
    match client.page(listing).await {
        Ok(page) => date_of(page.headers()),
        Err(error) => date_of(error.headers()),
    }
}

/// The records of a read-back by their parents, such as the vouchers of codes.
pub(super) struct OfParents<P, R> {
    pub(super) found: Found<R>,
    /// Parents that the server rejects with a 400.
    pub(super) rejected: HashSet<P>,
    unread: Vec<P>,
}

impl<P: Copy + Ord + Hash, R> OfParents<P, R> {
    /// Reads the records of all parents except for those that are known to be rejected.
    pub(super) async fn read<F>(
        parents: impl Iterator<Item = P>,
        mut rejected: HashSet<P>,
        read: impl Fn(Vec<P>) -> F,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Result<Found<R>, Error>>,
    {
        let parents: BTreeSet<P> = parents.filter(|id| !rejected.contains(id)).collect();
        let split = read_split(parents.into_iter().collect(), read).await?;
        let mut found = Found::default();
        for part in split.read {
            found.extend(part);
        }
        rejected.extend(split.rejected);
        Ok(Self {
            found,
            rejected,
            unread: split.unread,
        })
    }

    /// Limits the evidence for an input to what could be read of its parent.
    pub(super) fn evidence<T>(&self, parent: P, (evidence, record): Judged<T>) -> Judged<T> {
        if self.rejected.contains(&parent) {
            (Evidence::Unreadable, None)
        } else if self.unread.contains(&parent) {
            (Evidence::Undecided, None)
        } else {
            (evidence, record)
        }
    }
}

/// The result of reading IDs in lists.
pub(super) struct Split<I, T> {
    pub(super) read: Vec<T>,
    /// IDs that the server rejects with a 400, which do not exist.
    pub(super) rejected: Vec<I>,
    /// IDs that were not read, because reading is forbidden or the budget was spent.
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
            Err(error) if list.len() == 1 && error.kind() == ErrorKind::BadRequest => {
                split.rejected.append(&mut list);
            }
            Err(_) if list.len() == 1 || extra + 2 > MAX_EXTRA => split.unread.append(&mut list),
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

#[cfg(test)]
mod tests;
