//! Changes of the spec that work without a change of the sandbox.

use mews_sandbox::{DOCUMENT, Fault, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use crate::support::{Api, Reply, codes_of, vouchers_of, with_tokens};

const SERVICES: [&str; 3] = [
    "5e000000-0000-4000-8000-000000000001",
    "5e000000-0000-4000-8000-000000000002",
    "5e000000-0000-4000-8000-000000000003",
];

fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("the spec is JSON")
}

async fn api(
    document: &Value,
    change: impl FnOnce(mews_sandbox::Builder) -> mews_sandbox::Builder,
) -> Api {
    Api::with(|builder| change(builder.spec(document.to_string()))).await
}

/// Calls an operation, and validates the response against the spec of the sandbox.
async fn call(api: &Api, operation: Operation, body: Value) -> Reply {
    let reply = api.try_call(operation, body).await.expect("a response");
    api.sandbox
        .validate_response(operation, reply.status, reply.text.as_bytes())
        .expect("the response is as documented");
    reply
}

/// Returns the spec with a plain property on vouchers and one on codes.
fn with_notes() -> Value {
    let mut document = document();
    let schemas = &mut document["components"]["schemas"];
    let note = json!({ "type": "string", "nullable": true, "maxLength": 1000 });
    let day = json!({ "type": "string", "format": "date-time", "nullable": true });
    for schema in ["Voucher", "VoucherAddParameters"] {
        schemas[schema]["properties"]["Notes"] = note.clone();
        schemas[schema]["properties"]["PrintedUtc"] = day.clone();
    }
    for schema in ["VoucherCode", "VoucherCodeAddParameters"] {
        schemas[schema]["properties"]["Batch"] = note.clone();
    }
    let update = |value: &Value| {
        json!({
            "type": "object", "nullable": true, "required": ["Value"], "properties": { "Value": value },
        })
    };
    schemas["VoucherUpdateParameters"]["properties"]["Notes"] = update(&note);
    schemas["VoucherUpdateParameters"]["properties"]["PrintedUtc"] = update(&day);
    document
}

#[tokio::test]
async fn a_new_property_is_stored_updated_cleared_and_returned() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vouchers.db");
    let document = with_notes();
    let first = api(&document, |builder| builder.data_file(&path)).await;
    let voucher = json!({
        "ServiceId": builtin::SERVICE_ID, "Name": "With notes", "Type": "Public", "Notes": "Call before printing.",
        "PrintedUtc": "2026-03-01T12:00:00.75+02:00",
    });
    let added = call(
        &first,
        Operation::VouchersAdd,
        json!({ "VoucherParameters": [voucher] }),
    )
    .await
    .ok();
    let id = added.ids("Vouchers").remove(0);
    assert_eq!(added.body["Vouchers"][0]["Notes"], "Call before printing.");
    assert_eq!(
        added.body["Vouchers"][0]["PrintedUtc"],
        "2026-03-01T10:00:00Z"
    );
    let codes = json!({ "VoucherCodeParameters": [
        { "VoucherId": id, "Value": "ONE", "Batch": "A" }, { "VoucherId": id, "Value": "TWO" },
    ] });
    let codes = call(&first, Operation::VoucherCodesAdd, codes).await.ok();
    assert_eq!(codes.body["VoucherCodes"][0]["Batch"], "A");
    assert_eq!(codes.body["VoucherCodes"][1]["Batch"], Value::Null);
    first.sandbox.shutdown().await;

    let second = api(&document, |builder| builder.data_file(&path)).await;
    let read = async || {
        let mut body = vouchers_of(builtin::SERVICE_ID);
        body["VoucherIds"] = json!([id, builtin::VOUCHER_ID]);
        call(&second, Operation::VouchersGetAll, body).await.ok()
    };
    let listed = read().await;
    assert_eq!(listed.body["Vouchers"][0], added.body["Vouchers"][0]);
    assert_eq!(
        listed.body["Vouchers"][1]["Notes"],
        Value::Null,
        "a fixture without the property"
    );
    let listed = call(&second, Operation::VoucherCodesGetAll, codes_of(&id))
        .await
        .ok();
    assert_eq!(listed.strings("VoucherCodes", "Batch"), ["", "A"]);

    for (update, expected) in [
        (json!({ "Value": "Printed." }), json!("Printed.")),
        (Value::Null, json!("Printed.")),
        (json!({ "Value": null }), Value::Null),
    ] {
        let update = json!({ "VoucherUpdates": [{ "VoucherId": id, "Notes": update }] });
        let updated = call(&second, Operation::VouchersUpdate, update).await.ok();
        assert_eq!(updated.body["Vouchers"][0]["Notes"], expected);
        assert_eq!(read().await.body["Vouchers"][0]["Notes"], expected);
    }
    let too_long =
        json!({ "VoucherUpdates": [{ "VoucherId": id, "Notes": { "Value": "x".repeat(1001) } }] });
    call(&second, Operation::VouchersUpdate, too_long)
        .await
        .rejected(400, "Invalid Notes");
}

