//! Voucher codes in the store.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension as _, named_params, params};
use uuid::Uuid;

use super::newest::{self, Window};
use super::{CODES, VOUCHERS, blob, columns, identifier, read_properties};
use crate::identifier::Kind;
use crate::instant::Instant;
use crate::record::VoucherCode;
use crate::spec::Spec;

const INSERT: &str = "INSERT INTO codes (number, id, voucher, value, created, updated, active, properties) \
     VALUES (:number, :id, :voucher, :value, :created, :updated, :active, :properties)";
const BY_NUMBER: &str = "SELECT c.number, c.id, c.value, c.created, c.updated, c.active, c.properties, \
     v.number AS voucher_number, v.id AS voucher_id FROM codes c JOIN vouchers v ON v.number = c.voucher \
     WHERE c.number = ?1";

/// The filters of a page.
pub(crate) struct CodeQuery {
    /// The numbers of the vouchers.
    pub(crate) vouchers: Vec<i64>,
    /// The numbers of the codes to include, or `None` to include all.
    pub(crate) codes: Option<Vec<i64>>,
    pub(crate) window: Option<Window>,
    /// Only codes with a lower number are included.
    pub(crate) before: i64,
    pub(crate) count: usize,
}

/// Inserts fixtures, and returns the highest number that one of them has or names.
pub(super) fn load(
    connection: &Connection,
    spec: &Spec,
    codes: &[VoucherCode],
) -> rusqlite::Result<i64> {
    let (mut last, mut highest) = (0, 0);
    for code in codes {
        let number = CODES.place(last, code.id);
        let voucher = VOUCHERS
            .find(connection, code.voucher_id)?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        insert(connection, spec, number, voucher, code)?;
        last = number;
        highest = highest
            .max(number)
            .max(CODES.kind.number(code.id).unwrap_or(0));
    }
    Ok(highest)
}

/// Inserts a code under a number, for the voucher with a number.
pub(crate) fn insert(
    connection: &Connection,
    spec: &Spec,
    number: i64,
    voucher: i64,
    code: &VoucherCode,
) -> rusqlite::Result<()> {
    let other_id = (CODES.kind.identifier(number) != code.id).then_some(&code.id);
    connection.prepare_cached(INSERT)?.execute(named_params! {
        ":number": number,
        ":id": other_id.map(blob),
        ":voucher": voucher,
        ":value": code.value,
        ":created": code.created_utc,
        ":updated": code.updated_utc,
        ":active": code.is_active,
        ":properties": spec.codes.to_store(&code.properties),
    })?;
    Ok(())
}

/// Returns the codes of a page, newest first.
pub(crate) fn list(
    connection: &Connection,
    spec: &Spec,
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
    get_all(connection, spec, &numbers)
}

/// Returns the newest codes.
pub(super) fn newest(
    connection: &Connection,
    spec: &Spec,
    max: usize,
) -> rusqlite::Result<Vec<VoucherCode>> {
    let numbers = connection
        .prepare_cached("SELECT number FROM codes ORDER BY number DESC LIMIT ?1")?
        .query_map([max], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    get_all(connection, spec, &numbers)
}

fn get_all(
    connection: &Connection,
    spec: &Spec,
    numbers: &[i64],
) -> rusqlite::Result<Vec<VoucherCode>> {
    let mut statement = connection.prepare_cached(BY_NUMBER)?;
    let names = [
        "number",
        "id",
        "value",
        "created",
        "updated",
        "active",
        "properties",
        "voucher_number",
        "voucher_id",
    ];
    let [
        number,
        id,
        value,
        created,
        updated,
        active,
        properties,
        voucher_number,
        voucher_id,
    ] = columns(&statement, names)?;
    numbers
        .iter()
        .map(|wanted| {
            statement.query_row([wanted], |row| {
                let is_active = row.get(active)?;
                let mut properties = read_properties(row, properties)?;
                spec.codes.complete(&mut properties, is_active);
                Ok(VoucherCode {
                    id: identifier(Kind::VoucherCode, row.get(number)?, row.get(id)?),
                    voucher_id: identifier(
                        Kind::Voucher,
                        row.get(voucher_number)?,
                        row.get(voucher_id)?,
                    ),
                    value: row.get(value)?,
                    created_utc: row.get(created)?,
                    updated_utc: row.get(updated)?,
                    is_active,
                    properties,
                })
            })
        })
        .collect()
}

/// Returns the numbers of a page if the request names the codes, which are few enough to check each.
fn named(connection: &Connection, query: &CodeQuery, codes: &[i64]) -> rusqlite::Result<Vec<i64>> {
    let vouchers: std::collections::HashSet<i64> = query.vouchers.iter().copied().collect();
    let mut statement =
        connection.prepare_cached("SELECT voucher, updated FROM codes WHERE number = ?1")?;
    let mut numbers = Vec::new();
    for &number in codes {
        let (voucher, updated): (i64, Instant) = statement.query_row([number], |row| {
            Ok((row.get("voucher")?, row.get("updated")?))
        })?;
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

/// Returns the key of a value in the index: a hash of 32 bits (FNV-1a). An index of the values would take several times
/// the memory. A search compares the values too, because two values can have the same key.
pub(crate) fn value_key(value: &str) -> i64 {
    let hash = value.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.cast_signed().into()
}

/// Adds [`value_key`] to the functions of a connection.
pub(super) fn add_value_key(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS
        | FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("value_key", 1, flags, |context| {
        Ok(value_key(context.get_raw(0).as_str()?))
    })
}

/// Returns `true` if an enterprise has a code of this value that is in use.
pub(crate) fn value_is_used(
    connection: &Connection,
    enterprise: Uuid,
    value: &str,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM codes c JOIN vouchers v ON v.number = c.voucher \
             WHERE value_key(c.value) = ?1 AND c.value = ?2 AND c.active AND v.enterprise = ?3 LIMIT 1",
        )?
        .query_row(params![value_key(value), value, blob(&enterprise)], |_| {
            Ok(())
        })
        .optional()
        .map(|found| found.is_some())
}

/// Returns the codes of vouchers, newest first, or `None` if there are more than `max`.
pub(crate) fn of_vouchers(
    connection: &Connection,
    spec: &Spec,
    vouchers: &[i64],
    max: usize,
) -> rusqlite::Result<Option<Vec<VoucherCode>>> {
    let numbers = newest::newest(connection, vouchers, i64::MAX, None, max + 1)?;
    if numbers.len() > max {
        return Ok(None);
    }
    get_all(connection, spec, &numbers).map(Some)
}
