//! Finishing passes that do not find the code that they work on.

use std::path::Path;

use openapi_codegen::conventions::Conventions;
use openapi_codegen::finish::{Contract, finish};
use openapi_codegen::lower::lower;
use serde_json::{Value, json};

use crate::builder::{exchange, reference};
use crate::{polymorphic, values};

/// Runs all finishing passes on code that is not that of the document.
fn finish_other_code(tree: &Value, conventions: &Conventions, code: &str) -> String {
    let file = Path::new("document.json");
    let lowered = lower(file, tree, conventions).unwrap_or_else(|error| panic!("{error}"));
    let contract = Contract::new(file, &lowered, conventions);
    let mut code = syn::parse_file(code).expect("Rust");
    let error = finish(&mut code, &contract).expect_err("an error");
    format!("{error}\nhelp: {}", error.help())
}

#[test]
fn a_finishing_pass_that_does_not_find_its_code_is_an_error() {
    let plain = exchange(
        &json!({
            "Question": { "type": "object", "required": ["Name"], "properties": { "Name": { "type": "string" } } },
            "Reply": { "type": "object", "properties": { "Kind": reference("Kind") } },
            "Kind": { "type": "string", "enum": ["a", "b"] },
        }),
        &json!({ "Name": "n" }),
        &json!({}),
    );
    let text = json!({ "type": "string" });
    let exclusive = exchange(
        &json!({
            "Question": { "properties": { "A": text, "B": text }, "not": { "required": ["A", "B"] } },
            "Reply": {},
        }),
        &json!({}),
        &json!({}),
    );
    let (everything, shapes) = (values::everything(), polymorphic::shapes());
    let none = Conventions::default();
    let (all, pair) = (values::conventions(), polymorphic::conventions());
    let without_updates = Conventions {
        update_value: None,
        ..values::conventions()
    };
    let without_envelope = Conventions {
        envelope: Vec::new(),
        ..without_updates.clone()
    };
    let kind = "pub enum Kind { A }";
    for (tree, conventions, code, expected) in [
        (&plain, &none, String::new(), "has no module `types`"),
        (
            &plain,
            &none,
            "pub mod types {}".to_owned(),
            "has no enum `Kind`",
        ),
        (
            &plain,
            &none,
            format!("pub mod types {{ {kind} pub struct Question {{}} }}"),
            "has no field for the required property `Name`",
        ),
        (
            &plain,
            &none,
            format!("pub mod types {{ {kind} }} impl Client {{ pub async fn other(&self) {{}} }}"),
            "has a method `other` that is not an operation",
        ),
        (
            &exclusive,
            &none,
            "pub mod types { pub struct Question { A: String, B: String } }".to_owned(),
            "always sends a field of `Question`",
        ),
        (
            &everything,
            &all,
            "pub mod types {}".to_owned(),
            "has no struct with one field for `CodesUpdate`",
        ),
        (
            &everything,
            &without_updates,
            "pub mod types {}".to_owned(),
            "has no struct `Envelope`",
        ),
        (
            &everything,
            &without_updates,
            "pub mod types { pub struct Envelope {} }".to_owned(),
            "has no field for the required property `Token` of `Envelope`",
        ),
        (
            &everything,
            &without_envelope,
            "pub mod types {}".to_owned(),
            "has no field for `Count` of `Page`",
        ),
        (
            &shapes,
            &pair,
            format!("pub mod types {{ {kind} }}"),
            "has no struct `Filter`",
        ),
        (
            &shapes,
            &pair,
            format!("pub mod types {{ {kind} pub struct Filter {{ Discriminator: Kind }} }}"),
            "has no field `Value 0` in `Filter`",
        ),
    ] {
        let error = finish_other_code(tree, conventions, &code);
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(
            error.contains("crates/openapi-codegen/src/finish"),
            "{error}"
        );
    }
}