#[tokio::test]
async fn a_new_property_is_read_from_fixtures_and_a_new_filter_is_rejected() {
    let mut document = with_notes();
    let filter = json!({ "type": "array", "nullable": true, "items": { "type": "string" } });
    for schema in ["VoucherFilterParameters", "VoucherCodeFilterParameters"] {
        document["components"]["schemas"][schema]["properties"]["Batches"] = filter.clone();
    }
    let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).expect("JSON");
    fixtures["Vouchers"][0]["Notes"] = json!("From the fixtures.");
    let text = fixtures.to_string();
    let own = api(&document, |builder| {
        builder.fixtures(text.parse().expect("fixtures"))
    })
    .await;
    let mut body = vouchers_of(builtin::SERVICE_ID);
    let listed = call(&own, Operation::VouchersGetAll, body.clone())
        .await
        .ok();
    assert_eq!(listed.body["Vouchers"][2]["Notes"], "From the fixtures.");
    for (operation, body) in [
        (Operation::VouchersGetAll, &mut body),
        (
            Operation::VoucherCodesGetAll,
            &mut codes_of(builtin::VOUCHER_ID),
        ),
    ] {
        body["Batches"] = Value::Null;
        call(&own, operation, body.clone()).await.ok();
        body["Batches"] = json!(["A"]);
        let rejected = call(&own, operation, body.clone())
            .await
            .rejected(400, "Invalid Batches");
        assert!(
            rejected.text.contains("does not implement the filter"),
            "{}",
            rejected.text
        );
    }
    let without = Sandbox::builder()
        .fixtures(text.parse().expect("fixtures"))
        .start()
        .await
        .expect_err("the spec without the property rejects it");
    assert!(without.to_string().contains("/Vouchers/0"), "{without}");
}

