//! Portfolio access tokens, according to concepts/multi-property.md.

use mews_sandbox::{Operation, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn portfolio(mut body: Value) -> Value {
    body["AccessToken"] = builtin::PORTFOLIO_ACCESS_TOKEN.into();
    body
}

fn all_services() -> Value {
    json!({
        "Extent": { "Vouchers": true },
        "ServiceIds": [builtin::SERVICE_ID, builtin::SECOND_ENTERPRISE_SERVICE_ID],
        "Limitation": { "Count": 1000 },
    })
}

// concepts/multi-property.md: an operation without `EnterpriseIds` applies to all enterprises in scope. Named
// enterprises "must be within scope".
#[tokio::test]
async fn reads_cover_the_scope_or_the_named_enterprises() {
    let api = Api::new().await;
    let reply = api
        .call(Operation::VouchersGetAll, portfolio(all_services()))
        .await
        .ok();
    assert_eq!(reply.ids("Vouchers").len(), 4);
    assert_eq!(
        reply.ids("Vouchers")[0],
        builtin::SECOND_ENTERPRISE_VOUCHER_ID
    );

    let mut one = portfolio(all_services());
    one["EnterpriseIds"] = json!([builtin::SECOND_ENTERPRISE_ID]);
    api.call(Operation::VouchersGetAll, one.clone())
        .await
        .rejected(400, "Invalid ServiceIds");
    one["ServiceIds"] = json!([builtin::SECOND_ENTERPRISE_SERVICE_ID]);
    assert_eq!(
        api.call(Operation::VouchersGetAll, one)
            .await
            .ok()
            .ids("Vouchers"),
        [builtin::SECOND_ENTERPRISE_VOUCHER_ID]
    );

    let mut codes = portfolio(codes_of(builtin::SECOND_ENTERPRISE_VOUCHER_ID));
    assert_eq!(
        api.call(Operation::VoucherCodesGetAll, codes.clone())
            .await
            .ok()
            .strings("VoucherCodes", "Value"),
        ["SEA-VIEW"]
    );
    codes["EnterpriseIds"] = json!([UNKNOWN]);
    api.call(Operation::VoucherCodesGetAll, codes)
        .await
        .rejected(400, "Invalid EnterpriseIds");
}

// pages/vouchers.md, `EnterpriseIds` and `EnterpriseId`: "ignored otherwise".
#[tokio::test]
async fn enterprise_is_ignored_for_other_tokens() {
    let api = Api::new().await;
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["EnterpriseIds"] = json!([UNKNOWN]);
    api.call(Operation::VoucherCodesGetAll, body).await.ok();
    let mut body = add_codes(builtin::VOUCHER_ID, ["IGNORED"]);
    body["EnterpriseId"] = json!(builtin::SECOND_ENTERPRISE_ID);
    api.call(Operation::VoucherCodesAdd, body).await.ok();
    let body = codes_of(builtin::SECOND_ENTERPRISE_VOUCHER_ID);
    api.call(Operation::VoucherCodesGetAll, body)
        .await
        .rejected(400, "Invalid VoucherIds");
}

// pages/vouchers.md, `EnterpriseId`: "Required when using Portfolio Access Tokens".
#[tokio::test]
async fn writes_require_an_enterprise() {
    let api = Api::new().await;
    let voucher = json!({ "ServiceId": builtin::SECOND_ENTERPRISE_SERVICE_ID, "Name": "New", "Type": "Public" });
    let writes: [(Operation, Value, &str); 5] = [
        (
            Operation::VouchersAdd,
            json!({ "VoucherParameters": [voucher] }),
            "ServiceId",
        ),
        (
            Operation::VouchersUpdate,
            json!({ "VoucherUpdates": [{ "VoucherId": builtin::SECOND_ENTERPRISE_VOUCHER_ID }] }),
            "VoucherId",
        ),
        (
            Operation::VoucherCodesAdd,
            add_codes(builtin::SECOND_ENTERPRISE_VOUCHER_ID, ["NEW"]),
            "VoucherId",
        ),
        (
            Operation::VoucherCodesDelete,
            json!({ "VoucherCodeIds": ["c0de0000-0000-4000-8000-000000000008"] }),
            "VoucherCodeIds",
        ),
        (
            Operation::VouchersDelete,
            json!({ "VoucherIds": [builtin::SECOND_ENTERPRISE_VOUCHER_ID] }),
            "VoucherIds",
        ),
    ];
    for (operation, body, reference) in writes {
        let mut body = portfolio(body);
        for enterprise in [Value::Null, json!(UNKNOWN)] {
            body["EnterpriseId"] = enterprise;
            api.call(operation, body.clone())
                .await
                .rejected(400, "Invalid EnterpriseId");
        }
        body["EnterpriseId"] = json!(builtin::ENTERPRISE_ID);
        api.call(operation, body.clone())
            .await
            .rejected(400, &format!("Invalid {reference}"));
        body["EnterpriseId"] = json!(builtin::SECOND_ENTERPRISE_ID);
        api.call(operation, body).await.ok();
    }
}
