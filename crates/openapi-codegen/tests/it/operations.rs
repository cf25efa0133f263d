//! A small document for each construct of paths and operations.

use serde_json::{Value, json};

use crate::builder::{document, exchange, reference};

fn success(schema: &Value, example: &Value) -> Value {
    json!({
        "200": {
            "description": "Done.",
            "content": { "application/json": { "schema": schema, "example": example } },
        },
    })
}

/// Returns a document with every method, and with operations whose names are missing or in use.
pub(crate) fn operations() -> Value {
    let text = success(&json!({ "type": "string" }), &json!("done"));
    let mut item = json!({ "x-note": "no operation" });
    for method in [
        "get", "put", "post", "delete", "patch", "head", "options", "trace",
    ] {
        item[method] = json!({ "responses": text });
    }
    let mut paths = json!({ "/every/{method}": item, "x-group": { "get": "no operation" } });
    paths["/every/{method}"]["parameters"] = json!([
        { "name": "method", "in": "path", "required": true, "schema": { "type": "string" } },
    ]);
    for name in [
        "new", "exec", "post", "match", "getAll", "7up", "Größe", "a/b.c",
    ] {
        paths[format!("/named/{name}")] =
            json!({ "get": { "operationId": name, "responses": text } });
    }
    document(&paths, &json!({}))
}

