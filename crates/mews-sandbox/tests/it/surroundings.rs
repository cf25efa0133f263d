//! The operations around vouchers: data that belongs together, filters, extents and portfolios.

use std::collections::{BTreeMap, BTreeSet};

use mews_sandbox::{Operation, builtin};
use serde_json::{Value, json};

use crate::support::Api;

const NAMES: [(&str, &str); 6] = [
    ("services/getAll", "Services"),
    ("rates/getAll", "Rates"),
    ("enterprises/getAll", "Enterprises"),
    ("companies/getAll", "Companies"),
    ("companyContracts/getAll", "TravelAgencyContracts"),
    ("reservations/getAll/2023-06-06", "Reservations"),
];

fn operation(name: &str) -> Operation {
    name.parse().expect("an operation of the spec")
}

/// Returns a request with a filter, with the portfolio access token. Rates need services.
fn request(name: &str, filter: Value) -> Value {
    let mut body = filter;
    body["AccessToken"] = builtin::PORTFOLIO_ACCESS_TOKEN.into();
    body["Limitation"] = json!({ "Count": 1000 });
    if name == "rates/getAll" && body["ServiceIds"].is_null() {
        let services = [
            builtin::SERVICE_ID,
            builtin::PARKING_SERVICE_ID,
            builtin::SECOND_ENTERPRISE_SERVICE_ID,
        ];
        body["ServiceIds"] = json!(services);
    }
    body
}

fn list(name: &str) -> &'static str {
    let found = NAMES.iter().find(|(operation, _)| *operation == name);
    found.expect("one of the six").1
}

/// Returns the end of each ID, which numbers the records of a kind.
fn numbers(items: &Value) -> Vec<u32> {
    let items = items.as_array().expect("an array");
    let number = |item: &Value| {
        let id = item["Id"].as_str()?;
        id.rsplit('-').next()?.trim_start_matches('0').parse().ok()
    };
    items
        .iter()
        .map(|item| number(item).expect("a number"))
        .collect()
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "the cases form one table, with one entry for each filter"
)]
async fn derives_every_filter_from_the_spec() {
    let api = Api::new().await;
    let interval = |start: &str, end: &str| json!({ "StartUtc": start, "EndUtc": end });
    let year = interval("2026-01-01T00:00:00Z", "2026-03-31T00:00:00Z");
    let reservations = "reservations/getAll/2023-06-06";
    let cases: Vec<(&str, Value, Vec<u32>)> = vec![
        ("services/getAll", json!({}), vec![3, 2, 4, 1]),
        (
            "services/getAll",
            json!({ "ServiceIds": [builtin::SERVICE_ID] }),
            vec![1],
        ),
        (
            "services/getAll",
            json!({ "ServiceType": "Additional" }),
            vec![4],
        ),
        (
            "services/getAll",
            json!({ "ServiceType": "Bookable" }),
            vec![3, 2, 1],
        ),
        (
            "services/getAll",
            json!({ "EnterpriseIds": [builtin::SECOND_ENTERPRISE_ID] }),
            vec![3],
        ),
        (
            "services/getAll",
            json!({ "UpdatedUtc": year }),
            vec![3, 2, 4, 1],
        ),
        ("rates/getAll", json!({}), vec![1, 2, 3, 4, 5]),
        (
            "rates/getAll",
            json!({ "ServiceIds": [builtin::SERVICE_ID] }),
            vec![1, 2, 3],
        ),
        (
            "rates/getAll",
            json!({ "RateIds": [builtin::RATE_IDS[1]] }),
            vec![2],
        ),
        (
            "rates/getAll",
            json!({ "ExternalIdentifiers": ["SEA-FF", "RATE-FF"] }),
            vec![1, 5],
        ),
        (
            "rates/getAll",
            json!({ "ActivityStates": ["Deleted"] }),
            vec![],
        ),
        (
            "rates/getAll",
            json!({ "ActivityStates": ["Deleted", "Active"] }),
            vec![1, 2, 3, 4, 5],
        ),
        ("enterprises/getAll", json!({}), vec![2, 1]),
        (
            "enterprises/getAll",
            json!({ "EnterpriseIds": [builtin::ENTERPRISE_ID] }),
            vec![1],
        ),
        (
            "enterprises/getAll",
            json!({ "ExternalIdentifiers": ["HOTEL-2"] }),
            vec![2],
        ),
        (
            "enterprises/getAll",
            json!({ "LinkedUtc": interval("2026-01-01T07:30:00Z", "2026-01-01T08:00:00Z") }),
            vec![2],
        ),
        ("companies/getAll", json!({}), vec![1, 2]),
        (
            "companies/getAll",
            json!({ "Ids": [builtin::TRAVEL_AGENCY_ID] }),
            vec![2],
        ),
        (
            "companies/getAll",
            json!({ "ChainIds": [builtin::CHAIN_ID] }),
            vec![1, 2],
        ),
        (
            "companies/getAll",
            json!({ "ChainIds": [builtin::COMPANY_ID] }),
            vec![],
        ),
        (
            "companies/getAll",
            json!({ "Names": ["Example Partners Ltd"] }),
            vec![1],
        ),
        (
            "companies/getAll",
            json!({ "MotherCompanyIds": [builtin::COMPANY_ID] }),
            vec![],
        ),
        ("companyContracts/getAll", json!({}), vec![2, 1]),
        (
            "companyContracts/getAll",
            json!({ "CompanyIds": [builtin::COMPANY_ID] }),
            vec![],
        ),
        (
            "companyContracts/getAll",
            json!({ "CompanyContractIds": ["c0a70000-0000-4000-8000-000000000001"] }),
            vec![1],
        ),
        (reservations, json!({}), vec![7, 6, 5, 4, 3, 2, 1]),
        (
            reservations,
            json!({ "States": ["Canceled", "Started"] }),
            vec![4, 2],
        ),
        (reservations, json!({ "Numbers": ["5"] }), vec![5]),
        (
            reservations,
            json!({ "ChannelNumbers": ["EX-1003"] }),
            vec![3],
        ),
        (
            reservations,
            json!({ "PartnerCompanyIds": [builtin::COMPANY_ID] }),
            vec![2],
        ),
        (
            reservations,
            json!({ "ReservationGroupIds": ["46400000-0000-4000-8000-000000000003"] }),
            vec![3],
        ),
        (
            reservations,
            json!({ "ActualStartUtc": interval("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z") }),
            vec![6, 2],
        ),
        (
            // The end of the second reservation lies in the interval, its start does not.
            reservations,
            json!({ "CollidingUtc": interval("2026-02-03T00:00:00Z", "2026-02-21T00:00:00Z") }),
            vec![5, 2],
        ),
        (
            // The reservation ends when the interval starts.
            reservations,
            json!({ "CollidingUtc": interval("2026-02-03T10:00:00Z", "2026-02-04T00:00:00Z") }),
            vec![],
        ),
    ];
    for (name, filter, expected) in cases {
        let case = format!("{name} {filter}");
        let reply = api.call(operation(name), request(name, filter)).await.ok();
        assert_eq!(numbers(&reply.body[list(name)]), expected, "{case}");
    }
}

