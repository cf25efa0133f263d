//! What requests ask for and answers hold, as far as the sandbox looks at it.
//!
//! Requests are read into these types after they passed the check against the document, so the types don't repeat
//! its limits.

use std::collections::HashMap;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use uuid::Uuid;

use crate::instant::Instant;

/// Who may use a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum VoucherType {
    Public,
    PartnerCompany,
    TravelAgency,
}

impl VoucherType {
    const ALL: [Self; 3] = [Self::Public, Self::PartnerCompany, Self::TravelAgency];
}

impl ToSql for VoucherType {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok((*self as i64).into())
    }
}

impl FromSql for VoucherType {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Self::ALL
            .into_iter()
            .find(|kind| *kind as i64 == number)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}

/// Whether a record is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum ActivityState {
    Active,
    Deleted,
}

impl ActivityState {
    pub(crate) const fn of(is_active: bool) -> Self {
        if is_active {
            Self::Active
        } else {
            Self::Deleted
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Voucher {
    pub(crate) id: Uuid,
    pub(crate) service_id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) name: String,
    pub(crate) created_utc: Instant,
    pub(crate) updated_utc: Instant,
    #[serde(rename = "Type")]
    pub(crate) kind: VoucherType,
    pub(crate) company_id: Option<Uuid>,
    pub(crate) travel_agency_id: Option<Uuid>,
    pub(crate) occupiable_interval_start_utc: Option<Instant>,
    pub(crate) occupiable_interval_end_utc: Option<Instant>,
    pub(crate) external_identifier: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) activity_state: ActivityState,
}

impl Voucher {
    /// The company or travel agency, wherever the type puts it.
    pub(crate) fn company(&self) -> Option<Uuid> {
        self.company_id.or(self.travel_agency_id)
    }

    /// Puts the company where the type wants it.
    pub(crate) fn set_company(&mut self, company: Option<Uuid>) {
        (self.company_id, self.travel_agency_id) = match self.kind {
            VoucherType::TravelAgency => (None, company),
            VoucherType::Public | VoucherType::PartnerCompany => (company, None),
        };
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCode {
    pub(crate) id: Uuid,
    pub(crate) voucher_id: Uuid,
    pub(crate) value: String,
    pub(crate) validity_start_utc: Option<Instant>,
    pub(crate) validity_end_utc: Option<Instant>,
    pub(crate) created_utc: Instant,
    pub(crate) updated_utc: Instant,
    pub(crate) is_active: bool,
    pub(crate) activity_state: ActivityState,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherAssignment {
    pub(crate) voucher_id: Uuid,
    pub(crate) rate_id: Uuid,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherResult {
    pub(crate) vouchers: Option<Vec<Voucher>>,
    pub(crate) voucher_codes: Option<Vec<VoucherCode>>,
    pub(crate) voucher_assignments: Option<Vec<VoucherAssignment>>,
    pub(crate) rates: Option<Vec<Value>>,
    pub(crate) companies: Option<Vec<Value>>,
    pub(crate) cursor: Option<Uuid>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherWriteResult {
    pub(crate) vouchers: Vec<Voucher>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodeResult {
    pub(crate) voucher_codes: Vec<VoucherCode>,
    pub(crate) cursor: Option<Uuid>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Limitation {
    pub(crate) cursor: Option<String>,
    pub(crate) count: Number,
}

impl Limitation {
    /// How many items; `10.0` is an integer to JSON Schema too.
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

// The names are the document's.
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
    pub(crate) activity_states: Option<Vec<ActivityState>>,
    pub(crate) updated_utc: Option<TimeInterval>,
    pub(crate) external_identifiers: Option<Vec<String>>,
    pub(crate) limitation: Limitation,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodeFilter {
    pub(crate) enterprise_ids: Option<Vec<Uuid>>,
    pub(crate) voucher_code_ids: Option<Vec<Uuid>>,
    pub(crate) voucher_ids: Vec<Uuid>,
    pub(crate) updated_utc: Option<TimeInterval>,
    pub(crate) limitation: Limitation,
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
    pub(crate) name: String,
    #[serde(rename = "Type")]
    pub(crate) kind: VoucherType,
    pub(crate) company_id: Option<Uuid>,
    pub(crate) assigned_rate_ids: Option<Vec<Uuid>>,
    pub(crate) occupiable_interval_start_utc: Option<String>,
    pub(crate) occupiable_interval_end_utc: Option<String>,
    pub(crate) external_identifier: Option<String>,
}

/// `{"Value": x}`: the object left out or null keeps, null inside it clears (guidelines/serialization.md).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateValue<T> {
    pub(crate) value: Option<T>,
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
    pub(crate) name: Option<UpdateValue<String>>,
    #[serde(rename = "Type")]
    pub(crate) kind: Option<UpdateValue<VoucherType>>,
    pub(crate) company_id: Option<UpdateValue<Uuid>>,
    pub(crate) assigned_rate_ids: Option<UpdateValue<Vec<Uuid>>>,
    pub(crate) occupiable_interval_start_utc: Option<UpdateValue<String>>,
    pub(crate) occupiable_interval_end_utc: Option<UpdateValue<String>>,
    pub(crate) external_identifier: Option<UpdateValue<String>>,
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
    pub(crate) validity_start_utc: Option<String>,
    pub(crate) validity_end_utc: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCodesDelete {
    pub(crate) enterprise_id: Option<Uuid>,
    pub(crate) voucher_code_ids: Vec<Uuid>,
}

/// Items by identifier, as they are passed on.
pub(crate) type ById = HashMap<Uuid, Value>;
