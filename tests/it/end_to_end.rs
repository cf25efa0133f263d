//! The generated client with the sandbox over HTTP: each example of the spec without a change.

use mews_connector_api::{Client, SharedTransport};
use mews_sandbox::Sandbox;
use serde_json::Value;

use crate::document::example;
use crate::operations::{self, ids};

/// Removes the properties that the server sets in an add or an update: ID and timestamps.
fn without_server_values(id: &str, response: &Value) -> Value {
    let mut response = response.clone();
    let new: &[&str] = match id {
        "vouchers_add" | "voucherCodes_add" => &["Id", "CreatedUtc", "UpdatedUtc"],
        "vouchers_update" => &["UpdatedUtc"],
        _ => &[],
    };
    for items in ["/Vouchers", "/VoucherCodes"] {
        let items = response.pointer_mut(items).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
            item.retain(|name, _| !new.contains(&name.as_str()));
        }
    }
    response
}

#[tokio::test]
async fn example_requests_return_the_documented_responses() {
    for id in ids() {
        for name in ["Minimal", "Full"] {
            let sandbox = Sandbox::start().await.expect("a sandbox");
            let client = Client::new(sandbox.url(), SharedTransport::default()).expect("a client");
            let response = operations::call(&client, id, example(id, None, name))
                .await
                .unwrap_or_else(|error| panic!("{id} {name}: {error}"));
            let documented = if id.ends_with("delete") {
                example(id, Some("200"), "Minimal")
            } else {
                example(id, Some("200"), name)
            };
            let documented = operations::decode(id, &documented).expect("a response");
            assert_eq!(
                without_server_values(id, &response),
                without_server_values(id, &documented),
                "{id} {name}"
            );
        }
    }
}
