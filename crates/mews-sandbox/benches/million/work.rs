//! The requests of the benchmark.

use mews_sandbox::{Operation, builtin};
use serde_json::{Value, json};

use super::{FIRST, Failure, VOUCHERS};

/// Returns a request for a page of 1000 codes.
pub(super) fn page(vouchers: u32, cursor: Option<&str>, updated: Option<&Value>) -> Value {
    json!({
        "VoucherIds": (0..vouchers).map(voucher).collect::<Vec<_>>(),
        "UpdatedUtc": updated,
        "Limitation": { "Count": 1_000, "Cursor": cursor },
    })
}

/// Returns the cursor at a place of the listing, counted from the oldest code.
pub(super) fn cursor(place: u32) -> String {
    identifier("c0de", FIRST + place)
}

/// Returns a request to add 1000 codes, spread over all vouchers.
pub(super) fn add(round: u32) -> Value {
    let parameters: Vec<Value> = (0..1_000)
        .map(|index| json!({ "VoucherId": voucher(index % VOUCHERS), "Value": format!("ADDED-{round}-{index}") }))
        .collect();
    json!({ "VoucherCodeParameters": parameters })
}

fn voucher(index: u32) -> String {
    identifier("d15c", FIRST + index)
}

fn identifier(prefix: &str, number: u32) -> String {
    format!("{prefix}0000-0000-4000-8000-{number:012x}")
}

/// Adds the credentials to a request.
pub(super) fn text(mut body: Value) -> String {
    for (name, value) in [
        ("ClientToken", builtin::CLIENT_TOKEN),
        ("AccessToken", builtin::ACCESS_TOKEN),
        ("Client", "Benchmark 1.0.0"),
    ] {
        body[name] = value.into();
    }
    body.to_string()
}

/// A client that sends requests one after the other.
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub(super) fn new(url: &str) -> Result<Self, Failure> {
        Ok(Self {
            // Bodies as they are sent, even if another crate enables the decompression of reqwest.
            http: reqwest::Client::builder().no_gzip().build()?,
            url: url.to_owned(),
        })
    }

    pub(super) fn request(&self, operation: Operation, body: String) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{}", self.url, operation.path()))
            .header("content-type", "application/json")
            .body(body)
    }

    /// Sends a request, and returns the response.
    pub(super) async fn call(&self, operation: Operation, body: Value) -> Result<Value, Failure> {
        let response = self.request(operation, text(body)).send().await?;
        let (status, text) = (response.status(), response.text().await?);
        if status != 200 {
            return Err(text.into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}