#[tokio::test]
async fn a_token_of_one_enterprise_reads_only_its_data() {
    let api = Api::new().await;
    let mut numbers_of = BTreeMap::new();
    for (name, list) in NAMES {
        let mut body = request(name, json!({}));
        body["AccessToken"] = builtin::ACCESS_TOKEN.into();
        let reply = api.call(operation(name), body).await.ok();
        numbers_of.insert(list, numbers(&reply.body[list]));
    }
    assert_eq!(numbers_of["Services"], [2, 4, 1]);
    assert_eq!(numbers_of["Rates"], [1, 2, 3, 4]);
    assert_eq!(numbers_of["Enterprises"], [1]);
    assert_eq!(
        numbers_of["Companies"],
        [1, 2],
        "companies belong to the chain"
    );
    assert_eq!(numbers_of["TravelAgencyContracts"], [1]);
    assert_eq!(numbers_of["Reservations"], [6, 5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn rates_have_the_extent_that_was_requested() {
    let api = Api::new().await;
    let list = async |extent: Value| {
        let body = request("rates/getAll", json!({ "Extent": extent }));
        api.call(operation("rates/getAll"), body).await.ok().body
    };
    let all = list(Value::Null).await;
    assert_eq!(numbers(&all["Rates"]).len(), 5);
    assert_eq!(all["AvailabilityBlockAssignments"], Value::Null);
    let none = list(json!({ "AvailabilityBlockAssignments": true })).await;
    assert_eq!(none["Rates"], json!([]));
    assert_eq!(
        none["AvailabilityBlockAssignments"][0]["RateId"],
        builtin::RATE_IDS[1]
    );
    assert!(
        none["Cursor"].is_string(),
        "a page without extents has a cursor"
    );
    let groups = list(json!({ "Rates": true, "RateGroups": true })).await;
    assert_eq!(
        groups["RateGroups"],
        Value::Null,
        "the extent is discontinued"
    );
}

/// Every ID of a record that is built in leads to a record that is built in.
#[test]
fn the_built_in_records_belong_together() {
    let fixtures: Value = serde_json::from_str(builtin::FIXTURES).expect("JSON");
    let ids = |list: &str| -> BTreeSet<&str> {
        let items = fixtures[list].as_array().expect("a list");
        items
            .iter()
            .filter_map(|item| item["Id"].as_str())
            .collect()
    };
    let lists = BTreeMap::from([
        ("EnterpriseId", ids("Enterprises")),
        ("ServiceId", ids("Services")),
        ("RateId", ids("Rates")),
        ("BaseRateId", ids("Rates")),
        ("CompanyId", ids("Companies")),
        ("PartnerCompanyId", ids("Companies")),
        ("TravelAgencyId", ids("Companies")),
        ("VoucherId", ids("Vouchers")),
    ]);
    let mut checked = 0;
    for (list, items) in fixtures.as_object().expect("an object") {
        for item in items.as_array().into_iter().flatten() {
            for (property, known) in &lists {
                if let Some(id) = item[*property].as_str() {
                    assert!(known.contains(id), "{list}: {property} {id}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 40, "{checked}");
    // A reservation has a rate and a voucher of its service, and the rate is one of those that the voucher opens.
    for reservation in fixtures["Reservations"].as_array().expect("reservations") {
        for (list, property) in [("Rates", "RateId"), ("Vouchers", "VoucherId")] {
            let record = fixtures[list]
                .as_array()
                .into_iter()
                .flatten()
                .find(|item| item["Id"] == reservation[property]);
            if let Some(record) = record {
                assert_eq!(
                    record["ServiceId"], reservation["ServiceId"],
                    "{reservation}"
                );
            }
            let opened = record.and_then(|record| record["AssignedRateIds"].as_array());
            assert!(
                opened.is_none_or(|rates| rates.contains(&reservation["RateId"])),
                "{reservation}"
            );
        }
    }
}
