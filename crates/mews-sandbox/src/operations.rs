//! The behavior of each operation.
//!
//! * An operation with business rules has an entry in [`rules_of`] and functions in `vouchers.rs` or `voucher_codes.rs`.
//! * Any other operation of the spec is a listing of fixtures, and `listing.rs` serves it: scope, pages, extents. A
//!   filter that follows a rule for all listings is added in `filters.rs`, in `Kind::filter`.
//! * The records of a listing are the array of the fixtures that is named like the primary list of the response.
//!   `builtin.json` has the built-in ones. `fixtures/check.rs` checks them at the start, and `listings.rs` keeps them.
//! * The extents of `vouchers/getAll` are in `vouchers.rs`, in `with_extents`. They use the rates and companies of
//!   `Reference`, which come from the same arrays of the fixtures as the listings.
//! * An operation that the spec does not have can have a stub; see `stub.rs`.

mod filters;
mod listing;
mod requests;
pub(crate) mod rules;
mod voucher_codes;
mod vouchers;

use std::collections::HashSet;
use std::fmt::Display;

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::{Reference, Scope};
use crate::error::ApiError;
use crate::instant::Instant;
use crate::listings::Listings;
use crate::operation::Operation;
use crate::options::{Behavior, Options};
use crate::spec::Spec;
use crate::store::{CODES, Store, Table, VOUCHERS, Window};
use crate::stub::Stubs;
pub(crate) use filters::singular;
use requests::{Limitation, TimeInterval};
use rules::missing;

/// The environment of an operation.
pub(crate) struct Context<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) stubs: &'a Stubs,
    pub(crate) store: &'a Store,
    pub(crate) reference: &'a Reference,
    pub(crate) listings: &'a Listings,
    pub(crate) options: &'a Options,
    pub(crate) scope: &'a Scope,
    pub(crate) now: Instant,
}

/// The result of an operation.
pub(crate) struct Success {
    pub(crate) body: Vec<u8>,
    /// Whether the response is a page without items or an empty object, which `Prefer: return=minimal` turns into a
    /// 204 (guidelines/requests.md, "Request minimal response").
    pub(crate) is_empty: bool,
}

impl Success {
    fn new(result: &impl Serialize, is_empty: bool) -> Result<Self, ApiError> {
        let body =
            serde_json::to_vec(result).map_err(|error| ApiError::unexpected(error.to_string()))?;
        Ok(Self { body, is_empty })
    }

    fn empty_object() -> Self {
        Self {
            body: b"{}".to_vec(),
            is_empty: true,
        }
    }
}

/// A change to an item that the client did not request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemChange {
    Delete,
    Update,
}

