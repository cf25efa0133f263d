//! Calls of operations with types of the spec, with custom types, and with JSON.

use mews_connector::clock::ManualClock;
use mews_connector::types::{
    self, Cursor, EnterpriseId, Limitation, MultipleVoucherCodeDeleteParameters,
    VoucherCodeFilterParameters,
};
use mews_connector::{
    CallOptions, Client, ConstraintViolation, Effect, ErrorKind, Listing, NewVoucherCode,
    Operation, VoucherCodeFilter,
};
use mews_sandbox::{Sandbox, builtin};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

/// A custom operation, which is not in the spec.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetServices {
    limitation: Limitation,
    #[serde(skip_serializing_if = "Option::is_none")]
    enterprise_ids: Option<Vec<EnterpriseId>>,
    #[serde(skip)]
    is_valid: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Services {
    services: Vec<Service>,
    cursor: Option<Cursor>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Service {
    id: u32,
}

impl Operation for GetServices {
    const PATH: &'static str = "services/getAll";
    const EFFECT: Effect = Effect::Read;
    const PROPERTIES: &'static [&'static str] = &["EnterpriseIds", "Limitation"];
    type Response = Services;

    fn check(&self) -> Result<(), ConstraintViolation> {
        if self.is_valid {
            return Ok(());
        }
        Err(ConstraintViolation::new("false", "true").within("IsValid"))
    }
}

impl Listing for GetServices {
    type Item = Service;

    fn count(&self) -> Option<i32> {
        Some(self.limitation.count)
    }

    fn cursor(&self) -> Option<&Cursor> {
        self.limitation.cursor.as_ref()
    }

    fn set_page(&mut self, count: i32, cursor: Option<Cursor>) {
        self.limitation = Limitation::new(count);
        self.limitation.cursor = cursor;
    }

    fn next_cursor(response: &Services) -> Option<&Cursor> {
        response.cursor.as_ref()
    }

    fn items(response: &Services) -> &[Service] {
        &response.services
    }

    fn into_items(response: Services) -> Vec<Service> {
        response.services
    }
}

fn services() -> GetServices {
    GetServices {
        limitation: Limitation::new(2),
        enterprise_ids: None,
        is_valid: true,
    }
}

/// Starts a server of three pages, which have two services, none, and one.
async fn server() -> Scripted {
    Scripted::start([
        Response::ok(json!({ "Services": [{ "Id": 1 }, { "Id": 2 }], "Cursor": "a" })),
        Response::ok(json!({ "Services": [], "Cursor": "b" })),
        Response::ok(json!({ "Services": [{ "Id": 3 }], "Cursor": null })),
    ])
    .await
}

fn client(server: &Scripted) -> Client {
    client_of(&server.url, &ManualClock::new())
        .language("en-US", "en-GB")
        .build()
        .unwrap()
}

fn cursors(server: &Scripted) -> Vec<Value> {
    let requests = server.requests();
    let limitations = requests.iter().map(|(_, body)| &body["Limitation"]);
    limitations.map(|page| page["Cursor"].clone()).collect()
}

#[tokio::test]
async fn custom_operation_is_sent_and_listed_like_those_of_the_spec() {
    let scripted = server().await;
    let page = client(&scripted).send(services()).await.unwrap();
    assert_eq!(page.services.len(), 2);
    let (head, body) = &scripted.requests()[0];
    assert!(
        head.starts_with("POST /api/connector/v1/services/getAll "),
        "{head}"
    );
    assert_eq!(
        *body,
        json!({
            "ClientToken": builtin::CLIENT_TOKEN,
            "AccessToken": builtin::ACCESS_TOKEN,
            "Client": "Tests 1.0.0",
            "LanguageCode": "en-US",
            "CultureCode": "en-GB",
            "Limitation": { "Count": 2 },
        })
    );

    let scripted = server().await;
    let items = client(&scripted)
        .items(services())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(items, [1, 2, 3].map(|id| Service { id }));
    assert_eq!(cursors(&scripted), [Value::Null, json!("a"), json!("b")]);

    let scripted = server().await;
    let mut request = services();
    request.limitation.cursor = Some(Cursor("start".into()));
    let mut pages = client(&scripted).pages(request).page_size(5);
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!((first.items().len(), first.attempts()), (2, 1));
    assert_eq!(pages.cursor().unwrap().as_str(), "a");
    assert_eq!(
        scripted.requests()[0].1["Limitation"],
        json!({ "Count": 5, "Cursor": "start" })
    );

    let mut invalid = services();
    invalid.is_valid = false;
    let error = client(&scripted)
        .items(invalid)
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(error.constraint_violation().unwrap().property, "IsValid");
}

