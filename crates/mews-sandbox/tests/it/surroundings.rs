//! The operations around vouchers: data that belongs together, filters, extents and portfolios.

use std::collections::{BTreeMap, BTreeSet};

use mews_sandbox::{Behavior, Fault, Fixtures, Operation, Sandbox, builtin};
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
        (
            reservations,
            json!({ "States": [] }),
            vec![7, 6, 5, 4, 3, 2, 1],
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
        if name == "rates/getAll" {
            body["ServiceIds"] = json!([builtin::SERVICE_ID, builtin::PARKING_SERVICE_ID]);
        }
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

// guidelines/responses.md, 400: "The referenced resource does not exist".
#[tokio::test]
async fn unknown_ids_are_rejected_unless_the_setting_accepts_them() {
    const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";
    let strict = Api::new().await;
    let lenient = Api::with(|builder| builder.unknown_ids(Behavior::Accept)).await;
    let sea = builtin::SECOND_ENTERPRISE_SERVICE_ID;
    let reservations = "reservations/getAll/2023-06-06";
    for (name, filter, ids) in [
        ("services/getAll", "ServiceIds", &[UNKNOWN, sea][..]),
        ("rates/getAll", "ServiceIds", &[UNKNOWN, sea]),
        (
            "rates/getAll",
            "RateIds",
            &[UNKNOWN, "4a000000-0000-4000-8000-000000000005"],
        ),
        ("companies/getAll", "Ids", &[UNKNOWN]),
        ("companies/getAll", "MotherCompanyIds", &[UNKNOWN]),
        (
            "companies/getAll",
            "ChainIds",
            &[UNKNOWN, builtin::COMPANY_ID],
        ),
        ("companyContracts/getAll", "ServiceIds", &[UNKNOWN, sea]),
        ("companyContracts/getAll", "CompanyIds", &[UNKNOWN]),
        (
            "companyContracts/getAll",
            "CompanyContractIds",
            &[UNKNOWN, "c0a70000-0000-4000-8000-000000000002"],
        ),
        (reservations, "ServiceIds", &[UNKNOWN, sea]),
        (
            reservations,
            "ReservationIds",
            &[UNKNOWN, "4e5e0000-0000-4000-8000-000000000007"],
        ),
        (reservations, "PartnerCompanyIds", &[UNKNOWN]),
        (reservations, "TravelAgencyIds", &[UNKNOWN]),
    ] {
        for id in ids {
            let mut body = request(name, json!({ filter: [id] }));
            body["AccessToken"] = builtin::ACCESS_TOKEN.into();
            if name == "rates/getAll" && filter != "ServiceIds" {
                body["ServiceIds"] = json!([builtin::SERVICE_ID]);
            }
            let rejected = strict.call(operation(name), body.clone()).await;
            let rejected = rejected.rejected(400, &format!("Invalid {filter}"));
            assert!(rejected.text.contains(id), "{}", rejected.text);
            let accepted = lenient.call(operation(name), body).await.ok();
            assert_eq!(accepted.body[list(name)], json!([]), "{name} {filter} {id}");
        }
    }
    // The sandbox has no such records, so it cannot know that an ID does not exist.
    for filter in [
        "AccountIds",
        "AssignedResourceIds",
        "ReservationGroupIds",
        "AvailabilityBlockIds",
    ] {
        let body = request(reservations, json!({ filter: [UNKNOWN] }));
        let reply = strict.call(operation(reservations), body).await.ok();
        assert_eq!(reply.body["Reservations"], json!([]), "{filter}");
    }
}

// pages/reservations.md: "Cannot be used with `ActualStartUtc`."
#[tokio::test]
async fn scheduled_and_actual_times_cannot_be_used_together() {
    let api = Api::new().await;
    let name = "reservations/getAll/2023-06-06";
    let interval = json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-02-01T00:00:00Z" });
    for end in ["StartUtc", "EndUtc"] {
        let (scheduled, actual) = (format!("Scheduled{end}"), format!("Actual{end}"));
        let both = request(
            name,
            json!({ scheduled.as_str(): interval, actual.as_str(): interval }),
        );
        let rejected = api.call(operation(name), both).await;
        let rejected = rejected.rejected(400, &format!("Invalid {actual}"));
        assert!(rejected.text.contains(&scheduled), "{}", rejected.text);
        let other = if end == "EndUtc" {
            "ActualStartUtc"
        } else {
            "ActualEndUtc"
        };
        for allowed in [
            json!({ scheduled.as_str(): interval, actual.as_str(): null }),
            json!({ scheduled.as_str(): interval, other: interval }),
        ] {
            api.call(operation(name), request(name, allowed)).await.ok();
        }
    }
}

#[tokio::test]
async fn ids_and_timestamps_match_in_every_form() {
    let upper = |text: &str| text.to_uppercase();
    let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).expect("JSON");
    let reservation = &mut fixtures["Reservations"][1];
    let own = reservation["Id"].as_str().expect("an ID").to_owned();
    for property in ["Id", "ServiceId", "VoucherId", "PartnerCompanyId"] {
        let id = upper(reservation[property].as_str().expect("an ID"));
        reservation[property] = id.into();
    }
    reservation["ScheduledStartUtc"] = "2026-01-30T16:00:00.75+02:00".into();
    let fixtures: Fixtures = fixtures.to_string().parse().expect("JSON");
    let api = Api::with(|builder| builder.fixtures(fixtures)).await;
    let name = "reservations/getAll/2023-06-06";
    let find = async |filter: Value| {
        let reply = api.call(operation(name), request(name, filter)).await.ok();
        assert_eq!(reply.ids("Reservations"), [own.as_str()]);
        reply.body["Reservations"][0].clone()
    };
    let found = find(json!({ "ReservationIds": [own] })).await;
    assert_eq!(found["VoucherId"], builtin::PARTNER_VOUCHER_ID);
    assert_eq!(found["ScheduledStartUtc"], "2026-01-30T14:00:00Z");
    find(json!({ "PartnerCompanyIds": [upper(builtin::COMPANY_ID)] })).await;
    let second = json!({ "StartUtc": "2026-01-30T14:00:00Z", "EndUtc": "2026-01-30T14:00:00Z" });
    find(json!({ "ScheduledStartUtc": second })).await;
    // A cursor can be written in another letter case too.
    let mut page = request(name, json!({}));
    page["Limitation"] = json!({ "Count": 1, "Cursor": "4E5E0000-0000-4000-8000-000000000003" });
    let page = api.call(operation(name), page).await.ok();
    assert_eq!(page.ids("Reservations"), [own]);
    // Both forms are one ID.
    let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).expect("JSON");
    fixtures["Reservations"][0]["Id"] = "4e5e0000-0000-4000-8000-00000000000a".into();
    fixtures["Reservations"][1]["Id"] = "4E5E0000-0000-4000-8000-00000000000A".into();
    let fixtures: Fixtures = fixtures.to_string().parse().expect("JSON");
    let error = Sandbox::builder().fixtures(fixtures).start().await;
    let error = error.expect_err("a duplicate ID").to_string();
    assert!(
        error.contains("/Reservations/1/Id: duplicate ID"),
        "{error}"
    );
}

