//! Stable names, and locations of changes.

use serde_json::json;

use crate::builder::{exchange, reference};
use crate::run::code_of;

fn types(code: &str) -> Vec<String> {
    code.lines()
        .filter_map(|line| {
            let line = line.trim();
            let rest = line
                .strip_prefix("pub struct ")
                .or_else(|| line.strip_prefix("pub enum "))?;
            Some(
                rest.split(|letter: char| !letter.is_alphanumeric())
                    .next()?
                    .to_owned(),
            )
        })
        .collect()
}

#[test]
fn another_operation_renames_nothing() {
    let object =
        json!({ "type": "object", "properties": { "Kind": { "type": "string", "enum": ["A"] } } });
    let mut document = exchange(
        &json!({
            "Question": { "type": "object", "properties": { "Thing": object } },
            "QuestionThing": { "type": "object", "properties": { "Mine": { "type": "boolean" } } },
            "Reply": { "type": "object", "properties": { "Thing": object, "Named": reference("QuestionThing") } },
        }),
        &json!({}),
        &json!({}),
    );
    let before = types(&code_of(&document).0);
    assert!(before.contains(&"QuestionThing2".to_owned()), "{before:?}");
    assert!(before.contains(&"ReplyThingKind".to_owned()), "{before:?}");
    document["paths"]["/a"] = json!({
        "post": {
            "operationId": "a_first",
            "requestBody": { "content": { "application/json": { "schema": object } } },
            "responses": { "200": { "description": "Done.", "content": { "application/json": { "schema": object } } } },
        },
    });
    let after = types(&code_of(&document).0);
    for name in before {
        assert!(after.contains(&name), "{name} is gone: {after:?}");
    }
    assert!(after.contains(&"AFirstBody".to_owned()), "{after:?}");
}

#[test]
fn reports_each_relaxation_and_each_invalid_example_with_its_pointer() {
    let contradicted = crate::constructs::all()
        .into_iter()
        .find(|construct| construct.name == "contradicted")
        .expect("the construct");
    let (code, changes) = code_of(&contradicted.document);
    for line in [
        "#/components/schemas/Shared: `Id` may be missing",
        "#/components/schemas/Shared/properties/Flag: any JSON: both boolean and string",
        "#/components/schemas/Reply/properties/Day: a string without the format date",
        "#/components/schemas/Reply/properties/ThingId: a string without the format uuid",
        "#/components/schemas/Reply/properties/Small: an integer without the format int32",
        "#/components/schemas/Reply/properties/Whole: a number",
        "#/components/schemas/Reply/properties/Where: any JSON: both object and string",
        "/examples/Broken/value: invalid example, ignored: it is not JSON",
        "/examples/Two/value: invalid example, ignored: it is not JSON: trailing characters",
    ] {
        assert!(changes.contains(line), "{line}\n{changes}");
    }
    // A schema that no example contradicts stays, and so does a component that an example of one use contradicts.
    assert!(
        code.contains("pub struct ThingId(pub ::uuid::Uuid)"),
        "{code}"
    );
    assert!(code.contains("pub struct Coordinates"), "{code}");
}

#[test]
fn every_operation_keeps_its_path_and_its_body() {
    let document = crate::large::document();
    let (code, _) = code_of(&document);
    for path in document["paths"].as_object().expect("paths").keys() {
        assert!(
            code.contains(&format!("/// Sends a `POST` request to `{path}`")),
            "{path}"
        );
    }
    assert_eq!(
        code.matches("        body: &'a types::").count(),
        crate::large::OPERATIONS
    );
}
