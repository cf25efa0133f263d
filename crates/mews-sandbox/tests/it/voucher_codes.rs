//! Writing codes, according to pages/vouchercodes.md.

use std::time::Duration;

use mews_sandbox::{Behavior, Operation, ResponseOrder, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of};

#[tokio::test]
async fn added_codes_are_returned_in_order_and_can_be_read() {
    let api = Api::new().await;
    let body = add_codes(builtin::VOUCHER_ID, ["ONE", "TWO", "ünïcode ✓"]);
    let added = api.call(Operation::VoucherCodesAdd, body).await.ok();
    assert_eq!(
        added.strings("VoucherCodes", "Value"),
        ["ONE", "TWO", "ünïcode ✓"]
    );
    assert_eq!(added.body["Cursor"], Value::Null, "an add has no next page");
    let listed = api
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    assert_eq!(
        listed.body["VoucherCodes"][0],
        added.body["VoucherCodes"][2]
    );

    let api = Api::with(|builder| builder.response_order(ResponseOrder::Reversed)).await;
    let added = api
        .call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["ONE", "TWO"]),
        )
        .await
        .ok();
    assert_eq!(added.strings("VoucherCodes", "Value"), ["TWO", "ONE"]);
}

// pages/vouchercodes.md, "Voucher code parameters": 128 characters at most.
#[tokio::test]
async fn rejects_invalid_codes() {
    let api = Api::new().await;
    let add = async |change: Value| {
        let mut code = json!({ "VoucherId": builtin::VOUCHER_ID, "Value": "NEW" });
        for (name, value) in change.as_object().cloned().unwrap_or_default() {
            code[name] = value;
        }
        let good = json!({ "VoucherId": builtin::VOUCHER_ID, "Value": "GOOD" });
        api.call(
            Operation::VoucherCodesAdd,
            json!({ "VoucherCodeParameters": [good, code] }),
        )
        .await
    };
    for (change, parameter) in [
        (json!({ "Value": "" }), "Value"),
        (json!({ "Value": "x".repeat(129) }), "Value"),
        (json!({ "Value": null }), "Value"),
        (json!({ "VoucherId": builtin::CODE_ID }), "VoucherId"),
        (json!({ "VoucherId": "not a uuid" }), "VoucherId"),
        (
            json!({ "VoucherId": builtin::DELETED_VOUCHER_ID }),
            "VoucherId",
        ),
        (
            json!({ "VoucherId": builtin::SECOND_ENTERPRISE_VOUCHER_ID }),
            "VoucherId",
        ),
        (json!({ "ValidityEndUtc": "tomorrow" }), "ValidityEndUtc"),
        (
            json!({ "ValidityStartUtc": "2026-05-02T00:00:00Z", "ValidityEndUtc": "2026-05-01T00:00:00Z" }),
            "ValidityEndUtc",
        ),
        (json!({ "IsActive": true }), "IsActive"),
    ] {
        add(change)
            .await
            .rejected(400, &format!("Invalid {parameter}"));
    }
    api.assert_untouched().await;
    let bounds = json!({ "ValidityStartUtc": "2026-05-01T02:00:00.999+02:00", "ValidityEndUtc": "2026-05-01T00:00:00Z" });
    let reply = add(bounds).await.ok();
    assert_eq!(
        reply.body["VoucherCodes"][1]["ValidityStartUtc"], "2026-05-01T00:00:00Z",
        "in UTC, in whole seconds"
    );
}

#[tokio::test]
async fn duplicate_values_are_accepted_unless_the_setting_rejects_them() {
    let api = Api::new().await;
    let twice = add_codes(
        builtin::VOUCHER_ID,
        [builtin::CODE_VALUE, builtin::CODE_VALUE],
    );
    api.call(Operation::VoucherCodesAdd, twice).await.ok();

    let api = Api::with(|builder| builder.duplicate_values(Behavior::Reject)).await;
    let message = "A voucher code with the value SPRING-WELCOME exists already.";
    for voucher in [builtin::VOUCHER_ID, builtin::PARTNER_VOUCHER_ID] {
        api.call(
            Operation::VoucherCodesAdd,
            add_codes(voucher, [builtin::CODE_VALUE]),
        )
        .await
        .rejected(403, message);
    }
    let twice = add_codes(builtin::VOUCHER_ID, ["NEW", "NEW"]);
    let rejected = api.call(Operation::VoucherCodesAdd, twice).await;
    let rejected = rejected.rejected(403, "A voucher code with the value NEW exists already.");
    assert_eq!(rejected.body.get("Details"), None);
    api.assert_untouched().await;
    // The code with this value was deleted, so the value can be used again.
    api.call(
        Operation::VoucherCodesAdd,
        add_codes(builtin::VOUCHER_ID, ["SPRING-TYPO"]),
    )
    .await
    .ok();
}

