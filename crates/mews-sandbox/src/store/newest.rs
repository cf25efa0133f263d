//! The newest codes of many vouchers, without looking at the ones that don't make it onto the page.
//!
//! SQL would have to read every code of the vouchers and sort. But each voucher's codes lie in order in an index, so
//! a page is a merge of as many ordered runs as there are vouchers, each of them read only as far as it is needed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rusqlite::{CachedStatement, Connection, params};

use crate::instant::Instant;

/// Instants from `start` on and before `end`.
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

const RUN: &str = "SELECT number, NULL FROM codes WHERE voucher = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
const RUN_WITH_UPDATE: &str = "SELECT number, updated FROM codes INDEXED BY codes_by_voucher \
     WHERE voucher = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
const IN_WINDOW: &str = "SELECT number FROM codes INDEXED BY codes_by_update \
     WHERE voucher = ?1 AND updated >= ?2 AND updated < ?3 AND number < ?4";

/// How many codes outside the window are looked at before the index on the time of update is asked instead. Either
/// way alone is slow for some data: the merge where few codes are in the window, the index where many are.
const PATIENCE: usize = 10_000;

const LONGEST_READ: usize = 1_000;

/// The numbers of the `count` newest codes of the vouchers, below `before`, updated within `window`; newest first.
pub(crate) fn newest(
    connection: &Connection,
    vouchers: &[i64],
    before: i64,
    window: Option<Window>,
    count: usize,
) -> rusqlite::Result<Vec<i64>> {
    // A code isn't updated before it is created, so what was created after the window is passed over in one step.
    let before = match window {
        Some(window) => before.min(first_created_from(connection, window.end)?),
        None => before,
    };
    let first_read = (2 * count)
        .div_ceil(vouchers.len().max(1))
        .clamp(2, LONGEST_READ);
    let mut statement = connection.prepare_cached(if window.is_some() {
        RUN_WITH_UPDATE
    } else {
        RUN
    })?;
    let mut runs: Vec<Run> = Vec::with_capacity(vouchers.len());
    let mut heads = BinaryHeap::with_capacity(vouchers.len());
    for &voucher in vouchers {
        let mut run = Run::new(voucher, before, first_read);
        if let Some(head) = run.next(&mut statement)? {
            heads.push((head, runs.len()));
            runs.push(run);
        }
    }

    let mut page = Vec::with_capacity(count);
    let mut passed_over = 0;
    while page.len() < count {
        let Some(((number, updated), run)) = heads.pop() else {
            break;
        };
        if window.is_none_or(|window| updated.is_some_and(|updated| window.contains(updated))) {
            page.push(number);
        } else {
            passed_over += 1;
        }
        if let (Some(window), true) = (window, passed_over > PATIENCE) {
            let missing = count - page.len();
            page.extend(newest_in_window(
                connection, vouchers, number, window, missing,
            )?);
            break;
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
    /// What was read and not yet taken, oldest first.
    read: Vec<(i64, Option<Instant>)>,
    below: i64,
    step: usize,
    ended: bool,
}

impl Run {
    const fn new(voucher: i64, below: i64, step: usize) -> Self {
        Self {
            voucher,
            read: Vec::new(),
            below,
            step,
            ended: false,
        }
    }

    fn next(
        &mut self,
        statement: &mut CachedStatement<'_>,
    ) -> rusqlite::Result<Option<(i64, Option<Instant>)>> {
        if self.read.is_empty() && !self.ended {
            let mut rows = statement.query(params![self.voucher, self.below, self.step])?;
            while let Some(row) = rows.next()? {
                self.read.push((row.get(0)?, row.get(1)?));
            }
            self.ended = self.read.len() < self.step;
            self.below = self.read.last().map_or(self.below, |(number, _)| *number);
            self.step = (2 * self.step).min(LONGEST_READ);
            self.read.reverse();
        }
        Ok(self.read.pop())
    }
}

/// The same by the index on the time of update: all that is in the window is read, and the newest are kept.
fn newest_in_window(
    connection: &Connection,
    vouchers: &[i64],
    before: i64,
    window: Window,
    count: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(IN_WINDOW)?;
    let mut kept = BinaryHeap::with_capacity(count + 1);
    for &voucher in vouchers {
        let mut rows = statement.query(params![voucher, window.start, window.end, before])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
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

/// The number of the first code that was created at `instant` or later; one beyond the last if there is none.
///
/// Numbers are given in the order of creation, so this can be searched by halves.
fn first_created_from(connection: &Connection, instant: Instant) -> rusqlite::Result<i64> {
    let mut probe = connection.prepare_cached(
        "SELECT number, created FROM codes WHERE number >= ?1 ORDER BY number LIMIT 1",
    )?;
    let last: Option<i64> =
        connection.query_row("SELECT max(number) FROM codes", [], |row| row.get(0))?;
    let (mut low, mut high) = (0, last.unwrap_or(0) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let (number, created): (i64, Instant) =
            probe.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if created < instant {
            low = number + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
