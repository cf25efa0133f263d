//! Handwritten types with the same fields, for a comparison with reqwest and serde only.

use mews_connector::UtcDateTime;
use mews_connector::types::{ActivityState, VoucherCodeId, VoucherId};
use serde::Deserialize;
use serde_json::json;

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
    id: VoucherCodeId,
    voucher_id: Option<VoucherId>,
    value: Option<String>,
    validity_start_utc: Option<UtcDateTime>,
    validity_end_utc: Option<UtcDateTime>,
    created_utc: Option<UtcDateTime>,
    updated_utc: Option<UtcDateTime>,
    is_active: Option<bool>,
    activity_state: Option<ActivityState>,
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
