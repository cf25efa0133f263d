//! Faults of bodies, headers and pages, and the requests that trigger a fault.

use std::time::Duration;

use mews_sandbox::{Fault, Operation, builtin};
use serde_json::{Value, json};

use crate::faults::{add_code, count_codes, read_codes};
use crate::support::{Api, add_codes, codes_of};

// Only a request that the fault affects counts.
#[tokio::test]
async fn requests_that_fail_anyway_do_not_use_up_a_fault() {
    let limit = mews_sandbox::RateLimit::new(2, Duration::from_secs(30));
    for fault in [
        Fault::drop_after_commit(),
        Fault::truncated_json(),
        Fault::status_after_commit(500),
        Fault::unknown_enum_value(),
    ] {
        let api = Api::with(|builder| builder.rate_limit(limit).fault(fault.clone())).await;
        let triggered = || api.sandbox.faults().list()[0].triggered;
        let mut unknown = codes_of(builtin::VOUCHER_ID);
        unknown["AccessToken"] = "fake-unknown-token".into();
        for (body, status) in [
            (json!({ "Limitation": { "Count": 0 } }), 400),
            (unknown, 401),
            (codes_of("00000000-0000-4000-8000-000000000000"), 400),
            (codes_of(builtin::VOUCHER_ID), 429),
        ] {
            let reply = api.try_call(Operation::VoucherCodesGetAll, body).await;
            assert_eq!(reply.expect("a response").status, status, "{fault:?}");
            assert_eq!(triggered(), 0, "{fault:?}");
        }
        api.clock.advance(Duration::from_secs(30));
        let _ = read_codes(&api).await;
        assert_eq!(triggered(), 1, "{fault:?}");
        let exchanges = api.sandbox.exchanges();
        let named: Vec<usize> = exchanges
            .iter()
            .map(|exchange| exchange.faults.len())
            .collect();
        assert_eq!(named, [0, 0, 0, 0, 1]);
    }
    // The response has no value that the fault can change, so the request does not match.
    let api = Api::with(|builder| builder.fault(Fault::unknown_enum_value())).await;
    let delete = json!({ "VoucherCodeIds": [builtin::CODE_ID] });
    api.call(Operation::VoucherCodesDelete, delete).await.ok();
    assert_eq!(api.sandbox.faults().list()[0].triggered, 0);
}

