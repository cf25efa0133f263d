//! What each operation does.

mod voucher_codes;
mod vouchers;

use std::collections::HashSet;

use axum::http::StatusCode;
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::{Reference, Scope};
use crate::error::Refusal;
use crate::instant::Instant;
use crate::model::{Limitation, TimeInterval};
use crate::operation::Operation;
use crate::options::{Options, Verdict};
use crate::store::{Store, Table, Window};

/// What an operation works with.
pub(crate) struct Context<'a> {
    pub(crate) store: &'a Store,
    pub(crate) reference: &'a Reference,
    pub(crate) options: &'a Options,
    pub(crate) scope: &'a Scope,
    pub(crate) now: Instant,
}

/// What an operation answers.
pub(crate) struct Success {
    pub(crate) body: Vec<u8>,
    /// Whether `Prefer: return=minimal` makes it a 204: a page without items, or an empty object
    /// (guidelines/requests.md, "Request minimal response").
    pub(crate) says_nothing: bool,
}

impl Success {
    fn new(result: &impl Serialize, says_nothing: bool) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(result).map_err(|error| {
            Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "An unexpected error occurred.",
            )
            .because(error.to_string())
        })?;
        Ok(Self { body, says_nothing })
    }

    fn empty_object() -> Self {
        Self {
            body: b"{}".to_vec(),
            says_nothing: true,
        }
    }
}

/// What is done to an item behind a client's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meddling {
    Delete,
    Update,
}

impl Context<'_> {
    /// Does what a request asks for. The body has passed the check against the document.
    pub(crate) fn perform(&self, operation: Operation, body: &Value) -> Result<Success, Refusal> {
        match operation {
            Operation::VouchersGetAll => self.list_vouchers(&read(body)?),
            Operation::VouchersAdd => self.add_vouchers(read(body)?),
            Operation::VouchersUpdate => self.update_vouchers(read(body)?),
            Operation::VouchersDelete => self.delete_vouchers(&read(body)?),
            Operation::VoucherCodesGetAll => self.list_codes(&read(body)?),
            Operation::VoucherCodesAdd => self.add_codes(read(body)?),
            Operation::VoucherCodesDelete => self.delete_codes(&read(body)?),
        }
    }

    /// Deletes or updates the item that the next page would start with; at the end of a listing, the last one
    /// returned.
    pub(crate) fn meddle(
        &self,
        operation: Operation,
        body: &Value,
        page: &[u8],
        how: Meddling,
    ) -> Result<(), Refusal> {
        let Some(cursor) = cursor(page) else {
            return Ok(());
        };
        let mut next = body.clone();
        next["Limitation"] = json!({ "Cursor": cursor, "Count": 1 });
        let following = self.perform(operation, &next)?;
        let target = cursor_id(&following.body).or_else(|| cursor.parse().ok());
        let Some(target) = target else { return Ok(()) };
        self.store.write(|store| {
            let delete = how == Meddling::Delete;
            let table = table(operation);
            if let Some(number) = table.find(store, target)? {
                table.touch(store, number, delete, self.now)?;
            }
            Ok(())
        })
    }

    /// The numbers of records that a filter names, without those that aren't there if that is accepted.
    fn numbers(
        &self,
        store: &Connection,
        table: Table,
        parameter: &str,
        identifiers: &[Uuid],
        enterprises: &HashSet<Uuid>,
    ) -> Result<Vec<i64>, Refusal> {
        let mut numbers = Vec::with_capacity(identifiers.len());
        for &identifier in identifiers {
            match reachable(store, table, identifier, enterprises)? {
                Some(number) => numbers.push(number),
                None => self.unknown(parameter, identifier)?,
            }
        }
        Ok(numbers)
    }

    /// What a filter by something that isn't there means.
    fn unknown(&self, parameter: &str, identifier: Uuid) -> Result<(), Refusal> {
        match self.options.unknown_ids {
            Verdict::Accept => Ok(()),
            Verdict::Refuse => Err(missing(parameter, identifier)),
        }
    }

    /// The numbers of records to delete.
    ///
    /// An identifier that stands there twice is deleted once; one that was deleted before is refused unless the
    /// options say otherwise, for it is "in an invalid state" (guidelines/responses.md, 400).
    fn to_delete(
        &self,
        store: &Connection,
        table: Table,
        parameter: &str,
        identifiers: &[Uuid],
        enterprises: &HashSet<Uuid>,
    ) -> Result<HashSet<i64>, Refusal> {
        let mut numbers = HashSet::with_capacity(identifiers.len());
        for &identifier in identifiers {
            let number = reachable(store, table, identifier, enterprises)?
                .ok_or_else(|| missing(parameter, identifier))?;
            if table.is_active(store, number)? {
                numbers.insert(number);
            } else if self.options.deleted_again == Verdict::Refuse {
                return Err(Refusal::invalid(
                    parameter,
                    format!("{identifier} was deleted before"),
                ));
            }
        }
        Ok(numbers)
    }
}

