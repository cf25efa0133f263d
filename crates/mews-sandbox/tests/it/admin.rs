//! The paths below `/_sandbox/`: their protection, the clock and the reset.

use std::time::Duration;

use mews_sandbox::{Builder, Fault, Operation, RateLimit, builtin};
use serde_json::{Value, json};

use crate::support::{Api, Reply, add_codes, codes_of, read};

impl Api {
    /// Sends a request to a path below `/_sandbox/`.
    async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}/_sandbox/{path}", self.sandbox.url());
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            let request_body = body.to_string();
            request = request
                .header("content-type", "application/json")
                .body(request_body);
        }
        let reply = read(request.send().await.expect("a response")).await;
        let reply = reply.expect("a complete response");
        assert!(reply.headers.contains_key("request-id") && reply.headers.contains_key("date"));
        reply
    }
}

#[tokio::test]
async fn web_page_of_another_origin_can_neither_read_nor_write() {
    let api = Api::new().await;
    let fault = r#"{ "Effect": { "Redirect": { "Location": "http://evil.example/" } } }"#;
    let port = api.sandbox.address().port();
    let send = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}/_sandbox/{path}", api.sandbox.url());
        let mut request = api.http.request(method, url).body(fault);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send().await.expect("a response"))
            .await
            .expect("a complete response")
    };
    let json = ("content-type", "application/json");
    let own = format!("http://127.0.0.1:{port}");
    for (headers, status) in [
        // Simple requests of a form or a script, without a preflight.
        (&[("content-type", "text/plain")][..], 400),
        (
            &[("content-type", "application/x-www-form-urlencoded")],
            400,
        ),
        (&[], 400),
        (&[json, ("origin", "http://evil.example")], 403),
        (&[json, ("origin", "null")], 403),
        (&[json, ("origin", "http://localhost")], 403),
        // DNS rebinding: the name of the page resolves to this machine.
        (&[json, ("host", "evil.example")], 403),
        (
            &[
                json,
                ("host", "evil.example:6397"),
                ("origin", "http://evil.example:6397"),
            ],
            403,
        ),
        (&[json, ("host", "127.0.0.1.evil.example")], 403),
        (&[json, ("host", "localhost.")], 403),
        (&[json, ("host", "")], 403),
    ] {
        assert_eq!(
            send("POST", "faults", headers).await.status,
            status,
            "{headers:?}"
        );
        assert_eq!(api.sandbox.faults().list(), [], "{headers:?}");
    }
    for path in ["requests", "faults", "clock", "health", "openapi.json"] {
        let reply = send("GET", path, &[("host", "evil.example")]).await;
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.body["RequestId"].is_string(), "{path}");
        let reply = send("GET", path, &[("origin", "http://evil.example")]).await;
        assert_eq!(reply.status, 403, "{path}");
    }
    for method in ["DELETE", "OPTIONS"] {
        let reply = send(method, "faults", &[("origin", "http://evil.example")]).await;
        assert!([403, 404].contains(&reply.status), "{method}");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
    }
    for headers in [
        &[json][..],
        &[json, ("host", "localhost:1")],
        &[json, ("host", "[::1]:1")],
        &[json, ("host", "127.1.2.3")],
        &[json, ("origin", &own)],
    ] {
        assert_eq!(
            send("POST", "faults", headers).await.status,
            200,
            "{headers:?}"
        );
    }
    let named = Api::with(|builder| builder.allow_host("sandbox.example")).await;
    let url = format!("{}/_sandbox/requests", named.sandbox.url());
    let allowed = named
        .http
        .get(url)
        .header("host", "Sandbox.example:80")
        .send()
        .await;
    assert_eq!(allowed.expect("a response").status(), 200);
}

