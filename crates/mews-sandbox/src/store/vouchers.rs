//! Vouchers and their assignments to rates in the store.

use std::collections::HashSet;
use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, named_params, params};
use uuid::Uuid;

use super::codes::value_key;
use super::newest::Window;
use super::{VOUCHERS, blob, columns, identifier, read_optional_uuid, read_properties, read_uuid};
use crate::fixtures::FixtureVoucher;
use crate::identifier::Kind;
use crate::record::Voucher;
use crate::spec::Spec;

const PUT: &str = "REPLACE INTO vouchers (number, id, service, enterprise, company, travel_agency, \
     external_identifier, created, updated, active, properties) \
     VALUES (:number, :id, :service, :enterprise, :company, :travel_agency, :external_identifier, :created, :updated, \
     :active, :properties)";
const COLUMNS: [&str; 11] = [
    "number",
    "id",
    "service",
    "enterprise",
    "company",
    "travel_agency",
    "external_identifier",
    "created",
    "updated",
    "active",
    "properties",
];

/// The filters of a page.
pub(crate) struct VoucherQuery {
    pub(crate) services: Vec<Uuid>,
    /// The numbers of the vouchers to include, or `None` to include all.
    pub(crate) vouchers: Option<Vec<i64>>,
    pub(crate) companies: Option<Vec<Uuid>>,
    pub(crate) code_values: Option<Vec<String>>,
    pub(crate) external_identifiers: Option<Vec<String>>,
    /// The only state to include.
    pub(crate) active: Option<bool>,
    pub(crate) window: Option<Window>,
    /// Only vouchers with a lower number are included.
    pub(crate) before: i64,
    pub(crate) count: usize,
}

/// Inserts fixtures, and returns the highest number that one of them has or names.
pub(super) fn load(
    connection: &Connection,
    spec: &Spec,
    vouchers: &[FixtureVoucher],
) -> rusqlite::Result<i64> {
    let (mut last, mut highest) = (0, 0);
    for FixtureVoucher {
        record,
        assigned_rate_ids,
    } in vouchers
    {
        let number = VOUCHERS.place(last, record.id);
        put(connection, spec, number, record)?;
        assign(connection, number, assigned_rate_ids)?;
        last = number;
        highest = highest
            .max(number)
            .max(VOUCHERS.kind.number(record.id).unwrap_or(0));
    }
    Ok(highest)
}

/// Returns the vouchers of a page with their numbers, newest first.
pub(crate) fn list(
    connection: &Connection,
    spec: &Spec,
    query: &VoucherQuery,
) -> rusqlite::Result<Vec<(i64, Voucher)>> {
    let mut sql = select("number < ?1 AND service IN rarray(?2)");
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
            " AND number IN (SELECT voucher FROM codes WHERE value_key(value) IN rarray(?)",
            Box::new(array(values.iter().map(|value| value_key(value)))),
        );
        add(
            " AND value IN rarray(?))",
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

    let mut statement = connection.prepare_cached(&sql)?;
    let at = columns(&statement, COLUMNS)?;
    statement
        .query_map(rusqlite::params_from_iter(values), |row| {
            Ok((row.get("number")?, read(spec, row, at)?))
        })?
        .collect()
}

/// Returns the newest vouchers, with their number of codes.
pub(super) fn newest(
    connection: &Connection,
    spec: &Spec,
    max: usize,
) -> rusqlite::Result<Vec<(Voucher, i64)>> {
    let mut count = connection.prepare_cached("SELECT count(*) FROM codes WHERE voucher = ?1")?;
    let mut statement = connection.prepare_cached(&select("true ORDER BY number DESC LIMIT ?1"))?;
    let at = columns(&statement, COLUMNS)?;
    statement
        .query_map([max], |row| {
            let codes = count.query_row([row.get::<_, i64>("number")?], |row| row.get(0))?;
            Ok((read(spec, row, at)?, codes))
        })?
        .collect()
}

fn select(condition: &str) -> String {
    format!(
        "SELECT {} FROM vouchers WHERE {condition}",
        COLUMNS.join(", ")
    )
}

/// Returns the voucher with a number.
pub(crate) fn get(connection: &Connection, spec: &Spec, number: i64) -> rusqlite::Result<Voucher> {
    let mut statement = connection.prepare_cached(&select("number = ?1"))?;
    let at = columns(&statement, COLUMNS)?;
    statement.query_row([number], |row| read(spec, row, at))
}

/// Inserts a voucher, or replaces the one with its number.
pub(crate) fn put(
    connection: &Connection,
    spec: &Spec,
    number: i64,
    voucher: &Voucher,
) -> rusqlite::Result<()> {
    let other_id = (VOUCHERS.kind.identifier(number) != voucher.id).then_some(&voucher.id);
    connection.prepare_cached(PUT)?.execute(named_params! {
        ":number": number,
        ":id": other_id.map(blob),
        ":service": blob(&voucher.service_id),
        ":enterprise": blob(&voucher.enterprise_id),
        ":company": voucher.company_id.as_ref().map(blob),
        ":travel_agency": voucher.travel_agency_id.as_ref().map(blob),
        ":external_identifier": voucher.external_identifier,
        ":created": voucher.created_utc,
        ":updated": voucher.updated_utc,
        ":active": voucher.is_active,
        ":properties": spec.vouchers.to_store(&voucher.properties),
    })?;
    Ok(())
}

/// Replaces the assignments of a voucher. A rate that is named twice is assigned once.
pub(crate) fn assign(connection: &Connection, number: i64, rates: &[Uuid]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM assignments WHERE voucher = ?1")?
        .execute([number])?;
    let mut insert = connection
        .prepare_cached("INSERT INTO assignments (voucher, position, rate) VALUES (?1, ?2, ?3)")?;
    let mut seen = HashSet::new();
    for (position, rate) in rates.iter().filter(|rate| seen.insert(**rate)).enumerate() {
        insert.execute(params![number, position, blob(rate)])?;
    }
    Ok(())
}

/// Returns the rates that a voucher is assigned to, in the order of the request.
pub(crate) fn rates(connection: &Connection, number: i64) -> rusqlite::Result<Vec<Uuid>> {
    connection
        .prepare_cached("SELECT rate FROM assignments WHERE voucher = ?1 ORDER BY position")?
        .query_map([number], |row| read_uuid(row, 0))?
        .collect()
}

fn read(spec: &Spec, row: &Row<'_>, at: [usize; COLUMNS.len()]) -> rusqlite::Result<Voucher> {
    let [
        number,
        id,
        service,
        enterprise,
        company,
        travel_agency,
        external_identifier,
        created,
        updated,
        active,
        properties,
    ] = at;
    let is_active = row.get(active)?;
    let mut properties = read_properties(row, properties)?;
    spec.vouchers.complete(&mut properties, is_active);
    Ok(Voucher {
        id: identifier(Kind::Voucher, row.get(number)?, row.get(id)?),
        service_id: read_uuid(row, service)?,
        enterprise_id: read_uuid(row, enterprise)?,
        company_id: read_optional_uuid(row, company)?,
        travel_agency_id: read_optional_uuid(row, travel_agency)?,
        external_identifier: row.get(external_identifier)?,
        created_utc: row.get(created)?,
        updated_utc: row.get(updated)?,
        is_active,
        properties,
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
