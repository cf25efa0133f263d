//! A sandbox, a client, and the check that every answer goes through.

use mews_sandbox::{Builder, ManualClock, Operation, Sandbox, builtin, validate_response};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// A running sandbox and a client for it.
pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: ManualClock,
    pub(crate) http: reqwest::Client,
}

/// An answer that came whole.
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
            // Bodies as they are sent, even if another crate enables the decompression of reqwest.
            http: reqwest::Client::builder()
                .no_gzip()
                .build()
                .expect("a client"),
        }
    }

    /// Calls an operation with the built-in tokens unless the body has others, and checks the answer.
    pub(crate) async fn call(&self, operation: Operation, body: Value) -> Reply {
        let reply = self
            .try_call(operation, body)
            .await
            .expect("an answer comes");
        validate_response(operation, reply.status, reply.text.as_bytes())
            .expect("the answer is as documented");
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

    /// The same without a check, for answers that are wrong on purpose.
    pub(crate) async fn try_call(
        &self,
        operation: Operation,
        body: Value,
    ) -> reqwest::Result<Reply> {
        self.send(&operation.path(), &with_tokens(body).to_string(), &[])
            .await
    }

    /// Posts a text to a path.
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

    /// The ids on the pages of a whole listing, and how many pages it took.
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

    /// Whether nothing changed since the start, as far as the built-in tokens can see.
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
            assert_eq!(reply.body["Cursor"], Value::Null, "something was changed");
        }
    }
}

impl Reply {
    /// The reply, which is a success.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }

    /// Whether it is this refusal, with a reason beside it.
    pub(crate) fn refused(self, status: u16, message: &str) -> Self {
        assert_eq!(
            (self.status, self.body["Message"].as_str()),
            (status, Some(message)),
            "{}",
            self.text
        );
        self
    }

    /// The identifiers of the items in a list.
    pub(crate) fn ids(&self, list: &str) -> Vec<String> {
        self.texts(list, "Id")
    }

    /// A property of the items in a list.
    pub(crate) fn texts(&self, list: &str, property: &str) -> Vec<String> {
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

/// A body with the built-in tokens where it has none.
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

/// A request for the codes of a voucher.
pub(crate) fn codes_of(voucher: &str) -> Value {
    json!({ "VoucherIds": [voucher], "Limitation": { "Count": 1000 } })
}

/// A request for the vouchers of a service.
pub(crate) fn vouchers_of(service: &str) -> Value {
    json!({ "Extent": { "Vouchers": true }, "ServiceIds": [service], "Limitation": { "Count": 1000 } })
}

/// A request to add codes of these values to a voucher.
pub(crate) fn add_codes<'a>(voucher: &str, values: impl IntoIterator<Item = &'a str>) -> Value {
    let parameters: Vec<Value> = values
        .into_iter()
        .map(|value| json!({ "VoucherId": voucher, "Value": value }))
        .collect();
    json!({ "VoucherCodeParameters": parameters })
}
