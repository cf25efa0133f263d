//! Small documents for tests.

use serde_json::{Value, json};

/// Returns a reference to a component schema.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns a document with paths and schemas.
pub(crate) fn document(paths: &Value, schemas: &Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "A construct", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// Returns a document with one operation, whose request is `Question` and whose response is `Reply`.
pub(crate) fn exchange(schemas: &Value, question: &Value, reply: &Value) -> Value {
    document(
        &json!({
            "/do": {
                "post": {
                    "operationId": "things_do",
                    "requestBody": {
                        "content": {
                            "application/json": { "schema": reference("Question"), "example": question },
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "Done.",
                            "content": {
                                "application/json": { "schema": reference("Reply"), "example": reply },
                            },
                        },
                    },
                },
            },
        }),
        schemas,
    )
}
