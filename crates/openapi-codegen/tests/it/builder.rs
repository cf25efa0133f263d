//! Small documents, for the tests of this crate and of what is built on it.

use serde_json::{Value, json};

/// A reference to a component schema.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A document of these paths and schemas.
pub(crate) fn document(paths: &Value, schemas: &Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "A construct", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// A document with one operation, which takes `Question` and answers with `Answer`.
pub(crate) fn exchange(schemas: &Value, question: &Value, answer: &Value) -> Value {
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
                                "application/json": { "schema": reference("Answer"), "example": answer },
                            },
                        },
                    },
                },
            },
        }),
        schemas,
    )
}
