//! Documents that are rejected, each with the location, the problem and the fix.

use serde_json::{Value, json};

use crate::builder::{document, exchange};
use crate::run::generate;

/// Asserts that a document is rejected with an error that contains each of the words.
fn assert_rejected(what: &str, document: &Value, words: &[&str]) {
    let Err(error) = generate("document.json", &document.to_string()) else {
        panic!("{what}: code was generated");
    };
    for word in words {
        assert!(error.contains(word), "{what}: {error}");
    }
}

fn with_parameter(parameter: &Value) -> Value {
    document(
        &json!({
            "/things/{id}": {
                "get": {
                    "operationId": "things_get",
                    "parameters": [
                        { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                        parameter,
                    ],
                    "responses": { "200": { "description": "Done." } },
                },
            },
        }),
        &json!({}),
    )
}

#[test]
fn rejects_unsupported_parameters() {
    let place = "#/paths/~1things~1{id}/get/parameters/1";
    let text = json!({ "type": "string" });
    for (what, parameter, words) in [
        (
            "cookie",
            json!({ "name": "c", "in": "cookie", "schema": text }),
            "unsupported cookie",
        ),
        (
            "content",
            json!({ "name": "c", "in": "query", "content": { "application/json": { "schema": text } } }),
            "without `schema`",
        ),
        (
            "style",
            json!({ "name": "c", "in": "query", "style": "deepObject", "schema": text }),
            "style `deepObject`",
        ),
        (
            "stray",
            json!({ "name": "c", "in": "path", "required": true, "schema": text }),
            "the path does not contain it",
        ),
        (
            "header",
            json!({ "name": "c d", "in": "header", "schema": text }),
            "invalid name of a header",
        ),
    ] {
        assert_rejected(what, &with_parameter(&parameter), &[place, words]);
    }
}

#[test]
fn rejects_path_parameters_with_the_same_argument_in_rust() {
    let parameter = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let operation = json!({
        "operationId": "x",
        "parameters": [parameter("id"), parameter("ID")],
        "responses": {},
    });
    assert_rejected(
        "twice",
        &document(
            &json!({ "/things/{id}/{ID}": { "get": operation } }),
            &json!({}),
        ),
        &["/get/parameters/1", "the same argument in Rust"],
    );
}

#[test]
fn rejects_invalid_paths() {
    for path in [
        "things",
        "/things/{id",
        "/things/{a/b}",
        "/things//all",
        "/things/{}",
        "/things/{id}",
    ] {
        let operation = json!({ "get": { "operationId": "x", "responses": {} } });
        assert_rejected(
            path,
            &document(&json!({ path: operation }), &json!({})),
            &["#/paths/"],
        );
    }
}

#[test]
fn rejects_an_encoding_of_a_form() {
    let mut form = exchange(
        &json!({ "Question": {}, "Reply": {} }),
        &json!({}),
        &json!({}),
    );
    let place = "#/paths/~1do/post/requestBody/content";
    form["paths"]["/do"]["post"]["requestBody"]["content"] = json!({
        "application/x-www-form-urlencoded": { "schema": { "type": "object" }, "encoding": { "a": { "style": "form" } } },
    });
    assert_rejected("encoding", &form, &[place, "encoding"]);
}

#[test]
fn rejects_references_without_a_target() {
    let with = |reference: &str| {
        exchange(
            &json!({
                "Question": { "type": "object", "properties": { "example": { "$ref": reference } } },
                "Reply": {},
            }),
            &json!({ "$ref": "anything goes here" }),
            &json!({}),
        )
    };
    let place = "#/components/schemas/Question/properties/example";
    assert_rejected(
        "external",
        &with("other.yaml#/A"),
        &[place, "outside of the document"],
    );
    assert_rejected(
        "missing",
        &with("#/components/schemas/Missing"),
        &[place, "unknown reference target"],
    );
    assert_rejected(
        "text",
        &with("#/info/title"),
        &[place, "unsupported reference target"],
    );
    let mut circle = with("#/components/schemas/Reply");
    circle["components"]["responses"] = json!({ "A": { "$ref": "#/components/responses/A" } });
    circle["paths"]["/do"]["post"]["responses"]["400"] =
        json!({ "$ref": "#/components/responses/A" });
    assert_rejected(
        "circle",
        &circle,
        &["#/paths/~1do/post/responses/400", "leads back to itself"],
    );
}

#[test]
fn rejects_invalid_documents() {
    let valid = exchange(
        &json!({ "Question": {}, "Reply": {} }),
        &json!({}),
        &json!({}),
    );
    for (what, pointer, value, words) in [
        ("version", "/openapi", json!("3.1.0"), "3.0 only"),
        ("swagger", "/openapi", json!(2), "expected a string"),
        (
            "kind",
            "/components/schemas/Question",
            json!({ "type": "text" }),
            "#/components/schemas/Question",
        ),
        (
            "list",
            "/components/schemas/Question",
            json!({ "required": "a" }),
            "#/components/schemas/Question",
        ),
        ("paths", "/paths", json!([]), "#/paths"),
    ] {
        let mut broken = valid.clone();
        if let Some(node) = broken.pointer_mut(pointer) {
            *node = value;
        }
        assert_rejected(what, &broken, &[words]);
    }
    let mut twice = valid;
    twice["paths"]["/again"] = json!({ "get": { "operationId": "ThingsDo", "responses": {} } });
    assert_rejected(
        "operationId",
        &twice,
        &["#/paths/~1do/post/operationId", "duplicate operationId"],
    );
}
