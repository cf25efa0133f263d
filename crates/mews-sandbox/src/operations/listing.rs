//! Listings without business rules, served from the fixtures as the spec describes them.

use std::collections::HashSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::filters::{Kind, singular};
use super::requests::Limitation;
use super::{Context, Success, invalid_cursor, read};
use crate::error::ApiError;
use crate::fixtures::uuid;
use crate::operation::Operation;
use crate::spec::{ENVELOPE, Schema};

const ENTERPRISE_ID: &str = "EnterpriseId";
const EXTENT: &str = "Extent";

/// The properties of a request that are not filters of the records, apart from those of every request.
const NOT_FILTERS: [&str; 4] = ["Limitation", "EnterpriseIds", ENTERPRISE_ID, EXTENT];

/// The properties of a record that relate it to an enterprise. The first one that a record has decides.
const SCOPES: [&str; 3] = [ENTERPRISE_ID, "ServiceId", "ChainId"];

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
        let records = match self.reference.listings.get(list) {
            Some(Ok(records)) => records,
            Some(Err(problem)) => {
                return Err(ApiError::not_implemented(format!(
                    "the fixtures have no `{list}` with all properties that the spec requires ({problem}); add them to \
                     the fixtures"
                )));
            }
            None => {
                return Err(ApiError::not_implemented(format!(
                    "the fixtures have no `{list}`; add them to the fixtures"
                )));
            }
        };
        let request = self.spec.request(operation);
        let kind = Kind::new(operation, list, items);
        let mut matches = Vec::new();
        for (name, value) in body.as_object().into_iter().flatten() {
            let is_filter = !ENVELOPE.contains(&name.as_str())
                && !NOT_FILTERS.contains(&name.as_str())
                && !value.is_null();
            if is_filter {
                let schema = request.and_then(|request| request.property(name));
                matches.push(kind.filter(name, schema, value)?);
            }
        }

        let enterprises = self.enterprises(body)?;
        let scope = scope_property(&kind, items);
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
            .filter(|record| self.is_in_scope(record, scope, &enterprises))
            .filter(|record| matches.iter().all(|matches| matches(record)))
            .take(count)
            .cloned()
            .collect();
        let is_empty = page.is_empty();
        let response = self.spec.response(operation);
        Success::new(
            &self.result(response, list, page, body.get(EXTENT)),
            is_empty,
        )
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
        let reference = self.reference;
        match property.and_then(|property| Some((property, uuid(record, property)?))) {
            // A record that belongs to no enterprise is in every scope.
            None => true,
            Some(("ServiceId", service)) => reference
                .services
                .get(&service)
                .is_some_and(|service| enterprises.contains(&service.enterprise_id)),
            Some(("ChainId", chain)) => enterprises
                .iter()
                .filter_map(|id| reference.enterprises.get(id))
                .any(|enterprise| enterprise.chain_id == chain),
            Some((_, enterprise)) => enterprises.contains(&enterprise),
        }
    }

    /// Returns the response with a page. Other lists and properties are null, or empty if they are required.
    fn result(
        &self,
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
        let mut page = Some(page);
        if let Some(response) = response {
            let required = response.required();
            for (name, schema) in response.properties() {
                let value = if name == "Cursor" {
                    cursor.clone()
                } else if name != list && is_requested(name) && !schema.is_deprecated() {
                    self.related(name, list, page.as_deref().unwrap_or_default())
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
        if is_requested(list)
            && let Some(page) = page.take()
        {
            result.insert(list.to_owned(), Value::Array(page));
        }
        Value::Object(result)
    }

    /// Returns the fixtures of another list of a response that refer to a record of the page.
    fn related(&self, other: &str, list: &str, page: &[Value]) -> Value {
        let id = format!("{}Id", singular(list));
        let ids: HashSet<Uuid> = page.iter().filter_map(|item| uuid(item, "Id")).collect();
        let records = self.reference.listings.get(other);
        let records = records.and_then(|records| records.as_ref().ok());
        records
            .into_iter()
            .flatten()
            .filter(|record| uuid(record, &id).is_some_and(|id| ids.contains(&id)))
            .cloned()
            .collect()
    }
}

/// Returns the property that relates a record to an enterprise.
fn scope_property(kind: &Kind<'_>, items: Schema<'_>) -> Option<&'static str> {
    if kind.is_called("Enterprise") {
        return Some("Id");
    }
    SCOPES
        .into_iter()
        .find(|property| items.property(property).is_some())
}
