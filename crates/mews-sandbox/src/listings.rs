//! The records of listings without business rules.
//!
//! They are those of the fixtures. While the sandbox runs, only faults change them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use serde_json::Value;

use crate::identifier::normalized;
use crate::instant::Instant;
use crate::operations::{ItemChange, singular};
use crate::record::{CREATED_UTC, IS_ACTIVE, UPDATED_UTC};
use crate::spec::Schema;

/// The properties of a record that relate it to an enterprise. The first one that a record has decides.
pub(crate) const SCOPES: [&str; 3] = ["EnterpriseId", "ServiceId", "ChainId"];

/// The listings by the name of the list.
pub(crate) type Lists = BTreeMap<String, Listing>;

/// The listings of a sandbox.
pub(crate) struct Listings(RwLock<Lists>);

impl Listings {
    pub(crate) const fn new(lists: Lists) -> Self {
        Self(RwLock::new(lists))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Lists> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces all records.
    pub(crate) fn restore(&self, lists: Lists) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = lists;
    }

    /// Changes a record that clients did not change. Returns `true` if there is one with the ID.
    pub(crate) fn touch(&self, list: &str, id: &str, change: ItemChange, now: Instant) -> bool {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(listing) = lists.get_mut(list) else {
            return false;
        };
        let record = listing
            .position(id)
            .and_then(|position| listing.records.get_mut(position)?.as_object_mut());
        let Some(record) = record else {
            return false;
        };
        if change == ItemChange::Delete {
            record.insert(IS_ACTIVE.into(), false.into());
        }
        let now = now.to_string();
        let updated = record.get(UPDATED_UTC).and_then(Value::as_str);
        if listing.has_updated && updated.is_none_or(|updated| updated < now.as_str()) {
            record.insert(UPDATED_UTC.into(), now.into());
        }
        true
    }
}

/// The records of one list.
#[derive(Clone)]
pub(crate) struct Listing {
    /// Newest first; without a time of creation, in the order of the fixtures. IDs and timestamps have the form of the
    /// API.
    pub(crate) records: Vec<Value>,
    positions: HashMap<String, usize>,
    /// The name of the ID of a record, such as `CompanyId`.
    pub(crate) id_name: String,
    /// The property that relates a record to an enterprise.
    pub(crate) scope: Option<&'static str>,
    /// Whether the records have a time of the last update.
    has_updated: bool,
    /// The first property that a record lacks. Business rules need only some properties, so the others can be missing.
    pub(crate) problem: Option<String>,
}

impl Listing {
    pub(crate) fn new(list: &str, items: Schema<'_>, mut records: Vec<Value>) -> Self {
        let required = items.required();
        let problem = records.iter().enumerate().find_map(|(index, record)| {
            let missing = required.iter().find(|name| record.get(**name).is_none())?;
            Some(format!("/{list}/{index}: missing property `{missing}`"))
        });
        records.sort_by(|one, other| text(other, CREATED_UTC).cmp(&text(one, CREATED_UTC)));
        let positions = records.iter().enumerate();
        let positions = positions.filter_map(|(position, record)| {
            let id = text(record, "Id")?;
            Some((id.to_owned(), position))
        });
        let id_name = id_name(list, items);
        let scope = if id_name == SCOPES[0] {
            Some("Id")
        } else {
            SCOPES
                .into_iter()
                .find(|scope| items.property(scope).is_some())
        };
        Self {
            positions: positions.collect(),
            records,
            id_name,
            scope,
            has_updated: items.property(UPDATED_UTC).is_some(),
            problem,
        }
    }

    /// Returns the position of the record with an ID, in any letter case.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(&normalized(id)).copied()
    }

    /// Returns the record with an ID, in any letter case.
    pub(crate) fn get(&self, id: &str) -> Option<&Value> {
        self.records.get(self.position(id)?)
    }
}

/// Returns the name of the IDs of a list's records, such as `CompanyId` for `Companies`: that of the component, or of
/// the list.
pub(crate) fn id_name(list: &str, items: Schema<'_>) -> String {
    let component = items.property("Id").and_then(Schema::name);
    component.map_or_else(|| format!("{}Id", singular(list)), str::to_owned)
}

fn text<'a>(record: &'a Value, property: &str) -> Option<&'a str> {
    record.get(property)?.as_str()
}
