//! Random, malformed and malicious requests.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use mews_sandbox::{DOCUMENT, Operation, builtin};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{Api, codes_of, vouchers_of, with_tokens};

/// Returns a valid request for an operation.
fn valid(operation: Operation) -> Value {
    with_tokens(match operation {
        Operation::VouchersGetAll => vouchers_of(builtin::SERVICE_ID),
        Operation::VouchersAdd => {
            json!({ "VoucherParameters": [{ "ServiceId": builtin::SERVICE_ID, "Name": "New", "Type": "Public" }] })
        }
        Operation::VouchersUpdate => {
            json!({ "VoucherUpdates": [{ "VoucherId": builtin::VOUCHER_ID, "Name": { "Value": "New" } }] })
        }
        Operation::VouchersDelete => json!({ "VoucherIds": [builtin::VOUCHER_ID] }),
        Operation::VoucherCodesGetAll => codes_of(builtin::VOUCHER_ID),
        Operation::VoucherCodesAdd => {
            json!({ "VoucherCodeParameters": [{ "VoucherId": builtin::VOUCHER_ID, "Value": "NEW" }] })
        }
        Operation::VoucherCodesDelete => json!({ "VoucherCodeIds": [builtin::CODE_ID] }),
        other => full_example(other),
    })
}

/// Returns the example of a request with every property.
fn full_example(operation: Operation) -> Value {
    let spec: Value = serde_json::from_str(DOCUMENT).expect("the spec is JSON");
    let post = &spec["paths"][operation.path()]["post"];
    post["requestBody"]["content"]["application/json"]["examples"]["Full"]["value"].clone()
}

/// Collects the JSON pointers to a value and to each part of the value.
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Object(properties) => properties
            .iter()
            .for_each(|(name, value)| self::places(value, &format!("{at}/{name}"), places)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| self::places(value, &format!("{at}/{index}"), places)),
        _ => {}
    }
}

// Each value of a request is replaced with each unexpected value.
#[tokio::test]
async fn unexpected_value_in_any_place_gets_a_documented_response() {
    let unexpected_values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("'; DROP TABLE vouchers; --"),
        json!("\u{0}\u{1}\u{202e}\u{10ffff}"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "Value": { "Value": {} } }),
    ];
    for operation in Operation::all() {
        let api = Api::with(mews_sandbox::Builder::no_rate_limit).await;
        let valid = valid(operation);
        let mut all = Vec::new();
        places(&valid, "", &mut all);
        for place in all {
            for unexpected in &unexpected_values {
                let mut body = valid.clone();
                *body.pointer_mut(&place).expect("the place exists") = unexpected.clone();
                let text = body.to_string();
                let reply = api
                    .send(&operation.path(), &text, &[])
                    .await
                    .expect("a response");
                assert!(
                    [200, 400, 401].contains(&reply.status),
                    "{operation} {place} {unexpected}: {}",
                    reply.text
                );
                mews_sandbox::validate_response(operation, reply.status, reply.text.as_bytes())
                    .expect("a documented response");
            }
        }
    }
}

#[tokio::test]
async fn rejected_request_changes_nothing() {
    let api = Api::with(mews_sandbox::Builder::no_rate_limit).await;
    for operation in Operation::all()
        .into_iter()
        .filter(|operation| !operation.name().contains("/getAll"))
    {
        let mut body = valid(operation);
        body["Unknown"] = json!(1);
        api.call(operation, body)
            .await
            .rejected(400, "Invalid Unknown");
        let mut body = valid(operation);
        body["Client"] = json!("");
        api.call(operation, body)
            .await
            .rejected(400, "Invalid Client");
    }
    api.assert_untouched().await;
}

#[tokio::test]
async fn sql_in_a_value_is_not_executed() {
    let api = Api::new().await;
    let value = "'); DELETE FROM codes; --";
    let body =
        json!({ "VoucherCodeParameters": [{ "VoucherId": builtin::VOUCHER_ID, "Value": value }] });
    api.call(Operation::VoucherCodesAdd, body).await.ok();
    let mut body = vouchers_of(builtin::SERVICE_ID);
    body["VoucherCodeValues"] = json!([value]);
    let reply = api.call(Operation::VouchersGetAll, body).await.ok();
    assert_eq!(reply.ids("Vouchers"), [builtin::VOUCHER_ID]);
}

#[tokio::test]
async fn rejects_deep_nesting_huge_numbers_and_lone_surrogates() {
    let api = Api::new().await;
    for body in [
        "[".repeat(10_000),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!(
            "{{\"a\":{}1{}}}",
            "{\"a\":".repeat(10_000),
            "}".repeat(10_000)
        ),
        "{\"a\": 1e99999}".to_owned(),
        "{\"a\": \"\\udc00\\ud800\"}".to_owned(),
    ] {
        let reply = api
            .send(&Operation::VoucherCodesGetAll.path(), &body, &[])
            .await
            .expect("a response");
        reply.rejected(400, "Invalid JSON");
    }
    let mut body = with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    body = body.replace("1000", &"9".repeat(300));
    let reply = api
        .send(&Operation::VoucherCodesGetAll.path(), &body, &[])
        .await
        .expect("a response");
    reply.rejected(400, "Invalid Count");
}

#[tokio::test]
async fn rejects_a_body_of_100_megabytes() {
    let api = Api::new().await;
    let body = format!("\"{}\"", "x".repeat(100_000_000));
    let reply = api
        .send(&Operation::VoucherCodesGetAll.path(), &body, &[])
        .await
        .expect("a response");
    reply.rejected(413, "The request body is too large.");
    api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
}

