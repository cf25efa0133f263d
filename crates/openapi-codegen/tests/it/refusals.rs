//! What can't be done is refused with its place, what is missing and what to do.

use serde_json::{Value, json};

use crate::builder::{document, exchange};
use crate::run::generate;

/// Runs the document; the error has to hold each of these.
fn is_refused(what: &str, document: &Value, words: &[&str]) {
    let Err(error) = generate("document.json", &document.to_string()) else {
        panic!("{what}: code was made of it");
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
fn parameters_that_the_client_cannot_write() {
    let place = "#/paths/~1things~1{id}/get/parameters/1";
    let text = json!({ "type": "string" });
    for (what, parameter, words) in [
        (
            "cookie",
            json!({ "name": "c", "in": "cookie", "schema": text }),
            "is a cookie",
        ),
        (
            "content",
            json!({ "name": "c", "in": "query", "content": { "application/json": { "schema": text } } }),
            "no schema of its own",
        ),
        (
            "style",
            json!({ "name": "c", "in": "query", "style": "deepObject", "schema": text }),
            "style `deepObject`",
        ),
        (
            "stray",
            json!({ "name": "c", "in": "path", "required": true, "schema": text }),
            "which its path does not hold",
        ),
        (
            "header",
            json!({ "name": "c d", "in": "header", "schema": text }),
            "a name that no header can have",
        ),
    ] {
        is_refused(what, &with_parameter(&parameter), &[place, words]);
    }
}

#[test]
fn places_of_a_path_with_the_same_argument_in_rust() {
    let parameter = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let operation = json!({
        "operationId": "x",
        "parameters": [parameter("id"), parameter("ID")],
        "responses": {},
    });
    is_refused(
        "twice",
        &document(
            &json!({ "/things/{id}/{ID}": { "get": operation } }),
            &json!({}),
        ),
        &["/get/parameters/1", "the same argument in Rust"],
    );
}

#[test]
fn paths_that_are_none() {
    for path in [
        "things",
        "/things/{id",
        "/things/{a/b}",
        "/things//all",
        "/things/{}",
        "/things/{id}",
    ] {
        let operation = json!({ "get": { "operationId": "x", "responses": {} } });
        is_refused(
            path,
            &document(&json!({ path: operation }), &json!({})),
            &["#/paths/"],
        );
    }
}

#[test]
fn bodies_that_the_client_cannot_send() {
    let mut form = exchange(
        &json!({ "Question": {}, "Answer": {} }),
        &json!({}),
        &json!({}),
    );
    let place = "#/paths/~1do/post/requestBody/content";
    form["paths"]["/do"]["post"]["requestBody"]["content"] = json!({
        "application/x-www-form-urlencoded": { "schema": { "type": "object" }, "encoding": { "a": { "style": "form" } } },
    });
    is_refused("encoding", &form, &[place, "encoding"]);
}

#[test]
fn references_that_lead_nowhere() {
    let with = |reference: &str| {
        exchange(
            &json!({
                "Question": { "type": "object", "properties": { "example": { "$ref": reference } } },
                "Answer": {},
            }),
            &json!({ "$ref": "anything goes here" }),
            &json!({}),
        )
    };
    let place = "#/components/schemas/Question/properties/example";
    is_refused(
        "external",
        &with("other.yaml#/A"),
        &[place, "outside of the document"],
    );
    is_refused(
        "missing",
        &with("#/components/schemas/Nobody"),
        &[place, "is not there"],
    );
    is_refused(
        "text",
        &with("#/info/title"),
        &[place, "nothing to refer to"],
    );
    let mut circle = with("#/components/schemas/Answer");
    circle["components"]["responses"] = json!({ "A": { "$ref": "#/components/responses/A" } });
    circle["paths"]["/do"]["post"]["responses"]["400"] =
        json!({ "$ref": "#/components/responses/A" });
    is_refused(
        "circle",
        &circle,
        &["#/paths/~1do/post/responses/400", "leads back to itself"],
    );
}

#[test]
fn documents_of_another_form() {
    let sound = exchange(
        &json!({ "Question": {}, "Answer": {} }),
        &json!({}),
        &json!({}),
    );
    for (what, pointer, value, words) in [
        ("version", "/openapi", json!("3.1.0"), "3.0 alone"),
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
        let mut broken = sound.clone();
        if let Some(node) = broken.pointer_mut(pointer) {
            *node = value;
        }
        is_refused(what, &broken, &[words]);
    }
    let mut twice = sound;
    twice["paths"]["/again"] = json!({ "get": { "operationId": "ThingsDo", "responses": {} } });
    is_refused(
        "operationId",
        &twice,
        &["#/paths/~1do/post/operationId", "an operationId of its own"],
    );
}
