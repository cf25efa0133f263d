//! Lookup of codes by their value.

use mews_connector::clock::ManualClock;
use mews_connector::types::ServiceId;
use mews_connector::{Client, ErrorKind, FoundCode, NewVoucher, NewVoucherCode, Redeemability};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

fn service() -> [ServiceId; 1] {
    [id(builtin::SERVICE_ID)]
}

/// Returns the values of the codes, and whether each code is active.
fn values(found: &[FoundCode]) -> Vec<(&str, Option<bool>)> {
    let value = |found: &FoundCode| {
        assert_eq!(found.code.voucher_id, Some(found.voucher.id));
        found.code.is_active
    };
    found
        .iter()
        .map(|found| (found.code.value.as_deref().unwrap(), value(found)))
        .collect()
}

fn requests(sandbox: &Sandbox) -> Vec<(Operation, usize)> {
    let exchanges = sandbox.exchanges();
    let requests = exchanges.iter().map(|exchange| {
        let operation = exchange.operation.unwrap();
        let list = match operation {
            Operation::VouchersGetAll => "Vouchers",
            _ => "VoucherCodes",
        };
        (
            operation,
            exchange.response_body[list].as_array().unwrap().len(),
        )
    });
    let mut requests: Vec<_> = requests.collect();
    // The page at the end of the vouchers is requested while the codes are read.
    requests.sort_by_key(|(operation, _)| *operation != Operation::VouchersGetAll);
    requests
}

#[tokio::test]
async fn unknown_value_takes_one_request() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let found = client.find_codes(service(), "NO-SUCH-CODE").await.unwrap();
    assert_eq!(found, []);
    assert_eq!(requests(&sandbox), [(Operation::VouchersGetAll, 0)]);
}

#[tokio::test]
async fn lookup_reads_the_pages_of_the_voucher_of_a_value() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let voucher = id(builtin::PARTNER_VOUCHER_ID);
    let many = (0..1000).map(|n| NewVoucherCode::new(voucher, format!("PAGE-{n}")));
    assert!(client.bulk().add_voucher_codes(many).await.is_complete());
    sandbox.clear_exchanges();

    let found = client.find_codes(service(), "PAGE-7").await.unwrap();
    assert_eq!(values(&found), [("PAGE-7", Some(true))]);
    let (vouchers, codes) = (Operation::VouchersGetAll, Operation::VoucherCodesGetAll);
    let expected = [
        (vouchers, 1),
        (vouchers, 0),
        // The voucher has one built-in code and 1000 more.
        (codes, 1000),
        (codes, 1),
        (codes, 0),
    ];
    assert_eq!(requests(&sandbox), expected);
    let request = sandbox.exchanges()[0].request_body.clone();
    assert_eq!(request["VoucherCodeValues"], json!(["PAGE-7"]));
    assert_eq!(request["Extent"], json!({ "Vouchers": true }));

    sandbox.clear_exchanges();
    let short = client
        .find_codes(service(), "PAGE-7")
        .stop_at_short_page(true)
        .await
        .unwrap();
    assert_eq!(short, found);
    let expected = [(vouchers, 1), (codes, 1000), (codes, 1)];
    assert_eq!(requests(&sandbox), expected);
}

#[tokio::test]
async fn short_page_does_not_end_a_listing_after_a_408_of_an_earlier_one() {
    let server = Scripted::start([Response::of(|request: &Value| {
        let Some(services) = request["ServiceIds"].as_array() else {
            return Response::ok(json!({ "VoucherCodes": [], "Cursor": null }));
        };
        match (services.len(), request["Limitation"]["Count"].as_u64()) {
            (1000, Some(1000)) => {
                Response::Json(408, "", json!({ "Message": "Too slow" }).to_string())
            }
            (1000, _) => Response::ok(json!({ "Vouchers": [], "Cursor": null })),
            // The last service has two vouchers, one on each page.
            (_, count) => {
                assert_eq!(count, Some(500));
                let is_first = request["Limitation"]["Cursor"].is_null();
                let voucher = json!({ "Id": uuid::Uuid::from_u128(u128::from(is_first)) });
                Response::ok(json!({
                    "Vouchers": [voucher],
                    "Cursor": is_first.then_some("next"),
                }))
            }
        }
    })])
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let services = (0..1001).map(|n| ServiceId(uuid::Uuid::from_u128(n)));
    let found = client.find_codes(services, "X").stop_at_short_page(true);
    assert_eq!(found.await.unwrap(), []);
    let requests = server.requests();
    let mut cursors = requests
        .iter()
        .map(|(_, body)| &body["Limitation"]["Cursor"]);
    let followed = cursors.any(|cursor| cursor == "next");
    assert!(followed, "the second page of vouchers was not read");
}