/// Sends bytes, closes the sending side, and returns the response.
fn raw(api: &Api, bytes: &[u8]) -> String {
    let stream = sent(api, bytes);
    let _ = stream.shutdown(Shutdown::Write);
    response_of(stream)
}

/// Sends a whole request with `connection: close`, and returns the response. The sending side stays open, because the
/// server can mistake its end for a client that disconnected.
fn raw_whole(api: &Api, bytes: &[u8]) -> String {
    response_of(sent(api, bytes))
}

fn sent(api: &Api, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(api.sandbox.address()).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    // The server may close the connection before everything is sent.
    let _ = stream.write_all(bytes);
    stream
}

fn response_of(mut stream: TcpStream) -> String {
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn malformed_http_only_ends_its_connection() {
    let api = Api::new().await;
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST /api/connector/v1/vouchers/getAll HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{}",
        b"POST /api/connector/v1/vouchers/getAll HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/connector/v1/vouchers/getAll HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    ] {
        let response = raw(&api, bytes);
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 4"), "{response}");
        assert!(response.is_empty() || is_documented(&response), "{response}");
    }
    // The HTTP library creates these responses.
    let headers = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "x".repeat(1_000_000)
    );
    for (bytes, status) in [(&b"GET\r\n\r\n"[..], "400"), (headers.as_bytes(), "431")] {
        let response = raw(&api, bytes);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}")),
            "{response}"
        );
        assert!(is_documented(&response), "{response}");
    }
    api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
}

#[tokio::test]
async fn rejects_non_utf8_input() {
    let api = Api::new().await;
    let request =
        b"POST /api/connector/v1/vouchers/getAll HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 8\r\n\r\n{\"a\":\"\xff\xfe";
    let response = raw_whole(&api, request);
    assert!(
        response.starts_with("HTTP/1.1 400") && response.contains("Invalid JSON"),
        "{response}"
    );
}

/// Returns `true` if a response has the headers and the error of every error response of the API.
fn is_documented(response: &str) -> bool {
    let Some((head, body)) = response.split_once("\r\n\r\n") else {
        return false;
    };
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let id = body["RequestId"].as_str().unwrap_or("none");
    head.contains(&format!("request-id: {id}"))
        && head.contains("date: Sun, 01 Feb 2026 10:00:00 GMT")
        && body["Message"].is_string()
}

#[tokio::test]
async fn slow_headers_and_bodies_time_out() {
    let timeout = Duration::from_millis(300);
    let api = Api::with(|builder| builder.receive_timeout(timeout)).await;
    for (bytes, expected) in [
        (&b"POST /api/connector/v1/vouchers/getAll HTTP/1.1\r\nhost:"[..], ""),
        (
            b"POST /api/connector/v1/vouchers/getAll HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{",
            "HTTP/1.1 408",
        ),
    ] {
        let stream = sent(&api, bytes);
        let response = tokio::task::spawn_blocking(|| response_of(stream)).await.expect("no panic");
        assert!(response.starts_with(expected), "{response}");
    }
}

#[tokio::test]
async fn a_large_invalid_body_does_not_block_other_clients() {
    let api = Api::with(|builder| builder.max_body(8 * 1024 * 1024).no_rate_limit()).await;
    let mut properties: Vec<String> = (0..400_000)
        .map(|number| format!("\"X{number}\":0"))
        .collect();
    let tokens = with_tokens(json!({})).to_string();
    properties.push(tokens.trim_matches(['{', '}']).to_owned());
    let body = format!("{{{}}}", properties.join(","));
    let url = format!("{}{}", api.sandbox.url(), Operation::VoucherCodesAdd.path());
    let large = api
        .http
        .post(url)
        .header("content-type", "application/json")
        .body(body);
    let large = tokio::spawn(large.send());
    let mut slowest = Duration::ZERO;
    while !large.is_finished() {
        let started = std::time::Instant::now();
        let health = format!("{}/_sandbox/health", api.sandbox.url());
        assert_eq!(
            api.http
                .get(health)
                .send()
                .await
                .expect("a response")
                .status(),
            200
        );
        slowest = slowest.max(started.elapsed());
    }
    assert_eq!(
        large.await.expect("no panic").expect("a response").status(),
        400
    );
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

// A case has random JSON in a random property of an operation, and random bytes instead of JSON.
#[test]
fn random_requests_get_documented_responses() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let api = runtime.block_on(Api::with(mews_sandbox::Builder::no_rate_limit));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(64));
    let strategy = (
        0..Operation::all().len(),
        any::<prop::sample::Index>(),
        any_json(),
        any::<Vec<u8>>(),
    );
    runner
        .run(&strategy, |(operation, property, unexpected, bytes)| {
            let operation = Operation::all()[operation];
            let mut body = valid(operation);
            let properties = body.as_object_mut().expect("an object");
            let name = properties
                .keys()
                .nth(property.index(properties.len()))
                .expect("a property")
                .clone();
            properties.insert(name, unexpected);
            for text in [
                body.to_string(),
                String::from_utf8_lossy(&bytes).into_owned(),
            ] {
                let reply = runtime
                    .block_on(api.send(&operation.path(), &text, &[]))
                    .expect("a response");
                prop_assert!([200, 400, 401].contains(&reply.status), "{}", reply.text);
                prop_assert_eq!(
                    mews_sandbox::validate_response(operation, reply.status, reply.text.as_bytes()),
                    Ok(())
                );
            }
            Ok(())
        })
        .expect("every response is documented");
}
