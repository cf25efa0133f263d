//! Requests and responses of all operations, according to guidelines/requests.md and guidelines/responses.md.

use mews_sandbox::{Behavior, Operation, builtin};
use serde_json::json;

use crate::support::{Api, Reply, add_codes, codes_of, read, vouchers_of, with_tokens};

// guidelines/requests.md, "Exact address": a path in another letter case, with a trailing slash or a query is a 404.
#[tokio::test]
async fn path_must_match_exactly() {
    let api = Api::new().await;
    let body = with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    for path in [
        "/",
        "/api/connector/v1/vouchercodes/getAll",
        "/api/connector/v1/voucherCodes/getall",
        "/api/connector/v1/voucherCodes/getAll/",
        "/api/connector/v1//voucherCodes/getAll",
        "/api/connector/v1/voucherCodes/getAll?x=1",
        "/api/connector/v1/voucherCodes/getAll?",
        "/api/connector/v1/voucherCodes%2FgetAll",
        "/api/connector/v2/voucherCodes/getAll",
        "/api/connector/v1/voucherCodes/update",
        "/_sandbox/nothing",
    ] {
        let reply = api
            .send(path, &body, &[])
            .await
            .expect("a response")
            .rejected(404, "Not found");
        assert!(!reply.headers["request-id"].is_empty());
    }
}

// guidelines/requests.md: "accepts only HTTP POST"; guidelines/responses.md, 404: "Verify the URL and request method".
#[tokio::test]
async fn rejects_methods_other_than_post() {
    let api = Api::new().await;
    for method in [
        "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY",
    ] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}{}", api.sandbox.url(), Operation::VouchersGetAll.path());
        let response = api
            .http
            .request(method.clone(), url)
            .send()
            .await
            .expect("a response");
        assert_eq!(response.status(), 404, "{method}");
        assert!(response.headers().contains_key("request-id"), "{method}");
    }
}

// guidelines/responses.md, 400: "strict JSON formatting".
#[tokio::test]
async fn rejects_invalid_json() {
    let api = Api::new().await;
    for body in [
        "",
        "{",
        "{\"ClientToken\": \"x\",}",
        "{'ClientToken': 'x'}",
        "// comment\n{}",
        "{\"a\": NaN}",
        "{\"a\": 01}",
        "{} {}",
        "\u{feff}{}",
        "{\"a\": \"\\ud800\"}",
        "{\"a\": \"\\x41\"}",
        "{\"a\": \"\t\"}",
    ] {
        let reply = api
            .send(&Operation::VouchersGetAll.path(), body, &[])
            .await
            .expect("a response");
        reply.rejected(400, "Invalid JSON");
    }
    // The last one of duplicate keys is used.
    let body = with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    let twice = body.replacen('{', "{\"AccessToken\": \"fake-unknown-token\",", 1);
    let reply = api
        .send(&Operation::VoucherCodesGetAll.path(), &twice, &[])
        .await;
    reply.expect("a response").ok();
    for body in ["[]", "null", "1", "\"text\""] {
        let reply = api
            .send(&Operation::VouchersGetAll.path(), body, &[])
            .await
            .expect("a response");
        reply.rejected(400, "Invalid request");
    }
}

// guidelines/requests.md: "`Content-Type` set to `application/json`".
#[tokio::test]
async fn content_type_must_be_json_in_utf8() {
    let api = Api::new().await;
    let body = with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    let send = async |content_type: Option<&str>| {
        let url = format!(
            "{}{}",
            api.sandbox.url(),
            Operation::VoucherCodesGetAll.path()
        );
        let mut request = api.http.post(url).body(body.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        read(request.send().await.expect("a response"))
            .await
            .expect("a complete response")
    };
    for accepted in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        send(Some(accepted)).await.ok();
    }
    for rejected in [
        None,
        Some("text/plain"),
        Some("application/json; charset=utf-16"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonx"),
        Some(""),
    ] {
        send(rejected).await.rejected(400, "Invalid Content-Type");
    }
    let encoded = api
        .send(
            &Operation::VoucherCodesGetAll.path(),
            &body,
            &[("content-encoding", "gzip")],
        )
        .await;
    encoded
        .expect("a response")
        .rejected(400, "Invalid Content-Encoding");
}

// guidelines/authentication.md and guidelines/responses.md, 401.
#[tokio::test]
async fn rejects_unknown_tokens_unless_any_token_is_accepted() {
    let strict = Api::new().await;
    let lenient = Api::with(|builder| builder.accept_any_token(true)).await;
    for property in ["ClientToken", "AccessToken"] {
        let mut body = with_tokens(codes_of(builtin::VOUCHER_ID));
        body[property] = "fake-unknown-token".into();
        let reply = strict
            .call(Operation::VoucherCodesGetAll, body.clone())
            .await
            .rejected(401, &format!("Invalid {property}"));
        assert!(!reply.text.contains("fake-unknown-token"), "{}", reply.text);
        lenient
            .call(Operation::VoucherCodesGetAll, body.clone())
            .await
            .ok();
        body[property] = "".into();
        strict
            .call(Operation::VoucherCodesGetAll, body.clone())
            .await
            .rejected(400, &format!("Invalid {property}"));
        lenient
            .call(Operation::VoucherCodesGetAll, body)
            .await
            .rejected(400, &format!("Invalid {property}"));
    }
    // An unknown token has the scope of the first token.
    let mut body = with_tokens(codes_of(builtin::SECOND_ENTERPRISE_VOUCHER_ID));
    body["AccessToken"] = "fake-unknown-token".into();
    lenient
        .call(Operation::VoucherCodesGetAll, body)
        .await
        .rejected(400, "Invalid VoucherIds");
}

// guidelines/requests.md, "Body": every operation accepts `LanguageCode` and `CultureCode`.
#[tokio::test]
async fn every_operation_accepts_a_language() {
    let api = Api::with(|builder| builder.repeated_delete(Behavior::Accept)).await;
    let voucher = json!({ "ServiceId": builtin::SERVICE_ID, "Name": "New", "Type": "Public" });
    let requests = [
        (Operation::VouchersGetAll, vouchers_of(builtin::SERVICE_ID)),
        (
            Operation::VouchersAdd,
            json!({ "VoucherParameters": [voucher] }),
        ),
        (
            Operation::VouchersUpdate,
            json!({ "VoucherUpdates": [{ "VoucherId": builtin::VOUCHER_ID }] }),
        ),
        (
            Operation::VouchersDelete,
            json!({ "VoucherIds": [builtin::PARTNER_VOUCHER_ID] }),
        ),
        (Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID)),
        (
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["NEW"]),
        ),
        (
            Operation::VoucherCodesDelete,
            json!({ "VoucherCodeIds": [builtin::CODE_ID] }),
        ),
    ];
    for (operation, body) in requests {
        for (language, culture) in [
            (json!("en-US"), json!("en-GB")),
            (json!(null), json!(null)),
            (json!("de-DE"), json!(null)),
        ] {
            let mut body = body.clone();
            body["LanguageCode"] = language;
            body["CultureCode"] = culture;
            api.call(operation, body).await.ok();
        }
    }
}

