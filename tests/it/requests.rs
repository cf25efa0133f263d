//! Strict requests without tokens in their `Debug` output.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use mews_connector_api::transport::{SendFuture, Transport};
use mews_connector_api::types::update_values::{NonNullUpdate, Update};
use mews_connector_api::{AccessToken, ClientToken, Error, SharedTransport, types};
use serde_json::{Value, json};

use crate::document::{CONNECTOR, example};
use crate::operations::{self, ACCESS_TOKEN, CLIENT_TOKEN, ids};
use crate::recorder::Recorder;

#[test]
fn no_debug_of_a_request_shows_a_token() {
    for id in ids() {
        let mut request = example(id, None, "Full");
        request["ClientToken"] = json!(CLIENT_TOKEN);
        request["AccessToken"] = json!(ACCESS_TOKEN);
        let (_, text) = operations::request(id, request);
        assert!(text.contains("client_token: [hidden]"), "{text}");
        assert!(text.contains("access_token: [hidden]"), "{text}");
        for token in [CLIENT_TOKEN, ACCESS_TOKEN] {
            assert!(!text.contains(token), "{text}");
        }
    }
}

#[test]
fn sends_the_required_properties_only_unless_others_are_set() {
    for operation in openapi_tree::schemas::operations(&CONNECTOR.tree) {
        let id = operation.id().expect("an operationId");
        let (request, _) = operations::request(id, operations::minimal(id));
        let schema = operation
            .node
            .pointer("/requestBody/content/application~1json/schema")
            .and_then(openapi_tree::schemas::referenced_component)
            .expect("a component");
        let mut required: Vec<&str> = CONNECTOR
            .tree
            .pointer(&format!("/components/schemas/{schema}/required"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        required.sort_unstable();
        let mut sent: Vec<&str> = request
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        sent.sort_unstable();
        assert_eq!(sent, required, "{id}");
    }
}

#[test]
fn a_cleared_property_is_sent_as_null() {
    let voucher = "d15c0000-0000-4000-8000-000000000001"
        .parse()
        .expect("an identifier");
    let update = types::VoucherUpdateParameters::new(voucher)
        .external_identifier(Update::Clear)
        .company_id(Update::Clear)
        .assigned_rate_ids(Update::Clear)
        .occupiable_interval_end_utc(Update::Clear)
        .name("Spring");
    assert_eq!(
        serde_json::to_value(&update).expect("JSON"),
        json!({
            "VoucherId": "d15c0000-0000-4000-8000-000000000001",
            "ExternalIdentifier": { "Value": null },
            "CompanyId": { "Value": null },
            "AssignedRateIds": { "Value": null },
            "OccupiableIntervalEndUtc": { "Value": null },
            "Name": { "Value": "Spring" },
        })
    );
}

#[test]
fn the_type_can_be_set_but_not_cleared() {
    let update = |value: Value| {
        serde_json::from_value::<types::VoucherUpdateParameters>(json!({
            "VoucherId": "d15c0000-0000-4000-8000-000000000001",
            "Type": value,
        }))
    };
    assert!(update(json!({ "Value": null })).is_err());
    assert!(update(json!({})).is_err());
    let set = update(json!({ "Value": "Public" })).expect("an update");
    assert_eq!(set.type_, NonNullUpdate::Set(types::VoucherType::Public));
}

/// An operation, a location in its `Full` example, the value to set, and the expected error.
type Breach = (&'static str, &'static str, fn() -> Value, &'static str);

const BROKEN: &[Breach] = &[
    (
        "vouchers_getAll",
        "/ServiceIds",
        || json!([]),
        "`ServiceIds` has 0 items; allowed: 1 to 1000 items",
    ),
    (
        "vouchers_getAll",
        "/ServiceIds",
        || identifiers(1001),
        "`ServiceIds` has 1001 items; allowed: 1 to 1000 items",
    ),
    (
        "vouchers_getAll",
        "/VoucherIds",
        || json!([]),
        "`VoucherIds` has 0 items",
    ),
    (
        "vouchers_getAll",
        "/CompanyIds",
        || identifiers(1001),
        "`CompanyIds` has 1001 items",
    ),
    (
        "vouchers_getAll",
        "/VoucherCodeValues",
        || json!([]),
        "`VoucherCodeValues` has 0 items",
    ),
    (
        "vouchers_getAll",
        "/ExternalIdentifiers",
        || json!([]),
        "`ExternalIdentifiers` has 0 items",
    ),
    (
        "vouchers_getAll",
        "/EnterpriseIds",
        || json!([]),
        "`EnterpriseIds` has 0 items",
    ),
    (
        "vouchers_getAll",
        "/ActivityStates",
        || json!(["Active", "No such state"]),
        "`ActivityStates[1]` has the value `No such state`; allowed: one of Active, Deleted",
    ),
    (
        "vouchers_getAll",
        "/Limitation/Count",
        || json!(0),
        "`Limitation.Count` has the value 0; allowed: 1 to 1000",
    ),
    (
        "vouchers_getAll",
        "/Limitation/Count",
        || json!(1001),
        "`Limitation.Count` has the value 1001",
    ),
    (
        "vouchers_getAll",
        "/UpdatedUtc/EndUtc",
        || json!("2026-04-01T00:00:01Z"),
        "allowed: at most 3 months",
    ),
    (
        "vouchers_getAll",
        "/UpdatedUtc/EndUtc",
        || json!("2025-12-31T00:00:00Z"),
        "allowed: an end that is not before the start",
    ),
    (
        "vouchers_getAll",
        "/Client",
        || json!(""),
        "`Client` has 0 characters; allowed: at least 1 characters",
    ),
    (
        "vouchers_getAll",
        "/ClientToken",
        || json!(""),
        "`ClientToken` has 0 characters",
    ),
    (
        "vouchers_getAll",
        "/AccessToken",
        || json!(""),
        "`AccessToken` has 0 characters",
    ),
    (
        "vouchers_add",
        "/VoucherParameters",
        || json!([]),
        "`VoucherParameters` has 0 items",
    ),
    (
        "vouchers_add",
        "/VoucherParameters/0/Name",
        || json!("n".repeat(129)),
        "`VoucherParameters[0].Name` has 129 characters; allowed: 1 to 128 characters",
    ),
    (
        "vouchers_add",
        "/VoucherParameters/0/Type",
        || json!("No such type"),
        "`VoucherParameters[0].Type` has the value `No such type`; allowed: one of Public, PartnerCompany, TravelAgency",
    ),
    (
        "vouchers_add",
        "/VoucherParameters/0/AssignedRateIds",
        || identifiers(11),
        "`VoucherParameters[0].AssignedRateIds` has 11 items; allowed: at most 10 items",
    ),
    (
        "vouchers_add",
        "/VoucherParameters/0/ExternalIdentifier",
        || json!("e".repeat(256)),
        "has 256 characters; allowed: at most 255 characters",
    ),
    (
        "vouchers_update",
        "/VoucherUpdates/0/Name/Value",
        || json!("ü".repeat(129)),
        "`VoucherUpdates[0].Name.Value` has 129 characters",
    ),
    (
        "vouchers_update",
        "/VoucherUpdates/0/AssignedRateIds/Value",
        || identifiers(11),
        "`VoucherUpdates[0].AssignedRateIds.Value` has 11 items",
    ),
    (
        "vouchers_update",
        "/VoucherUpdates/0/Type/Value",
        || json!("Other"),
        "`VoucherUpdates[0].Type.Value` has the value `Other`",
    ),
    (
        "vouchers_delete",
        "/VoucherIds",
        || identifiers(1001),
        "`VoucherIds` has 1001 items",
    ),
    (
        "voucherCodes_getAll",
        "/VoucherIds",
        || json!([]),
        "`VoucherIds` has 0 items",
    ),
    (
        "voucherCodes_getAll",
        "/VoucherCodeIds",
        || identifiers(1001),
        "`VoucherCodeIds` has 1001 items",
    ),
    (
        "voucherCodes_add",
        "/VoucherCodeParameters/0/Value",
        || json!(""),
        "`VoucherCodeParameters[0].Value` has 0 characters; allowed: 1 to 128 characters",
    ),
    (
        "voucherCodes_delete",
        "/VoucherCodeIds",
        || json!([]),
        "`VoucherCodeIds` has 0 items",
    ),
    (
        "reservations_getAll_2023-06-06",
        "/ActualStartUtc",
        january,
        "`ActualStartUtc` has a value together with `ScheduledStartUtc`; allowed: at most 1 of them",
    ),
    (
        "reservations_getAll_2023-06-06",
        "/ActualEndUtc",
        january,
        "`ActualEndUtc` has a value together with `ScheduledEndUtc`; allowed: at most 1 of them",
    ),
];

fn january() -> Value {
    json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-02-01T00:00:00Z" })
}

fn identifiers(count: usize) -> Value {
    (0..count)
        .map(|number| json!(format!("0f000000-0000-4000-8000-{number:012}")))
        .collect()
}

#[tokio::test]
async fn a_constraint_violation_is_named_and_nothing_is_sent() {
    let recorder = Recorder::start(200, "application/json", "{}").await;
    let client = recorder.client();
    for (id, pointer, value, expected) in BROKEN {
        let mut request = example(id, None, "Full");
        *request
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{id} {pointer}")) = value();
        let error = operations::call(&client, id, request)
            .await
            .expect_err(&format!("{id} {pointer} is sent"));
        assert!(error.contains(expected), "{id} {pointer}: {error}");
    }
    assert_eq!(recorder.received().len(), 0, "no request was sent");
}

#[tokio::test]
async fn values_at_the_limits_are_sent() {
    let recorder = Recorder::start(200, "application/json", "{}").await;
    let client = recorder.client();
    let kept: [(&str, &str, Value); 6] = [
        ("vouchers_getAll", "/ServiceIds", identifiers(1000)),
        ("vouchers_getAll", "/Limitation/Count", json!(1000)),
        (
            "vouchers_getAll",
            "/UpdatedUtc/EndUtc",
            json!("2026-04-01T00:00:00Z"),
        ),
        (
            "vouchers_getAll",
            "/UpdatedUtc/EndUtc",
            json!("2026-01-01T00:00:00Z"),
        ),
        (
            "vouchers_add",
            "/VoucherParameters/0/Name",
            json!("ü".repeat(128)),
        ),
        (
            "vouchers_update",
            "/VoucherUpdates/0/AssignedRateIds/Value",
            identifiers(10),
        ),
    ];
    let count = kept.len();
    for (id, pointer, value) in kept {
        let mut request = example(id, None, "Full");
        *request.pointer_mut(pointer).expect("a place") = value;
        operations::call(&client, id, request)
            .await
            .expect("a response");
    }
    assert_eq!(recorder.received().len(), count);
}

#[tokio::test]
async fn no_undocumented_header_is_sent() {
    let recorder = Recorder::start(200, "application/json", "{}").await;
    for id in ids() {
        operations::call(&recorder.client(), id, example(id, None, "Minimal"))
            .await
            .expect("a response");
    }
    for request in recorder.received() {
        let names: Vec<&str> = request
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            names,
            ["accept", "content-length", "content-type", "host"],
            "{}",
            request.path
        );
    }
}

#[test]
fn tokens_are_compared_and_checked_by_their_content() {
    assert_eq!(ClientToken::from("one"), ClientToken::from("one"));
    assert_ne!(ClientToken::from("one"), ClientToken::from("another"));
    assert_eq!(AccessToken::from("one"), AccessToken::from("one"));
    assert_ne!(AccessToken::from("one"), AccessToken::from("another"));
    // The hand-written types must check exactly the constraints of the spec.
    for token in ["ClientToken", "AccessToken"] {
        let schema = &CONNECTOR.tree["components"]["schemas"][token];
        let keys: Vec<&str> = schema
            .as_object()
            .expect("a schema")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            ["description", "minLength", "type"],
            "{token}: change secret.rs, too"
        );
        assert_eq!(schema["minLength"], 1);
    }
}

/// A transport that records the operations.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<&'static str>>>);

impl Transport for Noting {
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        operation: &'static str,
    ) -> SendFuture<'a> {
        self.0
            .lock()
            .expect("no panic while noting")
            .push(operation);
        Box::pin(http.execute(request))
    }
}