#[tokio::test]
async fn operations_of_the_spec_are_sent_by_their_types() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let voucher = id(builtin::VOUCHER_ID);
    let add = types::MultipleVoucherCodeAddParameters::new(vec![NewVoucherCode::new(voucher, "S")]);
    let added = client.send(add).await.unwrap();
    let code = added.voucher_codes.as_ref().unwrap()[0].id;
    let delete = MultipleVoucherCodeDeleteParameters::new(vec![code]);
    assert_eq!(client.send(delete).await.unwrap().attempts(), 1);
    let request = VoucherCodeFilterParameters::new(vec![voucher], Limitation::new(3));
    assert_eq!(client.items(request).collect_all().await.unwrap().len(), 4);
    let empty = VoucherCodeFilterParameters::new(Vec::new(), Limitation::new(3));
    let error = client.send(empty).await.unwrap_err();
    assert_eq!(error.constraint_violation().unwrap().property, "VoucherIds");
}

#[tokio::test]
async fn json_is_listed_until_the_cursor_is_null() {
    let scripted = server().await;
    let request = json!({ "Limitation": { "Count": 2 }, "ServiceIds": null });
    let pages = client(&scripted).call_pages("services/getAll", &request);
    let pages = pages.stop_at_short_page(true).collect_all().await.unwrap();
    assert_eq!(pages.len(), 2, "empty pages are skipped");
    assert_eq!(pages[1]["Services"][0]["Id"], json!(3));
    assert_eq!(cursors(&scripted), [Value::Null, json!("a"), json!("b")]);
    assert_eq!(scripted.requests()[2].1["Limitation"]["Count"], json!(2));

    // Reads are retried.
    let scripted = Scripted::start([
        Response::Json(500, "", "{}".into()),
        Response::ok(json!({ "Services": [], "Total": 7 })),
    ])
    .await;
    let pages = client(&scripted).call_pages("services/getAll", &json!({}));
    let pages = pages.collect_all().await.unwrap();
    assert_eq!((pages.len(), pages[0].attempts()), (1, 2));

    for (path, request, property) in [
        ("vouchers/add", json!({}), "path"),
        ("services", json!({}), "path"),
        ("services/getAll", json!([]), "request"),
        ("services/getAll", json!({ "Limitation": 5 }), "Limitation"),
        (
            "services/getAll",
            json!({ "AccessToken": "x" }),
            "AccessToken",
        ),
    ] {
        let mut pages = client(&scripted).call_pages(path, &request);
        let error = pages.try_next().await.unwrap_err();
        assert_eq!(
            error.constraint_violation().unwrap().property,
            property,
            "{path}"
        );
        assert!(error.failed_before_sending());
    }
    let scripted = Scripted::start([Response::ok(json!({ "Cursor": 7 }))]).await;
    let mut pages = client(&scripted).call_pages("services/getAll", &json!({}));
    assert_eq!(
        pages.try_next().await.unwrap_err().kind(),
        ErrorKind::Protocol
    );
}

