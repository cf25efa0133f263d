//! Finding operations and schemas.

use std::collections::BTreeSet;

use openapi_tree::schemas::{
    each_schema, each_schema_mut, operations, request_components, required, response_components,
};
use serde_json::{Value, json};

fn document() -> Value {
    let reference =
        |name: &str| json!({ "schema": { "$ref": format!("#/components/schemas/{name}") } });
    json!({
        "paths": {
            "x-note": { "get": {} },
            "/a": {
                "parameters": [{ "name": "p", "schema": { "type": "string" } }],
                "post": {
                    "requestBody": { "content": { "application/json": reference("Question") } },
                    "responses": { "200": {
                        "content": { "application/json": reference("Result") },
                        "headers": { "H": { "schema": { "type": "integer" } } },
                    } },
                },
            },
        },
        "components": { "schemas": {
            "Question": { "type": "object", "properties": { "a/b": { "items": { "not": {} } } } },
            "Result": { "allOf": [{ "$ref": "#/components/schemas/Part" }], "additionalProperties": { "oneOf": [{}] } },
            "Part": { "required": ["x", "y"] },
        } },
    })
}

#[test]
fn every_schema_is_visited_once_in_both_directions() {
    let mut tree = document();
    let mut down = Vec::new();
    each_schema(&tree, &mut |pointer, _| down.push(pointer.to_owned()));
    let mut up = Vec::new();
    each_schema_mut(&mut tree, &mut |pointer, _| up.push(pointer.to_owned()));
    assert_eq!(
        down.iter().collect::<BTreeSet<_>>(),
        up.iter().collect::<BTreeSet<_>>()
    );
    assert_eq!(down.len(), 13, "{down:#?}");
    assert!(
        down.iter().all(|pointer| tree.pointer(pointer).is_some()),
        "{down:#?}"
    );
    let at = |list: &[String], pointer: &str| {
        list.iter()
            .position(|other| other == pointer)
            .expect("the schema")
    };
    let (outer, inner) = (
        "/components/schemas/Question",
        "/components/schemas/Question/properties/a~1b/items/not",
    );
    assert!(at(&down, outer) < at(&down, inner));
    assert!(at(&up, inner) < at(&up, outer));
}

#[test]
fn extensions_are_not_operations() {
    let tree = document();
    let operations = operations(&tree);
    assert_eq!(operations.len(), 1);
    assert_eq!(operations[0].pointer, "/paths/~1a/post");
}

#[test]
fn requests_and_responses_reach_their_components() {
    let tree = document();
    let names = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    assert_eq!(names(request_components(&tree)), ["Question"]);
    assert_eq!(names(response_components(&tree)), ["Part", "Result"]);
    assert_eq!(required(&tree["components"]["schemas"]["Part"]), ["x", "y"]);
}
