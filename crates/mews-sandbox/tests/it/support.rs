//! A sandbox with a client that validates every response.

use mews_sandbox::{Builder, ManualClock, Operation, Sandbox, builtin, validate_response};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// A running sandbox and a client for it.
pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: ManualClock,
    pub(crate) http: reqwest::Client,
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let clock = ManualClock::default();
        let builder = Sandbox::builder().clock(clock.reader());
        let sandbox = change(builder).start().await.expect("the sandbox starts");
        Self {
            sandbox,
            clock,
            // The bodies are not decompressed, even if another crate enables the decompression of reqwest.
            http: reqwest::Client::builder()
                .no_gzip()
                .build()
                .expect("a client"),
        }
    }

    /// Calls an operation, and validates the response. The default tokens are the built-in ones.
    pub(crate) async fn call(&self, operation: Operation, body: Value) -> Reply {
        let reply = self.try_call(operation, body).await.expect("a response");
        validate_response(operation, reply.status, reply.text.as_bytes())
            .expect("the response is as documented");
        assert!(
            !reply.headers["request-id"].is_empty(),
            "every response has a Request-Id"
        );
        if reply.status >= 400 {
            assert_eq!(
                reply.body["RequestId"],
                reply.headers["request-id"].to_str().unwrap_or("")
            );
        }
        reply
    }

    /// Calls an operation without validation, for responses that a fault changes.
    pub(crate) async fn try_call(
        &self,
        operation: Operation,
        body: Value,
    ) -> reqwest::Result<Reply> {
        self.send(&operation.path(), &with_tokens(body).to_string(), &[])
            .await
    }

    /// Posts a string to a path.
    pub(crate) async fn send(
        &self,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Reply> {
        let mut request = self
            .http
            .post(format!("{}{path}", self.sandbox.url()))
            .header("content-type", "application/json")
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send().await?).await
    }

    /// Returns the IDs of a whole listing, and the number of its pages.
    pub(crate) async fn list(
        &self,
        operation: Operation,
        mut body: Value,
        count: u32,
    ) -> (Vec<String>, usize) {
        let items = if operation == Operation::VouchersGetAll {
            "Vouchers"
        } else {
            "VoucherCodes"
        };
        let mut listed = Vec::new();
        let mut cursor = Value::Null;
        for page in 1.. {
            body["Limitation"] = json!({ "Cursor": cursor, "Count": count });
            let reply = self.call(operation, body.clone()).await.ok();
            listed.extend(reply.ids(items));
            cursor = reply.body["Cursor"].clone();
            if cursor.is_null() {
                return (listed, page);
            }
        }
        unreachable!("the loop only ends by returning")
    }

    /// Asserts that no record in the scope of the built-in token changed since the start.
    pub(crate) async fn assert_untouched(&self) {
        for (operation, body) in [
            (
                Operation::VouchersGetAll,
                json!({ "Extent": { "Vouchers": true }, "ServiceIds": [builtin::SERVICE_ID, builtin::PARKING_SERVICE_ID] }),
            ),
            (
                Operation::VoucherCodesGetAll,
                json!({ "VoucherIds": [builtin::VOUCHER_ID, builtin::PARTNER_VOUCHER_ID] }),
            ),
        ] {
            let mut body = body;
            body["UpdatedUtc"] =
                json!({ "StartUtc": "2026-01-20T00:00:00Z", "EndUtc": "2026-04-20T00:00:00Z" });
            body["Limitation"] = json!({ "Count": 1000 });
            let reply = self.call(operation, body).await.ok();
            assert_eq!(reply.body["Cursor"], Value::Null, "a record changed");
        }
    }
}

impl Reply {
    /// Asserts that the reply is a success, and returns the reply.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }

    /// Asserts that the reply is this error, and returns the reply.
    pub(crate) fn rejected(self, status: u16, message: &str) -> Self {
        assert_eq!(
            (self.status, self.body["Message"].as_str()),
            (status, Some(message)),
            "{}",
            self.text
        );
        self
    }

    /// Returns the IDs of the items in a list.
    pub(crate) fn ids(&self, list: &str) -> Vec<String> {
        self.strings(list, "Id")
    }

    /// Returns a property of the items in a list.
    pub(crate) fn strings(&self, list: &str, property: &str) -> Vec<String> {
        let items = self.body[list].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|item| item[property].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

pub(crate) async fn read(response: reqwest::Response) -> reqwest::Result<Reply> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or_default();
    Ok(Reply {
        status,
        headers,
        text,
        body,
    })
}

/// Adds the built-in tokens to a body that has no tokens.
pub(crate) fn with_tokens(mut body: Value) -> Value {
    if let Some(properties) = body.as_object_mut() {
        for (name, value) in [
            ("ClientToken", builtin::CLIENT_TOKEN),
            ("AccessToken", builtin::ACCESS_TOKEN),
            ("Client", "Example Integration 1.0.0"),
        ] {
            properties.entry(name).or_insert_with(|| value.into());
        }
    }
    body
}

/// Creates a request for the codes of a voucher.
pub(crate) fn codes_of(voucher: &str) -> Value {
    json!({ "VoucherIds": [voucher], "Limitation": { "Count": 1000 } })
}

/// Creates a request for the vouchers of a service.
pub(crate) fn vouchers_of(service: &str) -> Value {
    json!({ "Extent": { "Vouchers": true }, "ServiceIds": [service], "Limitation": { "Count": 1000 } })
}

/// Creates a request to add codes with these values to a voucher.
pub(crate) fn add_codes<'a>(voucher: &str, values: impl IntoIterator<Item = &'a str>) -> Value {
    let parameters: Vec<Value> = values
        .into_iter()
        .map(|value| json!({ "VoucherId": voucher, "Value": value }))
        .collect();
    json!({ "VoucherCodeParameters": parameters })
}
