//! The filters of `getAll`, according to pages/vouchers.md and pages/vouchercodes.md.

use mews_sandbox::{Behavior, Operation, builtin};
use serde_json::{Value, json};

use crate::support::{Api, codes_of};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn vouchers(filter: &str, value: Value) -> Value {
    let mut body = json!({
        "Extent": { "Vouchers": true },
        "ServiceIds": [builtin::SERVICE_ID, builtin::PARKING_SERVICE_ID],
        "Limitation": { "Count": 1000 },
    });
    body[filter] = value;
    body
}

#[tokio::test]
async fn vouchers_are_filtered_by_each_property() {
    let api = Api::new().await;
    let all = [
        builtin::DELETED_VOUCHER_ID,
        builtin::PARKING_VOUCHER_ID,
        builtin::AGENCY_VOUCHER_ID,
        builtin::PARTNER_VOUCHER_ID,
        builtin::VOUCHER_ID,
    ];
    let cases: [(&str, Value, &[&str]); 14] = [
        (
            "VoucherIds",
            json!([builtin::VOUCHER_ID, builtin::PARKING_VOUCHER_ID]),
            &[builtin::PARKING_VOUCHER_ID, builtin::VOUCHER_ID],
        ),
        ("VoucherIds", Value::Null, &all),
        (
            "CompanyIds",
            json!([builtin::COMPANY_ID]),
            &[builtin::PARTNER_VOUCHER_ID],
        ),
        (
            "CompanyIds",
            json!([builtin::TRAVEL_AGENCY_ID]),
            &[builtin::AGENCY_VOUCHER_ID],
        ),
        (
            "VoucherCodeValues",
            json!([builtin::CODE_VALUE, "AGENCY-SUMMER"]),
            &[builtin::AGENCY_VOUCHER_ID, builtin::VOUCHER_ID],
        ),
        ("VoucherCodeValues", json!(["spring-welcome"]), &[]),
        (
            "VoucherCodeValues",
            json!(["SPRING-TYPO"]),
            &[builtin::VOUCHER_ID],
        ),
        (
            "ActivityStates",
            json!(["Deleted"]),
            &[builtin::DELETED_VOUCHER_ID],
        ),
        ("ActivityStates", json!(["Active"]), &all[1..]),
        ("ActivityStates", json!(["Active", "Deleted"]), &all),
        ("ActivityStates", json!([]), &all),
        (
            "ExternalIdentifiers",
            json!(["PARKING-OLD", "SPRING-2026"]),
            &[builtin::DELETED_VOUCHER_ID, builtin::VOUCHER_ID],
        ),
        ("ExternalIdentifiers", json!(["' OR 1=1 --"]), &[]),
        (
            "ServiceIds",
            json!([builtin::PARKING_SERVICE_ID]),
            &all[..2],
        ),
    ];
    for (filter, value, expected) in cases {
        let reply = api
            .call(Operation::VouchersGetAll, vouchers(filter, value.clone()))
            .await
            .ok();
        assert_eq!(reply.ids("Vouchers"), expected, "{filter}: {value}");
    }
}

#[tokio::test]
async fn codes_are_filtered_by_id_within_their_vouchers() {
    let api = Api::new().await;
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["VoucherCodeIds"] = json!([
        builtin::CODE_ID,
        builtin::DELETED_CODE_ID,
        builtin::CODE_ID,
        "c0de0000-0000-4000-8000-000000000004"
    ]);
    let reply = api.call(Operation::VoucherCodesGetAll, body).await.ok();
    assert_eq!(
        reply.ids("VoucherCodes"),
        [builtin::DELETED_CODE_ID, builtin::CODE_ID]
    );
}

// guidelines/responses.md, 400: "The referenced resource does not exist".
#[tokio::test]
async fn unknown_ids_are_rejected_unless_the_setting_accepts_them() {
    let strict = Api::new().await;
    let lenient = Api::with(|builder| builder.unknown_ids(Behavior::Accept)).await;
    for filter in ["ServiceIds", "VoucherIds", "CompanyIds"] {
        for id in [
            UNKNOWN,
            builtin::SECOND_ENTERPRISE_SERVICE_ID,
            builtin::SECOND_ENTERPRISE_VOUCHER_ID,
        ] {
            let body = vouchers(filter, json!([id]));
            strict
                .call(Operation::VouchersGetAll, body.clone())
                .await
                .rejected(400, &format!("Invalid {filter}"));
            assert_eq!(
                lenient
                    .call(Operation::VouchersGetAll, body)
                    .await
                    .ok()
                    .body["Vouchers"],
                json!([])
            );
        }
    }
    for (filter, id) in [("VoucherIds", UNKNOWN), ("VoucherCodeIds", UNKNOWN)] {
        let mut body = codes_of(builtin::VOUCHER_ID);
        body[filter] = json!([id]);
        strict
            .call(Operation::VoucherCodesGetAll, body.clone())
            .await
            .rejected(400, &format!("Invalid {filter}"));
        assert_eq!(
            lenient
                .call(Operation::VoucherCodesGetAll, body)
                .await
                .ok()
                .body["Cursor"],
            Value::Null
        );
    }
}

// pages/vouchercodes.md requires `VoucherIds`, and pages/vouchers.md requires `ServiceIds`. Both have 1 to 1000 items.
#[tokio::test]
async fn required_filters_have_1_to_1000_ids() {
    let api = Api::new().await;
    for (operation, filter, id) in [
        (
            Operation::VoucherCodesGetAll,
            "VoucherIds",
            builtin::VOUCHER_ID,
        ),
        (Operation::VouchersGetAll, "ServiceIds", builtin::SERVICE_ID),
    ] {
        let mut body = json!({ "Extent": { "Vouchers": true }, "Limitation": { "Count": 1 } });
        if operation == Operation::VoucherCodesGetAll {
            body.as_object_mut().expect("an object").remove("Extent");
        }
        let message = format!("Invalid {filter}");
        api.call(operation, body.clone())
            .await
            .rejected(400, &message);
        for ids in [vec![], vec![id; 1001]] {
            body[filter] = json!(ids);
            api.call(operation, body.clone())
                .await
                .rejected(400, &message);
        }
        body[filter] = json!(vec![id; 1000]);
        api.call(operation, body).await.ok();
    }
}
