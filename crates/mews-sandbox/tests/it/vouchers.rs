//! Writing vouchers, according to pages/vouchers.md and guidelines/serialization.md.

use std::time::Duration;

use mews_sandbox::{Behavior, NullRates, Operation, ResponseOrder, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of, vouchers_of};

fn new_voucher(change: &Value) -> Value {
    let mut voucher = json!({ "ServiceId": builtin::SERVICE_ID, "Name": "New", "Type": "Public" });
    for (name, value) in change.as_object().cloned().unwrap_or_default() {
        voucher[name] = value;
    }
    json!({ "VoucherParameters": [voucher] })
}

fn update(change: &Value) -> Value {
    let mut update = json!({ "VoucherId": builtin::VOUCHER_ID });
    for (name, value) in change.as_object().cloned().unwrap_or_default() {
        update[name] = value;
    }
    json!({ "VoucherUpdates": [update] })
}

async fn rates_of(api: &Api, voucher: &str) -> Vec<String> {
    let mut body = vouchers_of(builtin::SERVICE_ID);
    body["Extent"] = json!({ "VoucherAssignments": true });
    body["VoucherIds"] = json!([voucher]);
    api.call(Operation::VouchersGetAll, body)
        .await
        .ok()
        .strings("VoucherAssignments", "RateId")
}

#[tokio::test]
async fn added_voucher_is_the_newest() {
    let api = Api::new().await;
    api.clock.advance(Duration::from_secs(60));
    let change = json!({ "AssignedRateIds": [builtin::RATE_IDS[1], builtin::RATE_IDS[0], builtin::RATE_IDS[1]] });
    let added = api
        .call(Operation::VouchersAdd, new_voucher(&change))
        .await
        .ok();
    let id = added.ids("Vouchers").remove(0);
    assert_eq!(
        added.body["Vouchers"][0]["CreatedUtc"],
        "2026-02-01T10:01:00Z"
    );
    let listed = api
        .call(Operation::VouchersGetAll, vouchers_of(builtin::SERVICE_ID))
        .await
        .ok();
    assert_eq!(listed.body["Vouchers"][0], added.body["Vouchers"][0]);
    assert_eq!(
        rates_of(&api, &id).await,
        [builtin::RATE_IDS[1], builtin::RATE_IDS[0]],
        "each rate is assigned once"
    );
}

// pages/vouchers.md, "Vouchers update parameters": CompanyId "is required for Type of PartnerCompany or TravelAgency";
// "Voucher": TravelAgencyId is a company "with Travel agency contract".
#[tokio::test]
async fn vouchers_of_partner_companies_and_travel_agencies_require_a_company() {
    let api = Api::new().await;
    let add = async |change: Value| api.call(Operation::VouchersAdd, new_voucher(&change)).await;
    for kind in ["PartnerCompany", "TravelAgency"] {
        add(json!({ "Type": kind }))
            .await
            .rejected(400, "Invalid CompanyId");
        add(json!({ "Type": kind, "CompanyId": null }))
            .await
            .rejected(400, "Invalid CompanyId");
        add(json!({ "Type": kind, "CompanyId": builtin::SERVICE_ID }))
            .await
            .rejected(400, "Invalid CompanyId");
        let change = json!({ "Type": { "Value": kind } });
        api.call(Operation::VouchersUpdate, update(&change))
            .await
            .rejected(400, "Invalid CompanyId");
    }
    let agency = json!({ "Type": "TravelAgency", "CompanyId": builtin::COMPANY_ID });
    add(agency)
        .await
        .rejected(403, "The company has no travel agency contract.");

    let reply = add(json!({ "Type": "TravelAgency", "CompanyId": builtin::TRAVEL_AGENCY_ID }))
        .await
        .ok();
    assert_eq!(
        reply.body["Vouchers"][0]["TravelAgencyId"],
        builtin::TRAVEL_AGENCY_ID
    );
    assert_eq!(reply.body["Vouchers"][0]["CompanyId"], Value::Null);
    let reply = add(json!({ "Type": "PartnerCompany", "CompanyId": builtin::COMPANY_ID }))
        .await
        .ok();
    assert_eq!(reply.body["Vouchers"][0]["CompanyId"], builtin::COMPANY_ID);
    // An example of the vendor documents has a company on a public voucher.
    let reply = add(json!({ "CompanyId": builtin::COMPANY_ID })).await.ok();
    assert_eq!(reply.body["Vouchers"][0]["CompanyId"], builtin::COMPANY_ID);
}