/// Returns a document with parameters in the path, the query and the headers.
pub(crate) fn parameters() -> Value {
    let mut document = document(
        &json!({
            "/things/{thingId}/parts/{number}": {
                "parameters": [
                    { "$ref": "#/components/parameters/ThingId" },
                    { "name": "number", "in": "path", "required": true, "schema": { "type": "integer" } },
                    { "name": "limit", "in": "query", "schema": { "type": "string" } },
                ],
                "get": {
                    "operationId": "parts_get",
                    "parameters": [
                        { "name": "limit", "in": "query", "required": true, "schema": { "type": "integer", "minimum": 1 } },
                        { "name": "state", "in": "query", "schema": { "type": "string", "enum": ["On", "Off"] } },
                        { "name": "tags", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
                        { "name": "since", "in": "query", "schema": { "type": "string", "format": "date-time", "nullable": true } },
                        { "name": "X-Count", "in": "header", "required": true, "schema": { "type": "integer", "nullable": true } },
                        { "name": "x-note", "in": "header", "schema": { "type": "array", "items": { "type": "string" } } },
                        { "name": "Accept", "in": "header", "schema": { "type": "string" } },
                        { "name": "type", "in": "query", "schema": reference("State") },
                        { "name": "EndTime<", "in": "query", "schema": { "type": "string" } },
                        { "name": "EndTime>", "in": "query", "schema": { "type": "string" } },
                        { "name": "end-time", "in": "header", "schema": { "type": "string" } },
                        { "name": "body", "in": "query", "schema": { "type": "string" } },
                        { "name": "url", "in": "query", "schema": { "type": "string" } },
                    ],
                    "responses": success(&reference("Part"), &json!({ "State": "Dim" })),
                },
                "delete": {
                    "operationId": "parts_delete",
                    "responses": { "204": { "description": "Gone." } },
                },
            },
        }),
        &json!({
            "Ids": { "type": "array", "items": { "type": "integer", "maximum": 9 }, "maxItems": 3 },
            "State": { "type": "string", "enum": ["On", "Off"] },
            "Part": { "type": "object", "properties": { "State": reference("State") } },
            "Id": { "type": "string", "format": "uuid" },
        }),
    );
    document["paths"]["/joined"] = joined();
    document["paths"]["/nothing"] = json!({ "description": "There is no operation." });
    document["components"]["parameters"] = json!({
        "ThingId": { "$ref": "#/components/parameters/RealThingId" },
        "RealThingId": { "name": "thingId", "in": "path", "required": true, "schema": reference("Id") },
    });
    document
}

/// Returns an operation with lists and objects in one piece, in each style.
fn joined() -> Value {
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let parameter = |name: &str, style: Value, schema: &Value| json!({ "name": name, "in": "query", "style": style, "explode": false, "schema": schema });
    json!({
        "get": {
            "operationId": "joined_get",
            "parameters": [
                parameter("commas", json!("form"), &list),
                parameter("spaces", json!("spaceDelimited"), &list),
                parameter("pipes", json!("pipeDelimited"), &list),
                parameter("ids", json!("form"), &reference("Ids")),
                parameter("map", json!("form"), &json!({ "type": "object", "additionalProperties": { "type": "integer" } })),
                parameter("scalar", json!("form"), &json!({ "type": "string" })),
                { "name": "many", "in": "query", "schema": list },
            ],
            "responses": success(&json!({ "type": "string" }), &json!("done")),
        },
    })
}

/// Returns a document with bodies of each media type.
pub(crate) fn bodies() -> Value {
    let object = json!({ "type": "object", "properties": { "A": { "type": "string" } } });
    let body = |content: Value| json!({ "content": content, "description": "What is sent." });
    let text = success(&json!({ "type": "string" }), &json!("done"));
    let post = |id: &str, body: Value| json!({ "post": { "operationId": id, "requestBody": body, "responses": text } });
    let mut document = document(
        &json!({
            "/several": post("several", body(json!({
                "application/xml": { "schema": object },
                "application/json; charset=utf-8": { "schema": object, "example": { "A": "a" } },
                "text/json": { "schema": object },
            }))),
            "/form": post("form", body(json!({ "application/x-www-form-urlencoded": { "schema": object } }))),
            "/bytes": post("bytes", body(json!({ "application/octet-stream": {} }))),
            "/text": post("text", body(json!({ "text/plain": { "schema": { "type": "string", "maxLength": 3 } } }))),
            "/patch": post("patch", body(json!({
                "application/json-patch+json": { "schema": { "type": "array", "items": object, "maxItems": 2 }, "example": [{ "A": "a" }] },
                "application/*+json": { "schema": object },
                "application/xml": { "schema": object },
            }))),
            "/any": post("any", body(json!({ "*/*": { "schema": object, "example": { "A": "a" } } }))),
            "/upload": post("upload", body(json!({ "multipart/form-data": { "schema": object } }))),
            "/nothing": post("nothing", body(json!({}))),
            "/unsaid": post("unsaid", body(json!({ "application/json": { "example": [1] } }))),
            "/nullable": post("nullable", body(json!({
                "application/json": { "schema": { "type": "object", "nullable": true, "additionalProperties": { "type": "integer" } }, "example": { "a": 1 } },
            }))),
            "/list": post("list", body(json!({
                "application/json": { "schema": { "type": "array", "items": object }, "example": [{ "A": "a" }] },
            }))),
            "/scalar": post("scalar", body(json!({ "application/json": { "schema": { "type": "integer" }, "example": 3 } }))),
            "/shared": post("shared", json!({ "$ref": "#/components/requestBodies/Shared" })),
            "/csv": { "get": { "operationId": "csv", "responses": {
                "200": { "description": "Rows.", "content": { "text/csv": { "schema": { "type": "string" } } } },
            } } },
            "/other-json": { "get": { "operationId": "other_json", "responses": {
                "200": { "description": "Rows.", "content": {
                    "text/csv": { "schema": { "type": "string" } },
                    "application/vnd.things+json": { "schema": object, "example": { "A": "a" } },
                } },
                "400": { "description": "No.", "content": { "application/problem+json": {} } },
            } } },
        }),
        &json!({}),
    );
    document["components"]["requestBodies"] = json!({
        "Shared": body(json!({ "application/json": { "schema": object, "example": { "A": "shared" } } })),
    });
    document
}

/// Returns a document with successes and errors in every combination.
pub(crate) fn outcomes() -> Value {
    let json = |name: &str| json!({ "description": name, "content": { "application/json": { "schema": reference(name) } } });
    let bare = json!({ "description": "Nothing." });
    let raw = json!({ "description": "Text.", "content": { "text/plain": {} } });
    let schemas = json!({
        "A": { "type": "object", "properties": { "A": { "type": "string" } } },
        "B": { "type": "object", "properties": { "B": { "type": "string" } } },
        "E": { "type": "object", "properties": { "Message": { "type": "string" } } },
        "F": { "type": "object", "properties": { "Reason": { "type": "string" } } },
    });
    let cases = [
        (
            "plain",
            json!({ "200": json("A"), "400": json("E"), "4XX": json("E"), "404": json("E"), "500": json("E") }),
        ),
        (
            "two_successes",
            json!({ "200": json("A"), "201": json("B") }),
        ),
        (
            "same_successes",
            json!({ "200": json("A"), "202": json("A"), "2XX": json("A") }),
        ),
        (
            "no_content_with_body",
            json!({ "200": json("A"), "204": json("E"), "400": json("E") }),
        ),
        ("no_content_alone", json!({ "204": json("E") })),
        (
            "two_errors",
            json!({ "200": json("A"), "400": json("E"), "403": json("F") }),
        ),
        (
            "bare_error",
            json!({ "200": json("A"), "400": json("E"), "429": bare }),
        ),
        (
            "bare_errors",
            json!({ "200": json("A"), "404": bare, "500": bare }),
        ),
        (
            "default_error",
            json!({ "200": json("A"), "default": json("E") }),
        ),
        ("default_alone", json!({ "default": json("A") })),
        (
            "default_differs",
            json!({ "201": json("B"), "404": json("F"), "default": json("E") }),
        ),
        (
            "raw_error",
            json!({ "200": json("A"), "400": json("E"), "502": raw }),
        ),
        ("raw_errors", json!({ "200": json("A"), "502": raw })),
        (
            "raw_success",
            json!({ "200": raw, "201": json("B"), "202": bare }),
        ),
        (
            "redirect",
            json!({ "302": bare, "101": bare, "404": json("E") }),
        ),
        ("nothing", json!({ "304": bare })),
    ];
    let mut paths = json!({});
    for (name, responses) in cases {
        let path = format!("/{name}");
        paths[path] = json!({ "get": { "operationId": name, "responses": responses } });
    }
    document(&paths, &schemas)
}

/// Returns a document with other parts next to the operations, and with descriptions of every kind.
pub(crate) fn surroundings() -> Value {
    let mut document = exchange(
        &json!({
            "Question": {
                "type": "object",
                "description": "A block:\r\n\r\n```\nlet nothing = of_ours;\n```\n\n    indented();\n\ra `tick` and \"quotes\" */ /* \\ {}",
                "externalDocs": { "url": "https://example.com" },
                "xml": { "name": "question" },
                "properties": {
                    "A": { "type": "string", "description": "```rust\npanic!();\n```", "x-rust-type": { "crate": "nowhere", "version": "1", "path": "nowhere::A" } },
                },
            },
            "Reply": { "type": "object", "properties": { "B": { "type": "string", "example": "b" } } },
        }),
        &json!({ "A": "a" }),
        &json!({ "B": "b" }),
    );
    let operation = &mut document["paths"]["/do"]["post"];
    operation["summary"] = json!("Does it, once");
    operation["description"] = json!("Twice:\n\n    code();\n");
    operation["x-dropshot-pagination"] = json!({ "required": [] });
    operation["x-dropshot-websocket"] = json!({});
    operation["security"] = json!([{ "key": [] }]);
    operation["callbacks"] = json!({
        "onDone": { "{$request.body#/url}": { "post": { "responses": { "200": { "description": "Heard." } } } } },
    });
    operation["responses"]["200"]["links"] = json!({ "next": { "operationId": "things_do" } });
    operation["responses"]["200"]["headers"] = json!({
        "X-Count": { "$ref": "#/components/headers/Count" },
    });
    document["components"]["headers"] = json!({ "Count": { "schema": { "type": "integer" } } });
    document["components"]["securitySchemes"] =
        json!({ "key": { "type": "apiKey", "in": "header", "name": "K" } });
    document["servers"] = json!([{ "url": "https://{place}.example.com", "variables": { "place": { "default": "a" } } }]);
    document["tags"] = json!([{ "name": "things" }]);
    document
}
