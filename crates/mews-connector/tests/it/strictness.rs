//! Requests that must not be sent, and responses that must not count as a success.

use mews_connector::clock::ManualClock;
use mews_connector::types::{
    EnterpriseId, Limitation, ReservationServiceOrderFilterParameters, TimeFilterInterval,
    VoucherCodeFilterParameters,
};
use mews_connector::{
    CallOptions, Client, ConstraintViolation, Effect, Error, ErrorKind, NewVoucherCode, Operation,
    VoucherCodeFilter,
};
use mews_sandbox::{Sandbox, builtin};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

fn client(server: &Scripted) -> Client {
    client_of(&server.url, &ManualClock::new()).build().unwrap()
}

fn codes() -> VoucherCodeFilterParameters {
    VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)])
}

/// Returns the property that a request which was not sent violates.
fn property(error: &Error) -> &str {
    assert!(error.failed_before_sending(), "{error}");
    &error.constraint_violation().expect("a violation").property
}

#[tokio::test]
async fn json_pages_have_the_constraints_of_typed_pages() {
    let scripted = Scripted::start([Response::ok("{}")]).await;
    let client = client(&scripted);
    let none = json!({});
    for count in [0, 1001, u16::MAX] {
        let mut json = client.call_pages("services/getAll", &none).page_size(count);
        let error = json.try_next().await.unwrap_err();
        assert_eq!(property(&error), "Limitation.Count");
        let error = client
            .items(codes())
            .page_size(count)
            .try_next()
            .await
            .unwrap_err();
        assert_eq!(property(&error), "Limitation.Count");
    }
    for count in [-5, 0, 5000] {
        let request = json!({ "Limitation": { "Count": count } });
        let mut pages = client.call_pages("services/getAll", &request);
        let error = pages.try_next().await.unwrap_err();
        assert_eq!(property(&error), "Limitation.Count");
    }
    assert!(scripted.requests().is_empty());

    // A null counts as an omitted property.
    let request = json!({ "Limitation": null });
    let pages = client.call_pages("services/getAll", &request);
    pages.collect_all().await.unwrap();
    assert_eq!(
        scripted.requests()[0].1["Limitation"],
        json!({ "Count": 1000 })
    );
}

#[tokio::test]
async fn json_page_that_is_not_an_object_is_an_error() {
    for page in ["null", "[]", "[{}]", "\"text\"", "5"] {
        let scripted = Scripted::start([Response::ok(page)]).await;
        let mut pages = client(&scripted).call_pages("services/getAll", &json!({}));
        let error = pages.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{page}: {error}");
    }
}

#[tokio::test]
async fn token_in_a_path_is_neither_sent_nor_printed() {
    let scripted = Scripted::start([Response::ok("{}")]).await;
    let client = client(&scripted);
    for path in [
        builtin::ACCESS_TOKEN.to_owned(),
        format!("services/{}", builtin::ACCESS_TOKEN),
        format!(
            "services/getAll?AccessToken={}",
            builtin::ACCESS_TOKEN.to_uppercase()
        ),
    ] {
        let mut pages = client.call_pages(&path, &json!({}));
        let shown = format!("{pages:?}");
        let errors = [
            client.call::<Value>(&path, &json!({})).await.unwrap_err(),
            pages.try_next().await.unwrap_err(),
            client
                .call_pages(&path, &json!([]))
                .try_next()
                .await
                .unwrap_err(),
        ];
        assert_eq!(property(&errors[0]), "path");
        assert_eq!(property(&errors[1]), "path");
        for error in errors {
            let shown = format!("{shown} {error} {error:?} {}", error.operation());
            let shown = shown.to_lowercase();
            assert!(!shown.contains(builtin::ACCESS_TOKEN), "{shown}");
        }
    }
    assert!(scripted.requests().is_empty());
}

