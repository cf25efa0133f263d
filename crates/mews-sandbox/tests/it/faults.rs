//! The effects of faults, and the requests that trigger faults.

use std::time::Duration;

use mews_sandbox::{Fault, Operation, Sandbox, builtin, validate_response};
use serde_json::{Value, json};

use crate::support::{Api, Reply, add_codes, codes_of, vouchers_of};

pub(crate) async fn read_codes(api: &Api) -> reqwest::Result<Reply> {
    api.try_call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
}

pub(crate) async fn add_code(api: &Api) -> reqwest::Result<Reply> {
    api.try_call(
        Operation::VoucherCodesAdd,
        add_codes(builtin::VOUCHER_ID, ["NEW"]),
    )
    .await
}

/// Returns the number of codes of the voucher, which is three at the start.
pub(crate) async fn count_codes(api: &Api) -> usize {
    api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok()
        .ids("VoucherCodes")
        .len()
}

#[tokio::test]
async fn fault_applies_to_the_selected_requests_and_operations() {
    let api = Api::new().await;
    let statuses = async |count: usize| {
        let mut statuses = Vec::new();
        for _ in 0..count {
            statuses.push(read_codes(&api).await.expect("a response").status);
        }
        statuses
    };
    api.sandbox.faults().add(Fault::status(503));
    assert_eq!(statuses(2).await, [503, 200], "once by default");
    api.sandbox
        .faults()
        .add(Fault::status(500).times(2).skip(1));
    assert_eq!(statuses(4).await, [200, 500, 500, 200]);
    api.sandbox.faults().add(Fault::status(500).every(3));
    assert_eq!(statuses(7).await, [200, 200, 500, 200, 200, 500, 200]);
    api.sandbox.faults().clear();
    api.sandbox.faults().add(
        Fault::status(500)
            .every(2)
            .times(1)
            .on(Operation::VoucherCodesGetAll),
    );
    assert_eq!(statuses(5).await, [200, 500, 200, 200, 200]);
    api.sandbox.faults().clear();
    api.sandbox
        .faults()
        .add(Fault::status(500).on(Operation::VouchersDelete));
    assert_eq!(statuses(2).await, [200, 200]);
    let states = api.sandbox.faults().list();
    assert_eq!(
        (states[0].matched, states[0].triggered),
        (0, 0),
        "requests for other operations do not count"
    );
}

#[tokio::test]
async fn every_status_has_the_documented_error() {
    for status in [
        400, 401, 403, 404, 408, 409, 410, 413, 429, 500, 502, 503, 504, 599,
    ] {
        let api = Api::with(|builder| builder.fault(Fault::status(status))).await;
        let reply = add_code(&api).await.expect("a response");
        assert_eq!(reply.status, status);
        validate_response(Operation::VoucherCodesAdd, status, reply.text.as_bytes())
            .expect("the response is as documented");
        assert_eq!(count_codes(&api).await, 3, "nothing was committed");
    }
    let api = Api::with(|builder| builder.fault(Fault::status_after_commit(500))).await;
    assert_eq!(add_code(&api).await.expect("a response").status, 500);
    assert_eq!(count_codes(&api).await, 4, "the write was committed");
}

#[tokio::test]
async fn gateway_faults_send_html_429_and_redirects() {
    let api = Api::new().await;
    api.sandbox.faults().add(Fault::html(502));
    let reply = read_codes(&api).await.expect("a response");
    assert_eq!(
        (reply.status, reply.headers["content-type"].to_str().ok()),
        (502, Some("text/html; charset=utf-8"))
    );
    assert!(reply.text.starts_with("<!DOCTYPE html>"));
    assert!(reply.headers.contains_key("request-id"));

    for (fault, header) in [
        (Fault::too_many_requests(None), None),
        (
            Fault::too_many_requests(Some(Duration::from_millis(1_001))),
            Some("2"),
        ),
    ] {
        api.sandbox.faults().add(fault);
        let reply = read_codes(&api)
            .await
            .expect("a response")
            .rejected(429, "Too many requests.");
        assert_eq!(
            reply
                .headers
                .get("retry-after")
                .map(|value| value.to_str().unwrap_or("")),
            header
        );
    }

    let other = Sandbox::start().await.expect("another sandbox");
    let location = format!("{}{}", other.url(), Operation::VoucherCodesGetAll.path());
    api.sandbox.faults().add(Fault::redirect(location));
    assert_eq!(read_codes(&api).await.expect("a response").status, 200);
    let carried = other.exchanges();
    assert_eq!(
        carried.len(),
        1,
        "a client that follows the redirect sends its tokens"
    );
}

