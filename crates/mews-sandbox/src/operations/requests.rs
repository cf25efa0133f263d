//! The parts of requests that business rules use.
//!
//! Requests are read into these types after they were validated against the spec, so the types do not repeat its
//! constraints. All other properties are stored without changes.

use serde::Deserialize;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::error::ApiError;
use crate::record::Properties;
use crate::spec::ENVELOPE;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Limitation {
    pub(crate) cursor: Option<String>,
    pub(crate) count: Number,
}

impl Limitation {
    /// Returns the number of items. In JSON Schema, `10.0` is an integer too.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn count(&self) -> usize {
        let float = || self.count.as_f64().unwrap_or_default() as usize;
        self.count
            .as_u64()
            .map_or_else(float, |count| count as usize)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TimeInterval {
    pub(crate) start_utc: String,
    pub(crate) end_utc: String,
}

// The names are those of the spec.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct VoucherExtent {
    pub(crate) vouchers: Option<bool>,
    pub(crate) voucher_assignments: Option<bool>,
    pub(crate) rates: Option<bool>,
    pub(crate) voucher_codes: Option<bool>,
    pub(crate) companies: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherFilter {
    pub(crate) enterprise_ids: Option<Vec<Uuid>>,
    pub(crate) extent: VoucherExtent,
    pub(crate) service_ids: Vec<Uuid>,
    pub(crate) voucher_ids: Option<Vec<Uuid>>,
    pub(crate) company_ids: Option<Vec<Uuid>>,
    pub(crate) voucher_code_values: Option<Vec<String>>,
    pub(crate) activity_states: Option<Vec<String>>,
    pub(crate) updated_utc: Option<TimeInterval>,
    pub(crate) external_identifiers: Option<Vec<String>>,
    pub(crate) limitation: Limitation,
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodeFilter {
    pub(crate) enterprise_ids: Option<Vec<Uuid>>,
    pub(crate) voucher_code_ids: Option<Vec<Uuid>>,
    pub(crate) voucher_ids: Vec<Uuid>,
    pub(crate) updated_utc: Option<TimeInterval>,
    pub(crate) limitation: Limitation,
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// Rejects a filter that the spec has and the sandbox does not: ignoring it would return wrong records.
pub(crate) fn reject_others(others: &Map<String, Value>) -> Result<(), ApiError> {
    others
        .iter()
        .find(|(name, value)| !ENVELOPE.contains(&name.as_str()) && !value.is_null())
        .map_or(Ok(()), |(name, _)| Err(unsupported_filter(name)))
}

pub(crate) fn unsupported_filter(name: &str) -> ApiError {
    ApiError::invalid(
        name,
        format!("the sandbox does not implement the filter `{name}`"),
    )
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VouchersAdd {
    pub(crate) enterprise_id: Option<Uuid>,
    pub(crate) voucher_parameters: Vec<VoucherParameters>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherParameters {
    pub(crate) service_id: Uuid,
    pub(crate) company_id: Option<Uuid>,
    pub(crate) assigned_rate_ids: Option<Vec<Uuid>>,
    #[serde(flatten)]
    pub(crate) properties: Properties,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VouchersUpdate {
    pub(crate) enterprise_id: Option<Uuid>,
    pub(crate) voucher_updates: Vec<VoucherUpdate>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherUpdate {
    pub(crate) voucher_id: Uuid,
    pub(crate) company_id: Option<UpdateValue<Uuid>>,
    pub(crate) assigned_rate_ids: Option<UpdateValue<Vec<Uuid>>>,
    /// The update values of the other properties.
    #[serde(flatten)]
    pub(crate) properties: Properties,
}

/// `{"Value": x}`: if the object is omitted or null, the property is kept; null inside it clears the property
/// (guidelines/serialization.md).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateValue<T> {
    pub(crate) value: Option<T>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VouchersDelete {
    pub(crate) enterprise_id: Option<Uuid>,
    pub(crate) voucher_ids: Vec<Uuid>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodesAdd {
    pub(crate) enterprise_id: Option<Uuid>,
    pub(crate) voucher_code_parameters: Vec<VoucherCodeParameters>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodeParameters {
    pub(crate) voucher_id: Uuid,
    pub(crate) value: String,
    #[serde(flatten)]
    pub(crate) properties: Properties,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodesDelete {
    pub(crate) enterprise_id: Option<Uuid>,
    pub(crate) voucher_code_ids: Vec<Uuid>,
}
