//! Custom fixtures.

use mews_sandbox::{Fixtures, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of};

fn builtin_fixtures() -> Value {
    serde_json::from_str(builtin::FIXTURES).expect("the built-in fixtures are JSON")
}

// The IDs of a real enterprise are random. IDs in the form of the sandbox can be in any order.
#[tokio::test]
async fn accepts_any_ids() {
    const VOUCHER: &str = "6f7bd1a4-94d1-4a4f-8b0c-0a9b1f7f1d11";
    let mut fixtures = builtin_fixtures();
    let mut voucher = fixtures["Vouchers"][0].clone();
    voucher["Id"] = VOUCHER.into();
    fixtures["Vouchers"] = json!([voucher]);
    fixtures["Reservations"] = json!([]);
    let code = fixtures["VoucherCodes"][0].clone();
    let codes: Vec<Value> = [
        (
            "9d3c2b1a-0000-4abc-8def-000000000001",
            "2026-01-05T00:00:00Z",
        ),
        // These IDs have the numbers of later records, or are not in the order of creation.
        (
            "c0de0000-0000-4000-8000-000000000105",
            "2026-01-04T00:00:00Z",
        ),
        (
            "c0de0000-0000-4000-8000-000000000001",
            "2026-01-06T00:00:00Z",
        ),
    ]
    .map(|(id, created)| {
        let mut code = code.clone();
        (code["Id"], code["VoucherId"]) = (id.into(), VOUCHER.into());
        (code["CreatedUtc"], code["UpdatedUtc"]) = (created.into(), created.into());
        code
    })
    .into();
    fixtures["VoucherCodes"] = codes.into();
    let fixtures: Fixtures = fixtures.to_string().parse().expect("valid fixtures");
    let api = Api::with(|builder| builder.fixtures(fixtures)).await;

    let listed = api
        .call(Operation::VoucherCodesGetAll, codes_of(VOUCHER))
        .await
        .ok();
    assert_eq!(
        listed.ids("VoucherCodes"),
        [
            "c0de0000-0000-4000-8000-000000000001",
            "9d3c2b1a-0000-4abc-8def-000000000001",
            "c0de0000-0000-4000-8000-000000000105",
        ]
    );
    let (paged, _) = api
        .list(Operation::VoucherCodesGetAll, codes_of(VOUCHER), 1)
        .await;
    assert_eq!(paged, listed.ids("VoucherCodes"));
    let added = api
        .call(
            Operation::VoucherCodesAdd,
            add_codes(VOUCHER, ["ONE", "TWO"]),
        )
        .await
        .ok();
    assert_eq!(
        added.ids("VoucherCodes")[0],
        "c0de0000-0000-4000-8000-000000000108"
    );
    let update =
        json!({ "VoucherUpdates": [{ "VoucherId": VOUCHER, "Name": { "Value": "Renamed" } }] });
    assert_eq!(
        api.call(Operation::VouchersUpdate, update)
            .await
            .ok()
            .ids("Vouchers"),
        [VOUCHER]
    );
}

#[tokio::test]
async fn fixtures_file_replaces_the_built_in_fixtures() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fixtures.json");
    let minimal = json!({
        "ClientTokens": ["fake-client-token"],
        "AccessTokens": [{ "AccessToken": "fake-access-token", "EnterpriseIds": [builtin::ENTERPRISE_ID] }],
        "Enterprises": [{ "Id": builtin::ENTERPRISE_ID, "ChainId": builtin::CHAIN_ID, "Name": "Inn" }],
        "Services": [{ "Id": builtin::SERVICE_ID, "EnterpriseId": builtin::ENTERPRISE_ID, "Name": "Rooms" }],
    });
    std::fs::write(&path, minimal.to_string()).expect("a file");
    let api = Api::with(|builder| builder.fixtures_file(&path)).await;
    let mut body = json!({ "Extent": { "Vouchers": true }, "ServiceIds": [builtin::SERVICE_ID], "Limitation": { "Count": 5 } });
    api.call(Operation::VouchersGetAll, body.clone())
        .await
        .rejected(401, "Invalid ClientToken");
    body["ClientToken"] = "fake-client-token".into();
    body["AccessToken"] = "fake-access-token".into();
    assert_eq!(
        api.call(Operation::VouchersGetAll, body).await.ok().body["Vouchers"],
        json!([])
    );
    assert!(api.sandbox.welcome().contains("fake-access-token"));

    let missing = Sandbox::builder()
        .fixtures_file(folder.path().join("missing.json"))
        .start()
        .await;
    assert!(
        missing
            .expect_err("a missing file")
            .to_string()
            .contains("missing.json")
    );
}

/// Returns the built-in fixtures with a new value at a JSON pointer.
fn changed(place: &str, value: Value) -> Value {
    let mut fixtures = builtin_fixtures();
    let (parent, name) = place.rsplit_once('/').expect("a pointer");
    let parent = fixtures.pointer_mut(parent).expect("a parent");
    match parent.as_array_mut().zip(name.parse::<usize>().ok()) {
        Some((items, index)) if index < items.len() => items[index] = value,
        Some((items, _)) => items.push(value),
        None => parent[name] = value,
    }
    fixtures
}

