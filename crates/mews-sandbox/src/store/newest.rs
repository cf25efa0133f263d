//! The newest codes of many vouchers, without reading the codes that are not on the page.
//!
//! SQL would have to read every code of the vouchers and sort. But an index has the codes of each voucher in order.
//! Therefore, a page is a merge of ordered runs, one for each voucher, and each run is read only up to the end of the
//! page.
//!
//! An interval of `UpdatedUtc` selects two kinds of codes. Those that were created within the interval form a range of
//! numbers, because numbers are given in the order of creation. Those that were created before it and changed within
//! it are in an index that has changed codes only. All of the first kind are newer than all of the second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rusqlite::{CachedStatement, Connection, named_params, params};

use crate::instant::Instant;

/// The times from `start` on and before `end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

impl Window {
    pub(crate) fn contains(self, instant: Instant) -> bool {
        self.start <= instant && instant < self.end
    }
}

/// A part of the codes of one voucher, newest first.
const RUN: &str = "SELECT number, 1 AS matches FROM codes \
     WHERE voucher = ?1 AND number < ?2 AND number >= ?3 ORDER BY number DESC LIMIT ?4";
const RUN_IN_WINDOW: &str = "SELECT number, updated < ?5 AS matches FROM codes INDEXED BY codes_by_voucher \
     WHERE voucher = ?1 AND number < ?2 AND number >= ?3 ORDER BY number DESC LIMIT ?4";
/// The codes of one voucher that were created before a number and changed in an interval.
const CHANGED: &str = "SELECT number FROM codes INDEXED BY codes_by_update \
     WHERE voucher = :voucher AND updated >= :start AND updated < :end AND updated > created AND number < :below";

const MAX_READ: usize = 1_000;

/// Returns the numbers of the `count` newest codes of the vouchers, below `before`, updated within `window`; newest
/// first.
pub(crate) fn newest(
    connection: &Connection,
    vouchers: &[i64],
    before: i64,
    window: Option<Window>,
    count: usize,
) -> rusqlite::Result<Vec<i64>> {
    let Some(window) = window else {
        return merge(connection, vouchers, 0..before, None, count);
    };
    let start = first_created_from(connection, window.start)?.min(before);
    let end = first_created_from(connection, window.end)?.min(before);
    let mut page = merge(connection, vouchers, start..end, Some(window.end), count)?;
    let missing = count - page.len();
    if missing > 0 {
        page.extend(changed(connection, vouchers, start, window, missing)?);
    }
    Ok(page)
}

/// Merges the runs of the vouchers within a range of numbers; `end` excludes codes that were updated later.
fn merge(
    connection: &Connection,
    vouchers: &[i64],
    range: std::ops::Range<i64>,
    end: Option<Instant>,
    count: usize,
) -> rusqlite::Result<Vec<i64>> {
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let first_read = (2 * count)
        .div_ceil(vouchers.len().max(1))
        .clamp(2, MAX_READ);
    let sql = if end.is_some() { RUN_IN_WINDOW } else { RUN };
    let mut statement = connection.prepare_cached(sql)?;
    let mut runs: Vec<Run> = Vec::with_capacity(vouchers.len());
    let mut heads = BinaryHeap::with_capacity(vouchers.len());
    for &voucher in vouchers {
        let mut run = Run {
            voucher,
            read: Vec::new(),
            from: range.start,
            below: range.end,
            end,
            step: first_read,
            ended: false,
        };
        if let Some(head) = run.next(&mut statement)? {
            heads.push((head, runs.len()));
            runs.push(run);
        }
    }
    let mut page = Vec::with_capacity(count);
    while page.len() < count {
        let Some(((number, matches), run)) = heads.pop() else {
            break;
        };
        if matches {
            page.push(number);
        }
        if let Some(head) = runs[run].next(&mut statement)? {
            heads.push((head, run));
        }
    }
    Ok(page)
}

/// The codes of one voucher, newest first, read in growing steps.
struct Run {
    voucher: i64,
    /// The codes that were read and not yet taken, oldest first.
    read: Vec<(i64, bool)>,
    from: i64,
    below: i64,
    end: Option<Instant>,
    step: usize,
    ended: bool,
}

impl Run {
    fn next(
        &mut self,
        statement: &mut CachedStatement<'_>,
    ) -> rusqlite::Result<Option<(i64, bool)>> {
        if self.read.is_empty() && !self.ended {
            let (voucher, below, from, step) = (self.voucher, self.below, self.from, self.step);
            let mut rows = match self.end {
                Some(end) => statement.query(params![voucher, below, from, step, end])?,
                None => statement.query(params![voucher, below, from, step])?,
            };
            while let Some(row) = rows.next()? {
                self.read.push((row.get("number")?, row.get("matches")?));
            }
            self.ended = self.read.len() < self.step;
            self.below = self.read.last().map_or(self.below, |(number, _)| *number);
            self.step = (2 * self.step).min(MAX_READ);
            self.read.reverse();
        }
        Ok(self.read.pop())
    }
}

/// Returns the codes that were created before the number `below` and changed within the interval: all of them are read,
/// and the newest are kept.
fn changed(
    connection: &Connection,
    vouchers: &[i64],
    below: i64,
    window: Window,
    count: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(CHANGED)?;
    let mut kept = BinaryHeap::with_capacity(count + 1);
    for &voucher in vouchers {
        let mut rows = statement.query(named_params! {
            ":voucher": voucher,
            ":start": window.start,
            ":end": window.end,
            ":below": below,
        })?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get("number")?;
            if kept.len() < count {
                kept.push(Reverse(number));
            } else if kept.peek().is_some_and(|Reverse(oldest)| *oldest < number) {
                kept.pop();
                kept.push(Reverse(number));
            }
        }
    }
    Ok(kept
        .into_sorted_vec()
        .into_iter()
        .map(|Reverse(number)| number)
        .collect())
}

/// Returns the number of the first code that was created at `instant` or later, or one more than the last number.
///
/// Numbers are given in the order of creation, so this is a binary search.
fn first_created_from(connection: &Connection, instant: Instant) -> rusqlite::Result<i64> {
    let mut probe = connection.prepare_cached(
        "SELECT number, created FROM codes WHERE number >= ?1 ORDER BY number LIMIT 1",
    )?;
    let last: Option<i64> =
        connection.query_row("SELECT max(number) FROM codes", [], |row| row.get(0))?;
    let (mut low, mut high) = (0, last.unwrap_or(0) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let (number, created): (i64, Instant) = probe.query_row([middle], |row| {
            Ok((row.get("number")?, row.get("created")?))
        })?;
        if created < instant {
            low = number + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
