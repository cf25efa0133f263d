//! The HTML page at `/_sandbox/`.

use std::time::Duration;

use mews_sandbox::{Fault, Operation, RateLimit, builtin};
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::support::{Api, Reply, add_codes, codes_of, read, with_tokens};

/// A page in a browser.
struct Page {
    html: String,
    headers: HeaderMap,
}

impl Page {
    /// Returns the values of the attributes that follow a string.
    fn attributes(&self, before: &str) -> Vec<String> {
        let parts = self.html.split(before).skip(1);
        let value = |part: &str| part.split('"').next().unwrap_or_default().to_owned();
        parts.map(|part| unescaped(&value(part))).collect()
    }

    fn form_token(&self) -> String {
        self.attributes(r#"name="FormToken" value=""#).remove(0)
    }

    /// Returns a section of the page.
    fn section(&self, id: &str) -> &str {
        let start = self.html.find(&format!(r#"<section id="{id}""#)).expect(id);
        let end = self.html[start..].find("</section>").expect("an end");
        &self.html[start..start + end]
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

impl Api {
    async fn open(&self, path: &str) -> Page {
        let url = format!("{}/_sandbox/{path}", self.sandbox.url());
        let response = self.http.get(url).send().await.expect("a response");
        assert_eq!(response.status(), 200);
        Page {
            headers: response.headers().clone(),
            html: response.text().await.expect("a body"),
        }
    }

    /// Submits a form like a browser, without following the redirect.
    async fn submit(&self, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
        let fields = fields.iter().map(|(name, value)| {
            let value: Vec<String> = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let value = value.concat();
            format!("{name}={value}")
        });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let mut request = http
            .post(format!("{}/_sandbox/", self.sandbox.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.collect::<Vec<_>>().join("&"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("a response");
        read(response).await.expect("a complete response")
    }

    /// Submits a form of the page, and asserts that the response redirects to a section of the page.
    async fn act(&self, action: &str, fields: &[(&str, &str)], section: &str) {
        let token = self.open("").await.form_token();
        let mut all = vec![("FormToken", token.as_str()), ("Action", action)];
        all.extend_from_slice(fields);
        let origin = self.sandbox.url();
        let reply = self.submit(&all, &[("origin", origin)]).await;
        assert_eq!(reply.status, 303, "{action}: {}", reply.text);
        assert_eq!(reply.headers["location"], format!("/_sandbox/#{section}"));
    }
}

#[tokio::test]
async fn page_shows_the_state_of_the_sandbox() {
    let limit = RateLimit::new(3, Duration::from_secs(30));
    let api = Api::with(|builder| builder.rate_limit(limit)).await;
    let script = "<script>alert('\"&')</script>";
    let added = add_codes(builtin::VOUCHER_ID, [script]);
    api.call(Operation::VoucherCodesAdd, added).await.ok();
    api.clock.advance(Duration::from_secs(10));
    let body = codes_of(builtin::VOUCHER_ID);
    api.sandbox.faults().add(Fault::status(503));
    let failed = api.call(Operation::VoucherCodesGetAll, body).await;
    assert_eq!(failed.status, 503);
    api.sandbox
        .faults()
        .add(Fault::html(502).with_token(builtin::ACCESS_TOKEN));

    let page = api.open("").await;
    assert!(
        page.section("clock")
            .contains("2026-02-01T10:00:10.000Z</code>, running")
    );
    let limit = page.section("limit");
    assert!(
        limit.contains("3 requests of an access token in 30s"),
        "{limit}"
    );
    assert!(
        limit.contains(r#">1</td><td class="number">2</td><td class="number">20.0 s"#),
        "{limit}"
    );
    let faults = page.section("faults");
    assert!(
        faults.contains("Html") && faults.contains("Status"),
        "{faults}"
    );
    let requests = page.section("requests");
    for shown in ["voucherCodes/add", "voucherCodes/getAll", "503", "Status"] {
        assert!(
            requests.contains(shown) || shown == "SPRING",
            "{shown}: {requests}"
        );
    }
    let newest = requests
        .find("voucherCodes/getAll")
        .expect("the second request");
    assert!(
        newest
            < requests
                .find("voucherCodes/add")
                .expect("the first request")
    );
    let data = page.section("data");
    assert!(
        data.contains(r#"Voucher codes</td><td class="number">9"#),
        "{data}"
    );
    assert!(
        data.contains("Spring weekend") && data.contains("SPRING-WELCOME"),
        "{data}"
    );
    assert!(
        page.section("operations")
            .contains("/_sandbox/reference#voucherCodes/add")
    );

    assert!(
        !page.html.contains("<script"),
        "values are escaped, and the page has no script"
    );
    assert!(
        page.html
            .contains("&lt;script&gt;alert('&quot;&amp;')&lt;/script&gt;")
    );
    for token in [
        builtin::CLIENT_TOKEN,
        builtin::ACCESS_TOKEN,
        builtin::PORTFOLIO_ACCESS_TOKEN,
    ] {
        assert!(!page.html.contains(token), "tokens are masked");
    }
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_run_no_script() {
    let api = Api::with(|builder| builder.stub("countries/getAll", json!({}))).await;
    for path in ["", "reference"] {
        let page = api.open(path).await;
        let policy = page.headers["content-security-policy"]
            .to_str()
            .unwrap_or_default();
        let directives: Vec<&str> = policy.split("; ").collect();
        assert_eq!(
            directives,
            [
                "default-src 'none'",
                "style-src 'self'",
                "img-src data:",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ]
        );
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(page.headers.contains_key("request-id") && page.headers.contains_key("date"));
        for forbidden in [
            "<script",
            "<style",
            " style=",
            " onclick=",
            "javascript:",
            "src=",
        ] {
            assert!(!page.html.contains(forbidden), "{path}: {forbidden}");
        }
        for link in page.attributes(r#"href=""#) {
            let is_local = link.starts_with("/_sandbox/") || link.starts_with('#');
            assert!(is_local || link == "data:,", "{path}: {link}");
            // The target of every link exists.
            if let Some(id) = link.strip_prefix('#') {
                assert!(
                    page.html.contains(&format!(r#"id="{id}""#)),
                    "{path}: {link}"
                );
            } else if is_local {
                let (target, id) = link.split_once('#').unwrap_or((&link, ""));
                let url = format!("{}{target}", api.sandbox.url());
                let response = api.http.get(url).send().await.expect("a response");
                assert_eq!(response.status(), 200, "{link}");
                let text = response.text().await.expect("a body");
                assert!(
                    id.is_empty() || text.contains(&format!(r#"id="{id}""#)),
                    "{link}"
                );
            }
        }
    }
    assert_eq!(api.sandbox.exchanges(), [], "pages are not exchanges");
    let style = api.open("style.css").await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    // A path without the slash redirects to the page.
    let url = format!("{}/_sandbox", api.sandbox.url());
    let redirected = api.http.get(url).send().await.expect("a response");
    assert_eq!(redirected.url().path(), "/_sandbox/");
}

#[tokio::test]
async fn reference_describes_every_operation_and_schema_of_the_spec() {
    let api = Api::with(|builder| builder.stub("countries/getAll", json!({}))).await;
    let page = api.open("reference").await;
    for operation in Operation::all() {
        let section = page.section(operation.name());
        assert!(section.contains(&operation.path()), "{operation}");
        assert!(section.contains("429"), "{operation}");
    }
    assert!(page.section("countries/getAll").contains("A stub."));
    let spec: serde_json::Value = serde_json::from_str(mews_sandbox::DOCUMENT).expect("JSON");
    let schemas = spec["components"]["schemas"].as_object().expect("schemas");
    for name in schemas.keys() {
        page.section(&format!("schema-{name}"));
    }
    let add = page.section("schema-VoucherCodeAddParameters");
    for part in [
        "ValidityStartUtc",
        "required",
        "or null",
        "maxLength 128",
        "schema-VoucherId",
    ] {
        assert!(add.contains(part), "{part}: {add}");
    }
}

#[tokio::test]
async fn forms_add_and_remove_faults() {
    let api = Api::new().await;
    let page = api.open("").await;
    let effects: Vec<String> = page
        .attributes(r#"<option value=""#)
        .into_iter()
        .filter(|effect| !effect.is_empty())
        .collect();
    for effect in &effects {
        let fields = [
            ("Effect", effect.as_str()),
            ("Operation", "vouchers/getAll"),
            ("Times", "2"),
        ];
        api.act("AddFault", &fields, "faults").await;
        let state = api.sandbox.faults().list().pop().expect("a fault");
        let fault = serde_json::to_value(&state.fault).expect("JSON");
        let effect: serde_json::Value = serde_json::from_str(effect).expect("JSON");
        assert_eq!(
            fault,
            json!({ "Effect": effect, "Operation": "vouchers/getAll", "Times": 2 })
        );
    }
    // The page has an example of every effect that the error of an unknown effect lists.
    let path = "/_sandbox/faults";
    let unknown = api
        .send(path, r#"{ "Effect": "Nothing" }"#, &[])
        .await
        .expect("a response");
    let listed = unknown.body["Details"].as_str().unwrap_or_default();
    let listed: Vec<&str> = listed.split('`').skip(3).step_by(2).collect();
    assert_eq!(listed.len(), effects.len(), "{listed:?}");
    for name in listed {
        assert!(
            effects
                .iter()
                .any(|effect| effect.contains(&format!("\"{name}\""))),
            "{name}"
        );
    }

    let second = api.sandbox.faults().list()[1].id;
    api.act("RemoveFault", &[("Id", &second.to_string())], "faults")
        .await;
    let faults = api.sandbox.faults().list();
    assert_eq!(faults.len(), effects.len() - 1);
    assert!(faults.iter().all(|state| state.id != second));
    api.act("ClearFaults", &[], "faults").await;
    assert_eq!(api.sandbox.faults().list(), []);
    let script = r#"[{ "Every": 10, "Effect": "DropMidBody" }, { "Effect": "NoRequestId" }]"#;
    api.act("AddScript", &[("Script", script)], "faults").await;
    assert_eq!(api.sandbox.faults().list().len(), 2);
    let fields = [
        ("Effect", r#""NullCursor""#),
        ("Operation", ""),
        ("Times", "1"),
    ];
    api.act("AddFault", &fields, "faults").await;
    assert_eq!(
        api.sandbox.faults().list()[2].fault,
        Fault::null_cursor().times(1)
    );
}

#[tokio::test]
async fn forms_control_the_clock_the_requests_and_the_data() {
    let api = Api::new().await;
    let now = async || {
        let page = api.open("").await;
        let section = page.section("clock").to_owned();
        let end = section.find("</p>").expect("a paragraph");
        section[..end]
            .rsplit("<code>")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    api.act("SetClock", &[("NowUtc", "2030-05-06T07:08:09Z")], "clock")
        .await;
    assert_eq!(
        now().await,
        "2030-05-06T07:08:09.000Z</code>, running with its source"
    );
    api.act("FreezeClock", &[], "clock").await;
    api.act("AdvanceClock", &[("AdvanceSeconds", "1.5")], "clock")
        .await;
    api.clock.advance(Duration::from_secs(100));
    assert_eq!(now().await, "2030-05-06T07:08:10.500Z</code>, stopped");
    api.act("RunClock", &[], "clock").await;
    api.clock.advance(Duration::from_secs(1));
    assert_eq!(
        now().await,
        "2030-05-06T07:08:11.500Z</code>, running with its source"
    );
    api.act("RestoreClock", &[], "clock").await;
    assert_eq!(
        now().await,
        "2026-02-01T10:01:41.000Z</code>, running with its source"
    );

    let added = add_codes(builtin::VOUCHER_ID, ["NEW"]);
    api.call(Operation::VoucherCodesAdd, added).await.ok();
    assert!(api.open("").await.section("data").contains("NEW"));
    assert_eq!(api.sandbox.exchanges().len(), 1);
    api.act("ClearRequests", &[], "requests").await;
    assert_eq!(api.sandbox.exchanges(), []);
    api.act("Reset", &[], "data").await;
    assert!(!api.open("").await.section("data").contains("NEW"));
}

#[tokio::test]
async fn form_of_another_page_changes_nothing() {
    let api = Api::new().await;
    let token = api.open("").await.form_token();
    let own = api.sandbox.url().to_owned();
    let fields = |token: &'static str| {
        [
            ("Action", "AddScript"),
            ("FormToken", token),
            ("Script", r#"{ "Effect": "DropMidBody" }"#),
        ]
    };
    // A page that guesses the token, with and without the header that a browser adds.
    for headers in [&[][..], &[("origin", own.as_str())]] {
        for guessed in ["", "00000000-0000-4000-8000-000000000000"] {
            assert_eq!(api.submit(&fields(guessed), headers).await.status, 403);
        }
    }
    let fields = [
        ("Action", "AddScript"),
        ("FormToken", token.as_str()),
        ("Script", r#"{ "Effect": "DropMidBody" }"#),
    ];
    assert_eq!(api.submit(&fields[..1], &[]).await.status, 403);
    // Another origin is rejected even with the token.
    for headers in [
        [("origin", "http://evil.example")],
        [("origin", "null")],
        [("host", "evil.example")],
    ] {
        assert_eq!(
            api.submit(&fields, &headers).await.status,
            403,
            "{headers:?}"
        );
    }
    for path in ["", "reference", "style.css"] {
        let url = format!("{own}/_sandbox/{path}");
        let rebound = api
            .http
            .get(url)
            .header("host", "evil.example")
            .send()
            .await;
        assert_eq!(rebound.expect("a response").status(), 403);
    }
    // A script of a page can send JSON, which is rejected.
    let script = json!({ "Action": "ClearFaults", "FormToken": token }).to_string();
    assert_eq!(
        api.send("/_sandbox/", &script, &[])
            .await
            .expect("a response")
            .status,
        400
    );
    assert_eq!(api.sandbox.faults().list(), []);
    assert_eq!(
        api.submit(&fields, &[]).await.status,
        303,
        "the page itself can send the same fields"
    );
}

/// Returns the fields of the form that adds a fault.
fn add_fault<'a>(
    effect: &'a str,
    times: &'a str,
    operation: &'a str,
) -> [(&'static str, &'a str); 4] {
    [
        ("Action", "AddFault"),
        ("Effect", effect),
        ("Times", times),
        ("Operation", operation),
    ]
}

#[tokio::test]
async fn invalid_form_is_an_error_page_and_changes_nothing() {
    let api = Api::new().await;
    let token = api.open("").await.form_token();
    for (fields, problem) in [
        (&[][..], "Invalid Action"),
        (&[("Action", "Explode")], "unknown action"),
        (
            &[("Action", "SetClock"), ("NowUtc", "tomorrow")],
            "Invalid NowUtc",
        ),
        (
            &[("Action", "AdvanceClock"), ("AdvanceSeconds", "-1")],
            "Invalid AdvanceSeconds",
        ),
        (
            &[("Action", "AdvanceClock"), ("AdvanceSeconds", "NaN")],
            "Invalid AdvanceSeconds",
        ),
        (&[("Action", "RemoveFault"), ("Id", "x")], "Invalid Id"),
        (
            &[("Action", "AddScript"), ("Script", "{")],
            "Invalid Script",
        ),
        (
            &[
                ("Action", "AddScript"),
                ("Script", r#"{ "Effect": "<b>" }"#),
            ],
            "unknown variant `&lt;b&gt;`",
        ),
        (
            &add_fault(r#""NoRequestId""#, "1", "x"),
            "unknown operation `x`",
        ),
        (&add_fault(r#""NoRequestId""#, "x", ""), "Invalid Times"),
        (&add_fault(r#""NoRequestId""#, "0", ""), "`Times` 0"),
        (
            &add_fault(r#""NullCursor""#, "1", "vouchers/add"),
            "has no effect on `vouchers/add`",
        ),
    ] {
        let mut all = vec![("FormToken", token.as_str())];
        all.extend_from_slice(fields);
        let reply = api.submit(&all, &[]).await;
        assert_eq!(reply.status, 400, "{fields:?}");
        assert!(reply.text.contains(problem), "{problem}: {}", reply.text);
        assert!(reply.headers.contains_key("content-security-policy"));
    }
    let script = "x".repeat(1024 * 1024);
    let fields = [
        ("FormToken", token.as_str()),
        ("Action", "AddScript"),
        ("Script", &script),
    ];
    let too_large = api.submit(&fields, &[]).await;
    assert_eq!(too_large.status, 413, "{}", too_large.text);
    assert!(too_large.text.contains("The request body is too large."));
    assert_eq!(api.sandbox.faults().list(), []);
}

#[tokio::test]
async fn one_exchange_is_found_by_its_request_id() {
    let api = Api::new().await;
    let body = with_tokens(codes_of(builtin::VOUCHER_ID));
    let reply = api.call(Operation::VoucherCodesGetAll, body).await.ok();
    let id = reply.headers["request-id"].to_str().expect("text");
    let get = async |id: &str| {
        let url = format!("{}/_sandbox/requests/{id}", api.sandbox.url());
        read(api.http.get(url).send().await.expect("a response"))
            .await
            .expect("a complete response")
    };
    let exchange = get(id).await.ok().body;
    assert_eq!(exchange["RequestId"], id);
    assert_eq!(exchange["ResponseBody"], reply.body);
    assert_eq!(get("unknown").await.status, 404);
}
