//! Recorded exchanges, which contain no tokens.

use mews_sandbox::{Exchange, Fault, Operation, builtin};
use serde_json::{Value, json};

use crate::support::{Api, add_codes, codes_of, with_tokens};

const TOKENS: [&str; 3] = [
    builtin::CLIENT_TOKEN,
    builtin::ACCESS_TOKEN,
    builtin::PORTFOLIO_ACCESS_TOKEN,
];

#[tokio::test]
async fn exchanges_are_recorded_completely() {
    let api = Api::new().await;
    let reply = api
        .call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["NEW"]),
        )
        .await
        .ok();
    api.send("/elsewhere", "not JSON", &[])
        .await
        .expect("a response")
        .rejected(404, "Not found");
    let [added, elsewhere] = &api.sandbox.exchanges()[..] else {
        panic!("two exchanges");
    };
    assert_eq!(added.operation, Some(Operation::VoucherCodesAdd));
    assert_eq!(
        (added.method.as_str(), added.path.as_str()),
        ("POST", "/api/connector/v1/voucherCodes/add")
    );
    assert_eq!(added.status, Some(200));
    assert_eq!(
        added.request_body["VoucherCodeParameters"][0]["Value"],
        "NEW"
    );
    assert_eq!(added.response_body, reply.body);
    assert_eq!(
        added.request_id,
        reply.headers["request-id"].to_str().unwrap_or("")
    );
    assert!(
        added
            .request_headers
            .contains(&("content-type".into(), "application/json".into()))
    );
    assert!(
        added
            .response_headers
            .contains(&("content-type".into(), "application/json".into()))
    );
    assert_eq!(added.received_utc.to_rfc3339(), "2026-02-01T10:00:00+00:00");
    assert_eq!(
        (
            elsewhere.operation,
            elsewhere.status,
            &elsewhere.request_body
        ),
        (None, Some(404), &Value::Null)
    );
    api.sandbox.clear_exchanges();
    assert_eq!(api.sandbox.exchanges(), []);
}

#[tokio::test]
async fn tokens_are_masked_in_every_part_of_an_exchange() {
    let api = Api::new().await;
    api.sandbox.faults().add(Fault::echo_tokens());
    let unknown = "fake-\"token\"-not-issued";
    let mut body = with_tokens(codes_of(builtin::VOUCHER_ID));
    body["Client"] = format!(
        "received {} and {}",
        builtin::CLIENT_TOKEN,
        builtin::PORTFOLIO_ACCESS_TOKEN
    )
    .into();
    body["AccessToken"] = unknown.into();
    body[builtin::ACCESS_TOKEN] = unknown.into();
    for _ in 0..2 {
        let path = format!(
            "{}?token={}",
            Operation::VoucherCodesGetAll.path(),
            builtin::ACCESS_TOKEN
        );
        api.send(
            &path,
            &body.to_string(),
            &[
                ("x-token", builtin::ACCESS_TOKEN),
                ("authorization", "Bearer not-issued-1"),
                ("proxy-authorization", "Basic not-issued-2"),
                ("cookie", "session=not-issued-3"),
            ],
        )
        .await
        .expect("a response");
        api.send(
            &Operation::VoucherCodesGetAll.path(),
            &body.to_string(),
            &[],
        )
        .await
        .expect("a response");
    }
    api.send(&format!("/{}", builtin::ACCESS_TOKEN), "", &[])
        .await
        .expect("a response");
    let http = api
        .http
        .get(format!("{}/_sandbox/requests", api.sandbox.url()))
        .send()
        .await
        .expect("a response");
    let listed = http.text().await.expect("a complete response");
    assert_eq!(
        serde_json::from_str::<Vec<Exchange>>(&listed).expect("exchanges"),
        api.sandbox.exchanges()
    );
    let headers = &api.sandbox.exchanges()[0].request_headers;
    let names = ["authorization", "cookie", "proxy-authorization", "x-token"];
    for name in names {
        let masked = (name.to_owned(), "***".to_owned());
        assert!(headers.contains(&masked), "{name}: {headers:?}");
    }
    for record in [
        listed,
        format!("{:?}", api.sandbox.exchanges()),
        format!("{:?}", api.sandbox),
    ] {
        for token in TOKENS.into_iter().chain(["not-issued"]) {
            assert!(!record.contains(token), "{token} in {record}");
        }
    }
}

#[tokio::test]
async fn only_the_last_exchanges_are_kept() {
    let api = Api::with(|builder| builder.keep_exchanges(3)).await;
    for value in ["1", "2", "3", "4", "5"] {
        api.call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, [value]),
        )
        .await
        .ok();
    }
    let values: Vec<Value> = api
        .sandbox
        .exchanges()
        .iter()
        .map(|exchange| exchange.request_body["VoucherCodeParameters"][0]["Value"].clone())
        .collect();
    assert_eq!(json!(values), json!(["3", "4", "5"]));
    let none = Api::with(|builder| builder.keep_exchanges(0)).await;
    none.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    assert_eq!(none.sandbox.exchanges(), []);
}

#[tokio::test]
async fn bodies_of_kept_exchanges_have_a_maximum_size() {
    let api = Api::with(|builder| builder.seed_codes(1_000)).await;
    let page = codes_of("d15c0000-0000-4000-8000-000000000101");
    for _ in 0..20 {
        let reply = api.try_call(Operation::VoucherCodesGetAll, page.clone());
        reply.await.expect("a response").ok();
    }
    let exchanges = api.sandbox.exchanges();
    let bodies = exchanges.iter().map(|exchange| &exchange.response_body);
    let size: usize = bodies.map(|body| body.to_string().len()).sum();
    assert!((5..20).contains(&exchanges.len()), "{}", exchanges.len());
    assert!(size <= 4 * 1024 * 1024, "{size} bytes");
}

#[tokio::test]
async fn observer_is_called_with_each_exchange() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let api = Api::with(|builder| {
        builder.observe(move |exchange| {
            let _ = sender.send((exchange.operation, exchange.status));
        })
    })
    .await;
    api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    assert_eq!(
        receiver.recv().expect("an exchange"),
        (Some(Operation::VoucherCodesGetAll), Some(200))
    );
}
