//! Listings without business rules, served from the fixtures as the spec describes them.

use std::collections::HashSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::filters::{Kind, singular};
use super::requests::Limitation;
use super::{Context, Success, invalid_cursor, read};
use crate::error::ApiError;
use crate::fixtures::uuid;
use crate::listings::{Listing, Lists};
use crate::operation::Operation;
use crate::spec::{ENVELOPE, Schema};

const EXTENT: &str = "Extent";

/// The properties of a request that are not filters of the records, apart from those of every request.
const NOT_FILTERS: [&str; 4] = ["Limitation", "EnterpriseIds", "EnterpriseId", EXTENT];

/// The enterprises that a request reads from.
type Enterprises = HashSet<Uuid>;

impl Context<'_> {
    /// Serves a page of the fixtures named like the primary list of an operation.
    ///
    /// [`Kind::filter`] describes the filters. If the request has an extent, a list that the extent does not request is
    /// null or empty. A list other than the primary one has the fixtures that refer to a record of the page.
    pub(super) fn list_fixtures(
        &self,
        operation: Operation,
        body: &Value,
    ) -> Result<Success, ApiError> {
        let (Some(list), Some(items)) = (self.spec.list(operation), self.spec.items(operation))
        else {
            return Err(ApiError::not_implemented(format!(
                "`{operation}` has no business rules here, and its response has no array named like its resource"
            )));
        };
        let lists = self.listings.read();
        let listing = complete(&lists, list).map_err(|problem| {
            ApiError::not_implemented(format!("{problem}; add them to the fixtures"))
        })?;

        let enterprises = self.enterprises(body)?;
        let request = self.spec.request(operation);
        let kind = Kind::new(operation, list, items);
        let mut matches = Vec::new();
        for (name, value) in filters(body) {
            let schema = request.and_then(|request| request.property(name));
            matches.push(kind.filter(name, schema, value)?);
            if let Some(property) = kind.id(name) {
                let id_name = schema.and_then(|schema| schema.items()?.name());
                let known = match property.as_str() {
                    "Id" => Known::Records(vec![listing]),
                    _ => Known::new(&lists, listing, &property, id_name),
                };
                let ids = value.as_array().into_iter().flatten();
                for id in ids.filter_map(Value::as_str) {
                    if !self.is_known(&known, id, &enterprises) {
                        self.unknown(name, id)?;
                    }
                }
            }
        }

        let limitation = match body.get("Limitation") {
            None | Some(Value::Null) => None,
            Some(limitation) => Some(read::<Limitation>(limitation)?),
        };
        let start = match limitation.as_ref().and_then(|limit| limit.cursor.as_ref()) {
            None => 0,
            Some(cursor) => 1 + listing.position(cursor).ok_or_else(invalid_cursor)?,
        };
        let count = limitation.map_or(usize::MAX, |limitation| limitation.count());
        let page: Vec<Value> = listing.records[start..]
            .iter()
            .filter(|record| self.is_in_scope(record, listing, &enterprises))
            .filter(|record| matches.iter().all(|matches| matches(record)))
            .take(count)
            .cloned()
            .collect();
        let is_empty = page.is_empty();
        let response = self.spec.response(operation);
        let result = result(&lists, response, list, page, body.get(EXTENT));
        Success::new(&result, is_empty)
    }

    fn enterprises(&self, body: &Value) -> Result<Enterprises, ApiError> {
        let named: Option<Vec<Uuid>> = match body.get("EnterpriseIds") {
            None | Some(Value::Null) => None,
            Some(ids) => Some(read(ids)?),
        };
        self.scope.to_read(named.as_ref())
    }

    /// Returns `true` unless an ID does not exist within the scope.
    fn is_known(&self, known: &Known<'_>, id: &str, enterprises: &Enterprises) -> bool {
        match known {
            Known::Records(listings) => listings.iter().any(|listing| {
                listing
                    .get(id)
                    .is_some_and(|record| self.is_in_scope(record, listing, enterprises))
            }),
            Known::Scope(property) => id
                .parse()
                .is_ok_and(|id| self.leads_to(property, id, enterprises)),
            Known::Anything => true,
        }
    }

    fn is_in_scope(&self, record: &Value, listing: &Listing, enterprises: &Enterprises) -> bool {
        let scope = listing.scope;
        // A record that belongs to no enterprise is in every scope.
        let owner = scope.and_then(|property| Some((property, uuid(record, property)?)));
        owner.is_none_or(|(property, id)| self.leads_to(property, id, enterprises))
    }

    /// Returns `true` if the ID in a property that relates records to an enterprise leads to one of the enterprises.
    fn leads_to(&self, property: &str, id: Uuid, enterprises: &Enterprises) -> bool {
        let reference = self.reference;
        match property {
            "ServiceId" => reference
                .services
                .get(&id)
                .is_some_and(|service| enterprises.contains(&service.enterprise_id)),
            "ChainId" => enterprises
                .iter()
                .filter_map(|enterprise| reference.enterprises.get(enterprise))
                .any(|enterprise| enterprise.chain_id == id),
            _ => enterprises.contains(&id),
        }
    }
}

