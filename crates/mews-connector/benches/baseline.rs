//! Handwritten types with the same fields, for a comparison with reqwest and serde only.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // The fields are only decoded.
pub(crate) struct Page {
    pub(crate) voucher_codes: Option<Vec<Code>>,
    pub(crate) cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // The fields are only decoded.
pub(crate) struct Code {
    id: Uuid,
    voucher_id: Option<Uuid>,
    value: Option<String>,
    validity_start_utc: Option<DateTime<Utc>>,
    validity_end_utc: Option<DateTime<Utc>>,
    created_utc: Option<DateTime<Utc>>,
    updated_utc: Option<DateTime<Utc>>,
    is_active: Option<bool>,
    activity_state: Option<ActivityState>,
}

#[derive(Debug, Deserialize)]
pub(crate) enum ActivityState {
    Active,
    Deleted,
}

/// Returns the codes of a page, like in the examples of the vendor documents.
pub(crate) fn codes(count: usize) -> String {
    let code = |number: usize| {
        json!({
            "Id": format!("c0de0000-0000-4000-8000-{number:012x}"),
            "VoucherId": "d15c0000-0000-4000-8000-000000000001",
            "Value": format!("WELCOME-{number:06}"),
            "ValidityStartUtc": "2026-01-01T00:00:00Z",
            "ValidityEndUtc": null,
            "CreatedUtc": "2026-01-05T09:00:00Z",
            "UpdatedUtc": "2026-01-05T09:00:00Z",
            "IsActive": true,
            "ActivityState": "Active",
        })
    };
    let codes: Vec<_> = (0..count).map(code).collect();
    serde_json::to_string(&codes).unwrap_or_default()
}
