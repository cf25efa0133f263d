//! The examples of the document run as they stand.

use mews_sandbox::{DOCUMENT, Operation, validate_response};
use serde_json::Value;

use crate::support::Api;

#[tokio::test]
async fn every_example_of_the_document_gives_its_answer() {
    let document: Value = serde_json::from_str(DOCUMENT).expect("the document is JSON");
    let mut count = 0;
    for operation in Operation::all() {
        let post = &document["paths"][operation.path()]["post"];
        let requests = post["requestBody"]["content"]["application/json"]["examples"].as_object();
        let answers = &post["responses"]["200"]["content"]["application/json"]["examples"];
        for (name, example) in requests.into_iter().flatten() {
            let api = Api::new().await;
            let body = example["value"].to_string();
            let reply = api
                .send(&operation.path(), &body, &[])
                .await
                .expect("an answer comes")
                .ok();
            validate_response(operation, 200, reply.text.as_bytes())
                .expect("the answer is as documented");
            // Deletes have one answer for all of their examples.
            let expected = answers.get(name).unwrap_or(&answers["Minimal"])["value"].clone();
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
    assert_eq!(
        count,
        2 * Operation::all().len(),
        "each operation has two examples"
    );
}

/// The sandbox's clock stands at the instant of the examples, so only the identifiers of new records differ.
fn without_ids(mut answer: Value, is_add: bool) -> Value {
    if is_add {
        for list in ["Vouchers", "VoucherCodes"] {
            for item in answer
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                item["Id"] = Value::Null;
            }
        }
    }
    answer
}