#[tokio::test]
async fn items_of_every_listing_change_between_two_pages() {
    for (name, list) in NAMES {
        for fault in [Fault::delete_between_pages(), Fault::update_between_pages()] {
            let is_delete = fault == Fault::delete_between_pages();
            let has_state =
                !["enterprises/getAll", "reservations/getAll/2023-06-06"].contains(&name);
            if is_delete && !has_state {
                continue;
            }
            let api = Api::with(|builder| builder.fault(fault.on(operation(name)))).await;
            let whole = request(name, json!({}));
            let mut first = whole.clone();
            first["Limitation"]["Count"] = 1.into();
            let first = api.call(operation(name), first).await.ok();
            assert_eq!(api.sandbox.faults().list()[0].triggered, 1, "{name}");
            let all = api.call(operation(name), whole.clone()).await.ok();
            let changed = &all.body[list][1];
            assert_eq!(changed["UpdatedUtc"], "2026-02-01T10:00:00Z", "{name}");
            assert_eq!(changed["IsActive"] == json!(false), is_delete, "{name}");
            assert_eq!(all.body[list][0], first.body[list][0], "{name}");
            api.sandbox.reset().expect("the store works");
            let restored = api.call(operation(name), whole).await.ok();
            assert_ne!(restored.body[list][1], *changed, "{name}");
        }
    }
}

#[tokio::test]
async fn responses_of_every_listing_with_an_enum_can_have_unknown_values() {
    for (name, list) in NAMES {
        let fault = Fault::unknown_enum_value();
        if name == "companyContracts/getAll" {
            let error = Sandbox::builder()
                .fault(fault.on(operation(name)))
                .start()
                .await;
            let error = error.expect_err("contracts have no enum").to_string();
            assert!(
                error.contains("use one of: companies/getAll, enterprises/getAll, rates/getAll"),
                "{error}"
            );
            continue;
        }
        let api = Api::with(|builder| builder.fault(fault.on(operation(name)))).await;
        let reply = api
            .try_call(operation(name), request(name, json!({})))
            .await
            .expect("a response");
        let pointer = match list {
            "Services" => "/Data/Discriminator",
            "Rates" => "/Type",
            "Companies" => "/CreditRating/Basic",
            "Enterprises" => "/Pricing",
            _ => "/State",
        };
        for item in reply.body[list].as_array().expect("items") {
            assert_eq!(
                item.pointer(pointer),
                Some(&json!("AddedInTheMeantime")),
                "{name}"
            );
        }
        assert_eq!(api.sandbox.faults().list()[0].triggered, 1, "{name}");
    }
}

/// Every ID in the built-in records leads to a built-in record.
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