/// The number of a record, if there is one within reach.
fn reachable(
    store: &Connection,
    table: Table,
    identifier: Uuid,
    enterprises: &HashSet<Uuid>,
) -> Result<Option<i64>, Refusal> {
    let Some(number) = table.find(store, identifier)? else {
        return Ok(None);
    };
    Ok(enterprises
        .contains(&table.enterprise(store, number)?)
        .then_some(number))
}

/// Where the items of an operation are kept.
const fn table(operation: Operation) -> Table {
    match operation {
        Operation::VouchersGetAll
        | Operation::VouchersAdd
        | Operation::VouchersUpdate
        | Operation::VouchersDelete => crate::store::VOUCHERS,
        Operation::VoucherCodesGetAll
        | Operation::VoucherCodesAdd
        | Operation::VoucherCodesDelete => crate::store::CODES,
    }
}

fn cursor(page: &[u8]) -> Option<String> {
    let page: Value = serde_json::from_slice(page).ok()?;
    Some(page.get("Cursor")?.as_str()?.to_owned())
}

fn cursor_id(page: &[u8]) -> Option<Uuid> {
    cursor(page)?.parse().ok()
}

fn missing(parameter: &str, identifier: Uuid) -> Refusal {
    Refusal::invalid(
        parameter,
        format!("{identifier} does not exist within the scope of the access token"),
    )
}

/// Reads a request that passed the check, so that this only fails where check and types disagree.
fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Refusal> {
    T::deserialize(body).map_err(|error| Refusal::invalid("request", error.to_string()))
}

/// The number below which a page starts.
///
/// A cursor is the identifier of the last item of the page before (guidelines/pagination.md). Its item may have
/// been deleted or have left the filter since.
fn before(store: &Connection, table: Table, limitation: &Limitation) -> Result<i64, Refusal> {
    let Some(cursor) = &limitation.cursor else {
        return Ok(i64::MAX);
    };
    let unknown = || {
        Refusal::invalid(
            "Cursor",
            "it is not the `Cursor` of an answer of this operation",
        )
    };
    let identifier = Uuid::try_parse(cursor).map_err(|_| unknown())?;
    table.find(store, identifier)?.ok_or_else(unknown)
}

/// An `UpdatedUtc` filter: half-open, and one instant where both bounds are the same (pages/_objects.md, "Time
/// interval").
fn window(interval: Option<&TimeInterval>) -> Result<Option<Window>, Refusal> {
    let Some(interval) = interval else {
        return Ok(None);
    };
    let read = |text: &str| {
        Instant::parse_rounded_up(text)
            .ok_or_else(|| Refusal::invalid("UpdatedUtc", "write instants as 2026-01-31T09:00:00Z"))
    };
    let (start, end) = (read(&interval.start_utc)?, read(&interval.end_utc)?);
    let is_instant = Instant::parse(&interval.start_utc) == Some(start)
        && Instant::parse(&interval.end_utc) == Some(end)
        && start == end;
    let end = if is_instant {
        Instant::from_seconds(end.seconds() + 1)
    } else {
        end
    };
    Ok(Some(Window { start, end }))
}

/// A bound of an interval of the request, and its parameter.
fn instant(text: Option<&str>, parameter: &str) -> Result<Option<Instant>, Refusal> {
    text.map(|text| {
        Instant::parse(text)
            .ok_or_else(|| Refusal::invalid(parameter, "write instants as 2026-01-31T09:00:00Z"))
    })
    .transpose()
}

/// Both bounds of an interval in order, where both are there.
fn in_order(start: Option<Instant>, end: Option<Instant>, parameter: &str) -> Result<(), Refusal> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => Err(Refusal::invalid(
            parameter,
            format!("{end} is before the start, {start}"),
        )),
        _ => Ok(()),
    }
}