#[tokio::test]
async fn drop_during_the_body_resets_the_connection() {
    use std::io::{ErrorKind, Read as _, Write as _};
    let api = Api::with(|builder| builder.fault(Fault::drop_mid_body())).await;
    let body = crate::support::with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    let address = api.sandbox.address();
    let result = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            Operation::VoucherCodesGetAll.path(),
            body.len(),
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .expect("a request");
        let mut received = Vec::new();
        let end = stream.read_to_end(&mut received);
        (String::from_utf8_lossy(&received).into_owned(), end)
    });
    let (received, end) = result.await.expect("no panic");
    assert!(received.starts_with("HTTP/1.1 200 OK"), "{received}");
    assert!(
        received.contains("{\"VoucherCodes\":[{"),
        "half of the body: {received}"
    );
    assert_eq!(end.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn one_fault_can_be_removed_and_a_gateway_names_its_status() {
    let api = Api::new().await;
    let first = api.sandbox.faults().add(Fault::html(503));
    let second = api.sandbox.faults().add(Fault::html(504));
    let url = format!("{}/_sandbox/faults/{first}", api.sandbox.url());
    for expected in [200, 404] {
        let removed = api.http.delete(&url).send().await.expect("a response");
        assert_eq!(removed.status(), expected);
    }
    let reply = read_codes(&api).await.expect("a response");
    assert_eq!(reply.status, 504);
    assert!(
        reply.text.contains("Gateway Timeout") && !reply.text.contains("Bad"),
        "{}",
        reply.text
    );
    assert!(api.sandbox.faults().remove(second) && !api.sandbox.faults().remove(second));
}

#[tokio::test]
async fn a_fault_can_be_limited_by_token_and_by_body() {
    let api = Api::new().await;
    api.sandbox.faults().extend([
        Fault::status(503)
            .with_token(builtin::PORTFOLIO_ACCESS_TOKEN)
            .times(9),
        Fault::status(504)
            .only_if("/Limitation/Count", Some(json!(7)))
            .times(9),
        Fault::status(500).only_if("/UpdatedUtc", None).times(9),
    ]);
    let interval = json!({ "StartUtc": "2026-01-20T00:00:00Z", "EndUtc": "2026-04-20T00:00:00Z" });
    for (place, value, status) in [
        ("AccessToken", json!(builtin::ACCESS_TOKEN), 200),
        ("AccessToken", json!(builtin::PORTFOLIO_ACCESS_TOKEN), 503),
        ("Limitation", json!({ "Count": 8 }), 200),
        ("Limitation", json!({ "Count": 7 }), 504),
        ("UpdatedUtc", interval, 500),
    ] {
        let mut body = codes_of(builtin::VOUCHER_ID);
        body[place] = value;
        let reply = api.try_call(Operation::VoucherCodesGetAll, body).await;
        assert_eq!(reply.expect("a response").status, status, "{place}");
    }
    let url = format!("{}/_sandbox/faults", api.sandbox.url());
    let listed = api
        .http
        .get(url)
        .send()
        .await
        .expect("a response")
        .text()
        .await;
    let listed = listed.expect("a complete response");
    let shown = format!("{listed}{:?}", api.sandbox.faults());
    assert!(!shown.contains(builtin::PORTFOLIO_ACCESS_TOKEN), "{shown}");
}

#[tokio::test]
async fn respond_fault_sends_a_complete_custom_response() {
    let headers = [
        ("content-type", "text/plain"),
        ("x-gateway", "one"),
        ("request-id", "other"),
    ];
    let api = Api::new().await;
    api.sandbox
        .faults()
        .add(Fault::respond(418, &headers, json!("Short and stout")));
    let reply = read_codes(&api).await.expect("a response");
    assert_eq!(
        (reply.status, reply.text.as_str()),
        (418, "Short and stout")
    );
    for (name, value) in headers {
        assert_eq!(reply.headers[name], value);
    }
    let script = json!({ "Effect": { "Respond": { "Code": 202, "Body": { "a": 1 }, "AfterCommit": true } } });
    api.sandbox
        .faults()
        .add(serde_json::from_value(script).expect("a fault"));
    let reply = add_code(&api).await.expect("a response");
    assert_eq!((reply.status, &reply.body), (202, &json!({ "a": 1 })));
    assert_eq!(count_codes(&api).await, 4, "committed");
    api.sandbox.faults().add(Fault::html(200));
    let reply = read_codes(&api).await.expect("a response");
    assert_eq!(
        (reply.status, reply.text.starts_with("<!DOCTYPE html>")),
        (200, true)
    );
}

#[tokio::test]
async fn retry_after_can_be_a_date_and_come_with_another_status() {
    let wait = Duration::from_secs(90);
    let api = Api::new().await;
    for (fault, status, expected) in [
        (Fault::status(503).retry_after(wait), 503, "90"),
        (
            Fault::too_many_requests(Some(wait)).retry_after_as_date(),
            429,
            "Sun, 01 Feb 2026 10:01:30 GMT",
        ),
        (
            Fault::status_after_commit(503)
                .retry_after(wait)
                .retry_after_as_date(),
            503,
            "Sun, 01 Feb 2026 10:01:30 GMT",
        ),
        (
            Fault::status(503)
                .retry_after(Duration::MAX)
                .retry_after_as_date(),
            503,
            "GMT",
        ),
    ] {
        api.sandbox.faults().add(fault);
        let reply = read_codes(&api).await.expect("a response");
        let header = reply.headers["retry-after"].to_str().expect("text");
        assert_eq!(reply.status, status);
        assert!(header.ends_with(expected), "{header}");
    }
}

#[tokio::test]
async fn body_faults_drip_stall_and_send_a_wrong_length() {
    let pause = Duration::from_millis(20);
    let api = Api::with(|builder| builder.fault(Fault::drip_body(100, pause))).await;
    let started = std::time::Instant::now();
    let reply = read_codes(&api).await.expect("a response").ok();
    let parts = u32::try_from(reply.text.len().div_ceil(100)).expect("a small number");
    assert!(parts > 3 && started.elapsed() >= pause * (parts - 1));

    for fault in [Fault::stall_body(), Fault::wrong_content_length(5)] {
        let is_stalled = fault == Fault::stall_body();
        api.sandbox.faults().add(fault);
        let body = crate::support::with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
        let url = format!(
            "{}{}",
            api.sandbox.url(),
            Operation::VoucherCodesGetAll.path()
        );
        let request = api
            .http
            .post(url)
            .header("content-type", "application/json")
            .body(body);
        let response = request.timeout(Duration::from_millis(700)).send().await;
        let error = response
            .expect("a status")
            .text()
            .await
            .expect_err("an incomplete body");
        assert_eq!(error.is_timeout(), is_stalled, "{error:?}");
    }
    api.sandbox.faults().add(Fault::wrong_content_length(-5));
    let reply = read_codes(&api).await.expect("a response");
    assert_eq!(
        (reply.status, &reply.body),
        (200, &Value::Null),
        "the JSON is truncated"
    );
}

#[tokio::test]
async fn pages_can_repeat_items_and_end_early() {
    let api = Api::new().await;
    let first = api
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    let ids = first.ids("VoucherCodes");
    let read = async |fault: Fault| {
        api.sandbox.faults().add(fault);
        api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
            .await
            .ok()
    };
    let item = read(Fault::duplicate_item()).await;
    assert_eq!(item.ids("VoucherCodes"), [&ids[..], &ids[2..]].concat());
    let page = read(Fault::duplicate_page()).await;
    assert_eq!(page.ids("VoucherCodes"), [&ids[..], &ids[..]].concat());
    let end = read(Fault::null_cursor()).await;
    assert_eq!(
        (end.ids("VoucherCodes"), &end.body["Cursor"]),
        (ids, &Value::Null)
    );
    api.sandbox.faults().add(Fault::no_request_id());
    let reply = read_codes(&api).await.expect("a response").ok();
    assert!(!reply.headers.contains_key("request-id"));
}

#[tokio::test]
async fn random_ids_do_not_ascend_and_listings_keep_their_order() {
    let api = Api::with(|builder| builder.ids(mews_sandbox::Ids::Random).seed_codes(20)).await;
    let values: Vec<String> = (0..20).map(|number| format!("R-{number:02}")).collect();
    let body = add_codes(
        builtin::PARTNER_VOUCHER_ID,
        values.iter().map(String::as_str),
    );
    let added = api.call(Operation::VoucherCodesAdd, body).await.ok();
    let mut ids = added.ids("VoucherCodes");
    assert!(!ids.is_sorted(), "{ids:?}");
    let body = json!({ "VoucherIds": [builtin::PARTNER_VOUCHER_ID] });
    let (listed, _) = api.list(Operation::VoucherCodesGetAll, body, 7).await;
    ids.reverse();
    assert_eq!(listed[..20], ids);
    let voucher = json!({ "ServiceId": builtin::SERVICE_ID, "Name": "New", "Type": "Public" });
    let added = json!({ "VoucherParameters": [voucher] });
    let added = api.call(Operation::VouchersAdd, added).await.ok();
    let id = added.ids("Vouchers").remove(0);
    assert!(!id.starts_with("d15c0000"), "{id}");
    let codes = api
        .call(Operation::VoucherCodesAdd, add_codes(&id, ["X"]))
        .await
        .ok();
    assert_eq!(codes.strings("VoucherCodes", "VoucherId"), [id]);
}