/// Returns the spec with `outlets/getAll` and with an operation that the sandbox cannot serve.
fn with_outlets() -> Value {
    let mut document = document();
    let interval = json!({ "allOf": [{ "$ref": "#/components/schemas/TimeFilterInterval" }], "nullable": true });
    let ids = json!({
        "type": "array", "nullable": true, "items": { "type": "string", "format": "uuid" }, "minItems": 1,
    });
    let schemas = &mut document["components"]["schemas"];
    schemas["Outlet"] = json!({
        "type": "object",
        "required": ["Id", "EnterpriseId", "IsActive", "Name", "UpdatedUtc"],
        "properties": {
            "Id": { "type": "string", "format": "uuid" },
            "EnterpriseId": { "$ref": "#/components/schemas/EnterpriseId" },
            "GroupId": { "type": "string", "format": "uuid", "nullable": true },
            "IsActive": { "type": "boolean" },
            "Name": { "type": "string", "maxLength": 20 },
            "CreatedUtc": { "type": "string", "format": "date-time", "nullable": true },
            "UpdatedUtc": { "type": "string", "format": "date-time" },
        },
    });
    let mut filter = schemas["VoucherCodeFilterParameters"].clone();
    filter["required"] = json!(["ClientToken", "AccessToken", "Client", "Limitation"]);
    if let Some(properties) = filter["properties"].as_object_mut() {
        properties.retain(|name, _| !name.starts_with("Voucher"));
        properties.insert("OutletIds".into(), ids.clone());
        properties.insert("GroupIds".into(), ids.clone());
        properties.insert("OtherIds".into(), ids);
        properties.insert("CreatedUtc".into(), interval.clone());
        properties.insert("DeletedUtc".into(), interval);
        for name in ["Names", "Colors"] {
            let strings = json!({ "type": "array", "items": { "type": "string" } });
            properties.insert(name.into(), strings);
        }
    }
    schemas["OutletFilterParameters"] = filter;
    schemas["OutletResult"] = json!({
        "type": "object",
        "required": ["Outlets"],
        "properties": {
            "Outlets": { "type": "array", "items": { "$ref": "#/components/schemas/Outlet" } },
            "Cursor": { "allOf": [{ "$ref": "#/components/schemas/Cursor" }], "nullable": true, "type": "string" },
        },
    });
    let mut path = document["paths"][Operation::VoucherCodesGetAll.path()].clone();
    let body = "/post/requestBody/content/application~1json/schema";
    let response = "/post/responses/200/content/application~1json/schema";
    *path.pointer_mut(body).expect("a schema") =
        json!({ "$ref": "#/components/schemas/OutletFilterParameters" });
    *path.pointer_mut(response).expect("a schema") =
        json!({ "$ref": "#/components/schemas/OutletResult" });
    document["paths"]["/api/connector/v1/outlets/update"] = path.clone();
    document["paths"]["/api/connector/v1/outlets/getAll"] = path.clone();
    *path.pointer_mut(response).expect("a schema") = json!({ "$ref": "#/components/schemas/Unit" });
    document["paths"]["/api/connector/v1/places/getAll"] = path;
    document
}

fn outlets() -> Value {
    let outlet = |index: usize, enterprise: &str, created: &str| {
        json!({
            "Id": SERVICES[index], "EnterpriseId": enterprise, "GroupId": SERVICES[index % 2], "IsActive": true,
            "Name": format!("Outlet {index}"), "CreatedUtc": created, "UpdatedUtc": created,
        })
    };
    json!([
        outlet(0, builtin::ENTERPRISE_ID, "2026-01-01T00:00:00Z"),
        outlet(1, builtin::ENTERPRISE_ID, "2026-01-03T00:00:00Z"),
        outlet(2, builtin::SECOND_ENTERPRISE_ID, "2026-01-02T00:00:00Z"),
    ])
}