#[tokio::test]
async fn connection_is_dropped_before_during_or_after_the_write() {
    for (fault, codes) in [
        (Fault::drop_before_reading(), 3),
        (Fault::drop_after_commit(), 4),
        (Fault::drop_mid_body(), 4),
    ] {
        let api = Api::with(|builder| builder.fault(fault.clone())).await;
        let error = add_code(&api).await.expect_err("the connection is dropped");
        assert!(
            !error.is_timeout() && !error.is_connect(),
            "{fault:?}: {error:?}"
        );
        let exchange = api.sandbox.exchanges().remove(0);
        let arrives = fault == Fault::drop_mid_body();
        assert_eq!(exchange.status.is_some(), arrives, "{fault:?}");
        assert_eq!(
            error.is_body() || error.is_decode(),
            arrives,
            "half of the body was received: {error:?}"
        );
        assert_eq!(count_codes(&api).await, codes, "{fault:?}");
    }
}

#[tokio::test]
async fn late_commit_takes_effect_after_the_client_timed_out() {
    let api =
        Api::with(|builder| builder.fault(Fault::commit_late(Duration::from_millis(600)))).await;
    let body = crate::support::with_tokens(add_codes(builtin::VOUCHER_ID, ["LATE"]));
    let error = api
        .http
        .post(format!(
            "{}{}",
            api.sandbox.url(),
            Operation::VoucherCodesAdd.path()
        ))
        .header("content-type", "application/json")
        .timeout(Duration::from_millis(200))
        .body(body.to_string())
        .send()
        .await
        .expect_err("the client gives up");
    assert!(error.is_timeout());
    assert_eq!(count_codes(&api).await, 3, "the write is not committed yet");
    while api
        .sandbox
        .exchanges()
        .iter()
        .all(|exchange| exchange.operation != Some(Operation::VoucherCodesAdd))
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(count_codes(&api).await, 4, "the write was committed");
}

// A test with a stopped clock must get a response without advancing the clock.
#[tokio::test]
async fn latency_is_real_time() {
    let delay = Duration::from_millis(150);
    let api = Api::with(|builder| builder.latency(delay).fault(Fault::latency(delay))).await;
    for expected in [2 * delay, delay] {
        let started = std::time::Instant::now();
        assert_eq!(read_codes(&api).await.expect("a response").status, 200);
        assert!(started.elapsed() >= expected);
    }
    assert_eq!(api.sandbox.faults().list()[0].triggered, 1);
}

