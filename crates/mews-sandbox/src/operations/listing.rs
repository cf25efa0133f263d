//! Listings without business rules, served from the fixtures as the spec describes them.

use std::collections::HashSet;

use serde::Deserialize as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::requests::{Limitation, TimeInterval, unsupported_filter};
use super::{Context, Success, invalid_cursor, read, window};
use crate::error::ApiError;
use crate::fixtures::uuid;
use crate::instant::Instant;
use crate::operation::Operation;
use crate::spec::{ENVELOPE, Schema};

/// Returns `true` if a record is to be listed.
type Matches<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

const ENTERPRISE_ID: &str = "EnterpriseId";

impl Context<'_> {
    /// Serves a page of the fixtures named like the primary list of an operation.
    ///
    /// The filter `XIds` matches `XId` or, if records have the name `X`, `Id`. An interval matches the property of the
    /// same name. Any other filter is an error.
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
        let Some(records) = self.reference.listings.get(list) else {
            return Err(ApiError::not_implemented(format!(
                "the fixtures have no `{list}` with all properties that the spec requires; add them to the fixtures"
            )));
        };
        let mut matches: Vec<Matches<'_>> = Vec::new();
        let enterprises = self.enterprises(body)?;
        let scope = scope_property(list, items);
        matches.push(Box::new(move |record| {
            self.is_in_scope(record, scope, &enterprises)
        }));
        for (name, value) in body.as_object().into_iter().flatten() {
            let is_filter = !ENVELOPE.contains(&name.as_str())
                && !["Limitation", "EnterpriseIds", ENTERPRISE_ID].contains(&name.as_str())
                && !value.is_null();
            if is_filter {
                matches.push(filter(list, items, name, value)?);
            }
        }

        let limitation = match body.get("Limitation") {
            None | Some(Value::Null) => None,
            Some(limitation) => Some(read::<Limitation>(limitation)?),
        };
        let start = match limitation.as_ref().and_then(|limit| limit.cursor.as_ref()) {
            None => 0,
            Some(cursor) => {
                let is_cursor = |record: &Value| record["Id"].as_str() == Some(cursor);
                1 + records
                    .iter()
                    .position(is_cursor)
                    .ok_or_else(invalid_cursor)?
            }
        };
        let count = limitation.map_or(usize::MAX, |limitation| limitation.count());
        let page: Vec<Value> = records[start..]
            .iter()
            .filter(|record| matches.iter().all(|matches| matches(record)))
            .take(count)
            .cloned()
            .collect();
        let is_empty = page.is_empty();
        let response = self.spec.response(operation);
        Success::new(&result(response, list, page), is_empty)
    }

    fn enterprises(&self, body: &Value) -> Result<HashSet<Uuid>, ApiError> {
        let named: Option<Vec<Uuid>> = match body.get("EnterpriseIds") {
            None | Some(Value::Null) => None,
            Some(ids) => Some(read(ids)?),
        };
        self.scope.to_read(named.as_ref())
    }

    fn is_in_scope(
        &self,
        record: &Value,
        property: Option<&str>,
        enterprises: &HashSet<Uuid>,
    ) -> bool {
        match property.and_then(|property| Some((property, uuid(record, property)?))) {
            // A record that belongs to no enterprise is in every scope.
            None => true,
            Some(("ServiceId", service)) => self
                .reference
                .services
                .get(&service)
                .is_some_and(|service| enterprises.contains(&service.enterprise_id)),
            Some((_, enterprise)) => enterprises.contains(&enterprise),
        }
    }
}

/// The property that relates a record to an enterprise.
fn scope_property(list: &str, items: Schema<'_>) -> Option<&'static str> {
    if is_named(list, items, "Enterprise") {
        return Some("Id");
    }
    [ENTERPRISE_ID, "ServiceId"]
        .into_iter()
        .find(|property| items.property(property).is_some())
}

/// Returns `true` if the records of a list have a name: `Service` for `Services`, `Company` for `Companies`.
fn is_named(list: &str, items: Schema<'_>, name: &str) -> bool {
    items.name() == Some(name)
        || list == format!("{name}s")
        || name
            .strip_suffix('y')
            .is_some_and(|stem| list == format!("{stem}ies"))
}

fn filter<'a>(
    list: &str,
    items: Schema<'_>,
    name: &str,
    value: &Value,
) -> Result<Matches<'a>, ApiError> {
    if let (Some(singular), Value::Array(wanted)) = (name.strip_suffix("Ids"), value) {
        let own = format!("{singular}Id");
        let property = if items.property(&own).is_some() {
            own
        } else if is_named(list, items, singular) {
            "Id".to_owned()
        } else {
            return Err(unsupported_filter(name));
        };
        let wanted: HashSet<String> = wanted
            .iter()
            .filter_map(|id| Some(id.as_str()?.to_ascii_lowercase()))
            .collect();
        return Ok(Box::new(move |record| {
            record[&property]
                .as_str()
                .is_some_and(|id| wanted.contains(&id.to_ascii_lowercase()))
        }));
    }
    let interval = TimeInterval::deserialize(value).ok();
    let (Some(interval), Some(_)) = (interval, items.property(name)) else {
        return Err(unsupported_filter(name));
    };
    let property = name.to_owned();
    let window = window(Some(&interval), name)?;
    Ok(Box::new(move |record| {
        let instant = record[&property].as_str().and_then(Instant::parse);
        instant
            .zip(window)
            .is_some_and(|(instant, window)| window.contains(instant))
    }))
}

/// The response with a page: other lists and properties are null, or empty if they must be there.
fn result(response: Option<Schema<'_>>, list: &str, page: Vec<Value>) -> Value {
    let cursor = page
        .last()
        .and_then(|record| record.get("Id"))
        .cloned()
        .unwrap_or_default();
    let mut result = Map::new();
    if let Some(response) = response {
        let required = response.required();
        for (name, schema) in response.properties() {
            if schema.is_nullable() {
                result.insert(name.to_owned(), Value::Null);
            } else if required.contains(&name) && schema.items().is_some() {
                result.insert(name.to_owned(), Value::Array(Vec::new()));
            }
        }
        if response.property("Cursor").is_some() {
            result.insert("Cursor".to_owned(), cursor);
        }
    }
    result.insert(list.to_owned(), Value::Array(page));
    Value::Object(result)
}