#[tokio::test]
async fn deleted_codes_stay_readable() {
    let api = Api::new().await;
    api.clock.advance(Duration::from_secs(5));
    let delete = json!({ "VoucherCodeIds": [builtin::CODE_ID] });
    assert_eq!(
        api.call(Operation::VoucherCodesDelete, delete.clone())
            .await
            .ok()
            .text,
        "{}"
    );
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["VoucherCodeIds"] = json!([builtin::CODE_ID]);
    let code = api
        .call(Operation::VoucherCodesGetAll, body)
        .await
        .ok()
        .body["VoucherCodes"][0]
        .clone();
    assert_eq!(
        (&code["IsActive"], &code["ActivityState"]),
        (&json!(false), &json!("Deleted"))
    );
    assert_eq!(code["UpdatedUtc"], "2026-02-01T10:00:05Z");
    api.call(Operation::VoucherCodesDelete, delete.clone())
        .await
        .rejected(400, "Invalid VoucherCodeIds");
    let unknown = json!({ "VoucherCodeIds": [builtin::VOUCHER_ID] });
    api.call(Operation::VoucherCodesDelete, unknown)
        .await
        .rejected(400, "Invalid VoucherCodeIds");

    let api = Api::with(|builder| builder.repeated_delete(Behavior::Accept)).await;
    api.call(Operation::VoucherCodesDelete, delete.clone())
        .await
        .ok();
    api.call(Operation::VoucherCodesDelete, delete).await.ok();
}

#[tokio::test]
async fn codes_of_a_deleted_voucher_can_be_read_and_deleted() {
    let api = Api::new().await;
    api.call(
        Operation::VouchersDelete,
        json!({ "VoucherIds": [builtin::VOUCHER_ID] }),
    )
    .await
    .ok();
    assert_eq!(
        api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
            .await
            .ok()
            .ids("VoucherCodes")
            .len(),
        3
    );
    api.call(
        Operation::VoucherCodesDelete,
        json!({ "VoucherCodeIds": [builtin::CODE_ID] }),
    )
    .await
    .ok();
}

// pages/vouchercodes.md: "max 1000 items".
#[tokio::test]
async fn batch_has_at_most_1000_codes() {
    let api = Api::new().await;
    let values: Vec<String> = (0..1001).map(|number| format!("BATCH-{number}")).collect();
    let body = add_codes(builtin::VOUCHER_ID, values.iter().map(String::as_str));
    api.call(Operation::VoucherCodesAdd, body)
        .await
        .rejected(400, "Invalid VoucherCodeParameters");
    let body = add_codes(builtin::VOUCHER_ID, values[1..].iter().map(String::as_str));
    let added = api.call(Operation::VoucherCodesAdd, body).await.ok();
    let ids = added.ids("VoucherCodes");
    assert_eq!(ids.len(), 1000);
    api.call(
        Operation::VoucherCodesDelete,
        json!({ "VoucherCodeIds": ids }),
    )
    .await
    .ok();
}

// New records stay newer than old records if the clock is set back.
#[tokio::test]
async fn timestamps_of_new_records_never_go_back() {
    let api = Api::new().await;
    api.clock
        .set(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_577_836_800));
    let added = api
        .call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["BACK"]),
        )
        .await
        .ok();
    assert_eq!(
        added.body["VoucherCodes"][0]["CreatedUtc"], "2026-01-10T09:10:00Z",
        "the timestamp of the newest code"
    );
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["Limitation"] = json!({ "Count": 1 });
    assert_eq!(
        api.call(Operation::VoucherCodesGetAll, body)
            .await
            .ok()
            .strings("VoucherCodes", "Value"),
        ["BACK"]
    );
}