/// The IDs that a filter can have.
enum Known<'a> {
    /// Those of records, in one or more lists.
    Records(Vec<&'a Listing>),
    /// Those that the property relates to an enterprise.
    Scope(&'a str),
    /// The sandbox has no records with such IDs, such as resources.
    Anything,
}

impl<'a> Known<'a> {
    /// Finds the IDs of a filter that matches a property of a listing.
    fn new(lists: &'a Lists, listing: &Listing, property: &'a str, id_name: Option<&str>) -> Self {
        let others = lists.values();
        let others: Vec<&Listing> = others
            .filter(|other| Some(other.id_name.as_str()) == id_name)
            .collect();
        if !others.is_empty() {
            Self::Records(others)
        } else if listing.scope == Some(property) {
            Self::Scope(property)
        } else {
            Self::Anything
        }
    }
}

/// Returns the listing of a list, if its records have all properties of a response.
fn complete<'a>(lists: &'a Lists, list: &str) -> Result<&'a Listing, String> {
    let listing = lists
        .get(list)
        .ok_or_else(|| format!("the fixtures have no `{list}`"))?;
    match &listing.problem {
        None => Ok(listing),
        Some(problem) => Err(format!(
            "the fixtures have no `{list}` with all properties that the spec requires ({problem})"
        )),
    }
}

/// Returns the filters of a request.
fn filters(body: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = body.as_object().into_iter().flatten();
    properties
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, value)| {
            !ENVELOPE.contains(name) && !NOT_FILTERS.contains(name) && !value.is_null()
        })
}

/// Returns the response with a page. Other lists and properties are null, or empty if they are required.
fn result(
    lists: &Lists,
    response: Option<Schema<'_>>,
    list: &str,
    page: Vec<Value>,
    extent: Option<&Value>,
) -> Value {
    let extent = extent.filter(|extent| extent.is_object());
    let is_requested = |name: &str| match extent {
        Some(extent) => extent[name] == Value::Bool(true),
        None => name == list,
    };
    let cursor = page
        .last()
        .and_then(|record| record.get("Id"))
        .cloned()
        .unwrap_or_default();
    let mut result = Map::new();
    if let Some(response) = response {
        let required = response.required();
        for (name, schema) in response.properties() {
            let value = if name == "Cursor" {
                cursor.clone()
            } else if name != list && is_requested(name) && !schema.is_deprecated() {
                related(lists, name, list, &page)
            } else if schema.is_nullable() {
                Value::Null
            } else if required.contains(&name) && schema.items().is_some() {
                Value::Array(Vec::new())
            } else {
                continue;
            };
            result.insert(name.to_owned(), value);
        }
    }
    if is_requested(list) {
        result.insert(list.to_owned(), Value::Array(page));
    }
    Value::Object(result)
}

/// Returns the fixtures of another list of a response that refer to a record of the page.
fn related(lists: &Lists, other: &str, list: &str, page: &[Value]) -> Value {
    let id = format!("{}Id", singular(list));
    let ids: HashSet<Uuid> = page.iter().filter_map(|item| uuid(item, "Id")).collect();
    let records = lists.get(other).map(|listing| &listing.records);
    records
        .into_iter()
        .flatten()
        .filter(|record| uuid(record, &id).is_some_and(|id| ids.contains(&id)))
        .cloned()
        .collect()
}
