//! Tokens never appear in logs at level TRACE, in `Debug` output, or in errors and the responses that errors keep.
//!
//! The test is a separate program because it captures all logs of its process.
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)] // The other tests use the rest.
#[path = "../it/proxy.rs"]
mod proxy;
#[allow(dead_code)] // The other tests use the rest.
#[path = "../it/scripted.rs"]
mod scripted;
#[allow(dead_code)] // The other tests use the rest.
#[path = "../it/setup.rs"]
mod setup;
#[path = "../it/tls.rs"]
mod tls;

use std::error::Error as _;
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex};

use mews_connector::clock::ManualClock;
use mews_connector::types::Limitation;
use mews_connector::{Client, Credentials, Error, NewVoucherCode, VoucherCodeFilter, reqwest};
use mews_sandbox::{Fault, Sandbox, builtin};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::proxy::Proxy;
use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};
use crate::tls::Authority;

const PROXY_PASSWORD: &str = "example-password-of-the-proxy";
/// The user name `application` and the password, as they are sent.
const PROXY_AUTHORIZATION: &str = "YXBwbGljYXRpb246ZXhhbXBsZS1wYXNzd29yZC1vZi10aGUtcHJveHk=";

/// The captured output.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn add(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn debug(&self, value: &impl Debug) {
        self.add(&format!("{value:?}\n{value:#?}\n"));
    }

    fn error(&self, error: &Error) {
        self.debug(error);
        self.add(&error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            self.add(&format!("{cause}\n{cause:?}\n"));
            source = cause.source();
        }
        self.debug(&error.headers());
        self.debug(&error.body());
        self.debug(&(
            error.message(),
            error.request_id(),
            error.json_path(),
            error.constraint_violation(),
        ));
    }

    fn check(&self) {
        let text = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        let secrets = [
            builtin::CLIENT_TOKEN,
            builtin::ACCESS_TOKEN,
            PROXY_PASSWORD,
            PROXY_AUTHORIZATION,
        ];
        for token in secrets {
            if let Some(at) = text.find(token) {
                panic!(
                    "a token appears: …{}…",
                    &text[at.saturating_sub(300)..(at + 60).min(text.len())]
                );
            }
            // Half of a token must not appear either.
            assert!(
                !text.contains(&token[..token.len() / 2 + 2]),
                "a part of a token appears"
            );
        }
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the logs of the HTTP libraries, which use `log`.
impl log::Log for Captured {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.add(&format!("{} {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Returns responses that contain the tokens of the request in every place.
fn echoes() -> Vec<Response> {
    let echo = |status, make: fn(&str, &str) -> (String, String)| {
        Response::of(move |request: &Value| {
            let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
            let (headers, body) = make(&text("ClientToken"), &text("AccessToken"));
            Response::Json(status, headers.leak(), body)
        })
    };
    let message: fn(&str, &str) -> (String, String) = |a, b| {
        (
            format!("request-id: {a}\r\nx-echo: {b}\r\n"),
            json!({ "Message": a, "RequestId": b, "Details": [a, b] }).to_string(),
        )
    };
    let mut echoes: Vec<_> = [400, 401, 403, 404, 408, 409, 410, 413, 418, 429, 500]
        .map(|status| echo(status, message))
        .into();
    echoes.extend([
        echo(502, |a, b| (String::new(), format!("<html>{a} {b}</html>"))),
        echo(200, |a, b| {
            (
                format!("x-echo: {b}\r\n"),
                json!({ "VoucherCodes": a, "Cursor": b }).to_string(),
            )
        }),
        echo(200, |a, b| {
            (
                String::new(),
                json!({ "VoucherCodes": [{ "Id": b, "Value": a }] }).to_string(),
            )
        }),
        echo(200, |a, b| {
            (
                String::new(),
                json!({ "VoucherCodes": [{ a: b, "Id": { a: b } }] }).to_string(),
            )
        }),
        echo(200, |a, b| {
            (
                String::new(),
                format!("{{\"VoucherCodes\":[],\"Cursor\":null}}{a}{b}"),
            )
        }),
        // The maximum length of a body excerpt cuts the token in the middle.
        echo(500, |a, _| {
            (String::new(), format!("{}{a}", "x".repeat(64 * 1024 - 15)))
        }),
    ]);
    echoes
}

async fn call_everything(client: &Client, captured: &Captured) {
    let voucher = id(builtin::VOUCHER_ID);
    let filter = VoucherCodeFilter::vouchers([voucher]);
    match client
        .voucher_codes()
        .get_page(&filter, Limitation::new(5))
        .await
    {
        Ok(page) => captured.debug(&page.headers()),
        Err(error) => captured.error(&error),
    }
    match client
        .voucher_codes()
        .add([NewVoucherCode::new(voucher, "S")])
        .await
    {
        Ok(codes) => captured.debug(&codes.headers()),
        Err(error) => captured.error(&error),
    }
    match client.call::<Vec<u8>>("services/getAll", &json!({})).await {
        Ok(_) => {}
        Err(error) => captured.error(&error),
    }
    let mut records = client.export([id(builtin::SERVICE_ID)]).records();
    captured.debug(&records);
    if let Err(error) = records.try_next().await {
        captured.error(&error);
    }
    captured.add(&serde_json::to_string(records.checkpoint()).unwrap());
    captured.debug(
        &client
            .bulk()
            .add_voucher_codes([NewVoucherCode::new(voucher, "B")])
            .await,
    );
    captured.debug(&client.vouchers());
    captured.debug(&client.bulk());
    captured.debug(&client.voucher_codes().items(filter));
}

async fn call_through_proxies(captured: &Captured) {
    let authority = Authority::new();
    let server = Scripted::start_tls([Response::ok("{}")], authority.localhost()).await;
    for authorization in [PROXY_AUTHORIZATION, "never sent"] {
        let proxy = Proxy::start(Some(authorization)).await;
        let in_url = format!("http://application:{PROXY_PASSWORD}@{}", proxy.address);
        let separate = format!("http://{}", proxy.address);
        for settings in [
            reqwest::Proxy::https(in_url).unwrap(),
            reqwest::Proxy::https(separate)
                .unwrap()
                .basic_auth("application", PROXY_PASSWORD),
        ] {
            let builder = client_of(&server.url, &ManualClock::new())
                .certificate_authority(authority.pem())
                .proxy(settings);
            captured.debug(&builder);
            let client = builder.build().unwrap();
            captured.debug(&client);
            call_everything(&client, captured).await;
        }
        assert!(proxy.heads()[0].contains(PROXY_AUTHORIZATION));
    }
    assert!(!server.requests().is_empty());
}

#[test]
fn tokens_never_appear_in_logs_debug_output_or_errors() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(captured.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log::set_boxed_logger(Box::new(captured.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for response in echoes() {
            let server = Scripted::start([response]).await;
            let builder = client_of(&server.url, &ManualClock::new())
                .configure_http(|http| http.connection_verbose(true));
            captured.debug(&builder);
            let client = builder.build().unwrap();
            captured.debug(&client);
            call_everything(&client, &captured).await;
        }
        let sandbox = Sandbox::builder()
            .no_rate_limit()
            .fault(Fault::echo_tokens().every(2))
            .start()
            .await
            .unwrap();
        let client = client_of(sandbox.url(), &ManualClock::new())
            .build()
            .unwrap();
        call_everything(&client, &captured).await;
        sandbox.shutdown().await;

        call_through_proxies(&captured).await;

        // No process listens on this port.
        let client = client_of("http://127.0.0.1:9", &ManualClock::new())
            .build()
            .unwrap();
        call_everything(&client, &captured).await;
    });
    captured
        .debug(&Credentials::new(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Tests").unwrap());
    captured.debug(
        &Credentials::new(builtin::CLIENT_TOKEN, "sandbox-access-token ", "Tests").unwrap_err(),
    );
    let panic = std::panic::catch_unwind(|| {
        let client = client_of("http://127.0.0.1:9", &ManualClock::new()).build();
        panic!("{client:?}");
    });
    captured.add(panic.unwrap_err().downcast_ref::<String>().unwrap());

    let text = String::from_utf8_lossy(&captured.0.lock().unwrap()).into_owned();
    assert!(
        text.contains("mews.call") && text.contains("attempt failed") && text.contains("reqwest::"),
        "the logs were captured: {}",
        &text[..2000.min(text.len())]
    );
    assert!(
        text.contains("[hidden]"),
        "the echoed tokens were kept and masked"
    );
    captured.check();
}
