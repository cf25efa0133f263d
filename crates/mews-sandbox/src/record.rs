//! The records that the sandbox keeps: the one definition for fixtures, store and responses.
//!
//! A record has a field for each property that the sandbox filters, sorts or derives by. All other properties of the
//! spec are plain: they are stored, updated and returned without code that names them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::ApiError;
use crate::instant::Instant;
use crate::spec::Schema;

/// The properties of a record without a field.
pub(crate) type Properties = Map<String, Value>;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Voucher {
    pub(crate) id: Uuid,
    pub(crate) service_id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) created_utc: Instant,
    pub(crate) updated_utc: Instant,
    #[serde(default)]
    pub(crate) company_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) travel_agency_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) external_identifier: Option<String>,
    pub(crate) is_active: bool,
    #[serde(flatten)]
    pub(crate) properties: Properties,
}

impl Voucher {
    /// The properties with a field.
    pub(crate) const FIELDS: &[&str] = &[
        "Id",
        "ServiceId",
        "EnterpriseId",
        "CreatedUtc",
        "UpdatedUtc",
        "CompanyId",
        "TravelAgencyId",
        "ExternalIdentifier",
        "IsActive",
    ];

    /// Returns the value of `Type`.
    pub(crate) fn kind(&self) -> &str {
        self.text("Type")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("Name")
    }

    fn text(&self, property: &str) -> &str {
        self.properties
            .get(property)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Returns the value of a plain property that is a timestamp.
    pub(crate) fn instant(&self, property: &str) -> Option<Instant> {
        Instant::parse(self.properties.get(property)?.as_str()?)
    }

    /// Returns the company or the travel agency. The type determines which of the two properties has it.
    pub(crate) fn company(&self) -> Option<Uuid> {
        self.company_id.or(self.travel_agency_id)
    }

    /// Sets the company in the property that the type determines.
    pub(crate) fn set_company(&mut self, company: Option<Uuid>) {
        (self.company_id, self.travel_agency_id) = match self.kind() {
            "TravelAgency" => (None, company),
            _ => (company, None),
        };
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCode {
    pub(crate) id: Uuid,
    pub(crate) voucher_id: Uuid,
    pub(crate) value: String,
    pub(crate) created_utc: Instant,
    pub(crate) updated_utc: Instant,
    pub(crate) is_active: bool,
    #[serde(flatten)]
    pub(crate) properties: Properties,
}

impl VoucherCode {
    /// The properties with a field.
    pub(crate) const FIELDS: &[&str] = &[
        "Id",
        "VoucherId",
        "Value",
        "CreatedUtc",
        "UpdatedUtc",
        "IsActive",
    ];

    /// Returns the value of a plain property that is a timestamp.
    pub(crate) fn instant(&self, property: &str) -> Option<Instant> {
        Instant::parse(self.properties.get(property)?.as_str()?)
    }
}

pub(crate) const IS_ACTIVE: &str = "IsActive";
pub(crate) const CREATED_UTC: &str = "CreatedUtc";
pub(crate) const UPDATED_UTC: &str = "UpdatedUtc";

/// Derived from `IsActive`, in the responses of a spec that has it.
pub(crate) const ACTIVITY_STATE: &str = "ActivityState";

/// Returns the value of `ActivityState`.
pub(crate) const fn activity_state(is_active: bool) -> &'static str {
    if is_active { "Active" } else { "Deleted" }
}

/// The properties that the spec defines for a kind of record.
#[derive(Default)]
pub(crate) struct RecordSpec {
    properties: BTreeMap<String, Property>,
    has_activity_state: bool,
}

#[derive(Clone, Copy)]
struct Property {
    is_nullable: bool,
    is_date_time: bool,
    is_plain: bool,
}

impl Property {
    /// Returns a value as it is stored: a timestamp as a number of seconds, which takes a third of the memory.
    fn to_store(self, value: &Value) -> Value {
        value
            .as_str()
            .filter(|_| self.is_date_time)
            .and_then(Instant::parse)
            .map_or_else(|| value.clone(), |instant| instant.seconds().into())
    }
}

impl RecordSpec {
    /// Reads the schemas of the record and of the parameters that create one. The parameters are consulted because
    /// not every record declares the format of its timestamps.
    pub(crate) fn new(record: Schema<'_>, parameters: Schema<'_>, fields: &[&str]) -> Self {
        let declared = record.properties();
        let has_activity_state = declared.contains_key(ACTIVITY_STATE);
        let properties = declared
            .into_iter()
            .filter(|(name, _)| *name != ACTIVITY_STATE)
            .map(|(name, schema)| {
                let is_date_time = schema.is_date_time()
                    || parameters.property(name).is_some_and(Schema::is_date_time);
                let property = Property {
                    is_nullable: schema.is_nullable(),
                    is_date_time,
                    is_plain: !fields.contains(&name),
                };
                (name.to_owned(), property)
            })
            .collect();
        Self {
            properties,
            has_activity_state,
        }
    }

    /// Completes plain properties as they are stored to those of a response. Timestamps are stored as seconds.
    pub(crate) fn complete(&self, properties: &mut Properties, is_active: bool) {
        for (name, property) in &self.properties {
            if let Some(seconds) = properties
                .get(name)
                .filter(|_| property.is_date_time)
                .and_then(Value::as_i64)
            {
                let text = Instant::from_seconds(seconds).to_string();
                properties.insert(name.clone(), text.into());
            }
            if property.is_plain && property.is_nullable && !properties.contains_key(name) {
                properties.insert(name.clone(), Value::Null);
            }
        }
        if self.has_activity_state {
            properties.insert(ACTIVITY_STATE.into(), activity_state(is_active).into());
        }
    }

    /// Returns the plain properties that are worth storing, as JSON, or `None` if there are none.
    pub(crate) fn to_store(&self, properties: &Properties) -> Option<String> {
        let kept: BTreeMap<&String, Value> = properties
            .iter()
            .filter(|(_, value)| !value.is_null())
            .filter_map(|(name, value)| Some((name, self.properties.get(name)?.to_store(value))))
            .collect();
        (!kept.is_empty())
            .then(|| serde_json::to_string(&kept).ok())
            .flatten()
    }

    /// Sets a property of a record that is being created or updated. A property that records do not have is left to
    /// the caller.
    pub(crate) fn set(
        &self,
        record: &mut Properties,
        name: &str,
        value: &Value,
    ) -> Result<(), ApiError> {
        let Some(property) = self.properties.get(name) else {
            return Ok(());
        };
        let value = match value {
            // Without the value, the record could not be returned.
            Value::Null if !property.is_nullable => {
                return Err(ApiError::invalid(name, "the value can be set, not cleared"));
            }
            Value::String(text) if property.is_date_time => {
                let instant = Instant::parse(text).ok_or_else(|| {
                    ApiError::invalid(name, "write timestamps as 2026-01-31T09:00:00Z")
                })?;
                instant.to_string().into()
            }
            other => other.clone(),
        };
        record.insert(name.to_owned(), value);
        Ok(())
    }
}
