//! Compression of responses.

use std::io::Read as _;

use mews_sandbox::{Fault, Operation, builtin};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::{Api, codes_of, with_tokens};

struct Raw {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Raw {
    fn is_compressed(&self) -> bool {
        self.headers
            .get("content-encoding")
            .is_some_and(|coding| coding == "gzip")
    }

    fn decompressed(&self) -> Value {
        let mut text = String::new();
        flate2::read::GzDecoder::new(self.bytes.as_slice())
            .read_to_string(&mut text)
            .expect("gzip");
        serde_json::from_str(&text).expect("JSON")
    }
}

async fn send(api: &Api, accepted: Option<&str>, body: &Value) -> reqwest::Result<Raw> {
    // The client does not decompress the body, even if another crate enables the decompression of reqwest.
    let http = reqwest::Client::builder().no_gzip().build()?;
    let url = format!(
        "{}{}",
        api.sandbox.url(),
        Operation::VoucherCodesGetAll.path()
    );
    let mut request = http
        .post(url)
        .header("content-type", "application/json")
        .body(body.to_string());
    if let Some(accepted) = accepted {
        request = request.header("accept-encoding", accepted);
    }
    let response = request.send().await?;
    Ok(Raw {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        bytes: response.bytes().await?.to_vec(),
    })
}

#[tokio::test]
async fn response_is_compressed_if_the_client_accepts_gzip() {
    let api = Api::with(|builder| builder.seed_codes(1_000)).await;
    let body = with_tokens(codes_of("d15c0000-0000-4000-8000-000000000101"));
    let plain = send(&api, None, &body).await.expect("a response");
    assert!(!plain.is_compressed());
    let whole: Value = serde_json::from_slice(&plain.bytes).expect("JSON");
    assert_eq!(plain.headers["vary"], "accept-encoding");
    for accepted in [
        "gzip",
        "x-gzip",
        "deflate, GZIP;q=0.5, br",
        "*",
        "*;q=0.1",
        "gzip, identity;q=0",
        "identity;q=0.5, gzip;q=0.5",
        "*;q=0, gzip;q=0.2",
        "gzip ; q=1.000",
    ] {
        let raw = send(&api, Some(accepted), &body).await.expect("a response");
        assert!(raw.is_compressed(), "{accepted}");
        assert_eq!(raw.headers["vary"], "accept-encoding");
        assert_eq!(raw.headers["content-length"], raw.bytes.len().to_string());
        assert!(
            raw.bytes.len() * 3 < plain.bytes.len(),
            "{} bytes",
            raw.bytes.len()
        );
        assert_eq!(raw.decompressed(), whole, "{accepted}");
    }
    for accepted in [
        "",
        "identity",
        "gzip;q=0",
        "gzip; q=0.0, *",
        "gzip;q=x",
        "*;q=0",
        "br, deflate",
        "identity;q=1, gzip;q=0.5",
        "gzip;q=0.5, *;q=0.8, identity",
        "*;q=0.8, gzip;q=0.5",
        "gzip, gzip;q=0",
        "gzip;q=0, gzip",
        "gzip;q=2",
        "gzip;q=-1",
        "gzip;q=NaN",
    ] {
        let raw = send(&api, Some(accepted), &body).await.expect("a response");
        assert!(!raw.is_compressed(), "{accepted}");
        assert_eq!(raw.headers["vary"], "accept-encoding", "{accepted}");
        assert_eq!(raw.bytes, plain.bytes, "{accepted}");
    }
    // An error is compressed too, and a recorded exchange has the body in plain text.
    let error = send(&api, Some("gzip"), &json!({}))
        .await
        .expect("a response");
    assert_eq!((error.status, error.is_compressed()), (400, true));
    let message = error.decompressed()["Message"].clone();
    let exchange = api.sandbox.exchanges().pop().expect("an exchange");
    assert_eq!(exchange.response_body["Message"], message);
    let encoding = ("content-encoding".to_owned(), "gzip".to_owned());
    assert!(exchange.response_headers.contains(&encoding));
}

#[tokio::test]
async fn response_that_a_fault_changes_is_not_compressed() {
    let api = Api::new().await;
    let body = with_tokens(codes_of(builtin::VOUCHER_ID));
    for (fault, is_compressed) in [
        (Fault::html(502), false),
        (Fault::status_after_commit(500), false),
        (Fault::invalid_json(), false),
        (Fault::unknown_field(), false),
        (Fault::latency(std::time::Duration::from_millis(1)), true),
    ] {
        api.sandbox.faults().add(fault.clone());
        let raw = send(&api, Some("gzip"), &body).await.expect("a response");
        assert_eq!(raw.is_compressed(), is_compressed, "{fault:?}");
        assert_eq!(raw.headers.contains_key("vary"), is_compressed, "{fault:?}");
    }
    api.sandbox.faults().add(Fault::drop_mid_body());
    assert!(send(&api, Some("gzip"), &body).await.is_err());
    let raw = send(&api, Some("gzip"), &body).await.expect("a response");
    assert!(raw.is_compressed(), "no fault is left");
}
