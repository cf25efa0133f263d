//! The filters of listings without business rules, derived from the names and the schemas of the spec.

use std::collections::HashSet;

use serde::Deserialize as _;
use serde_json::Value;

use super::requests::{TimeInterval, unsupported_filter};
use super::window;
use crate::error::ApiError;
use crate::identifier::normalized;
use crate::instant::Instant;
use crate::operation::Operation;
use crate::record::{IS_ACTIVE, activity_state};
use crate::spec::Schema;
use crate::store::Window;

/// Returns `true` if a record is to be listed.
pub(super) type Matches = Box<dyn Fn(&Value) -> bool>;

const ACTIVITY_STATES: &str = "ActivityStates";
/// The filter for records whose time, from the first to the second property, intersects an interval.
const COLLIDING: (&str, &str, &str) = ("CollidingUtc", "ScheduledStartUtc", "ScheduledEndUtc");

/// The kind of record that an operation lists.
pub(super) struct Kind<'a> {
    items: Schema<'a>,
    /// The names of one record, such as `TravelAgencyContract` and `CompanyContract`.
    names: Vec<String>,
}

impl<'a> Kind<'a> {
    pub(super) fn new(operation: Operation, list: &str, items: Schema<'a>) -> Self {
        let resource = operation.name().split('/').next().unwrap_or_default();
        let mut capitalized = resource.to_owned();
        if let Some(first) = capitalized.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let names = items.name().map(str::to_owned);
        Self {
            items,
            names: names
                .into_iter()
                .chain([singular(list), singular(&capitalized)])
                .collect(),
        }
    }

    /// Returns `true` if a record has the name: `Service` for `Services`, `Company` for `Companies`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    fn has(&self, property: &str) -> bool {
        self.items.property(property).is_some()
    }

    /// Creates a filter. `schema` is that of the request's property.
    ///
    /// `XIds` matches `XId` or, if records have the name `X`, `Id`; records called `X` match `XYIds` with `YId`. `Ids`
    /// matches `Id`, and another list `Xs` matches `X`. An interval matches the property of the same name. A value of
    /// an enum matches the property with that enum, which can be one level deeper.
    ///
    /// # Errors
    /// Returns an error that names the filter if it cannot be derived.
    pub(super) fn filter(
        &self,
        name: &str,
        schema: Option<Schema<'_>>,
        value: &Value,
    ) -> Result<Matches, ApiError> {
        let matches = match value {
            Value::Array(wanted) => self.list(name, wanted),
            Value::Object(_) => self.interval(name, value)?,
            Value::String(wanted) => self.choice(schema, wanted),
            _ => None,
        };
        matches.ok_or_else(|| unsupported_filter(name))
    }

    fn list(&self, name: &str, wanted: &[Value]) -> Option<Matches> {
        let wanted = wanted.iter().filter_map(Value::as_str);
        if let Some(property) = self.id(name) {
            return Some(is_one_of(property, wanted.map(normalized).collect()));
        }
        let wanted: HashSet<String> = wanted.map(str::to_owned).collect();
        if wanted.is_empty() {
            return Some(Box::new(|_| true));
        }
        if name == ACTIVITY_STATES && self.has(IS_ACTIVE) {
            return Some(Box::new(move |record| {
                let is_active = record[IS_ACTIVE].as_bool();
                is_active.is_some_and(|is_active| wanted.contains(activity_state(is_active)))
            }));
        }
        let property = name.strip_suffix('s').filter(|name| self.has(name))?;
        Some(is_one_of(property.to_owned(), wanted))
    }

    /// Returns the property with the IDs that a filter lists, if it is such a filter.
    pub(super) fn id(&self, filter: &str) -> Option<String> {
        let name = filter.strip_suffix("Ids")?;
        let own = format!("{name}Id");
        if self.has(&own) {
            return Some(own);
        }
        if name.is_empty() || self.is_called(name) {
            return Some("Id".to_owned());
        }
        let rest = self.names.iter().find_map(|own| name.strip_prefix(own))?;
        Some(format!("{rest}Id")).filter(|property| self.has(property))
    }

    fn interval(&self, name: &str, value: &Value) -> Result<Option<Matches>, ApiError> {
        let Ok(interval) = TimeInterval::deserialize(value) else {
            return Ok(None);
        };
        let Some(window) = window(Some(&interval), name)? else {
            return Ok(None);
        };
        let (colliding, start, end) = COLLIDING;
        if name == colliding && self.has(start) && self.has(end) {
            return Ok(Some(Box::new(move |record| {
                let (start, end) = (instant(record, start), instant(record, end));
                start
                    .zip(end)
                    .is_some_and(|(start, end)| collides(window, start, end))
            })));
        }
        if !self.has(name) {
            return Ok(None);
        }
        let property = name.to_owned();
        Ok(Some(Box::new(move |record| {
            instant(record, &property).is_some_and(|instant| window.contains(instant))
        })))
    }

    fn choice(&self, schema: Option<Schema<'_>>, wanted: &str) -> Option<Matches> {
        let component = schema?.name()?;
        let find = |schema: Schema<'_>| {
            schema
                .properties()
                .into_iter()
                .find(|(_, property)| property.name() == Some(component))
                .map(|(name, _)| name.to_owned())
        };
        let path = match find(self.items) {
            Some(name) => format!("/{name}"),
            None => self
                .items
                .properties()
                .into_iter()
                .find_map(|(outer, schema)| Some(format!("/{outer}/{}", find(schema)?)))?,
        };
        let wanted = wanted.to_owned();
        Some(Box::new(move |record| {
            record.pointer(&path).and_then(Value::as_str) == Some(&wanted)
        }))
    }
}

/// Returns the name of one item of a list.
pub(crate) fn singular(list: &str) -> String {
    match list.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => list.strip_suffix('s').unwrap_or(list).to_owned(),
    }
}

fn is_one_of(property: String, wanted: HashSet<String>) -> Matches {
    Box::new(move |record| {
        record[&property]
            .as_str()
            .is_some_and(|text| wanted.contains(text))
    })
}

fn instant(record: &Value, property: &str) -> Option<Instant> {
    record[property].as_str().and_then(Instant::parse)
}

/// Returns `true` if any part of the time from `start` to `end` lies in the window.
fn collides(window: Window, start: Instant, end: Instant) -> bool {
    start < window.end && (end > window.start || start == window.start)
}
