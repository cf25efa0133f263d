//! The example `redeemable`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use mews_connector::prelude::*;
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use crate::client_of;

const PROGRAM: &str = env!("CARGO_BIN_EXE_redeemable");

/// The running service.
struct Service {
    process: Child,
    url: String,
    /// The standard output so far.
    log: String,
    output: BufReader<std::process::ChildStdout>,
}

impl Service {
    fn start(flags: &[&str]) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .env("RUST_LOG", "trace")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut log = String::new();
        let url = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "{log}");
            log.push_str(&line);
            if let Some((_, url)) = line.split_once("listening on ") {
                break url.split_once("/services").unwrap().0.to_owned();
            }
        };
        Self {
            process,
            url,
            log,
            output,
        }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = http
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn code(&self, code: &str) -> (u16, Value) {
        self.get(&format!("/services/{}/codes/{code}", builtin::SERVICE_ID))
            .await
    }

    /// Stops the service, and returns its log.
    fn stop(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.output.read_to_string(&mut self.log).unwrap();
        self.log
    }
}

fn no(reason: &str) -> (u16, Value) {
    (200, json!({ "redeemable": "no", "reason": reason }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_whether_a_code_can_be_used_and_why_not() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(sandbox.url());
    let now: DateTime<Utc> = Utc::now();
    let (day, voucher) = (TimeDelta::days(1), builtin::VOUCHER_ID.parse().unwrap());
    let added = client
        .voucher_codes()
        .add([
            NewVoucherCode::new(voucher, "EARLY").validity_start_utc(now + day),
            NewVoucherCode::new(voucher, "LATE").validity_end_utc(now - day),
            // Two codes have the same value, and one of them can be used.
            NewVoucherCode::new(voucher, "TWICE").validity_end_utc(now - day),
            NewVoucherCode::new(voucher, "TWICE").validity_end_utc(now + day),
            NewVoucherCode::new(voucher, "DELETED"),
        ])
        .await
        .unwrap();
    client.voucher_codes().delete([added[4].id]).await.unwrap();
    sandbox.clear_exchanges();

    let service = Service::start(&["--base-url", sandbox.url(), "--time-zone", "UTC"]);
    let yes = |code: &str| json!({ "redeemable": "yes", "codeId": code, "voucherId": builtin::VOUCHER_ID, "voucher": "Spring weekend" });
    assert_eq!(
        service.code(builtin::CODE_VALUE).await,
        (200, yes(builtin::CODE_ID))
    );
    assert_eq!(
        service.code("TWICE").await,
        (200, yes(&added[3].id.to_string()))
    );
    assert_eq!(service.code("DELETED").await, no("the code was deleted"));
    assert_eq!(
        service.code("UNKNOWN").await,
        no("no code of this service has this value")
    );
    for (code, reason) in [
        ("EARLY", "it is valid from"),
        ("LATE", "it was valid until"),
    ] {
        let (_, response) = service.code(code).await;
        assert!(
            response["reason"].as_str().unwrap().starts_with(reason),
            "{response}"
        );
    }

    // The nights of the voucher are those from 1 March to 31 May 2026.
    let stay = async |arrival: &str, departure: &str| {
        let dates = format!("?arrival={arrival}&departure={departure}");
        service
            .code(&format!("{}{dates}", builtin::CODE_VALUE))
            .await
    };
    assert_eq!(
        stay("2026-03-01", "2026-06-01").await,
        (200, yes(builtin::CODE_ID))
    );
    for (arrival, departure) in [("2026-02-28", "2026-03-02"), ("2026-05-30", "2026-06-02")] {
        let (_, response) = stay(arrival, departure).await;
        assert_eq!(response["redeemable"], "no", "{response}");
        assert!(
            response["reason"].as_str().unwrap().contains("time units"),
            "{response}"
        );
    }
    assert_eq!(stay("2026-03-02", "2026-03-02").await.0, 400);
    for (path, reason) in [
        ("?arrival=2026-03-02", "both `arrival` and `departure`"),
        ("?arrival=tomorrow", "arrival"),
        ("/services/unknown/codes/A", "UUID"),
    ] {
        let path = match path.strip_prefix('?') {
            Some(query) => format!("/services/{}/codes/A?{query}", builtin::SERVICE_ID),
            None => path.to_owned(),
        };
        let (status, response) = service.get(&path).await;
        assert_eq!(status, 400, "{path}");
        let error = response["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }

    let elsewhere = format!(
        "/services/{}/codes/A",
        builtin::SECOND_ENTERPRISE_SERVICE_ID
    );
    assert_eq!(
        service.get(&elsewhere).await,
        (404, json!({ "error": "unknown service" }))
    );

    let log = service.stop();
    assert!(log.contains("responded") && log.contains("TRACE"), "{log}");
    for secret in [builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "TWICE"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_for_one_code_share_a_lookup() {
    let sandbox = Sandbox::start().await.unwrap();
    let service = Service::start(&["--base-url", sandbox.url()]);
    let responses =
        futures_util::future::join_all((0..8).map(|_| service.code(builtin::CODE_VALUE)));
    assert!(responses.await.iter().all(|(status, _)| *status == 200));
    assert_eq!(sandbox.exchanges().len(), 4);
    service.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failure_is_not_cached() {
    let fault = Fault::status(401).on(Operation::VouchersGetAll);
    let sandbox = Sandbox::builder().fault(fault).start().await.unwrap();
    let service = Service::start(&["--base-url", sandbox.url()]);
    let later = (503, json!({ "error": "try again later" }));
    assert_eq!(service.code(builtin::CODE_VALUE).await, later);
    assert_eq!(
        service.code(builtin::CODE_VALUE).await.1["redeemable"],
        "yes"
    );
    let log = service.stop();
    assert!(log.contains("the lookup failed"), "{log}");
}