#[tokio::test]
async fn a_new_listing_is_served_from_fixtures() {
    let api = api(&with_outlets(), |builder| {
        builder.records("Outlets", outlets())
    })
    .await;
    let operation: Operation = "outlets/getAll".parse().expect("an operation of the spec");
    let all = |body: Value| {
        let mut body = body;
        body["AccessToken"] = builtin::PORTFOLIO_ACCESS_TOKEN.into();
        if body["Limitation"].is_null() {
            body["Limitation"] = json!({ "Count": 10 });
        }
        body
    };
    let list = async |body: Value| call(&api, operation, all(body)).await.ok();

    // The records are listed newest first until the cursor is null.
    let mut cursor = Value::Null;
    for expected in [Some(1), Some(2), Some(0), None] {
        let page = list(json!({ "Limitation": { "Count": 1, "Cursor": cursor } })).await;
        let expected: Vec<&str> = expected.map(|index| SERVICES[index]).into_iter().collect();
        assert_eq!(page.ids("Outlets"), expected);
        cursor = page.body["Cursor"].clone();
        assert_eq!(cursor.as_str(), expected.first().copied());
    }
    // Each kind of filter.
    for (filter, value, expected) in [
        ("OutletIds", json!([SERVICES[0].to_uppercase()]), vec![0]),
        ("Names", json!(["Outlet 1", "Outlet 7"]), vec![1]),
        ("GroupIds", json!([SERVICES[0].to_uppercase()]), vec![2, 0]),
        (
            "EnterpriseIds",
            json!([builtin::SECOND_ENTERPRISE_ID]),
            vec![2],
        ),
        (
            "UpdatedUtc",
            json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-01-03T00:00:00Z" }),
            vec![2, 0],
        ),
        (
            "CreatedUtc",
            json!({ "StartUtc": "2026-01-02T00:00:00Z", "EndUtc": "2026-01-02T00:00:00Z" }),
            vec![2],
        ),
    ] {
        let expected: Vec<&str> = expected
            .into_iter()
            .map(|index: usize| SERVICES[index])
            .collect();
        assert_eq!(
            list(json!({ filter: value })).await.ids("Outlets"),
            expected,
            "{filter}"
        );
    }
    // The listing is limited to the scope of the token.
    let mut own = all(json!({}));
    own["AccessToken"] = builtin::ACCESS_TOKEN.into();
    let own = call(&api, operation, own).await.ok();
    assert_eq!(own.ids("Outlets"), [SERVICES[1], SERVICES[0]]);
    let unknown = all(json!({ "OutletIds": [SERVICES[0], builtin::VOUCHER_ID] }));
    call(&api, operation, unknown)
        .await
        .rejected(400, "Invalid OutletIds");
    // Filters that cannot be derived are rejected by name.
    let interval = json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-01-03T00:00:00Z" });
    for (filter, value) in [
        ("OtherIds", json!([SERVICES[0]])),
        ("DeletedUtc", interval),
        ("Colors", json!(["Red"])),
    ] {
        let rejected = call(&api, operation, all(json!({ filter: value })))
            .await
            .rejected(400, &format!("Invalid {filter}"));
        assert!(
            rejected.text.contains("does not implement the filter"),
            "{}",
            rejected.text
        );
    }
    let cursor = json!({ "Limitation": { "Count": 1, "Cursor": builtin::VOUCHER_ID } });
    call(&api, operation, all(cursor))
        .await
        .rejected(400, "Invalid Cursor");
    // Checks and faults apply to the listing.
    call(
        &api,
        operation,
        all(json!({ "Limitation": { "Count": 0 } })),
    )
    .await
    .rejected(400, "Invalid Count");
    api.sandbox.faults().add(Fault::status(503).on(operation));
    assert_eq!(call(&api, operation, all(json!({}))).await.status, 503);
}

