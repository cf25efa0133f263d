//! A document of the size of a complete vendor document: 200 operations and 800 schemas, with every construct of such
//! documents many times. The benchmark and the tests share it.

use serde_json::{Map, Value, json};

/// The number of operations.
pub(crate) const OPERATIONS: usize = 200;
/// The number of schemas.
pub(crate) const SCHEMAS: usize = 800;

/// The number of operations with four schemas each.
const KINDS: usize = 197;

/// Returns the document.
pub(crate) fn document() -> Value {
    of_size(OPERATIONS, KINDS)
}

/// Returns a document with a number of operations, and a number of operations with four schemas each.
pub(crate) fn of_size(operations: usize, kinds: usize) -> Value {
    let mut schemas = shared_schemas();
    let mut paths = Map::new();
    for number in 0..kinds {
        kind(number, &mut schemas);
    }
    for number in 0..operations {
        let path = format!("/api/v1/things{number}/getAll");
        paths.insert(path, json!({ "post": operation(number, kinds) }));
    }
    json!({
        "openapi": "3.0.4",
        "info": { "title": "A large API", "version": "v1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn shared_schemas() -> Map<String, Value> {
    let shared = json!({
        "ErrorResult": {
            "type": "object",
            "properties": {
                "Message": { "type": "string", "nullable": true },
                "RequestId": { "type": "string", "nullable": true },
                "Details": { "nullable": true },
            },
            "additionalProperties": false,
        },
        "Limitation": {
            "type": "object",
            "required": ["Count"],
            "properties": {
                "Count": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 1000 },
                "Cursor": { "type": "string", "format": "uuid", "nullable": true },
            },
            "additionalProperties": false,
        },
        "TimeInterval": {
            "type": "object",
            "properties": {
                "StartUtc": { "type": "string", "format": "date-time", "nullable": true },
                "EndUtc": { "type": "string", "format": "date-time", "nullable": true },
            },
            "additionalProperties": false,
        },
        "JToken": { "type": "array", "items": { "$ref": "#/components/schemas/JToken" } },
        "TextUpdate": {
            "type": "object",
            "properties": { "Value": { "type": "string", "nullable": true } },
            "additionalProperties": false,
        },
        "Tree": {
            "type": "object",
            "properties": {
                "Name": { "type": "string" },
                "Parent": { "allOf": [{ "$ref": "#/components/schemas/Tree" }], "nullable": true },
                "Children": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } },
            },
        },
        "Base": {
            "type": "object",
            "required": ["Id"],
            "properties": {
                "Id": { "type": "string", "format": "uuid" },
                "CreatedUtc": { "type": "string", "format": "date-time" },
            },
            "additionalProperties": false,
        },
        "Fee": {
            "type": "object",
            "required": ["Amount"],
            "properties": { "Amount": { "type": "number", "format": "double" } },
        },
        "Gift": {
            "type": "object",
            "required": ["Giver"],
            "properties": { "Giver": { "type": "string" } },
        },
        "GiftKind": { "type": "string", "enum": ["Fee", "Gift"] },
        "Pair": {
            "type": "object",
            "properties": {
                "Discriminator": { "$ref": "#/components/schemas/GiftKind" },
                "Value": {
                    "oneOf": [
                        { "$ref": "#/components/schemas/Fee" },
                        { "$ref": "#/components/schemas/Gift" },
                    ],
                },
            },
        },
        "Quantity": { "type": "integer", "format": "int64" },
    });
    match shared {
        Value::Object(shared) => shared,
        _ => Map::new(),
    }
}

/// Adds the schemas of a listing: its request, its response, the item and the state of the item.
fn kind(number: usize, schemas: &mut Map<String, Value>) {
    let reference = |name: String| json!({ "$ref": format!("#/components/schemas/{name}") });
    schemas.insert(
        format!("Thing{number}State"),
        json!({ "type": "string", "enum": ["Open", "Closed", format!("Held{number}")] }),
    );
    schemas.insert(format!("Thing{number}FilterParameters"), filter(number));
    schemas.insert(
        format!("Thing{number}Result"),
        json!({
            "type": "object",
            "required": ["Things"],
            "properties": {
                "Things": {
                    "type": "array",
                    "items": reference(format!("Thing{number}")),
                    "maxItems": 1000,
                },
                "Trees": {
                    "type": "array",
                    "items": reference("Tree".to_owned()),
                    "nullable": true,
                },
                "Cursor": { "type": "string", "format": "uuid", "nullable": true },
            },
            "additionalProperties": false,
        }),
    );
    let mut thing = json!({
        "required": ["Name", "State", "IsActive", "Total"],
        "allOf": [reference("Base".to_owned())],
        "properties": {
            "Name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "title": "The name that people know it by",
            },
            "State": { "allOf": [reference(format!("Thing{number}State"))] },
            "FormerState": {
                "anyOf": [reference(format!("Thing{number}State"))],
                "nullable": true,
                "deprecated": true,
                "x-deprecatedMessage": "Use `State`.",
            },
            "IsActive": { "type": "boolean" },
            "Total": reference("Quantity".to_owned()),
            "Price": {
                "type": "object",
                "title": "An amount",
                "required": ["Currency", "Net"],
                "properties": {
                    "Currency": { "type": "string", "minLength": 3, "maxLength": 3 },
                    "Net": { "type": "number", "format": "double" },
                    "Kind": { "type": "string", "enum": ["Gross", "Net", "net"] },
                },
                "additionalProperties": false,
            },
            "Names": { "type": "object", "additionalProperties": { "type": "string" } },
            "Tags": { "type": "array", "items": { "type": "string" }, "format": "date-time" },
            "Data": reference("JToken".to_owned()),
            "Gift": reference("Pair".to_owned()),
            "Details": {},
            "Tree": { "allOf": [reference("Tree".to_owned())], "nullable": true },
        },
        "additionalProperties": false,
    });
    for more in 0..10 {
        thing["properties"][format!("Text{more}")] = json!({
            "type": "string",
            "nullable": true,
            "description": format!("What is said of it in place {more}."),
        });
    }
    schemas.insert(format!("Thing{number}"), thing);
}