#[tokio::test]
async fn rejects_invalid_vouchers_with_the_name_of_the_parameter() {
    let api = Api::new().await;
    let cases = [
        (
            json!({ "ServiceId": builtin::SECOND_ENTERPRISE_SERVICE_ID }),
            "ServiceId",
        ),
        (
            json!({ "AssignedRateIds": ["4a000000-0000-4000-8000-000000000004"] }),
            "AssignedRateIds",
        ),
        (
            json!({ "AssignedRateIds": vec![builtin::RATE_IDS[0]; 11] }),
            "AssignedRateIds",
        ),
        (json!({ "Name": "" }), "Name"),
        (json!({ "Name": "x".repeat(129) }), "Name"),
        (
            json!({ "ExternalIdentifier": "x".repeat(256) }),
            "ExternalIdentifier",
        ),
        (json!({ "Type": "Private" }), "Type"),
        (json!({ "Nmae": "New" }), "Nmae"),
        (
            json!({ "OccupiableIntervalStartUtc": "2026-03-02T00:00:00Z", "OccupiableIntervalEndUtc": "2026-03-01T00:00:00Z" }),
            "OccupiableIntervalEndUtc",
        ),
    ];
    for (change, parameter) in cases {
        api.call(Operation::VouchersAdd, new_voucher(&change))
            .await
            .rejected(400, &format!("Invalid {parameter}"));
    }
    let long = json!({ "Name": "ü".repeat(128), "ExternalIdentifier": "ü".repeat(255) });
    api.call(Operation::VouchersAdd, new_voucher(&long))
        .await
        .ok();
}

// guidelines/serialization.md, "Update values": an omitted or null property is kept, a value sets the property, and a
// null value clears it.
#[tokio::test]
async fn update_values_keep_or_clear_properties() {
    let api = Api::new().await;
    let before = api
        .call(Operation::VouchersUpdate, update(&json!({})))
        .await
        .ok()
        .body["Vouchers"][0]
        .clone();
    assert_eq!(before["Name"], "Spring weekend");

    let nulls = json!({ "Name": null, "Type": null, "CompanyId": null, "AssignedRateIds": null, "ExternalIdentifier": null,
        "OccupiableIntervalStartUtc": null, "OccupiableIntervalEndUtc": null });
    let kept = api
        .call(Operation::VouchersUpdate, update(&nulls))
        .await
        .ok()
        .body["Vouchers"][0]
        .clone();
    assert_eq!(kept, before);
    assert_eq!(
        rates_of(&api, builtin::VOUCHER_ID).await,
        [builtin::RATE_IDS[0]]
    );

    let clear = json!({ "Value": null });
    let changes = json!({ "ExternalIdentifier": clear, "OccupiableIntervalStartUtc": clear,
        "OccupiableIntervalEndUtc": clear, "AssignedRateIds": clear, "CompanyId": clear });
    api.clock.advance(Duration::from_secs(1));
    let cleared = api
        .call(Operation::VouchersUpdate, update(&changes))
        .await
        .ok()
        .body["Vouchers"][0]
        .clone();
    let mut expected = before;
    for property in [
        "ExternalIdentifier",
        "OccupiableIntervalStartUtc",
        "OccupiableIntervalEndUtc",
    ] {
        expected[property] = Value::Null;
    }
    expected["UpdatedUtc"] = "2026-02-01T10:00:01Z".into();
    assert_eq!(cleared, expected);
    assert_eq!(rates_of(&api, builtin::VOUCHER_ID).await, [""; 0]);
}

#[tokio::test]
async fn updates_of_one_voucher_are_applied_in_order_and_change_its_timestamp() {
    let api = Api::new().await;
    let updated = async || {
        let mut body = vouchers_of(builtin::SERVICE_ID);
        body["VoucherIds"] = json!([builtin::VOUCHER_ID]);
        let reply = api.call(Operation::VouchersGetAll, body).await.ok();
        reply.strings("Vouchers", "UpdatedUtc").remove(0)
    };
    let before = updated().await;
    let code = add_codes(builtin::VOUCHER_ID, ["NEW"]);
    api.call(Operation::VoucherCodesAdd, code).await.ok();
    assert_eq!(
        updated().await,
        before,
        "a code does not change its voucher"
    );
    let names = ["First", "Second"]
        .map(|name| json!({ "VoucherId": builtin::VOUCHER_ID, "Name": { "Value": name } }));
    let body = json!({ "VoucherUpdates": names });
    let reply = api.call(Operation::VouchersUpdate, body).await.ok();
    assert_eq!(reply.strings("Vouchers", "Name"), ["Second"; 2]);
    api.clock.advance(Duration::from_secs(1));
    api.call(Operation::VouchersUpdate, update(&json!({})))
        .await
        .ok();
    assert_eq!(updated().await, "2026-02-01T10:00:01Z", "an empty update");
}

// pages/vouchers.md: a type is "not nullable" inside its update value, and a voucher's name is required.
#[tokio::test]
async fn name_and_type_cannot_be_cleared() {
    let api = Api::new().await;
    for property in ["Name", "Type"] {
        let change = json!({ property: { "Value": null } });
        api.call(Operation::VouchersUpdate, update(&change))
            .await
            .rejected(400, &format!("Invalid {property}"));
    }
    api.call(Operation::VouchersUpdate, update(&json!({ "Name": {} })))
        .await
        .rejected(400, "Invalid Value");
    api.assert_untouched().await;
}