// The table of cases makes the function long.
#[allow(clippy::too_many_lines)]
#[tokio::test]
async fn rejects_invalid_fixtures_with_the_pointer_of_the_violation() {
    let unknown = "00000000-0000-4000-8000-000000000000";
    let token = builtin_fixtures()["AccessTokens"][0].clone();
    let cases = [
        ("/ClientTokens", json!([]), "/ClientTokens: "),
        (
            "/ClientTokens/1",
            json!(builtin::CLIENT_TOKEN),
            "/ClientTokens: ",
        ),
        (
            "/AccessTokens/2",
            token,
            "/AccessTokens/2/AccessToken: duplicate token",
        ),
        (
            "/AccessTokens/0/EnterpriseIds/0",
            json!(unknown),
            "/AccessTokens/0/EnterpriseIds/0: ",
        ),
        (
            "/AccessTokens/0/Portfolio",
            json!(true),
            "/AccessTokens/0: ",
        ),
        (
            "/Services/0/EnterpriseId",
            json!(unknown),
            "/Services/0/EnterpriseId: ",
        ),
        (
            "/Services/1/Id",
            json!(builtin::SERVICE_ID),
            "/Services/1/Id: duplicate ID",
        ),
        ("/Rates/1/ServiceId", json!(unknown), "/Rates/1/ServiceId: "),
        ("/Rates/1/Type", json!("Secret"), "/Rates/1/Type: "),
        ("/Companies/0/Nmae", json!("x"), "/Companies/0: "),
        (
            "/TravelAgencyContracts/0/CompanyId",
            json!(unknown),
            "/TravelAgencyContracts/0/CompanyId: ",
        ),
        ("/TravelAgencyIds", json!([unknown]), "/TravelAgencyIds/0: "),
        (
            "/Vouchers/4/EnterpriseId",
            json!(builtin::SECOND_ENTERPRISE_ID),
            "/Vouchers/4/ServiceId: ",
        ),
        (
            "/Services/0/Data/Discriminator",
            json!("Additional"),
            "/Services/0/Data/Value: ",
        ),
        (
            "/Services/0/Data/Discriminator",
            json!("Loyalty"),
            "/Services/0/Data/Discriminator: ",
        ),
        (
            "/Services/0/Ordering",
            json!("first"),
            "/Services/0/Ordering: ",
        ),
        (
            "/Services/0/UpdatedUtc",
            json!("2025-01-01T00:00:00Z"),
            "/Services/0/UpdatedUtc: the time is before `CreatedUtc`",
        ),
        (
            "/Rates/1/BaseRateId",
            json!(unknown),
            "/Rates/1/BaseRateId: ",
        ),
        (
            "/Rates/1/BaseRateId",
            json!("4a000000-0000-4000-8000-000000000004"),
            "/Rates/1/BaseRateId: `4a000000-0000-4000-8000-000000000004` has another `ServiceId`",
        ),
        (
            "/Companies/0/MotherCompanyId",
            json!(unknown),
            "/Companies/0/MotherCompanyId: ",
        ),
        (
            "/AvailabilityBlockAssignments/0/RateId",
            json!(unknown),
            "/AvailabilityBlockAssignments/0/RateId: ",
        ),
        (
            "/TravelAgencyContracts/0/ServiceId",
            json!(unknown),
            "/TravelAgencyContracts/0/ServiceId: ",
        ),
        (
            "/Reservations/0/ServiceId",
            json!(unknown),
            "/Reservations/0/ServiceId: ",
        ),
        (
            "/Reservations/0/VoucherId",
            json!(unknown),
            "/Reservations/0/VoucherId: `00000000-0000-4000-8000-000000000000` is not in `Vouchers`",
        ),
        (
            "/Reservations/0/VoucherId",
            json!(builtin::PARKING_VOUCHER_ID),
            "/Reservations/0/VoucherId: ",
        ),
        (
            "/Reservations/0/RateId",
            json!(unknown),
            "/Reservations/0/RateId: ",
        ),
        (
            "/Reservations/0/PartnerCompanyId",
            json!(unknown),
            "/Reservations/0/PartnerCompanyId: ",
        ),
        (
            "/Reservations/0/TravelAgencyId",
            json!(unknown),
            "/Reservations/0/TravelAgencyId: ",
        ),
        (
            "/Reservations/0/ScheduledEndUtc",
            json!("2026-03-05T00:00:00Z"),
            "/Reservations/0/ScheduledEndUtc: the time is before `ScheduledStartUtc`",
        ),
        (
            "/Reservations/5/ActualEndUtc",
            json!("2026-01-20T07:29:59Z"),
            "/Reservations/5/ActualEndUtc: ",
        ),
        (
            "/Reservations/3/CancelledUtc",
            json!("2026-01-11T09:59:59Z"),
            "/Reservations/3/CancelledUtc: ",
        ),
        (
            "/Reservations/0/CreatedUtc",
            json!("9999-12-31T23:59:59-01:00"),
            "/Reservations/0/CreatedUtc: ",
        ),
        (
            "/Vouchers/1/Id",
            json!(builtin::VOUCHER_ID),
            "/Vouchers/1/Id: duplicate ID",
        ),
        (
            "/Vouchers/0/CreatedUtc",
            json!("yesterday"),
            "/Vouchers/0/CreatedUtc: ",
        ),
        (
            "/Vouchers/0/UpdatedUtc",
            json!("2026-01-01T00:00:00Z"),
            "/Vouchers/0/UpdatedUtc: ",
        ),
        (
            "/Vouchers/0/Name",
            json!("x".repeat(300)),
            "/Vouchers/0/Name: ",
        ),
        (
            "/Vouchers/0/IsActive",
            json!("yes"),
            "/Vouchers/0/IsActive: ",
        ),
        (
            "/Vouchers/0/ActivityState",
            json!("Deleted"),
            "/Vouchers/0/ActivityState: ",
        ),
        ("/Vouchers/0/Nmae", json!("x"), "/Vouchers/0: "),
        (
            "/Vouchers/1/CompanyId",
            Value::Null,
            "/Vouchers/1: Invalid CompanyId",
        ),
        (
            "/Vouchers/2/CompanyId",
            json!(builtin::TRAVEL_AGENCY_ID),
            "/Vouchers/2: Invalid CompanyId",
        ),
        (
            "/Vouchers/0/TravelAgencyId",
            json!(builtin::TRAVEL_AGENCY_ID),
            "/Vouchers/0: Invalid TravelAgencyId",
        ),
        (
            "/Vouchers/0/AssignedRateIds",
            json!([unknown]),
            "/Vouchers/0/AssignedRateIds/0: ",
        ),
        (
            "/Vouchers/0/AssignedRateIds",
            json!(vec![builtin::RATE_IDS[0]; 11]),
            "/Vouchers/0/AssignedRateIds: ",
        ),
        (
            "/Vouchers/0/OccupiableIntervalEndUtc",
            json!("2026-01-01T00:00:00Z"),
            "/Vouchers/0/OccupiableIntervalEndUtc: ",
        ),
        (
            "/VoucherCodes/0/VoucherId",
            json!(unknown),
            "/VoucherCodes/0/VoucherId: ",
        ),
        (
            "/VoucherCodes/0/Value",
            json!("x".repeat(129)),
            "/VoucherCodes/0/Value: ",
        ),
        (
            "/VoucherCodes/0/ValidityEndUtc",
            json!("soon"),
            "/VoucherCodes/0/ValidityEndUtc: ",
        ),
        (
            "/VoucherCodes/0/ActivityState",
            json!("Deleted"),
            "/VoucherCodes/0/ActivityState: ",
        ),
        ("/Vuochers", json!([]), "Vuochers"),
    ];
    for (place, value, expected) in cases {
        let fixtures: Fixtures = changed(place, value).to_string().parse().expect("JSON");
        let error = Sandbox::builder()
            .fixtures(fixtures)
            .start()
            .await
            .expect_err(place)
            .to_string();
        assert!(error.contains(expected), "{place}: {error}");
        assert!(!error.contains(builtin::CLIENT_TOKEN), "{error}");
    }
    let error = "{"
        .parse::<Fixtures>()
        .expect_err("invalid JSON")
        .to_string();
    assert!(error.contains("line 1 column 1"), "{error}");
    let shown = format!("{:?}", builtin::FIXTURES.parse::<Fixtures>());
    assert!(!shown.contains(builtin::ACCESS_TOKEN), "{shown}");
}

// The numbers of new records follow the highest number in the IDs of the fixtures, which can be the maximum.
#[tokio::test]
async fn ids_stay_unique_after_the_highest_one_in_fixtures() {
    const LAST: &str = "c0de0000-0000-4000-8000-ffffffffffff";
    let fixtures = changed("/VoucherCodes/2/Id", json!(LAST));
    let fixtures: Fixtures = fixtures.to_string().parse().expect("JSON");
    let api = Api::with(|builder| builder.fixtures(fixtures)).await;
    let added = api
        .call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["ONE", "TWO"]),
        )
        .await
        .ok();
    let listed = api
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    let mut ids = listed.ids("VoucherCodes");
    assert!(added.ids("VoucherCodes").iter().all(|id| ids.contains(id)));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    let mut page = codes_of(builtin::VOUCHER_ID);
    page["Limitation"] = json!({ "Cursor": LAST, "Count": 10 });
    let rest = api.call(Operation::VoucherCodesGetAll, page).await.ok();
    assert_eq!(rest.ids("VoucherCodes").len(), 2);
}