#[tokio::test]
async fn rejects_a_path_of_the_spec_in_another_letter_case() {
    let scripted = Scripted::start([Response::Json(503, "", "{}".into())]).await;
    let reading = client(&scripted).with_options(CallOptions::new().effect(Effect::Read));
    let none = json!({});
    for path in ["Vouchers/add", "vouchers/Add", "VOUCHERCODES/ADD"] {
        let mut pages = reading.call_pages(path, &none);
        let errors = [
            reading.call::<Value>(path, &none).await.unwrap_err(),
            pages.try_next().await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(property(&error), "path");
            let allowed = &error.constraint_violation().unwrap().allowed;
            assert!(
                allowed.eq_ignore_ascii_case(&format!("`{path}`")),
                "{error}"
            );
        }
    }
    assert!(scripted.requests().is_empty());
    reading
        .call::<Value>("vouchers/add", &none)
        .await
        .unwrap_err();
    assert_eq!(scripted.requests().len(), 1);
}

/// A custom operation whose request can have undeclared properties.
#[derive(Serialize)]
struct Undeclared(Map<String, Value>);

/// A custom operation whose request has no properties.
#[derive(Serialize)]
struct Nothing;

/// A request for an operation of the spec that can have undeclared properties.
#[derive(Serialize)]
struct UndeclaredOfSpec(Map<String, Value>);

macro_rules! operation {
    ($request:ident, $path:literal) => {
        impl Operation for $request {
            const PATH: &'static str = $path;
            const EFFECT: Effect = Effect::Read;
            const PROPERTIES: &'static [&'static str] = &["EnterpriseIds"];
            type Response = Value;

            fn check(&self) -> Result<(), ConstraintViolation> {
                Ok(())
            }
        }
    };
}

operation!(Undeclared, "configuration/get");
operation!(UndeclaredOfSpec, "vouchers/getAll");
operation!(Nothing, "configuration/get");

#[tokio::test]
async fn rejects_a_custom_request_with_properties_of_the_envelope() {
    let scripted = Scripted::start([Response::ok("{}")]).await;
    let plain = client(&scripted);
    let hotel: EnterpriseId = id(builtin::ENTERPRISE_ID);
    for client in [plain.clone(), plain.for_enterprises([hotel])] {
        for name in [
            "AccessToken",
            "ClientToken",
            "Client",
            "LanguageCode",
            "CultureCode",
        ] {
            let request = Map::from_iter([(name.to_owned(), json!("other"))]);
            let errors = [
                client.send(Undeclared(request.clone())).await.unwrap_err(),
                client.send(UndeclaredOfSpec(request)).await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(property(&error), name);
            }
        }
        assert!(scripted.requests().is_empty());
    }
    plain.send(Nothing).await.unwrap();
    plain.for_enterprises([hotel]).send(Nothing).await.unwrap();
    let sent = scripted.requests();
    for (_, body) in &sent {
        assert_eq!(body["AccessToken"], json!(builtin::ACCESS_TOKEN));
    }
    assert_eq!(sent[1].1["EnterpriseIds"], json!([builtin::ENTERPRISE_ID]));
}

#[tokio::test]
async fn empty_object_decodes_as_unit_but_an_empty_body_does_not() {
    let scripted =
        Scripted::start([Response::ok("{}"), Response::ok(" {}\n"), Response::ok("")]).await;
    let client = client(&scripted);
    client.call::<()>("bills/close", &json!({})).await.unwrap();
    client.call::<()>("bills/close", &json!({})).await.unwrap();
    // A 200 response without a body does not prove that the request succeeded.
    let error = client
        .call::<()>("bills/close", &json!({}))
        .await
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::Decode && error.maybe_applied(),
        "{error}"
    );
}

