//! Documents with constraints of every kind, for values of every kind.

use serde_json::{Map, Value, json};

use crate::builder::{exchange, reference};

/// Returns a document with every keyword next to every format: plain, nullable, and in lists and maps.
pub(crate) fn combined() -> Value {
    let strings = [
        "",
        "byte",
        "date",
        "date-time",
        "email",
        "ip",
        "ipv4",
        "ipv6",
        "uuid",
    ];
    let integers = [
        "", "int", "int16", "int32", "int64", "int8", "uint", "uint16", "uint32", "uint64", "uint8",
    ];
    let numbers = ["", "double", "float"];
    let lengths = json!({ "minLength": 1, "maxLength": 20, "pattern": "^a" });
    let bounds = json!({
        "minimum": 1, "maximum": 20, "exclusiveMinimum": true, "exclusiveMaximum": true, "multipleOf": 2,
    });
    let lists = json!({ "minItems": 1, "maxItems": 20, "uniqueItems": true });
    let maps = json!({ "minProperties": 1, "maxProperties": 20 });
    let mut properties = Map::new();
    let kinds = [
        ("string", &strings[..], &lengths),
        ("integer", &integers[..], &bounds),
        ("number", &numbers[..], &bounds),
        ("boolean", &[""][..], &lengths),
    ];
    for (kind, formats, constraints) in kinds {
        for format in formats {
            for keyword in constraints.as_object().into_iter().flatten() {
                for nullable in [false, true] {
                    let mut schema =
                        json!({ "type": kind, keyword.0: keyword.1, "nullable": nullable });
                    for bound in ["minimum", "maximum"] {
                        if keyword.0.to_lowercase().ends_with(bound) {
                            schema[bound] = constraints[bound].clone();
                        }
                    }
                    if !format.is_empty() {
                        schema["format"] = json!(format);
                    }
                    let name = format!("{kind} {format} {} {nullable}", keyword.0);
                    properties.insert(
                        format!("{name} list"),
                        json!({ "type": "array", "items": schema }),
                    );
                    properties.insert(
                        format!("{name} map"),
                        json!({ "type": "object", "additionalProperties": schema }),
                    );
                    properties.insert(name, schema);
                }
            }
        }
    }
    for (kind, constraints) in [("array", lists), ("object", maps)] {
        for (keyword, value) in constraints.as_object().into_iter().flatten() {
            for nullable in [false, true] {
                let schema = json!({ "type": kind, keyword: value, "nullable": nullable });
                properties.insert(format!("{kind} {keyword} {nullable}"), schema.clone());
                let list = json!({ "type": "array", "items": schema });
                properties.insert(format!("{kind} {keyword} {nullable} list"), list);
            }
        }
    }
    let mut document = exchange(
        &json!({
            "Question": { "type": "object", "properties": properties },
            "Shared": { "type": "object", "required": ["string  minLength false"], "properties": properties },
            "Sent": { "type": "object", "properties": { "Shared": reference("Shared") } },
            "Reply": { "type": "object", "properties": { "Shared": reference("Shared") } },
        }),
        &json!({}),
        &json!({ "Shared": {} }),
    );
    let parameters: Vec<Value> = properties
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| !name.ends_with("map") && !name.ends_with("list") && !name.starts_with("object"))
        .map(|(index, (_, schema))| json!({ "name": format!("p{index}"), "in": "query", "schema": schema }))
        .collect();
    document["paths"]["/shared"] = json!({ "put": {
        "operationId": "shared_put",
        "parameters": parameters,
        "requestBody": { "content": { "application/json": { "schema": reference("Sent") } } },
        "responses": { "204": { "description": "Done." } },
    } });
    document
}