#[tokio::test]
async fn finds_the_same_value_in_several_vouchers_and_after_its_deletion() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let voucher = NewVoucher::public(id(builtin::SERVICE_ID), "Second");
    let second = client.vouchers().add([voucher]).await.unwrap()[0].id;
    let new = |value| NewVoucherCode::new(second, value);
    let values_of = [builtin::CODE_VALUE, builtin::CODE_VALUE, "spring-welcome"];
    let added = client
        .voucher_codes()
        .add(values_of.map(new))
        .await
        .unwrap();
    client.voucher_codes().delete([added[0].id]).await.unwrap();

    let found = client
        .find_codes(service(), builtin::CODE_VALUE)
        .await
        .unwrap();
    let mut states = values(&found);
    states.sort_unstable();
    let value = builtin::CODE_VALUE;
    assert_eq!(
        states,
        [
            (value, Some(false)),
            (value, Some(true)),
            (value, Some(true))
        ]
    );
    let now = "2026-04-15T12:00:00Z".parse().unwrap();
    let usable = found
        .iter()
        .filter(|found| found.redeemability(now) == Redeemability::Yes);
    assert_eq!(usable.count(), 2);
}

#[tokio::test]
async fn reads_only_the_given_services() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let parking = [id(builtin::PARKING_SERVICE_ID)];
    let found = client
        .find_codes(parking, builtin::CODE_VALUE)
        .await
        .unwrap();
    assert_eq!(found, []);
}

#[tokio::test]
async fn rejects_an_empty_value_and_no_services_before_sending() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let none: [ServiceId; 0] = [];
    for (lookup, property) in [
        (client.find_codes(service(), ""), "VoucherCodeValues[0]"),
        (client.find_codes(none, "A"), "ServiceIds"),
    ] {
        let error = lookup.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.constraint_violation().unwrap().property, property);
    }
    assert!(sandbox.exchanges().is_empty());
}

#[tokio::test]
async fn failed_page_fails_the_lookup() {
    let fault = Fault::status(401).on(Operation::VoucherCodesGetAll).skip(1);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let error = client
        .find_codes(service(), builtin::CODE_VALUE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

/// Starts a server with these vouchers and codes, and creates a client.
async fn client_with(vouchers: Value, codes: Value) -> (Scripted, Client) {
    let response = move |body: &Value| {
        let (list, mut items) = match body.get("ServiceIds") {
            Some(_) => ("Vouchers", vouchers.clone()),
            None => ("VoucherCodes", codes.clone()),
        };
        let mut cursor = json!("end");
        if body["Limitation"].get("Cursor").is_some() {
            (items, cursor) = (json!([]), Value::Null);
        }
        Response::ok(json!({ list: items, "Cursor": cursor }))
    };
    let server = Scripted::start([Response::of(response)]).await;
    let client = client_of(&server.url, &ManualClock::new());
    (server, client.build().unwrap())
}

#[tokio::test]
async fn code_without_a_voucher_belongs_to_the_only_voucher() {
    let voucher = |id| json!({ "Id": id });
    let [first, second] = [builtin::VOUCHER_ID, builtin::PARTNER_VOUCHER_ID].map(voucher);
    let codes = json!([{ "Id": builtin::CODE_ID, "Value": "A" }]);

    let (_server, client) = client_with(json!([first]), codes.clone()).await;
    let found = client.find_codes(service(), "A").await.unwrap();
    assert_eq!(found[0].voucher.id, id(builtin::VOUCHER_ID));

    let (_server, client) = client_with(json!([first, second]), codes).await;
    let error = client.find_codes(service(), "A").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains(builtin::CODE_ID), "{error}");
    // Codes with another value do not matter.
    assert_eq!(client.find_codes(service(), "a").await.unwrap(), []);
}

#[tokio::test]
async fn debug_output_of_a_lookup_does_not_contain_the_value() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let lookup = format!("{:?}", client.find_codes(service(), "SECRET-VALUE"));
    assert!(!lookup.contains("SECRET"), "{lookup}");
}
