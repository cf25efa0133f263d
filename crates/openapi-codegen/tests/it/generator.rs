//! Panics of the generator become errors with a location, even for documents that are not lowered.

use std::path::Path;

use openapi_codegen::conventions::Conventions;
use openapi_codegen::generate::generate;
use openapi_tree::error::Place;
use serde_json::json;

#[test]
fn a_generator_panic_is_caught_and_narrowed_down() {
    // typify supports `not` for enums only. Lowering would remove it, so this document is not lowered.
    let tree = json!({
        "openapi": "3.0.0",
        "info": { "title": "Odd", "version": "1" },
        "paths": { "/a": { "get": {
            "operationId": "a",
            "responses": { "200": { "description": "OK", "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Outer" }
            } } } }
        } } },
        "components": { "schemas": {
            "Fine": { "type": "object", "properties": { "A": { "type": "string" } } },
            "Odd": { "not": { "type": "object", "properties": { "A": { "type": "string" } } } },
            "Outer": { "type": "object", "properties": { "Odd": { "$ref": "#/components/schemas/Odd" } } }
        } }
    });
    let error = generate(Path::new("odd.yaml"), &tree, &Conventions::default())
        .expect_err("typify panics over it");
    assert_eq!(
        error.place(),
        &Place::Pointer("/components/schemas/Odd".to_owned())
    );
    assert!(
        error
            .to_string()
            .contains("progenitor does not support this part: "),
        "{error}"
    );
    assert!(error.todo().contains("lowering pass"), "{error}");
}

#[test]
fn two_kinds_of_success_are_narrowed_down_to_the_operation() {
    let response = |ty: &str| json!({ "description": "OK", "content": { "application/json": { "schema": { "type": ty } } } });
    let operation = |id: &str, second: &str| json!({ "get": { "operationId": id, "responses": { "200": response("string"), "201": response(second) } } });
    let tree = json!({
        "openapi": "3.0.0",
        "info": { "title": "Odd", "version": "1" },
        "paths": { "/fine": operation("fine", "string"), "/odd": operation("odd", "integer") },
        "components": { "schemas": {} }
    });
    let error = generate(Path::new("odd.yaml"), &tree, &Conventions::default())
        .expect_err("progenitor panics over it");
    assert_eq!(
        error.place(),
        &Place::Pointer("/paths/~1odd/get".to_owned())
    );
}