#[tokio::test]
async fn json_faults_truncate_or_corrupt_the_body() {
    for fault in [Fault::truncated_json(), Fault::invalid_json()] {
        let api = Api::with(|builder| builder.fault(fault)).await;
        let reply = read_codes(&api).await.expect("a valid HTTP response");
        assert_eq!(reply.status, 200);
        assert!(
            serde_json::from_str::<Value>(&reply.text).is_err(),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn responses_can_contain_unknown_values_and_properties() {
    let api = Api::new().await;
    api.sandbox.faults().add(Fault::unknown_enum_value());
    let reply = api
        .try_call(Operation::VouchersGetAll, vouchers_of(builtin::SERVICE_ID))
        .await
        .expect("a response");
    let unknown = ["AddedInTheMeantime"; 3];
    assert_eq!(reply.strings("Vouchers", "Type"), unknown);
    assert_eq!(reply.strings("Vouchers", "ActivityState"), unknown);
    assert!(validate_response(Operation::VouchersGetAll, 200, reply.text.as_bytes()).is_err());

    api.sandbox.faults().add(Fault::unknown_field());
    let reply = read_codes(&api).await.expect("a response");
    assert!(reply.body["AddedInTheMeantime"].is_object());
    assert!(reply.body["VoucherCodes"][0]["AddedInTheMeantime"].is_object());
}

#[tokio::test]
async fn echoed_tokens_are_masked_in_the_recorded_exchange() {
    let api = Api::with(|builder| builder.fault(Fault::echo_tokens())).await;
    let reply = read_codes(&api).await.expect("a response");
    assert_eq!(reply.status, 500);
    let details = reply.body["Details"].as_str().expect("details");
    assert!(details.contains(builtin::ACCESS_TOKEN) && details.contains(builtin::CLIENT_TOKEN));
    let record = format!("{:?}", api.sandbox.exchanges());
    assert!(
        !record.contains(builtin::ACCESS_TOKEN) && !record.contains(builtin::CLIENT_TOKEN),
        "{record}"
    );
}

#[tokio::test]
async fn same_cursor_fault_returns_the_cursor_of_the_request() {
    let api = Api::with(|builder| builder.fault(Fault::same_cursor())).await;
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["Limitation"] = json!({ "Count": 1 });
    let cursor = api
        .call(Operation::VoucherCodesGetAll, body.clone())
        .await
        .ok()
        .body["Cursor"]
        .clone();
    assert_eq!(cursor, builtin::DELETED_CODE_ID);
    body["Limitation"]["Cursor"] = cursor.clone();
    let second = api
        .call(Operation::VoucherCodesGetAll, body.clone())
        .await
        .ok();
    assert_eq!(second.ids("VoucherCodes"), [builtin::LIMITED_CODE_ID]);
    assert_eq!(second.body["Cursor"], cursor);
    assert_eq!(
        api.call(Operation::VoucherCodesGetAll, body)
            .await
            .ok()
            .body["Cursor"],
        builtin::LIMITED_CODE_ID
    );
}

#[tokio::test]
async fn items_change_between_two_pages() {
    let page = |cursor: Value| {
        let mut body = codes_of(builtin::VOUCHER_ID);
        body["Limitation"] = json!({ "Count": 2, "Cursor": cursor });
        body["UpdatedUtc"] =
            json!({ "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-02-01T10:00:00Z" });
        body
    };
    for (fault, is_active) in [
        (Fault::delete_between_pages(), false),
        (Fault::update_between_pages(), true),
    ] {
        let api = Api::with(|builder| builder.fault(fault)).await;
        let first = api
            .call(Operation::VoucherCodesGetAll, page(Value::Null))
            .await
            .ok();
        assert_eq!(
            first.ids("VoucherCodes"),
            [builtin::DELETED_CODE_ID, builtin::LIMITED_CODE_ID]
        );
        let second = api
            .call(
                Operation::VoucherCodesGetAll,
                page(first.body["Cursor"].clone()),
            )
            .await
            .ok();
        assert_eq!(
            second.body["Cursor"],
            Value::Null,
            "the last code left the interval"
        );
        let codes = api
            .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
            .await
            .ok();
        assert_eq!(codes.body["VoucherCodes"][2]["IsActive"], is_active);
        assert_eq!(
            codes.body["VoucherCodes"][2]["UpdatedUtc"],
            "2026-02-01T10:00:00Z"
        );
    }
    // On the last page, the item of the cursor changes.
    let api = Api::with(|builder| builder.fault(Fault::delete_between_pages())).await;
    let reply = api
        .call(Operation::VouchersGetAll, vouchers_of(builtin::SERVICE_ID))
        .await
        .ok();
    assert_eq!(reply.body["Cursor"], builtin::VOUCHER_ID);
    let reply = api
        .call(Operation::VouchersGetAll, vouchers_of(builtin::SERVICE_ID))
        .await
        .ok();
    assert_eq!(reply.body["Vouchers"][2]["IsActive"], false);
}

#[tokio::test]
async fn several_faults_apply_to_one_request() {
    let api = Api::new().await;
    api.sandbox.faults().extend([
        Fault::unknown_field(),
        Fault::drop_mid_body(),
        Fault::status_after_commit(409),
    ]);
    add_code(&api).await.expect_err("the connection is dropped");
    let exchange = api.sandbox.exchanges().remove(0);
    assert_eq!(exchange.faults, ["UnknownField", "DropMidBody", "Status"]);
    assert_eq!(exchange.status, Some(409));
    assert_eq!(count_codes(&api).await, 4);
}

#[tokio::test]
async fn faults_are_read_from_a_file_and_over_http() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("faults.json");
    let faults = json!([
        { "Operation": "voucherCodes/getAll", "Times": 2, "Effect": { "Status": { "Code": 503 } } },
        { "Every": 1, "Times": 1, "Skip": 1, "Effect": "InvalidJson" },
    ]);
    std::fs::write(&script, faults.to_string()).expect("a file");
    let api = Api::with(|builder| builder.faults_file(&script)).await;
    assert_eq!(read_codes(&api).await.expect("a response").status, 503);

    let url = format!("{}/_sandbox/faults", api.sandbox.url());
    let list = async |request: reqwest::RequestBuilder| {
        let reply = crate::support::read(request.send().await.expect("a response"))
            .await
            .expect("a complete response");
        assert!(reply.headers.contains_key("request-id"));
        reply
    };
    let listed = list(api.http.get(&url)).await.body;
    assert_eq!(listed[0]["Fault"], faults[0]);
    assert_eq!(
        (&listed[0]["Matched"], &listed[0]["Triggered"]),
        (&json!(1), &json!(1))
    );
    list(api.http.delete(&url)).await;
    assert_eq!(read_codes(&api).await.expect("a response").status, 200);

    let one = r#"{ "Effect": { "TooManyRequests": { "RetryAfterSeconds": 7 } } }"#;
    assert_eq!(
        list(
            api.http
                .post(&url)
                .header("content-type", "application/json")
                .body(one)
        )
        .await
        .body[0]["Fault"]["Effect"]["TooManyRequests"]["RetryAfterSeconds"],
        7
    );
    assert_eq!(
        read_codes(&api).await.expect("a response").headers["retry-after"],
        "7"
    );
    for bad in [
        "",
        "[",
        "[{}]",
        r#"[{"Effect": "Unknown"}]"#,
        r#"[{"Effect": {"Status": {"Code": 99}}}]"#,
        r#"[{"Operation": "vouchers/getall", "Effect": "InvalidJson"}]"#,
        r#"[{"Effect": {"TooManyRequests": {"RetryAfter": 5}}}]"#,
        r#"[{"Effect": {"Respond": {"Code": 100}}}]"#,
        r#"[{"Effect": {"Respond": {"Code": 200, "Headers": {"a b": "c"}}}}]"#,
        r#"[{"Where": {"Pointr": "/x"}, "Effect": "InvalidJson"}]"#,
        r#"[{"Effect": "InvalidJson"}, {"Times": 0, "Effect": "InvalidJson"}]"#,
        r#"[{"AccessToken": "fake-token", "Effect": "DropBeforeReading"}]"#,
        r#"[{"Where": {"Pointer": "/x"}, "Effect": "DropBeforeReading"}]"#,
        r#"[{"Operation": "vouchers/delete", "Effect": "UnknownEnumValue"}]"#,
        r#"[{"Operation": "vouchers/delete", "Effect": "DuplicateItem"}]"#,
        r#"[{"Operation": "voucherCodes/add", "Effect": "SameCursor"}]"#,
        r#"[{"Operation": "enterprises/getAll", "Effect": "DeleteBetweenPages"}]"#,
    ] {
        let reply = list(
            api.http
                .post(&url)
                .header("content-type", "application/json")
                .body(bad),
        )
        .await
        .rejected(400, "Invalid faults");
        assert!(reply.body["Details"].is_string());
    }
    assert_eq!(read_codes(&api).await.expect("a response").status, 200);
    assert_eq!(
        api.sandbox.faults().list().len(),
        1,
        "none of them was added"
    );
}

#[tokio::test]
#[should_panic(
    expected = "`UpdateBetweenPages` has no effect on `vouchers/add`; use one of: companies/getAll, \
                companyContracts/getAll, enterprises/getAll, rates/getAll, reservations/getAll/2023-06-06, \
                services/getAll, voucherCodes/getAll, vouchers/getAll"
)]
async fn fault_without_an_effect_cannot_be_added() {
    let api = Api::new().await;
    let fault = Fault::update_between_pages().on(Operation::VouchersAdd);
    api.sandbox.faults().add(fault);
}