// According to pages/vouchers.md, a null value keeps the rates. This contradicts guidelines/serialization.md.
#[tokio::test]
async fn null_rates_are_kept_if_the_setting_is_keep() {
    let api = Api::with(|builder| builder.null_rates(NullRates::Keep)).await;
    let change = json!({ "AssignedRateIds": { "Value": null } });
    api.call(Operation::VouchersUpdate, update(&change))
        .await
        .ok();
    assert_eq!(
        rates_of(&api, builtin::VOUCHER_ID).await,
        [builtin::RATE_IDS[0]]
    );
    let change = json!({ "AssignedRateIds": { "Value": [] } });
    api.call(Operation::VouchersUpdate, update(&change))
        .await
        .ok();
    assert_eq!(rates_of(&api, builtin::VOUCHER_ID).await, [""; 0]);
}

#[tokio::test]
async fn invalid_item_rejects_the_whole_batch() {
    let api = Api::new().await;
    let good = json!({ "VoucherId": builtin::PARTNER_VOUCHER_ID, "Name": { "Value": "Changed" } });
    let bad =
        json!({ "VoucherId": builtin::VOUCHER_ID, "CompanyId": { "Value": builtin::SERVICE_ID } });
    let body = json!({ "VoucherUpdates": [good, bad] });
    api.call(Operation::VouchersUpdate, body)
        .await
        .rejected(400, "Invalid CompanyId");
    let body = json!({ "VoucherIds": [builtin::VOUCHER_ID, builtin::DELETED_VOUCHER_ID] });
    api.call(Operation::VouchersDelete, body)
        .await
        .rejected(400, "Invalid VoucherIds");
    let one = json!({ "ServiceId": builtin::SERVICE_ID, "Name": "New", "Type": "Public" });
    let other = json!({ "ServiceId": builtin::SERVICE_ID, "Name": "New", "Type": "TravelAgency" });
    api.call(
        Operation::VouchersAdd,
        json!({ "VoucherParameters": [one, other] }),
    )
    .await
    .rejected(400, "Invalid CompanyId");
    api.assert_untouched().await;
}

// guidelines/responses.md, 400: "in an invalid state for the given endpoint".
#[tokio::test]
async fn deleted_voucher_is_marked_and_cannot_be_changed() {
    let api = Api::new().await;
    api.clock.advance(Duration::from_secs(5));
    let delete = json!({ "VoucherIds": [builtin::VOUCHER_ID, builtin::VOUCHER_ID] });
    let reply = api
        .call(Operation::VouchersDelete, delete.clone())
        .await
        .ok();
    assert_eq!(reply.text, "{}");
    let mut body = vouchers_of(builtin::SERVICE_ID);
    body["VoucherIds"] = json!([builtin::VOUCHER_ID]);
    let voucher = api.call(Operation::VouchersGetAll, body).await.ok().body["Vouchers"][0].clone();
    assert_eq!(
        (&voucher["IsActive"], &voucher["ActivityState"]),
        (&json!(false), &json!("Deleted"))
    );
    assert_eq!(voucher["UpdatedUtc"], "2026-02-01T10:00:05Z");
    let codes = api
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    assert_eq!(
        codes.body["VoucherCodes"][2]["IsActive"], true,
        "the codes of the voucher do not change"
    );

    api.call(Operation::VouchersDelete, delete.clone())
        .await
        .rejected(400, "Invalid VoucherIds");
    api.call(Operation::VouchersUpdate, update(&json!({})))
        .await
        .rejected(400, "Invalid VoucherId");

    let lenient = Api::with(|builder| builder.repeated_delete(Behavior::Accept)).await;
    lenient
        .call(Operation::VouchersDelete, delete.clone())
        .await
        .ok();
    lenient.clock.advance(Duration::from_secs(5));
    lenient.call(Operation::VouchersDelete, delete).await.ok();
    let mut body = vouchers_of(builtin::SERVICE_ID);
    body["ActivityStates"] = json!(["Deleted"]);
    let reply = lenient.call(Operation::VouchersGetAll, body).await.ok();
    assert_eq!(
        reply.strings("Vouchers", "UpdatedUtc"),
        ["2026-02-01T10:00:00Z"],
        "the second delete changes nothing"
    );
}

#[tokio::test]
async fn response_order_can_differ_from_the_request() {
    let api = Api::with(|builder| builder.response_order(ResponseOrder::Reversed)).await;
    let parameters: Vec<Value> = ["one", "two"]
        .map(|name| json!({ "ServiceId": builtin::SERVICE_ID, "Name": name, "Type": "Public" }))
        .into();
    let reply = api
        .call(
            Operation::VouchersAdd,
            json!({ "VoucherParameters": parameters }),
        )
        .await
        .ok();
    assert_eq!(reply.strings("Vouchers", "Name"), ["two", "one"]);
    let listed = api
        .call(Operation::VouchersGetAll, vouchers_of(builtin::SERVICE_ID))
        .await
        .ok();
    assert_eq!(
        listed.strings("Vouchers", "Name")[..2],
        ["two", "one"],
        "the records are created in the order of the request"
    );
}
