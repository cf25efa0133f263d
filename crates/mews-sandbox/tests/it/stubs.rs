//! Stubs: operations that the sandbox does not implement, with a fixed response.

use std::time::Duration;

use mews_sandbox::{Fault, Operation, RateLimit, Sandbox, StartError, builtin};
use serde_json::{Value, json};

use crate::support::{Api, Reply, with_tokens};

const NAME: &str = "reservations/add";

fn response() -> Value {
    json!({ "Reservations": [{ "Id": "0b000000-0000-4000-8000-000000000001" }] })
}

async fn stubbed() -> Api {
    Api::with(|builder| builder.stub(NAME, response())).await
}

async fn send(api: &Api, body: &Value) -> Reply {
    let path = format!("/api/connector/v1/{NAME}");
    let reply = api.send(&path, &body.to_string(), &[]).await;
    reply.expect("a response")
}

#[tokio::test]
async fn stub_is_served_recorded_and_limited_like_other_operations() {
    let limit = RateLimit::new(1, Duration::from_secs(30));
    let api = Api::with(|builder| builder.stub(NAME, response()).rate_limit(limit)).await;
    let body = with_tokens(json!({ "Anything": [1, 2] }));
    let reply = send(&api, &body).await.ok();
    assert_eq!(reply.body, response());
    assert!(reply.headers.contains_key("request-id"));
    send(&api, &body).await.rejected(429, "Too many requests.");

    let exchange = &api.sandbox.exchanges()[0];
    let operation: Operation = NAME.parse().expect("a known operation");
    assert_eq!(exchange.operation, Some(operation));
    assert_eq!(exchange.response_body, response());
    assert_eq!(exchange.request_body["Anything"], json!([1, 2]));
    assert_eq!(exchange.request_body["AccessToken"], "***");
}

#[tokio::test]
async fn stub_checks_the_envelope_of_a_request() {
    let api = stubbed().await;
    for property in ["ClientToken", "AccessToken", "Client"] {
        let mut body = with_tokens(json!({}));
        body[property] = 7.into();
        send(&api, &body)
            .await
            .rejected(400, &format!("Invalid {property}"));
        body.as_object_mut().expect("an object").remove(property);
        send(&api, &body)
            .await
            .rejected(400, &format!("Invalid {property}"));
    }
    let unknown = with_tokens(json!({ "AccessToken": "fake-unknown-token" }));
    send(&api, &unknown)
        .await
        .rejected(401, "Invalid AccessToken");
    send(&api, &json!([]))
        .await
        .rejected(400, "Invalid request");
    let path = format!("/api/connector/v1/{NAME}");
    let reply = api.send(&path, "{", &[]).await.expect("a response");
    reply.rejected(400, "Invalid JSON");
}

#[tokio::test]
async fn faults_apply_to_a_stub() {
    let api = stubbed().await;
    let operation: Operation = NAME.parse().expect("a known operation");
    api.sandbox.faults().add(Fault::html(502).on(operation));
    api.sandbox
        .faults()
        .add(Fault::unknown_field().on(operation));
    let body = with_tokens(json!({}));
    assert_eq!(send(&api, &body).await.status, 502);
    let reply = send(&api, &body).await.ok();
    assert!(
        reply.body["Reservations"][0]
            .get("AddedInTheMeantime")
            .is_some()
    );
    assert_eq!(send(&api, &body).await.ok().body, response());
    // The spec that the sandbox serves does not contain stubs.
    let url = format!("{}/_sandbox/openapi.json", api.sandbox.url());
    let spec = api.http.get(url).send().await.expect("a response");
    assert!(!spec.text().await.expect("a body").contains(NAME));
}

#[tokio::test]
async fn stub_of_an_operation_that_is_served_is_an_error() {
    for (name, response, problem) in [
        (
            "vouchers/getAll",
            json!({}),
            "`vouchers/getAll`: the sandbox performs this operation",
        ),
        (
            "/api/connector/v1/voucherCodes/add",
            json!({}),
            "`voucherCodes/add`: the sandbox performs",
        ),
        ("", json!({}), "invalid path"),
        ("/countries/getAll", json!({}), "invalid path"),
        ("countries/getAll?x=1", json!({}), "invalid path"),
        ("countries getAll", json!({}), "invalid path"),
        ("../countries/getAll", json!({}), "invalid path"),
        ("countries/./getAll", json!({}), "invalid path"),
        ("countries/{id}", json!({}), "invalid path"),
        ("countries/%67etAll", json!({}), "invalid path"),
        ("countries//getAll", json!({}), "invalid path"),
        ("countries/getAll/", json!({}), "invalid path"),
        (
            "countries/getAll",
            json!([]),
            "`countries/getAll`: the response of an operation is a JSON object",
        ),
    ] {
        let error = Sandbox::builder().stub(name, response).start().await;
        let error = error.expect_err(name);
        assert!(matches!(error, StartError::Stub(_)), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test]
async fn stubs_are_read_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stubs.json");
    let start = async |text: &str| {
        std::fs::write(&path, text).expect("a file");
        Sandbox::builder().stubs_file(&path).start().await
    };
    let text = json!({ NAME: response() }).to_string();
    let sandbox = start(&text).await.expect("the sandbox starts");
    let body = json!({
        "ClientToken": builtin::CLIENT_TOKEN, "AccessToken": builtin::ACCESS_TOKEN, "Client": "Tests 1.0.0",
    });
    let reply = reqwest::Client::new()
        .post(format!("{}/api/connector/v1/{NAME}", sandbox.url()))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .expect("a response");
    assert_eq!(reply.status(), 200);
    for invalid in ["", "[]", "{\"a/b\": 1}"] {
        let error = start(invalid).await.expect_err("an invalid file");
        assert!(matches!(error, StartError::Stub(_)), "{error}");
    }
    for (first, second) in [(NAME, NAME), (NAME, "/api/connector/v1/reservations/add")] {
        let text = format!("{{\"{first}\": {{}}, \"{second}\": {{}}}}");
        let error = start(&text).await.expect_err("a duplicate").to_string();
        assert!(
            error.contains("duplicate stub of `reservations/add`"),
            "{error}"
        );
    }
    std::fs::remove_file(&path).expect("a file");
    let missing = Sandbox::builder().stubs_file(&path).start().await;
    assert!(
        matches!(missing, Err(StartError::Read { .. })),
        "{missing:?}"
    );
}
