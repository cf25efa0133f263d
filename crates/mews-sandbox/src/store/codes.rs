//! Voucher codes in the store.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::newest::{self, Window};
use super::{CODES, VOUCHERS, blob, identifier, read_optional_uuid};
use crate::fixtures;
use crate::identifier::Kind;
use crate::instant::Instant;
use crate::model::{ActivityState, VoucherCode};

pub(super) const INSERT: &str = "INSERT INTO codes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const BY_NUMBER: &str = "SELECT c.number, c.id, v.number, v.id, c.value, c.validity_start, c.validity_end, c.created, \
     c.updated, c.active FROM codes c JOIN vouchers v ON v.number = c.voucher WHERE c.number = ?1";

/// Which codes to list.
pub(crate) struct CodeQuery {
    /// Of which vouchers, by number.
    pub(crate) vouchers: Vec<i64>,
    /// Which codes at most, by number.
    pub(crate) codes: Option<Vec<i64>>,
    pub(crate) window: Option<Window>,
    /// Only older ones than this number.
    pub(crate) before: i64,
    pub(crate) count: usize,
}

/// A code to create.
pub(crate) struct NewCode {
    pub(crate) voucher: i64,
    pub(crate) value: String,
    pub(crate) validity_start: Option<Instant>,
    pub(crate) validity_end: Option<Instant>,
}

/// Puts fixtures in, and returns the highest number that one of them has or names.
pub(super) fn load(
    connection: &Connection,
    codes: &[fixtures::VoucherCode],
) -> rusqlite::Result<i64> {
    let mut insert = connection.prepare(INSERT)?;
    let (mut last, mut highest) = (0, 0);
    for code in codes {
        let (number, own) = CODES.place(last, code.id);
        let voucher = VOUCHERS.find(connection, code.voucher_id)?;
        insert.execute(params![
            number,
            own.as_ref().map(blob),
            voucher,
            code.value,
            code.validity_start_utc,
            code.validity_end_utc,
            code.created_utc,
            code.updated_utc.max(code.created_utc),
            code.is_active,
        ])?;
        last = number;
        highest = highest
            .max(number)
            .max(CODES.kind.number(code.id).unwrap_or(0));
    }
    Ok(highest)
}

/// The codes of a page, newest first.
pub(crate) fn list(
    connection: &Connection,
    query: &CodeQuery,
) -> rusqlite::Result<Vec<VoucherCode>> {
    let numbers = match &query.codes {
        Some(codes) => named(connection, query, codes)?,
        None => newest::newest(
            connection,
            &query.vouchers,
            query.before,
            query.window,
            query.count,
        )?,
    };
    get_all(connection, &numbers)
}

fn get_all(connection: &Connection, numbers: &[i64]) -> rusqlite::Result<Vec<VoucherCode>> {
    let mut statement = connection.prepare_cached(BY_NUMBER)?;
    numbers
        .iter()
        .map(|number| statement.query_row([number], read))
        .collect()
}

/// The numbers of a page where the codes are named: few enough to look at each.
fn named(connection: &Connection, query: &CodeQuery, codes: &[i64]) -> rusqlite::Result<Vec<i64>> {
    let vouchers: std::collections::HashSet<i64> = query.vouchers.iter().copied().collect();
    let mut statement =
        connection.prepare_cached("SELECT voucher, updated FROM codes WHERE number = ?1")?;
    let mut numbers = Vec::new();
    for &number in codes {
        let (voucher, updated): (i64, Instant) =
            statement.query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if number < query.before
            && vouchers.contains(&voucher)
            && query.window.is_none_or(|window| window.contains(updated))
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    numbers.dedup();
    numbers.truncate(query.count);
    Ok(numbers)
}

/// Creates codes, in order.
pub(crate) fn insert(
    connection: &Connection,
    codes: Vec<NewCode>,
    now: Instant,
) -> rusqlite::Result<Vec<VoucherCode>> {
    let (first, now) = CODES.next(connection, now)?;
    let mut insert = connection.prepare_cached(INSERT)?;
    let mut created = Vec::with_capacity(codes.len());
    for (number, code) in (first..).zip(codes) {
        insert.execute(params![
            number,
            None::<&[u8]>,
            code.voucher,
            code.value,
            code.validity_start,
            code.validity_end,
            now,
            now,
            true,
        ])?;
        created.push(number);
    }
    get_all(connection, &created)
}

/// Whether an enterprise has a code of this value that is in use.
pub(crate) fn value_is_used(
    connection: &Connection,
    enterprise: Uuid,
    value: &str,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM codes c JOIN vouchers v ON v.number = c.voucher \
             WHERE c.value = ?1 AND c.active AND v.enterprise = ?2 LIMIT 1",
        )?
        .query_row(params![value, blob(&enterprise)], |_| Ok(()))
        .optional()
        .map(|found| found.is_some())
}

/// The codes of vouchers, newest first; none if there are more than `most`.
pub(crate) fn of_vouchers(
    connection: &Connection,
    vouchers: &[i64],
    most: usize,
) -> rusqlite::Result<Option<Vec<VoucherCode>>> {
    let numbers = newest::newest(connection, vouchers, i64::MAX, None, most + 1)?;
    if numbers.len() > most {
        return Ok(None);
    }
    get_all(connection, &numbers).map(Some)
}

fn read(row: &Row<'_>) -> rusqlite::Result<VoucherCode> {
    let is_active = row.get(9)?;
    Ok(VoucherCode {
        id: identifier(Kind::VoucherCode, row.get(0)?, row.get(1)?),
        voucher_id: match read_optional_uuid(row, 3)? {
            Some(own) => own,
            None => Kind::Voucher.identifier(row.get(2)?),
        },
        value: row.get(4)?,
        validity_start_utc: row.get(5)?,
        validity_end_utc: row.get(6)?,
        created_utc: row.get(7)?,
        updated_utc: row.get(8)?,
        is_active,
        activity_state: ActivityState::of(is_active),
    })
}