#[tokio::test]
async fn every_request_goes_through_the_transport() {
    let recorder = Recorder::start(200, "application/json", "{}").await;
    let noting = Noting::default();
    let client = recorder.client_through(SharedTransport::new(noting.clone()));
    for id in ids() {
        operations::call(&client, id, example(id, None, "Minimal"))
            .await
            .expect("a response");
    }
    assert_eq!(
        *noting.0.lock().expect("no panic while noting"),
        ids()
            .into_iter()
            .map(operations::method)
            .collect::<Vec<_>>()
    );
    assert_eq!(recorder.received().len(), ids().len());
}

#[test]
fn timestamps_are_written_in_whole_seconds() {
    let voucher = types::VoucherAddParameters::new(
        "5e000000-0000-4000-8000-000000000001"
            .parse()
            .expect("an identifier"),
        "Autumn",
        types::VoucherType::Public,
    )
    .occupiable_interval_start_utc(
        "2026-01-05T09:00:00.999999999Z"
            .parse::<DateTime<Utc>>()
            .expect("a timestamp"),
    );
    let sent = serde_json::to_value(voucher).expect("JSON");
    assert_eq!(sent["OccupiableIntervalStartUtc"], "2026-01-05T09:00:00Z");
    let interval = types::TimeFilterInterval::new(
        "2026-01-05T09:00:00.5Z".parse().expect("a timestamp"),
        "2026-01-05T09:00:00.7Z".parse().expect("a timestamp"),
    );
    assert_eq!(
        serde_json::to_value(interval).expect("JSON"),
        json!({ "StartUtc": "2026-01-05T09:00:00Z", "EndUtc": "2026-01-05T09:00:01Z" })
    );
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let recorder = Recorder::start(307, "text/plain\r\nLocation: /elsewhere", "").await;
    let (envelope, request) = operations::parted(example("voucherCodes_getAll", None, "Minimal"));
    let request: types::VoucherCodeFilterParameters =
        serde_json::from_value(request).expect("a request");
    let error = recorder
        .client()
        .voucher_codes_get_all(&envelope, &request)
        .await
        .expect_err("a redirect");
    assert!(
        matches!(&error, Error::UnexpectedResponse(response) if response.status() == 307),
        "{error}"
    );
    assert_eq!(recorder.received().len(), 1);
}

#[tokio::test]
async fn a_documented_error_keeps_its_status_headers_and_body() {
    let body =
        json!({ "Message": "Too many requests.", "RequestId": "r", "Details": { "any": 1 } });
    for status in [400_u16, 401, 403, 404, 408, 409, 410, 413, 429, 500, 503] {
        let recorder = Recorder::start(status, "application/json", body.to_string()).await;
        let (envelope, request) =
            operations::parted(example("voucherCodes_getAll", None, "Minimal"));
        let request: types::VoucherCodeFilterParameters =
            serde_json::from_value(request).expect("a request");
        let error = recorder
            .client()
            .voucher_codes_get_all(&envelope, &request)
            .await
            .expect_err("an error");
        let Error::ErrorResponse(response) = error else {
            panic!("{status}: {error}");
        };
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["request-id"], "recorded");
        assert_eq!(response.message.as_deref(), Some("Too many requests."));
        assert_eq!(response.details, Some(json!({ "any": 1 })));
    }
}