#[tokio::test]
async fn the_records_of_a_listing_are_checked_and_can_be_missing() {
    let document = with_outlets();
    let text = document.to_string();
    let start = async |list: &str, records: Value| {
        Sandbox::builder()
            .spec(text.clone())
            .records(list, records)
            .start()
            .await
            .expect_err("invalid records")
            .to_string()
    };
    let mut long = outlets();
    long[1]["Name"] = json!("A name that is longer than the spec allows");
    assert!(start("Outlets", long).await.contains("/Outlets/1/Name: "));
    let mut twice = outlets();
    twice[1]["Id"] = twice[0]["Id"].clone();
    assert!(
        start("Outlets", twice)
            .await
            .contains("/Outlets/1/Id: duplicate ID")
    );
    let mut unknown = outlets();
    unknown[2]["Nmae"] = json!("x");
    assert!(start("Outlets", unknown).await.contains("/Outlets/2: "));
    assert!(start("Places", json!([])).await.contains("/Places: "));
    assert!(start("Vouchers", json!([])).await.contains("/Vouchers: "));

    // The records of a fixtures file are also validated against the spec.
    let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).expect("JSON");
    let from_file = async |fixtures: &Value| {
        let fixtures = fixtures.to_string().parse().expect("fixtures");
        Sandbox::builder()
            .spec(text.clone())
            .fixtures(fixtures)
            .start()
            .await
    };
    fixtures["Outlets"] = json!([{ "Id": SERVICES[0] }]);
    let error = from_file(&fixtures)
        .await
        .expect_err("an outlet lacks properties");
    assert!(error.to_string().contains("/Outlets/0: "), "{error}");
    fixtures["Outlets"] = outlets();
    drop(from_file(&fixtures).await.expect("valid fixtures"));

    // Records that business rules need can lack what only their listing returns.
    for service in fixtures["Services"].as_array_mut().expect("services") {
        let service = service.as_object_mut().expect("a service");
        service.retain(|name, _| ["Id", "EnterpriseId"].contains(&name.as_str()));
    }
    let file = fixtures.to_string().parse().expect("fixtures");
    let reduced = api(&document, |builder| builder.fixtures(file)).await;
    let body = with_tokens(json!({ "Limitation": { "Count": 1 } }));
    let services = "services/getAll".parse().expect("an operation");
    let reply = call(&reduced, services, body).await;
    assert_eq!(reply.status, 501);
    assert!(reply.text.contains("(/Services/0: "), "{}", reply.text);

    // The built-in set has no outlets.
    let api = api(&document, |builder| builder).await;
    for (operation, expected) in [
        ("outlets/getAll", "the fixtures have no `Outlets`"),
        ("outlets/update", "the fixtures have no `Outlets`"),
        ("places/getAll", "no array named like its resource"),
    ] {
        let operation: Operation = operation.parse().expect("an operation of the spec");
        let body = with_tokens(json!({ "Limitation": { "Count": 1 } }));
        let reply = call(&api, operation, body).await;
        assert_eq!(reply.status, 501);
        assert!(reply.text.contains(expected), "{}", reply.text);
    }
    for broken in ["{", "{}"] {
        let error = Sandbox::builder()
            .spec(broken)
            .start()
            .await
            .expect_err("not a spec");
        assert!(error.to_string().starts_with("invalid spec: "), "{error}");
    }
}

#[tokio::test]
async fn two_listings_can_have_ids_of_one_kind_and_no_time_of_the_last_update() {
    let mut document = with_outlets();
    let outlet = &mut document["components"]["schemas"]["Outlet"];
    outlet["required"] = json!(["Id"]);
    outlet["properties"]["Id"] = json!({ "$ref": "#/components/schemas/CompanyId" });
    let mut records = outlets();
    let without_update = |object: &mut Value| {
        let object = object.as_object_mut().expect("an object");
        object.remove("UpdatedUtc").expect("a time");
    };
    without_update(&mut outlet["properties"]);
    records
        .as_array_mut()
        .expect("records")
        .iter_mut()
        .for_each(without_update);
    let api = api(&document, |builder| builder.records("Outlets", records)).await;
    let operation: Operation = "outlets/getAll".parse().expect("an operation of the spec");
    let fault = Fault::delete_between_pages().on(operation);
    api.sandbox.faults().add(fault);
    let mut cursor = Value::Null;
    let mut states = Vec::new();
    for _ in 0..2 {
        let body = json!({ "Limitation": { "Count": 1, "Cursor": cursor } });
        let page = call(&api, operation, body).await.ok();
        states.push(page.body["Outlets"][0]["IsActive"].clone());
        cursor = page.body["Cursor"].clone();
    }
    assert_eq!(states, [true, false]);
    // The IDs of both listings are known.
    let companies = json!({ "Limitation": { "Count": 1 }, "MotherCompanyIds": [SERVICES[0]] });
    let companies_get_all = "companies/getAll"
        .parse()
        .expect("an operation of the spec");
    call(&api, companies_get_all, companies).await.ok();
}
