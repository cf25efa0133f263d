//! Extents of `vouchers/getAll`, according to pages/vouchers.md ("Voucher Extent").

use mews_sandbox::{Discontinued, Operation, builtin};
use serde_json::{Value, json};

use crate::support::{Api, vouchers_of};

fn with_extent(extent: Value) -> Value {
    let mut body = vouchers_of(builtin::SERVICE_ID);
    body["Extent"] = extent;
    body
}

// pages/vouchers.md: an extent that is off is null, not an empty array.
#[tokio::test]
async fn extents_that_are_off_are_null() {
    let api = Api::new().await;
    let reply = api
        .call(
            Operation::VouchersGetAll,
            with_extent(json!({ "VoucherAssignments": true })),
        )
        .await
        .ok();
    assert_eq!(
        reply.strings("VoucherAssignments", "RateId"),
        [
            builtin::RATE_IDS[0],
            builtin::RATE_IDS[1],
            builtin::RATE_IDS[2],
            builtin::RATE_IDS[0],
        ]
    );
    for list in ["Vouchers", "VoucherCodes", "Rates", "Companies"] {
        assert_eq!(reply.body[list], Value::Null, "{list}");
    }
    let reply = api
        .call(
            Operation::VouchersGetAll,
            with_extent(json!({ "Rates": true })),
        )
        .await
        .ok();
    assert_eq!(reply.ids("Rates").len(), 3, "each rate is listed once");
    assert_eq!(reply.body["VoucherAssignments"], Value::Null);
}

// pages/vouchers.md, "Voucher Extent": `VoucherCodes` and `Companies` are deprecated, discontinued on 10 January 2025.
#[tokio::test]
async fn discontinued_extents_follow_the_setting() {
    let extent = json!({ "Vouchers": true, "VoucherCodes": true, "Companies": true });
    let api = Api::new().await;
    let reply = api
        .call(Operation::VouchersGetAll, with_extent(extent.clone()))
        .await
        .ok();
    assert_eq!(
        (&reply.body["VoucherCodes"], &reply.body["Companies"]),
        (&Value::Null, &Value::Null)
    );

    let api = Api::with(|builder| builder.discontinued(Discontinued::Data)).await;
    let reply = api
        .call(Operation::VouchersGetAll, with_extent(extent.clone()))
        .await
        .ok();
    assert_eq!(reply.ids("VoucherCodes").len(), 5);
    assert_eq!(
        reply.ids("Companies"),
        [builtin::TRAVEL_AGENCY_ID, builtin::COMPANY_ID]
    );
    let reply = api
        .call(
            Operation::VouchersGetAll,
            with_extent(json!({ "VoucherCodes": false })),
        )
        .await
        .ok();
    assert_eq!(reply.body["VoucherCodes"], Value::Null);

    let api = Api::with(|builder| builder.discontinued(Discontinued::Error)).await;
    api.call(Operation::VouchersGetAll, with_extent(extent))
        .await
        .rejected(400, "Invalid Extent");
    api.call(
        Operation::VouchersGetAll,
        with_extent(json!({ "Vouchers": true, "Companies": false })),
    )
    .await
    .ok();
}

// guidelines/requests.md, "Request timeouts": the response to a request for too much data is a 408.
#[tokio::test]
async fn too_many_codes_in_an_extent_time_out() {
    let api =
        Api::with(|builder| builder.discontinued(Discontinued::Data).seed_codes(60_000)).await;
    let extent = json!({ "VoucherCodes": true });
    api.call(Operation::VouchersGetAll, with_extent(extent.clone()))
        .await
        .rejected(408, "The request took too long.");
    let mut less = with_extent(extent);
    less["Limitation"] = json!({ "Count": 2 });
    assert!(
        api.call(Operation::VouchersGetAll, less)
            .await
            .ok()
            .ids("VoucherCodes")
            .len()
            > 1_000
    );
}
