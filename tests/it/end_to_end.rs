//! The generated client against the sandbox, over HTTP: each example of the document, as it stands.

use mews_connector_api::{Client, SharedTransport};
use mews_sandbox::Sandbox;
use serde_json::Value;

use crate::document::example;
use crate::operations::{self, ids};

/// What an add gives a new record cannot be known before: its identifier and its times.
fn without_what_is_new(id: &str, response: &Value) -> Value {
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
async fn examples_give_the_documented_answers() {
    for id in ids() {
        for name in ["Minimal", "Full"] {
            let sandbox = Sandbox::start().await.expect("a sandbox");
            let client = Client::new(sandbox.url(), SharedTransport::default()).expect("a client");
            let answer = operations::call(&client, id, example(id, None, name))
                .await
                .unwrap_or_else(|error| panic!("{id} {name}: {error}"));
            let documented = if id.ends_with("delete") {
                example(id, Some("200"), "Minimal")
            } else {
                example(id, Some("200"), name)
            };
            let documented = operations::decode(id, &documented).expect("an answer");
            assert_eq!(
                without_what_is_new(id, &answer),
                without_what_is_new(id, &documented),
                "{id} {name}"
            );
        }
    }
}
