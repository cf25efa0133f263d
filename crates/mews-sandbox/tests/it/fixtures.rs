//! Fixtures of one's own.

use mews_sandbox::Operation::{
    VoucherCodesAdd, VoucherCodesGetAll, VouchersGetAll, VouchersUpdate,
};
use mews_sandbox::{Fixtures, Sandbox, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of};

fn builtin_fixtures() -> Value {
    serde_json::from_str(builtin::FIXTURES).expect("the built-in fixtures are JSON")
}

// Identifiers copied from a real enterprise are random; those that look like the sandbox's own may be anywhere.
#[tokio::test]
async fn any_identifier_can_be_used() {
    const VOUCHER: &str = "6f7bd1a4-94d1-4a4f-8b0c-0a9b1f7f1d11";
    let mut fixtures = builtin_fixtures();
    let mut voucher = fixtures["Vouchers"][0].clone();
    voucher["Id"] = VOUCHER.into();
    fixtures["Vouchers"] = json!([voucher]);
    let code = fixtures["VoucherCodes"][0].clone();
    let codes: Vec<Value> = [
        (
            "9d3c2b1a-0000-4abc-8def-000000000001",
            "2026-01-05T00:00:00Z",
        ),
        // These would be the numbers of later records, or stand in another order than their creation.
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
    let fixtures: Fixtures = fixtures.to_string().parse().expect("sound fixtures");
    let api = Api::with(|builder| builder.fixtures(fixtures)).await;

    let listed = api.call(VoucherCodesGetAll, codes_of(VOUCHER)).await.ok();
    assert_eq!(
        listed.ids("VoucherCodes"),
        [
            "c0de0000-0000-4000-8000-000000000001",
            "9d3c2b1a-0000-4abc-8def-000000000001",
            "c0de0000-0000-4000-8000-000000000105",
        ]
    );
    let (paged, _) = api.list(VoucherCodesGetAll, codes_of(VOUCHER), 1).await;
    assert_eq!(paged, listed.ids("VoucherCodes"));
    let added = api
        .call(VoucherCodesAdd, add_codes(VOUCHER, ["ONE", "TWO"]))
        .await
        .ok();
    assert_eq!(
        added.ids("VoucherCodes")[0],
        "c0de0000-0000-4000-8000-000000000108"
    );
    let update =
        json!({ "VoucherUpdates": [{ "VoucherId": VOUCHER, "Name": { "Value": "Renamed" } }] });
    assert_eq!(
        api.call(VouchersUpdate, update).await.ok().ids("Vouchers"),
        [VOUCHER]
    );
}

#[tokio::test]
async fn a_file_of_fixtures_replaces_the_built_in_set() {
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
    api.call(VouchersGetAll, body.clone())
        .await
        .refused(401, "Invalid ClientToken");
    body["ClientToken"] = "fake-client-token".into();
    body["AccessToken"] = "fake-access-token".into();
    assert_eq!(
        api.call(VouchersGetAll, body).await.ok().body["Vouchers"],
        json!([])
    );
    assert!(api.sandbox.welcome().contains("fake-access-token"));

    let missing = Sandbox::builder()
        .fixtures_file(folder.path().join("missing.json"))
        .start()
        .await;
    assert!(
        missing
            .expect_err("there is no such file")
            .to_string()
            .contains("missing.json")
    );
}

#[test]
fn what_is_wrong_with_fixtures_is_said() {
    let unknown = "00000000-0000-4000-8000-000000000000";
    let cases: [(&str, Value, &str); 12] = [
        ("/ClientTokens", json!([]), "`ClientTokens`"),
        (
            "/AccessTokens/0/EnterpriseIds/0",
            json!(unknown),
            "`AccessTokens`: EnterpriseIds",
        ),
        (
            "/Services/0/EnterpriseId",
            json!(unknown),
            "`Services`: EnterpriseId",
        ),
        ("/Rates/1/ServiceId", json!(unknown), "`Rates`: ServiceId"),
        (
            "/Rates/1/Type",
            json!("Secret"),
            "`Rates`: item 1 at \"/Type\"",
        ),
        ("/Companies/0/Nmae", json!("x"), "`Companies`: item 0"),
        ("/TravelAgencyIds/0", json!(unknown), "`TravelAgencyIds`"),
        (
            "/Vouchers/0/ServiceId",
            json!(builtin::SECOND_ENTERPRISE_SERVICE_ID),
            "another `EnterpriseId`",
        ),
        (
            "/Vouchers/1/Id",
            json!(builtin::VOUCHER_ID),
            "`Vouchers`: d15c0000-0000-4000-8000-000000000001 stands there twice",
        ),
        (
            "/Vouchers/0/CreatedUtc",
            json!("yesterday"),
            "`yesterday` is no instant",
        ),
        (
            "/VoucherCodes/0/VoucherId",
            json!(unknown),
            "`VoucherCodes`: VoucherId",
        ),
        ("/Vuochers", json!([]), "unknown field `Vuochers`"),
    ];
    for (place, value, expected) in cases {
        let mut fixtures = builtin_fixtures();
        let (parent, name) = place.rsplit_once('/').expect("a pointer");
        let parent = fixtures.pointer_mut(parent).expect("a parent");
        match parent.as_array_mut().zip(name.parse::<usize>().ok()) {
            Some((items, index)) => items[index] = value,
            None => parent[name] = value,
        }
        let error = fixtures
            .to_string()
            .parse::<Fixtures>()
            .expect_err(place)
            .to_string();
        assert!(error.contains(expected), "{place}: {error}");
    }
    let error = "{".parse::<Fixtures>().expect_err("no JSON").to_string();
    assert!(error.contains("line 1 column 1"), "{error}");
    let shown = format!("{:?}", builtin::FIXTURES.parse::<Fixtures>());
    assert!(!shown.contains(builtin::ACCESS_TOKEN), "{shown}");
}