/// Performs an operation. The body was validated against the spec.
type Rules = fn(&Context<'_>, &Value) -> Result<Success, ApiError>;

/// Returns the business rules of an operation, if it has any.
fn rules_of(operation: Operation) -> Option<Rules> {
    Some(match operation {
        Operation::VouchersGetAll => |context, body| context.list_vouchers(&read(body)?),
        Operation::VouchersAdd => |context, body| context.add_vouchers(read(body)?),
        Operation::VouchersUpdate => |context, body| context.update_vouchers(read(body)?),
        Operation::VouchersDelete => |context, body| context.delete_vouchers(&read(body)?),
        Operation::VoucherCodesGetAll => |context, body| context.list_codes(&read(body)?),
        Operation::VoucherCodesAdd => |context, body| context.add_codes(read(body)?),
        Operation::VoucherCodesDelete => |context, body| context.delete_codes(&read(body)?),
        _ => return None,
    })
}

/// Returns `true` if an operation has business rules. The other ones are listings of fixtures.
pub(crate) fn has_rules(operation: Operation) -> bool {
    rules_of(operation).is_some()
}

impl Context<'_> {
    /// Performs the operation of a request. The body was validated against the spec.
    pub(crate) fn perform(&self, operation: Operation, body: &Value) -> Result<Success, ApiError> {
        if let Some(rules) = rules_of(operation) {
            return rules(self, body);
        }
        match self.stubs.get(&operation) {
            Some(response) => Success::new(response, false),
            None => self.list_fixtures(operation, body),
        }
    }

    /// Deletes or updates the item that the next page would start with; at the end of a listing, the last one
    /// returned. Returns `true` if an item was changed.
    pub(crate) fn change_next_item(
        &self,
        operation: Operation,
        body: &Value,
        page: &[u8],
        change: ItemChange,
    ) -> Result<bool, ApiError> {
        let (Some(last), Some(list)) = (cursor(page), self.spec.list(operation)) else {
            return Ok(false);
        };
        let mut next = body.clone();
        next["Limitation"] = json!({ "Cursor": last, "Count": 1 });
        let following = self.perform(operation, &next)?;
        let target = cursor(&following.body).unwrap_or(last);
        let Some(table) = table(list) else {
            return Ok(self.listings.touch(list, &target, change, self.now));
        };
        self.store.write(|store| {
            let number = match target.parse() {
                Ok(id) => table.find(store, id)?,
                Err(_) => None,
            };
            if let Some(number) = number {
                table.touch(store, number, change == ItemChange::Delete, self.now)?;
            }
            Ok(number.is_some())
        })
    }

    /// Returns the ID of a new record.
    fn new_id(&self, table: Table, number: i64) -> Uuid {
        table.kind.new_id(number, self.options.ids)
    }

    /// Returns the numbers of the records that a filter names. Unknown IDs are omitted if the options accept them.
    fn numbers(
        &self,
        store: &Connection,
        table: Table,
        parameter: &str,
        identifiers: &[Uuid],
        enterprises: &HashSet<Uuid>,
    ) -> Result<Vec<i64>, ApiError> {
        let mut numbers = Vec::with_capacity(identifiers.len());
        for &identifier in identifiers {
            match reachable(store, table, identifier, enterprises)? {
                Some(number) => numbers.push(number),
                None => self.unknown(parameter, identifier)?,
            }
        }
        Ok(numbers)
    }

    /// Accepts or rejects an unknown ID in a filter.
    fn unknown(&self, parameter: &str, identifier: impl Display) -> Result<(), ApiError> {
        match self.options.unknown_ids {
            Behavior::Accept => Ok(()),
            Behavior::Reject => Err(missing(parameter, identifier)),
        }
    }

    /// Deletes records.
    ///
    /// An ID that is named twice is deleted once. One that was deleted before is rejected unless the options accept
    /// it, because it is "in an invalid state" (guidelines/responses.md, 400).
    fn delete(
        &self,
        table: Table,
        parameter: &str,
        identifiers: &[Uuid],
        enterprises: &HashSet<Uuid>,
    ) -> Result<Success, ApiError> {
        self.store.write(|store| {
            let mut numbers = HashSet::with_capacity(identifiers.len());
            for &identifier in identifiers {
                let number = reachable(store, table, identifier, enterprises)?
                    .ok_or_else(|| missing(parameter, identifier))?;
                if table.is_active(store, number)? {
                    numbers.insert(number);
                } else if self.options.repeated_delete == Behavior::Reject {
                    return Err(ApiError::invalid(
                        parameter,
                        format!("{identifier} was deleted before"),
                    ));
                }
            }
            for number in numbers {
                table.touch(store, number, true, self.now)?;
            }
            Ok(Success::empty_object())
        })
    }
}

/// Returns the number of a record within the scope.
fn reachable(
    store: &Connection,
    table: Table,
    identifier: Uuid,
    enterprises: &HashSet<Uuid>,
) -> Result<Option<i64>, ApiError> {
    let Some(number) = table.find(store, identifier)? else {
        return Ok(None);
    };
    Ok(enterprises
        .contains(&table.enterprise(store, number)?)
        .then_some(number))
}

/// Returns the table with the records of a list, if they are not those of the fixtures.
fn table(list: &str) -> Option<Table> {
    match list {
        "Vouchers" => Some(VOUCHERS),
        "VoucherCodes" => Some(CODES),
        _ => None,
    }
}

fn cursor(page: &[u8]) -> Option<String> {
    let page: Value = serde_json::from_slice(page).ok()?;
    Some(page.get("Cursor")?.as_str()?.to_owned())
}

/// Reads a part of a validated request, so that this only fails if the spec and the types disagree.
fn read<T: DeserializeOwned>(body: &Value) -> Result<T, ApiError> {
    T::deserialize(body).map_err(|error| ApiError::invalid("request", error.to_string()))
}

/// Returns the number below which a page starts.
///
/// A cursor is the ID of the last item of the previous page (guidelines/pagination.md). The item may have been deleted
/// or may not match the filter any more.
fn before(store: &Connection, table: Table, limitation: &Limitation) -> Result<i64, ApiError> {
    let Some(cursor) = &limitation.cursor else {
        return Ok(i64::MAX);
    };
    let identifier = Uuid::try_parse(cursor).map_err(|_| invalid_cursor())?;
    table.find(store, identifier)?.ok_or_else(invalid_cursor)
}

fn invalid_cursor() -> ApiError {
    ApiError::invalid(
        "Cursor",
        "the value is not the `Cursor` of a response of this operation",
    )
}

/// Returns an interval of a filter: half-open, and one timestamp if both bounds are equal (pages/_objects.md, "Time
/// interval").
fn window(interval: Option<&TimeInterval>, parameter: &str) -> Result<Option<Window>, ApiError> {
    let Some(interval) = interval else {
        return Ok(None);
    };
    let read = |text: &str| {
        Instant::parse_rounded_up(text)
            .ok_or_else(|| ApiError::invalid(parameter, "write timestamps as 2026-01-31T09:00:00Z"))
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