// guidelines/requests.md, "Request minimal response": 204 for an empty page and for an empty object; no Content-Type.
#[tokio::test]
async fn empty_response_is_a_204_if_the_client_prefers_minimal_responses() {
    let api = Api::new().await;
    let send = async |operation: Operation, body, prefer: &'static str| -> Reply {
        let body = with_tokens(body).to_string();
        api.send(&operation.path(), &body, &[("prefer", prefer)])
            .await
            .expect("a response")
    };
    let mut empty = codes_of(builtin::VOUCHER_ID);
    empty["Limitation"] = json!({ "Cursor": builtin::CODE_ID, "Count": 10 });
    let mut no_vouchers = vouchers_of(builtin::SERVICE_ID);
    no_vouchers["ExternalIdentifiers"] = json!(["NONE"]);
    let empty_responses = [
        (
            Operation::VoucherCodesGetAll,
            empty.clone(),
            "return=minimal",
        ),
        (
            Operation::VouchersGetAll,
            no_vouchers,
            "respond-async, return=minimal",
        ),
        (
            Operation::VoucherCodesDelete,
            json!({ "VoucherCodeIds": [builtin::CODE_ID] }),
            "Return = \"minimal\"",
        ),
        (
            Operation::VouchersDelete,
            json!({ "VoucherIds": [builtin::VOUCHER_ID] }),
            "return=minimal; foo=\"some parameter\"",
        ),
    ];
    for (operation, body, prefer) in empty_responses {
        let reply = send(operation, body, prefer).await;
        assert_eq!(
            (reply.status, reply.text.as_str()),
            (204, ""),
            "{operation}"
        );
        assert!(!reply.headers.contains_key("content-type"));
        assert!(reply.headers.contains_key("request-id"));
    }
    // The response is not a 204 without the preference, with data, or with an error.
    assert_eq!(
        send(
            Operation::VoucherCodesGetAll,
            empty,
            "return=representation"
        )
        .await
        .status,
        200
    );
    assert_eq!(
        send(
            Operation::VoucherCodesGetAll,
            codes_of(builtin::PARTNER_VOUCHER_ID),
            "return=minimal"
        )
        .await
        .status,
        200
    );
    assert_eq!(
        send(
            Operation::VoucherCodesAdd,
            add_codes(builtin::PARTNER_VOUCHER_ID, ["X"]),
            "return=minimal"
        )
        .await
        .status,
        200
    );
    assert_eq!(
        send(
            Operation::VouchersDelete,
            json!({ "VoucherIds": [builtin::VOUCHER_ID] }),
            "return=minimal"
        )
        .await
        .status,
        400
    );
}

#[tokio::test]
async fn request_ids_are_unique() {
    let api = Api::new().await;
    let one = api
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await;
    let other = api
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await;
    assert_ne!(one.headers["request-id"], other.headers["request-id"]);
}

#[tokio::test]
async fn every_response_has_the_date_of_the_clock() {
    let api = Api::new().await;
    let date = |reply: &Reply| reply.headers["date"].to_str().unwrap_or("").to_owned();
    let valid = with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    let code = api.send("/nothing", "", &[]).await.expect("a response");
    for (path, body) in [
        (Operation::VoucherCodesGetAll.path(), valid.as_str()),
        (Operation::VoucherCodesGetAll.path(), "{"),
        (Operation::VoucherCodesGetAll.path(), "{}"),
        ("/nothing".to_owned(), ""),
    ] {
        let reply = api.send(&path, body, &[]).await.expect("a response");
        assert_eq!(
            date(&reply),
            "Sun, 01 Feb 2026 10:00:00 GMT",
            "{path} {body}"
        );
    }
    api.clock.advance(std::time::Duration::from_secs(3_600));
    let url = format!("{}/_sandbox/faults", api.sandbox.url());
    let own = api.http.get(url).send().await.expect("a response");
    let own = read(own).await.expect("a complete response");
    assert_eq!(date(&own), "Sun, 01 Feb 2026 11:00:00 GMT");
    assert_ne!(date(&own), date(&code));
}