#[tokio::test]
async fn request_that_fails_its_check_ends_a_stream() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let many = (0..1001).map(|number| id(&format!("d15c0000-0000-4000-8000-{number:012}")));
    for filter in [
        VoucherCodeFilter::vouchers(many),
        VoucherCodeFilter::vouchers([]),
    ] {
        let mut items = client.items(filter).prefetch(true);
        assert_eq!(property(&items.try_next().await.unwrap_err()), "VoucherIds");
        assert!(items.try_next().await.unwrap().is_none());
        assert_eq!(items.cursor(), None);
    }
    let code = |number| NewVoucherCode::new(id(builtin::VOUCHER_ID), format!("C{number}"));
    for count in [0, 1001] {
        let error = client
            .voucher_codes()
            .add((0..count).map(code))
            .await
            .unwrap_err();
        assert_eq!(property(&error), "VoucherCodeParameters");
    }
    assert!(sandbox.exchanges().is_empty());
    let page = client
        .voucher_codes()
        .get_page(&codes(), Limitation::new(1))
        .await
        .unwrap();
    assert_eq!(page.items().len(), 1);
}

#[tokio::test]
async fn rejects_filters_that_exclude_each_other() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let january: TimeFilterInterval = serde_json::from_value(
        json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-02-01T00:00:00Z" }),
    )
    .unwrap();
    let started = ReservationServiceOrderFilterParameters::new(Limitation::new(1))
        .actual_start_utc(january.clone());
    let error = client
        .pages(started.clone().scheduled_start_utc(january.clone()))
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(property(&error), "ActualStartUtc");
    assert!(error.to_string().contains("`ScheduledStartUtc`"), "{error}");
    assert!(sandbox.exchanges().is_empty());

    let mut pages = client.pages(started.scheduled_end_utc(january));
    pages.try_next().await.unwrap();
}

#[tokio::test]
async fn cursor_with_a_token_is_an_error_from_any_source() {
    let token = builtin::ACCESS_TOKEN.replace('-', "%252D");
    let page = json!({ "VoucherCodes": [], "Services": [], "Cursor": format!("after-{token}") });
    let scripted = Scripted::start([Response::ok(page)]).await;
    let client = client(&scripted);
    let none = json!({});
    let errors = [
        client.send(codes()).await.unwrap_err(),
        client.items(codes()).try_next().await.unwrap_err(),
        client
            .voucher_codes()
            .get_page(&codes(), Limitation::new(1))
            .await
            .unwrap_err(),
        client
            .call::<Value>("voucherCodes/getAll", &none)
            .await
            .unwrap_err(),
        client
            .call::<Value>("services/getAll", &none)
            .await
            .unwrap_err(),
        client
            .call_pages("services/getAll", &none)
            .try_next()
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(
            error.to_string().contains("cursor contains a token"),
            "{error}"
        );
    }
    // The response to a write is not a page of a listing, and the write was applied.
    client
        .voucher_codes()
        .add([NewVoucherCode::new(id(builtin::VOUCHER_ID), "C")])
        .await
        .unwrap();
}

#[tokio::test]
async fn broken_json_is_located() {
    for (body, path, place) in [
        (
            "{ \"VoucherCodes\": [\n{ \"Id\": 5 }] }",
            "VoucherCodes[0].Id",
            "line 2 column 9",
        ),
        (
            "{ \"VoucherCodes\": [\n}",
            "VoucherCodes[0]",
            "line 2 column 1",
        ),
        ("{ \"VoucherCodes\": [] } x", ".", "line 1 column 24"),
        ("{ \"VoucherCodes\": [", "VoucherCodes", "line 1 column 19"),
        ("<html>", ".", "line 1 column 1"),
        ("", ".", "line 1 column 0"),
    ] {
        let scripted = Scripted::start([Response::ok(body)]).await;
        let client = client(&scripted);
        let errors = [
            client.send(codes()).await.unwrap_err(),
            client.items(codes()).try_next().await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
            assert!(error.to_string().contains(place), "{body}: {error}");
            assert_eq!(error.json_path(), Some(path), "{body}: {error}");
        }
        let error = client.call::<Value>("services/getAll", &json!({})).await;
        if let Err(error) = error {
            assert!(error.to_string().contains(place), "{body}: {error}");
        } else {
            assert!(body.contains("\"Id\": 5"), "{body}");
        }
    }
}
