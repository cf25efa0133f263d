//! Vouchers and their assignments to rates in the store.

use std::collections::HashSet;
use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::newest::Window;
use super::{VOUCHERS, blob, identifier, read_optional_uuid, read_uuid};
use crate::fixtures;
use crate::identifier::Kind;
use crate::model::{ActivityState, Voucher};

const INSERT: &str =
    "INSERT INTO vouchers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
const COLUMNS: &str = "number, id, service, enterprise, name, type, company, travel_agency, occupiable_start, \
     occupiable_end, external_identifier, created, updated, active";

/// Which vouchers to list.
pub(crate) struct VoucherQuery {
    pub(crate) services: Vec<Uuid>,
    /// Which at most, by number.
    pub(crate) vouchers: Option<Vec<i64>>,
    pub(crate) companies: Option<Vec<Uuid>>,
    pub(crate) code_values: Option<Vec<String>>,
    pub(crate) external_identifiers: Option<Vec<String>>,
    /// In which state only.
    pub(crate) active: Option<bool>,
    pub(crate) window: Option<Window>,
    /// Only older ones than this number.
    pub(crate) before: i64,
    pub(crate) count: usize,
}

/// Puts fixtures in, and returns the highest number that one of them has or names.
pub(super) fn load(
    connection: &Connection,
    vouchers: &[fixtures::Voucher],
) -> rusqlite::Result<i64> {
    let (mut last, mut highest) = (0, 0);
    for voucher in vouchers {
        let (number, own) = VOUCHERS.place(last, voucher.id);
        connection.prepare_cached(INSERT)?.execute(params![
            number,
            own.as_ref().map(blob),
            blob(&voucher.service_id),
            blob(&voucher.enterprise_id),
            voucher.name,
            voucher.kind,
            voucher.company_id.as_ref().map(blob),
            voucher.travel_agency_id.as_ref().map(blob),
            voucher.occupiable_interval_start_utc,
            voucher.occupiable_interval_end_utc,
            voucher.external_identifier,
            voucher.created_utc,
            voucher.updated_utc.max(voucher.created_utc),
            voucher.is_active,
        ])?;
        assign(connection, number, &voucher.assigned_rate_ids)?;
        last = number;
        highest = highest
            .max(number)
            .max(VOUCHERS.kind.number(voucher.id).unwrap_or(0));
    }
    Ok(highest)
}

/// The vouchers of a page with their numbers, newest first.
pub(crate) fn list(
    connection: &Connection,
    query: &VoucherQuery,
) -> rusqlite::Result<Vec<(i64, Voucher)>> {
    let mut sql =
        format!("SELECT {COLUMNS} FROM vouchers WHERE number < ?1 AND service IN rarray(?2)");
    let mut values: Vec<Box<dyn rusqlite::ToSql>> =
        vec![Box::new(query.before), Box::new(blobs(&query.services))];
    let mut add = |text: &str, value: Box<dyn rusqlite::ToSql>| {
        values.push(value);
        sql.push_str(&text.replace('?', &format!("?{}", values.len())));
    };
    if let Some(vouchers) = &query.vouchers {
        add(
            " AND number IN rarray(?)",
            Box::new(array(vouchers.iter().copied())),
        );
    }
    if let Some(companies) = &query.companies {
        add(
            " AND coalesce(company, travel_agency) IN rarray(?)",
            Box::new(blobs(companies)),
        );
    }
    if let Some(values) = &query.code_values {
        add(
            " AND number IN (SELECT voucher FROM codes WHERE value IN rarray(?))",
            Box::new(array(values.iter().cloned())),
        );
    }
    if let Some(identifiers) = &query.external_identifiers {
        add(
            " AND external_identifier IN rarray(?)",
            Box::new(array(identifiers.iter().cloned())),
        );
    }
    if let Some(active) = query.active {
        add(" AND active = ?", Box::new(active));
    }
    if let Some(window) = query.window {
        add(" AND updated >= ?", Box::new(window.start));
        add(" AND updated < ?", Box::new(window.end));
    }
    add(" ORDER BY number DESC LIMIT ?", Box::new(query.count));

    connection
        .prepare_cached(&sql)?
        .query_map(rusqlite::params_from_iter(values), |row| {
            Ok((row.get(0)?, read(row)?))
        })?
        .collect()
}

/// A voucher, by number.
pub(crate) fn get(connection: &Connection, number: i64) -> rusqlite::Result<Voucher> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM vouchers WHERE number = ?1"))?
        .query_row([number], read)
}

/// Puts a voucher in, or in place of the one with its number.
pub(crate) fn put(connection: &Connection, number: i64, voucher: &Voucher) -> rusqlite::Result<()> {
    let own = (VOUCHERS.kind.identifier(number) != voucher.id).then_some(&voucher.id);
    connection
        .prepare_cached(&INSERT.replace("INSERT", "REPLACE"))?
        .execute(params![
            number,
            own.map(blob),
            blob(&voucher.service_id),
            blob(&voucher.enterprise_id),
            voucher.name,
            voucher.kind,
            voucher.company_id.as_ref().map(blob),
            voucher.travel_agency_id.as_ref().map(blob),
            voucher.occupiable_interval_start_utc,
            voucher.occupiable_interval_end_utc,
            voucher.external_identifier,
            voucher.created_utc,
            voucher.updated_utc,
            voucher.is_active,
        ])?;
    Ok(())
}

/// Assigns a voucher to rates, in place of those it had. A rate that is named twice is assigned once.
pub(crate) fn assign(connection: &Connection, number: i64, rates: &[Uuid]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM assignments WHERE voucher = ?1")?
        .execute([number])?;
    let mut insert = connection.prepare_cached("INSERT INTO assignments VALUES (?1, ?2, ?3)")?;
    let mut seen = HashSet::new();
    for (position, rate) in rates.iter().filter(|rate| seen.insert(**rate)).enumerate() {
        insert.execute(params![number, position, blob(rate)])?;
    }
    Ok(())
}

/// The rates that a voucher is assigned to, in the order of the request.
pub(crate) fn rates(connection: &Connection, number: i64) -> rusqlite::Result<Vec<Uuid>> {
    connection
        .prepare_cached("SELECT rate FROM assignments WHERE voucher = ?1 ORDER BY position")?
        .query_map([number], |row| read_uuid(row, 0))?
        .collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Voucher> {
    let is_active = row.get(13)?;
    Ok(Voucher {
        id: identifier(Kind::Voucher, row.get(0)?, row.get(1)?),
        service_id: read_uuid(row, 2)?,
        enterprise_id: read_uuid(row, 3)?,
        name: row.get(4)?,
        kind: row.get(5)?,
        company_id: read_optional_uuid(row, 6)?,
        travel_agency_id: read_optional_uuid(row, 7)?,
        occupiable_interval_start_utc: row.get(8)?,
        occupiable_interval_end_utc: row.get(9)?,
        external_identifier: row.get(10)?,
        created_utc: row.get(11)?,
        updated_utc: row.get(12)?,
        is_active,
        activity_state: ActivityState::of(is_active),
    })
}

fn array<T: Into<Value>>(values: impl Iterator<Item = T>) -> Rc<Vec<Value>> {
    Rc::new(values.map(Into::into).collect())
}

fn blobs(identifiers: &[Uuid]) -> Rc<Vec<Value>> {
    array(
        identifiers
            .iter()
            .map(|identifier| identifier.as_bytes().to_vec()),
    )
}