/// Returns a document with constraints in every location, with changes of the example that violate each of them, and with
/// changes that almost do.
pub(crate) fn checked() -> Value {
    let short = json!({ "type": "string", "maxLength": 2 });
    let mut document = exchange(
        &json!({
            "Question": {
                "type": "object",
                "properties": {
                    "Names": { "type": "object", "additionalProperties": short },
                    "Whole": { "type": "integer", "minimum": 1.5, "maximum": 9, "exclusiveMaximum": true },
                    "Huge": { "type": "integer", "format": "uint64", "minimum": 18_446_744_073_709_551_615_u64 },
                    "Above": { "type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 1 },
                    "Step": { "type": "integer", "multipleOf": 5 },
                    "Free": { "type": "object", "minProperties": 1, "maxProperties": 2 },
                    "Counted": { "type": "object", "additionalProperties": { "type": "boolean" }, "maxProperties": 1 },
                    "Typed": {
                        "type": "object",
                        "properties": { "Known": { "type": "string" } },
                        "additionalProperties": { "type": "integer", "maximum": 5 },
                    },
                    "Either": { "oneOf": [reference("Short"), reference("Long")] },
                    "Nested": { "type": "array", "items": { "type": "array", "items": short, "minItems": 1 } },
                    "Maybe": { "type": "array", "items": { "type": "string", "nullable": true, "maxLength": 2 } },
                    "Lists": { "type": "object", "additionalProperties": reference("List") },
                    "Merged": { "allOf": [{ "type": "string", "maxLength": 9 }, { "maxLength": 3, "minLength": 2 }] },
                    "Part": reference("Part"),
                    "Pick": pick(),
                    "description": { "type": "string", "maxLength": 2 },
                    "headers": { "type": "string", "maxLength": 2 },
                },
            },
            "List": { "type": "array", "items": reference("Short"), "uniqueItems": true },
            "Short": { "type": "object", "required": ["S"], "properties": { "S": short } },
            "Long": { "type": "object", "required": ["L"], "properties": { "L": { "type": "string", "minLength": 3 } } },
            "Part": { "properties": { "description": { "type": "string" }, "headers": short } },
            "Reply": {},
        }),
        &json!({
            "Names": { "a": "ab" },
            "Whole": 2,
            "Huge": 18_446_744_073_709_551_615_u64,
            "Above": 0.5,
            "Step": 10,
            "Free": { "a": 1 },
            "Counted": { "a": true },
            "Typed": { "Known": "long enough", "more": 5 },
            "Either": { "L": "long" },
            "Nested": [["ab"]],
            "Maybe": [null, "ab"],
            "Lists": { "a": [{ "S": "s" }] },
            "Merged": "abc",
            "Part": { "description": "d", "headers": "h" },
            "Pick": { "Id": "1", "Tags": { "a": "b" }, "Name": "n" },
            "description": "d",
            "headers": "h",
        }),
        &json!({}),
    );
    document["x-valid"] = json!([
        {},
        { "Pick": { "Id": "1", "Ids": [], "Part": null } },
        { "Pick": { "Ids": ["1"], "Tags": { "a": "b" }, "Name": null, "Part": {} } },
        { "Pick": { "Ids": ["1"], "Tags": {}, "Name": "n" } },
    ]);
    document["x-violations"] = json!([
        { "Names": { "a": "abc" } },
        { "Whole": 1 },
        { "Whole": 9 },
        { "Huge": 1 },
        { "Above": 0.0 },
        { "Above": 1.5 },
        { "Step": 7 },
        { "Free": {} },
        { "Free": { "a": 1, "b": 2, "c": 3 } },
        { "Counted": { "a": true, "b": true } },
        { "Typed": { "more": 6 } },
        { "Either": { "S": "abc" } },
        { "Either": { "L": "l" } },
        { "Nested": [[]] },
        { "Nested": [["abc"]] },
        { "Maybe": ["abc"] },
        { "Lists": { "a": [{ "S": "abc" }] } },
        { "Lists": { "a": [{ "S": "a" }, { "S": "a" }] } },
        { "Merged": "abcd" },
        { "Merged": "a" },
        { "Part": { "headers": "abc" } },
        { "Pick": { "Id": "1", "Ids": ["2"] } },
        { "Pick": { "Id": "1", "Part": {} } },
        { "Pick": { "Ids": ["1"], "Tags": { "a": "b" }, "Name": "n" } },
        { "Pick": { "Name": "n", "Part": {} } },
        { "description": "abc" },
        { "headers": "abc" },
    ]);
    document
}

/// Returns an object with properties that exclude each other, in all forms.
fn pick() -> Value {
    json!({
        "type": "object",
        "properties": {
            "Id": { "type": "string" },
            "Ids": { "type": "array", "items": { "type": "string" } },
            "Tags": { "type": "object", "additionalProperties": { "type": "string" } },
            "Name": { "type": "string", "nullable": true },
            "Part": { "nullable": true, "allOf": [reference("Part")] },
        },
        "not": {
            "anyOf": [
                { "required": ["Id", "Ids"] },
                { "required": ["Id", "Part"], "properties": { "Part": reference("Part") } },
            ],
        },
        "allOf": [
            { "not": { "required": ["Ids", "Tags", "Name"] } },
            { "not": { "required": ["Part", "Name"], "type": "object" } },
        ],
    })
}
