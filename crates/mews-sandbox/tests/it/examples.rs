//! The examples of the spec.

use mews_sandbox::{DOCUMENT, Operation, validate_response};
use serde_json::Value;

use crate::support::Api;

#[tokio::test]
async fn example_requests_of_the_spec_get_the_example_responses() {
    let document: Value = serde_json::from_str(DOCUMENT).expect("the spec is JSON");
    let mut count = 0;
    for operation in Operation::all() {
        let post = &document["paths"][operation.path()]["post"];
        let requests = post["requestBody"]["content"]["application/json"]["examples"].as_object();
        let responses = &post["responses"]["200"]["content"]["application/json"]["examples"];
        for (name, example) in requests.into_iter().flatten() {
            let api = Api::new().await;
            let body = example["value"].to_string();
            let reply = api
                .send(&operation.path(), &body, &[])
                .await
                .expect("a response")
                .ok();
            validate_response(operation, 200, reply.text.as_bytes())
                .expect("the response is as documented");
            // A delete has one response for all of its examples.
            let expected = responses.get(name).unwrap_or(&responses["Minimal"])["value"].clone();
            let is_add = matches!(
                operation,
                Operation::VouchersAdd | Operation::VoucherCodesAdd
            );
            assert_eq!(
                without_ids(reply.body, is_add),
                without_ids(expected, is_add),
                "{operation}, example {name}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 14, "each operation has two examples");
}

/// Removes the IDs of new records. Other values are equal, because the sandbox's clock has the time of the examples.
fn without_ids(mut response: Value, is_add: bool) -> Value {
    if is_add {
        for list in ["Vouchers", "VoucherCodes"] {
            for item in response
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                item["Id"] = Value::Null;
            }
        }
    }
    response
}