#[tokio::test]
async fn every_effect_can_be_written_and_read() {
    let second = Duration::from_secs(1);
    let faults = [
        Fault::status(500),
        Fault::status_after_commit(500),
        Fault::echo_tokens(),
        Fault::html(502),
        Fault::redirect("http://127.0.0.1:9/"),
        Fault::too_many_requests(Some(second)),
        Fault::latency(second),
        Fault::drop_before_reading(),
        Fault::drop_after_commit(),
        Fault::drop_mid_body(),
        Fault::commit_late(second),
        Fault::truncated_json(),
        Fault::invalid_json(),
        Fault::unknown_enum_value(),
        Fault::unknown_field(),
        Fault::same_cursor(),
        Fault::delete_between_pages(),
        Fault::update_between_pages(),
        Fault::status(503).retry_after(second).retry_after_as_date(),
        Fault::respond(207, &[("x-name", "value")], json!({ "a": [1] })),
        Fault::drip_body(10, second),
        Fault::stall_body(),
        Fault::wrong_content_length(-3),
        Fault::duplicate_item(),
        Fault::duplicate_page(),
        Fault::null_cursor(),
        Fault::no_request_id(),
        Fault::html(200).with_token("fake-token"),
        Fault::html(200).only_if("/Limitation/Count", Some(json!(5))),
        Fault::html(200).only_if("/UpdatedUtc", None),
    ];
    for fault in faults.map(|fault| fault.on(Operation::VouchersAdd).times(3).every(2).skip(1)) {
        let text = serde_json::to_string(&fault).expect("the fault can be written");
        assert_eq!(
            serde_json::from_str::<Fault>(&text).expect("the fault can be read"),
            fault,
            "{text}"
        );
    }
}