fn filter(number: usize) -> Value {
    let mut filter = json!({
        "type": "object",
        "required": ["ClientToken", "AccessToken", "Client", "Limitation"],
        "properties": {
            "ClientToken": { "type": "string", "minLength": 1 },
            "AccessToken": { "type": "string", "minLength": 1 },
            "Client": { "type": "string", "minLength": 1 },
            "Limitation": { "allOf": [{ "$ref": "#/components/schemas/Limitation" }] },
            "UpdatedUtc": {
                "allOf": [{ "$ref": "#/components/schemas/TimeInterval" }],
                "nullable": true,
                "x-max-interval-in-months": 3,
            },
            "Name": {
                "maxLength": 128,
                "allOf": [{ "$ref": "#/components/schemas/TextUpdate" }],
                "nullable": true,
            },
            "Since": {
                "format": "date-time",
                "allOf": [{ "$ref": "#/components/schemas/TextUpdate" }],
                "nullable": true,
            },
            "States": {
                "type": "array",
                "items": { "$ref": format!("#/components/schemas/Thing{number}State") },
                "nullable": true,
            },
        },
        "additionalProperties": false,
    });
    for more in 0..8 {
        filter["properties"][format!("Thing{more}Ids")] = json!({
            "type": "array",
            "items": { "type": "string", "format": "uuid" },
            "minItems": 1,
            "maxItems": 1000,
            "nullable": true,
        });
    }
    filter
}

fn operation(number: usize, kinds: usize) -> Value {
    let kind = number % kinds;
    let error = json!({
        "description": "What went wrong.",
        "content": {
            "application/json": { "schema": { "$ref": "#/components/schemas/ErrorResult" } },
        },
    });
    let mut responses = json!({
        "200": {
            "description": "A page.",
            "content": {
                "application/json": {
                    "schema": { "$ref": format!("#/components/schemas/Thing{kind}Result") },
                    "example": example(kind),
                },
            },
        },
    });
    for status in ["204", "400", "401", "403", "408", "429", "500"] {
        responses[status] = error.clone();
    }
    json!({
        "operationId": format!("things{number}_getAll"),
        "summary": format!("Get all things of kind {number}"),
        "description": "Pages through them, newest first.",
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": { "$ref": format!("#/components/schemas/Thing{kind}FilterParameters") },
                    "example": {
                        "ClientToken": "fake-client-token",
                        "AccessToken": "fake-access-token",
                        "Client": "Example 1.0",
                        "Limitation": { "Count": 10 },
                    },
                },
            },
        },
        "responses": responses,
    })
}

/// Returns a page that differs from its schema as real pages do: with missing, null and unknown properties.
fn example(kind: usize) -> Value {
    json!({
        "Things": [
            {
                "Id": "00000000-0000-4000-8000-000000000001",
                "Name": "One",
                "State": if kind.is_multiple_of(2) { "Open" } else { "Unheard of" },
                "Total": 3,
                "Price": { "Currency": "EUR", "Kind": "net" },
                "Tags": null,
                "Data": { "free": [1, "two"] },
                "Gift": { "Discriminator": "Gift", "Value": { "Giver": "A guest" } },
                "Tree": { "Name": "Oak", "Children": [{ "Name": "Twig", "Children": null }] },
                "Unheard": true,
            },
            {
                "Id": "00000000-0000-4000-8000-000000000002",
                "IsActive": if kind.is_multiple_of(50) { json!("false") } else { json!(false) },
            },
        ],
        "Cursor": if kind.is_multiple_of(40) { "not-a-uuid" } else { "00000000-0000-4000-8000-000000000003" },
    })
}