#[tokio::test]
async fn enterprises_of_a_handle_are_part_of_every_request() {
    let scripted = Scripted::start([Response::ok("{}")]).await;
    let plain = client(&scripted);
    let (hotel, hostel): (EnterpriseId, EnterpriseId) = (
        id(builtin::ENTERPRISE_ID),
        id(builtin::SECOND_ENTERPRISE_ID),
    );
    let one = plain.for_enterprises([hotel]);
    let both = plain.for_enterprises([hotel, hostel]);
    let last = || scripted.requests().pop().unwrap().1;
    let reading = CallOptions::new().effect(Effect::Read);
    let ids = json!([builtin::ENTERPRISE_ID, builtin::SECOND_ENTERPRISE_ID]);

    // The spec determines the property of its operations.
    both.call::<Value>("vouchers/getAll", &json!({}))
        .await
        .unwrap();
    assert_eq!(
        (&last()["EnterpriseIds"], &last()["EnterpriseId"]),
        (&ids, &Value::Null)
    );
    one.call::<Value>("vouchers/add", &json!({})).await.unwrap();
    assert_eq!(last()["EnterpriseId"], json!(builtin::ENTERPRISE_ID));
    // The effect determines the property of other operations.
    both.with_options(reading.clone())
        .call::<Value>("services/getAll", &json!({}))
        .await
        .unwrap();
    assert_eq!(last()["EnterpriseIds"], ids);
    both.call_pages("services/getAll", &json!({}))
        .try_next()
        .await
        .unwrap();
    assert_eq!(last()["EnterpriseIds"], ids);
    one.call::<Value>("bills/add", &json!({})).await.unwrap();
    assert_eq!(last()["EnterpriseId"], json!(builtin::ENTERPRISE_ID));
    // Types of the spec and custom types.
    let filter = || VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    both.send(filter()).await.unwrap();
    assert_eq!(last()["EnterpriseIds"], ids);
    both.items(filter()).collect_all().await.unwrap();
    assert_eq!(last()["EnterpriseIds"], ids);
    assert!(
        both.items(services()).collect_all().await.is_err(),
        "not a page of services"
    );
    assert_eq!(last()["EnterpriseIds"], ids);
    let delete = || MultipleVoucherCodeDeleteParameters::new(vec![id(builtin::CODE_ID)]);
    one.send(delete()).await.unwrap();
    assert_eq!(last()["EnterpriseId"], json!(builtin::ENTERPRISE_ID));

    let sent = scripted.requests().len();
    let none = plain.for_enterprises([]);
    for error in [
        both.send(delete()).await.unwrap_err(),
        both.call::<Value>("bills/add", &json!({}))
            .await
            .unwrap_err(),
        none.send(filter()).await.unwrap_err(),
        none.send(delete()).await.unwrap_err(),
        one.send(filter().enterprise_ids([hostel]))
            .await
            .unwrap_err(),
        one.send(delete().enterprise_id(hotel)).await.unwrap_err(),
        one.call::<Value>("bills/add", &json!({ "EnterpriseId": "x" }))
            .await
            .unwrap_err(),
        one.call::<Value>("bills/add", &json!({ "EnterpriseIds": [] }))
            .await
            .unwrap_err(),
        one.send(Unscoped {}).await.unwrap_err(),
    ] {
        let violation = error.constraint_violation().unwrap();
        assert!(violation.property.starts_with("EnterpriseId"), "{error}");
        assert!(error.failed_before_sending());
    }
    assert_eq!(scripted.requests().len(), sent);
}

/// A custom operation without enterprises.
#[derive(Serialize)]
struct Unscoped {}

impl Operation for Unscoped {
    const PATH: &'static str = "configuration/get";
    const EFFECT: Effect = Effect::Read;
    const PROPERTIES: &'static [&'static str] = &[];
    type Response = Value;

    fn check(&self) -> Result<(), ConstraintViolation> {
        Ok(())
    }
}

#[tokio::test]
async fn response_without_a_body_decodes_as_unit_or_as_an_empty_object() {
    let scripted =
        Scripted::start([Response::Raw(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())]).await;
    let client = client(&scripted);
    client.call::<()>("bills/close", &json!({})).await.unwrap();
    let value = client
        .call::<Value>("bills/close", &json!({}))
        .await
        .unwrap();
    assert_eq!(*value, json!({}));
    assert!(
        client
            .call::<String>("bills/close", &json!({}))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn cursor_with_a_token_is_an_error_that_does_not_print_the_token() {
    let leak = builtin::ACCESS_TOKEN.to_uppercase();
    let page =
        json!({ "VoucherCodes": [{ "Id": builtin::CODE_ID }], "Cursor": format!("x-{leak}") });
    let scripted = Scripted::start([Response::ok(page)]).await;
    let client = client(&scripted);
    let filter = || VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let mut pages = client.pages(filter());
    let mut records = client.export([id(builtin::SERVICE_ID)]).records();
    let errors = [
        pages.try_next().await.unwrap_err(),
        client.items(filter()).try_next().await.unwrap_err(),
        client
            .voucher_codes()
            .get_page(&filter(), Limitation::new(5))
            .await
            .unwrap_err(),
        client
            .call_pages("x/getAll", &json!({}))
            .try_next()
            .await
            .unwrap_err(),
        records.try_next().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Protocol);
        let shown = format!("{error} {error:?}").to_uppercase();
        assert!(!shown.contains(&leak), "{error}");
    }
    assert_eq!(pages.cursor(), None);
    let checkpoint = serde_json::to_string(records.checkpoint()).unwrap();
    assert!(!checkpoint.to_uppercase().contains(&leak), "{checkpoint}");
}