#[tokio::test]
async fn the_clock_is_read_set_advanced_and_frozen() {
    let api = Api::new().await;
    let clock = async |method: &str, body: Option<Value>| api.admin(method, "clock", body).await;
    let now = async || clock("GET", None).await.ok().body;
    assert_eq!(
        now().await,
        json!({ "NowUtc": "2026-02-01T10:00:00.000Z", "IsFrozen": false })
    );
    let set = clock(
        "POST",
        Some(json!({ "NowUtc": "2030-05-06T07:08:09.5+02:00" })),
    )
    .await
    .ok();
    assert_eq!(set.body["NowUtc"], "2030-05-06T05:08:09.500Z");
    api.clock.advance(Duration::from_secs(1));
    assert_eq!(
        now().await["NowUtc"],
        "2030-05-06T05:08:10.500Z",
        "the clock runs with its source"
    );
    let frozen = json!({ "AdvanceSeconds": 89.5, "IsFrozen": true });
    let frozen = clock("POST", Some(frozen)).await.ok();
    assert_eq!(frozen.headers["date"], "Mon, 06 May 2030 05:09:40 GMT");
    api.clock.advance(Duration::from_secs(100));
    clock("POST", Some(json!({ "AdvanceSeconds": 1 })))
        .await
        .ok();
    assert_eq!(
        now().await,
        json!({ "NowUtc": "2030-05-06T05:09:41.000Z", "IsFrozen": true })
    );

    let added = add_codes(builtin::VOUCHER_ID, ["NEW"]);
    let added = api.call(Operation::VoucherCodesAdd, added).await.ok();
    assert_eq!(
        added.strings("VoucherCodes", "CreatedUtc"),
        ["2030-05-06T05:09:41Z"]
    );

    clock("POST", Some(json!({ "IsFrozen": false }))).await.ok();
    assert_eq!(now().await["NowUtc"], "2030-05-06T05:09:41.000Z");
    clock("DELETE", None).await.ok();
    assert_eq!(now().await["NowUtc"], "2026-02-01T10:01:41.000Z");
    clock("POST", Some(json!({ "AdvanceSeconds": 1e12 })))
        .await
        .ok();
    assert_eq!(now().await["NowUtc"], "9999-12-31T23:59:59.000Z");
    for bad in [
        json!({ "AdvanceSeconds": -1 }),
        json!({ "AdvanceSeconds": 1e13 }),
        json!({ "AdvanceSeconds": "1" }),
        json!({ "NowUtc": "tomorrow" }),
        json!({ "Now": "2030-05-06T07:08:09Z" }),
        json!([]),
    ] {
        assert_eq!(clock("POST", Some(bad.clone())).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn the_clock_moves_the_window_of_the_request_limit() {
    let limit = RateLimit::new(1, Duration::from_secs(30));
    let api = Api::with(|builder| builder.rate_limit(limit)).await;
    let status = async || {
        let body = codes_of(builtin::VOUCHER_ID);
        api.call(Operation::VoucherCodesGetAll, body).await.status
    };
    assert_eq!((status().await, status().await), (200, 429));
    api.admin("POST", "clock", Some(json!({ "AdvanceSeconds": 30 })))
        .await
        .ok();
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn reset_restores_the_initial_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vouchers.db");
    let limit = RateLimit::new(4, Duration::from_secs(30));
    let change = |builder: Builder| {
        let fault = Fault::latency(Duration::from_millis(1));
        builder.rate_limit(limit).seed_codes(50).fault(fault)
    };
    for is_file in [false, true] {
        let api = Api::with(|builder| {
            let builder = change(builder);
            if is_file {
                builder.data_file(&path)
            } else {
                builder
            }
        })
        .await;
        let read = async || {
            let codes = codes_of(builtin::VOUCHER_ID);
            let codes = api.call(Operation::VoucherCodesGetAll, codes).await.ok();
            let seeded = codes_of("d15c0000-0000-4000-8000-000000000101");
            let seeded = api.call(Operation::VoucherCodesGetAll, seeded).await.ok();
            (codes.body, seeded.body)
        };
        let before = read().await;
        let add = async || {
            let codes = add_codes(builtin::VOUCHER_ID, ["NEW"]);
            let added = api.call(Operation::VoucherCodesAdd, codes).await.ok();
            added.ids("VoucherCodes")
        };
        let added = add().await;
        let delete = json!({ "VoucherIds": [builtin::VOUCHER_ID] });
        api.call(Operation::VouchersDelete, delete).await.ok();
        api.sandbox.faults().add(Fault::html(502));
        assert_eq!(api.sandbox.faults().list()[0].triggered, 1);

        api.admin("POST", "reset", None).await.ok();
        assert_eq!(api.sandbox.exchanges(), []);
        let faults = api.sandbox.faults().list();
        assert_eq!((faults.len(), faults[0].triggered), (1, 0));
        assert_eq!(read().await, before, "the initial data");
        assert_eq!(add().await, added, "the initial IDs");
        api.sandbox.reset().expect("the store works");
        assert_eq!(read().await, before);
    }
    // A reset data file stays reset.
    let api = Api::with(|builder| builder.data_file(&path)).await;
    let codes = codes_of(builtin::VOUCHER_ID);
    let codes = api.call(Operation::VoucherCodesGetAll, codes).await.ok();
    assert_eq!(codes.ids("VoucherCodes").len(), 3);
}

#[tokio::test]
async fn tokens_do_not_print_in_any_letter_case_or_in_the_condition_of_a_fault() {
    let api = Api::new().await;
    let tokens = ["fake-token-one", "fake-token-two", "fake-token-three"];
    let request = json!({ "accesstoken": tokens[0], "CLIENTTOKEN": tokens[1] });
    let reply = api
        .send(&Operation::VouchersGetAll.path(), &request.to_string(), &[])
        .await;
    assert_eq!(reply.expect("a response").status, 400);
    for pointer in ["/AccessToken", "/accesstoken", "/ClientToken"] {
        let fault = Fault::status(503).only_if(pointer, Some(json!(tokens[2])));
        api.sandbox.faults().add(fault);
    }
    // Another condition prints.
    let other = Fault::status(503).only_if("/Limitation/Count", Some(json!("fake-count")));
    api.sandbox.faults().add(other);
    let mut printed = format!("{:?}", api.sandbox.exchanges());
    for path in ["requests", "faults", ""] {
        printed += &api.admin("GET", path, None).await.ok().text;
    }
    assert!(printed.contains("fake-count"), "{printed}");
    for token in tokens {
        assert!(!printed.contains(token), "{token} in {printed}");
    }
}
