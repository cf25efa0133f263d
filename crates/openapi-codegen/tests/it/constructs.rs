//! A small document for each construct, with examples of requests and responses.

use serde_json::{Value, json};

use crate::builder::{exchange, reference};

/// A document, and the name of its module.
pub(crate) struct Construct {
    pub(crate) name: &'static str,
    pub(crate) document: Value,
}

/// Returns all constructs.
pub(crate) fn all() -> Vec<Construct> {
    let mut all = Vec::new();
    let mut add = |name, document| all.push(Construct { name, document });
    add("references", references());
    add("merged", merged());
    add("choices", choices());
    add("untyped", untyped());
    add("formats", formats());
    add("recursive", recursive());
    add("inline", inline());
    add("names", names());
    add("enums", enums());
    add("fields", fields());
    add("nulls", nulls());
    add("containers", containers());
    add("limits", limits());
    add("read_only", read_only());
    add("deprecated", deprecated());
    add("checked", super::checks::checked());
    add("combined", super::checks::combined());
    add("contradicted", contradicted());
    add("operations", super::operations::operations());
    add("parameters", super::operations::parameters());
    add("bodies", super::operations::bodies());
    add("outcomes", super::operations::outcomes());
    add("surroundings", super::operations::surroundings());
    all
}

fn references() -> Value {
    let properties = json!({
        "Plain": reference("Update"),
        "Wrapped": { "allOf": [reference("Update")], "description": "Wrapped." },
        "Nullable": { "allOf": [reference("Update")], "nullable": true, "maxLength": 12 },
        "Formatted": { "format": "date-time", "allOf": [reference("Update")], "nullable": true },
        "Either": { "anyOf": [reference("State")], "nullable": true, "x-note": 1 },
        "One": { "oneOf": [reference("State")], "minLength": 1 },
        "Both": { "allOf": [reference("State")], "anyOf": [reference("State")] },
        "Deep": { "$ref": "#/components/schemas/Update/properties/Inner" },
        "Escaped": { "$ref": "#/components/schemas/Upd%61te" },
    });
    exchange(
        &json!({
            "Update": {
                "type": "object",
                "properties": {
                    "Value": { "type": "string", "nullable": true },
                    "Inner": { "type": "object", "properties": { "Deeper": { "type": "integer" } } },
                },
            },
            "State": { "type": "string", "enum": ["On", "Off"] },
            "Alias": reference("SecondAlias"),
            "SecondAlias": { "allOf": [reference("State")], "nullable": true },
            "Question": {
                "type": "object",
                "properties": { "All": reference("All"), "Alias": reference("Alias") },
            },
            "All": { "type": "object", "properties": properties },
            "Reply": { "type": "object", "properties": { "All": reference("All") } },
        }),
        &json!({
            "All": {
                "Plain": { "Value": "a" },
                "Nullable": { "Value": "b" },
                "Either": "On",
                "One": "Off",
                "Both": "On",
                "Deep": { "Deeper": 3 },
                "Escaped": { "Inner": { "Deeper": 4 } },
            },
            "Alias": "Off",
        }),
        &json!({ "All": { "Plain": null, "Either": "Dim", "Formatted": { "Value": "2026-01-01T00:00:00Z" } } }),
    )
}

fn merged() -> Value {
    exchange(
        &json!({
            "Base": {
                "type": "object",
                "required": ["Id"],
                "properties": { "Id": { "type": "string", "format": "uuid" } },
                "additionalProperties": false,
            },
            "Middle": {
                "allOf": [reference("Base"), { "type": "object", "properties": { "Middle": { "type": "integer" } } }],
            },
            "Question": {
                "type": "object",
                "allOf": [reference("Middle")],
                "required": ["Name"],
                "properties": { "Name": { "type": "string" }, "Self": reference("Self") },
                "additionalProperties": false,
            },
            "Self": {
                "type": "object",
                "properties": {
                    "Next": {
                        "allOf": [reference("Self"), { "type": "object", "properties": { "Note": { "type": "string" } } }],
                    },
                },
            },
            "Reply": {
                "allOf": [reference("Base")],
                "anyOf": [
                    { "type": "object", "required": ["A"], "properties": { "A": { "type": "string" } } },
                    { "type": "object", "required": ["B"], "properties": { "B": { "type": "string" } } },
                ],
                "properties": {
                    "Scalar": { "allOf": [{ "type": "string" }, { "maxLength": 4 }] },
                    "Impossible": { "allOf": [{ "type": "string" }, { "type": "object", "properties": { "X": {} } }] },
                    "Empty": { "allOf": [] },
                    "Narrowed": { "allOf": [reference("Base"), { "description": "No more than that." }] },
                    "Loop": reference("Loop"),
                },
            },
            "Loop": { "allOf": [reference("Loop"), { "type": "object", "properties": { "L": { "type": "boolean" } } }] },
        }),
        &json!({
            "Id": "00000000-0000-4000-8000-000000000001",
            "Middle": 2,
            "Name": "n",
            "Self": { "Next": { "Note": "deep", "Next": { "Note": "deeper" } } },
        }),
        &json!({
            "Id": "00000000-0000-4000-8000-000000000001",
            "A": "a",
            "Scalar": "s",
            "Impossible": [1],
            "Narrowed": { "Id": "00000000-0000-4000-8000-000000000002" },
            "Loop": { "L": true },
        }),
    )
}

fn choices() -> Value {
    exchange(
        &json!({
            "Cash": { "type": "object", "required": ["Amount"], "properties": { "Amount": { "type": "number" } } },
            "Card": { "type": "object", "required": ["Number"], "properties": { "Number": { "type": "string" } } },
            "Kind": { "type": "string", "enum": ["Cash", "Card"] },
            "Pair": {
                "type": "object",
                "properties": {
                    "Discriminator": { "allOf": [reference("Kind")] },
                    "Value": { "oneOf": [reference("Cash"), reference("Card")], "nullable": true },
                },
            },
            "Sent": {
                "type": "object",
                "oneOf": [
                    reference("Cash"),
                    reference("Card"),
                    { "type": "object", "properties": { "Ticket": { "type": "string", "maxLength": 3 } } },
                ],
                "discriminator": {
                    "propertyName": "Kind",
                    "mapping": { "cash": "#/components/schemas/Cash" },
                },
            },
            "Question": {
                "type": "object",
                "properties": {
                    "Sent": reference("Sent"),
                    "Some": { "anyOf": [reference("Cash"), reference("Card")] },
                    "TextOrNumber": { "oneOf": [{ "type": "string" }, { "type": "number" }] },
                    "Numbers": { "anyOf": [{ "type": "integer" }, { "type": "number" }] },
                    "Strings": { "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string", "enum": ["b"] }] },
                    "Free": { "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] },
                    "NotA": { "type": "string", "not": { "enum": ["a"] } },
                },
            },
            "Reply": { "type": "object", "properties": { "Pairs": { "type": "array", "items": reference("Pair") } } },
        }),
        &json!({
            "Sent": { "Number": "1234" },
            "Some": { "Amount": 1.5 },
            "TextOrNumber": 4,
            "Numbers": 2.5,
            "Strings": "b",
            "Free": "z",
        }),
        &json!({
            "Pairs": [
                { "Discriminator": "Cash", "Value": { "Amount": 2 } },
                { "Discriminator": "Card", "Value": { "Number": "5" } },
                { "Discriminator": "Coin", "Value": null },
            ],
        }),
    )
}

fn untyped() -> Value {
    exchange(
        &json!({
            "Question": {
                "properties": {
                    "Anything": {},
                    "Described": { "description": "Whatever it is.", "nullable": true },
                    "Object": { "properties": { "A": { "type": "string" } } },
                    "List": { "items": { "type": "string" } },
                    "Enum": { "enum": ["x", "y"] },
                    "Text": { "minLength": 1 },
                    "Number": { "minimum": 1 },
                    "Mixed": { "minimum": 1, "pattern": "^a" },
                    "Bare": { "type": "array" },
                },
            },
            "Reply": { "description": "Any JSON." },
        }),
        &json!({
            "Anything": [1, { "a": null }],
            "Described": "text",
            "Object": { "A": "a" },
            "List": ["l"],
            "Enum": "y",
            "Text": "t",
            "Number": 1.0,
            "Mixed": true,
            "Bare": [1, "b"],
        }),
        &json!({ "free": [1, 2] }),
    )
}

fn formats() -> Value {
    let properties = json!({
        "Dates": { "type": "array", "items": { "type": "string" }, "format": "date-time" },
        "Object": { "type": "object", "format": "uuid", "properties": { "A": { "type": "string" } } },
        "Flag": { "type": "boolean", "format": "flag" },
        "Small": { "type": "integer", "format": "int32" },
        "Odd": { "type": "integer", "format": "date-time" },
        "Whole": { "type": "number", "format": "int64" },
        "Single": { "type": "number", "format": "float", "maximum": 10 },
        "Day": { "type": "string", "format": "date" },
        "Instant": { "type": "string", "format": "date-time" },
        "Mail": { "type": "string", "format": "email" },
        "Address": { "type": "string", "format": "ipv4" },
        "Huge": { "type": "integer", "format": "uint64", "minimum": 1, "maximum": 9 },
    });
    let values = json!({
        "Dates": ["2026-01-01"],
        "Object": { "A": "a" },
        "Flag": true,
        "Small": 3,
        "Odd": 4,
        "Whole": 5.0,
        "Single": 9.99,
        "Day": "2026-02-03",
        "Instant": "2026-02-03T04:05:06Z",
        "Mail": "a@example.com",
        "Address": "127.0.0.1",
        "Huge": 7,
    });
    exchange(
        &json!({
            "Question": { "type": "object", "properties": properties },
            "Reply": { "type": "object", "properties": properties },
        }),
        &values,
        &values,
    )
}

fn recursive() -> Value {
    let properties = json!({
        "Token": reference("JToken"),
        "Map": reference("JMap"),
        "Left": reference("Left"),
        "Tree": reference("Tree"),
        "Needy": reference("Needy"),
        "Here": reference("Here"),
    });
    exchange(
        &json!({
            "JToken": { "type": "array", "items": reference("JToken"), "nullable": true },
            "JMap": { "type": "object", "additionalProperties": reference("JMapValue") },
            "JMapValue": reference("JMap"),
            "Here": reference("There"),
            "There": { "allOf": [reference("Here")] },
            "Left": { "type": "object", "properties": { "Right": reference("Right"), "N": { "type": "integer" } } },
            "Right": { "type": "object", "properties": { "Left": reference("Left") } },
            "Tree": {
                "type": "object",
                "required": ["Name"],
                "properties": {
                    "Name": { "type": "string", "maxLength": 9 },
                    "Parent": reference("Tree"),
                    "Children": { "type": "array", "items": reference("Tree") },
                    "ByName": { "type": "object", "additionalProperties": reference("Tree") },
                },
            },
            "Needy": { "type": "object", "required": ["More"], "properties": { "More": reference("Needy") } },
            "Question": { "type": "object", "properties": properties },
            "Reply": { "type": "object", "properties": properties },
        }),
        &json!({
            "Token": { "a": [1] },
            "Map": { "b": "c" },
            "Left": { "Right": { "Left": { "N": 1 } } },
            "Tree": { "Name": "root", "Children": [{ "Name": "leaf" }] },
            "Here": 1,
        }),
        &json!({
            "Token": null,
            "Tree": { "Parent": { "Name": "up", "ByName": { "x": { "Name": "y" } } } },
            "Needy": { "More": {} },
        }),
    )
}

fn inline() -> Value {
    let object = json!({
        "type": "object",
        "title": "a sentence, which several share.",
        "properties": {
            "Kind": { "type": "string", "enum": ["A", "B"], "title": "a sentence, which several share." },
            "Deeper": {
                "type": "object",
                "properties": { "Kind": { "type": "string", "enum": ["C"] } },
            },
        },
    });
    let mut document = exchange(
        &json!({
            "QuestionThing": { "type": "object", "properties": { "Mine": { "type": "boolean" } } },
            "QuestionThingKind": { "type": "string", "enum": ["Z"] },
            "Question": {
                "type": "object",
                "properties": {
                    "Thing": object,
                    "Things": { "type": "array", "items": object },
                    "ByName": { "type": "object", "additionalProperties": object },
                    "Named": reference("QuestionThing"),
                    "NamedKind": reference("QuestionThingKind"),
                },
            },
            "Reply": { "type": "object", "properties": { "Thing": object } },
        }),
        &json!({
            "Thing": { "Kind": "A", "Deeper": { "Kind": "C" } },
            "Things": [{ "Kind": "B" }],
            "ByName": { "n": { "Kind": "A" } },
            "Named": { "Mine": true },
            "NamedKind": "Z",
        }),
        &json!({ "Thing": { "Kind": "Q", "Deeper": { "Kind": "C" } } }),
    );
    document["paths"]["/inline"] = json!({
        "put": {
            "operationId": "things_inline",
            "requestBody": {
                "content": { "application/json": { "schema": object, "example": { "Kind": "A" } } },
            },
            "responses": {
                "200": {
                    "description": "Done.",
                    "content": {
                        "application/json": {
                            "schema": { "type": "array", "items": object },
                            "example": [{ "Kind": "B" }, {}],
                        },
                    },
                },
                "400": {
                    "description": "Not done.",
                    "content": { "application/json": { "schema": object } },
                },
            },
        },
    });
    document
}

fn names() -> Value {
    let names = [
        "list-item",
        "ListItem",
        "listItem",
        "123",
        "Ok",
        "None",
        "Vec",
        "String",
        "self",
        "Page[Thing]",
        "TextVisitor",
        "Größe",
        "a.b_c",
        "Error",
        "Client",
        "Value",
    ];
    let mut schemas = json!({});
    let mut properties = json!({});
    let mut values = json!({});
    for (index, name) in names.iter().enumerate() {
        schemas[*name] = if index % 3 == 0 {
            json!({ "type": "string", "maxLength": 9 })
        } else if index % 3 == 1 {
            json!({ "type": "string", "enum": ["A", "B"] })
        } else {
            json!({ "type": "object", "properties": { "P": { "type": "string" } } })
        };
        let pointer = name.replace('[', "%5B").replace(']', "%5D");
        properties[format!("P{index}")] = reference(&pointer);
        values[format!("P{index}")] = match index % 3 {
            0 | 1 => json!("A"),
            _ => json!({ "P": "p" }),
        };
    }
    schemas["Question"] = json!({ "type": "object", "properties": properties });
    schemas["Reply"] = json!({ "type": "object", "properties": properties });
    exchange(&schemas, &values, &values)
}

fn enums() -> Value {
    let properties = json!({
        "Number": { "type": "integer", "enum": [1, 2] },
        "Fraction": { "type": "number", "enum": [0.5] },
        "Flag": { "type": "boolean", "enum": [true] },
        "WithNull": { "type": "string", "enum": ["a", null], "nullable": true },
        "NullAlone": { "type": "string", "enum": [null], "nullable": true },
        "Twice": { "type": "string", "enum": ["a", "a"] },
        "Cases": { "type": "string", "enum": ["active", "Active", "ACTIVE", "in-active", "in_active"] },
        "Odd": { "type": "string", "enum": ["", " ", "+1", "1", "self", "a b", "é", "\"quoted\"", "\\"] },
        "Fallbacks": { "type": "string", "enum": ["Unknown", "Unrecognized"] },
    });
    let values = json!({
        "Number": 1,
        "Fraction": 0.5,
        "Flag": true,
        "WithNull": "a",
        "Twice": "a",
        "Cases": "ACTIVE",
        "Odd": "\"quoted\"",
        "Fallbacks": "Unrecognized",
    });
    exchange(
        &json!({
            "Only": { "type": "object", "properties": properties },
            "Shared": { "type": "object", "properties": properties },
            "Question": { "type": "object", "properties": { "Only": reference("Only"), "Shared": reference("Shared") } },
            "Reply": { "type": "object", "properties": { "Shared": reference("Shared") } },
        }),
        &json!({ "Only": values, "Shared": values }),
        &json!({ "Shared": values }),
    )
}

fn fields() -> Value {
    let properties = json!({
        "fooBar": { "type": "string" },
        "foo_bar": { "type": "integer" },
        "FooBar": { "type": "boolean" },
        "type": { "type": "string" },
        "self": { "type": "string" },
        "$weird name": { "type": "string" },
        "7up": { "type": "string" },
        "extra": { "type": "string" },
        "properties": { "type": "string" },
        "example": { "type": "string" },
    });
    let values = json!({
        "fooBar": "a",
        "foo_bar": 1,
        "FooBar": true,
        "type": "t",
        "self": "s",
        "$weird name": "w",
        "7up": "u",
        "extra": "e",
        "properties": "p",
        "example": "x",
        "unlisted": 5,
    });
    exchange(
        &json!({
            "Question": {
                "type": "object",
                "required": ["fooBar", "foo_bar", "undeclared"],
                "properties": properties,
                "additionalProperties": { "type": "integer" },
            },
            "Reply": { "type": "object", "required": ["foo_bar"], "properties": properties },
        }),
        &merge(&values, &json!({ "undeclared": [1] })),
        &values,
    )
}

fn merge(one: &Value, other: &Value) -> Value {
    let mut both = one.clone();
    for (key, value) in other.as_object().into_iter().flatten() {
        both[key] = value.clone();
    }
    both
}

fn nulls() -> Value {
    exchange(
        &json!({
            "Maybe": { "type": "string", "nullable": true },
            "MaybeObject": { "type": "object", "nullable": true, "properties": { "A": { "type": "string" } } },
            "Question": {
                "type": "object",
                "required": ["Required", "Maybe"],
                "properties": {
                    "Required": { "type": "integer", "nullable": true },
                    "Maybe": reference("Maybe"),
                    "Object": reference("MaybeObject"),
                    "List": { "type": "array", "items": reference("Maybe") },
                    "Limited": {
                        "type": "array",
                        "items": { "type": "string", "nullable": true, "maxLength": 3 },
                    },
                    "Map": { "type": "object", "additionalProperties": { "type": "string", "nullable": true } },
                },
            },
            "Reply": { "type": "object", "properties": { "Object": reference("MaybeObject") } },
        }),
        &json!({
            "Required": null,
            "Maybe": null,
            "List": ["a", null],
            "Limited": ["abc", null],
            "Map": { "a": null },
        }),
        &json!({ "Object": null }),
    )
}

fn containers() -> Value {
    let properties = json!({
        "Names": { "type": "object", "additionalProperties": { "type": "string" } },
        "Free": { "type": "object" },
        "Open": { "type": "object", "additionalProperties": true },
        "Lists": { "type": "array", "items": { "type": "array", "items": { "type": "integer" } } },
        "ListAlias": reference("ListAlias"),
        "MapAlias": reference("MapAlias"),
        "Closed": reference("Closed"),
        "Unit": { "type": "object", "additionalProperties": false },
        "Typed": {
            "type": "object",
            "properties": { "Known": { "type": "string" } },
            "additionalProperties": { "type": "integer" },
        },
        "Set": { "type": "array", "items": { "type": "string" }, "uniqueItems": true, "minItems": 2, "maxItems": 2 },
    });
    let values = json!({
        "Names": { "en": "n" },
        "Free": { "a": 1 },
        "Open": { "b": 2 },
        "Lists": [[1], [2, 3]],
        "ListAlias": ["x"],
        "MapAlias": { "y": { "Deep": 1 } },
        "Closed": {},
        "Unit": {},
        "Typed": { "Known": "k", "more": 4 },
        "Set": ["a", "b"],
    });
    exchange(
        &json!({
            "ListAlias": { "type": "array", "items": { "type": "string", "maxLength": 5 }, "maxItems": 3 },
            "MapAlias": {
                "type": "object",
                "additionalProperties": { "type": "object", "properties": { "Deep": { "type": "integer" } } },
            },
            "Closed": { "type": "object", "additionalProperties": false },
            "Question": { "type": "object", "properties": properties },
            "Reply": { "type": "object", "properties": properties },
        }),
        &values,
        &values,
    )
}

fn limits() -> Value {
    exchange(
        &json!({
            "Code": { "type": "string", "minLength": 1, "maxLength": 4, "pattern": "^[a-z]+$" },
            "Count": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 10, "exclusiveMinimum": true },
            "Deep": { "type": "object", "required": ["Code"], "properties": { "Code": reference("Code") } },
            "Question": {
                "type": "object",
                "required": ["Codes", "Count"],
                "properties": {
                    "Codes": { "type": "array", "items": reference("Code"), "minItems": 1, "maxItems": 2, "uniqueItems": true },
                    "Count": reference("Count"),
                    "Deep": { "allOf": [reference("Deep")], "nullable": true },
                    "Several": { "type": "array", "items": { "allOf": [reference("Deep")], "nullable": true } },
                    "Interval": { "allOf": [reference("Interval")], "x-max-interval-in-months": 3 },
                    "Either": { "oneOf": [reference("Deep"), reference("Interval")] },
                    "Money": { "type": "number", "minimum": 0, "multipleOf": 0.01 },
                    "Fixed": { "type": "object", "minProperties": 1, "maxProperties": 2 },
                },
            },
            "Interval": {
                "type": "object",
                "properties": {
                    "StartUtc": { "type": "string", "format": "date-time" },
                    "EndUtc": { "type": "string", "format": "date-time" },
                },
            },
            "Reply": { "type": "object", "properties": { "Deep": reference("Deep") } },
        }),
        &json!({
            "Codes": ["ab", "c"],
            "Count": 2,
            "Deep": { "Code": "d" },
            "Several": [null, { "Code": "e" }],
            "Interval": { "StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-02-01T00:00:00Z" },
            "Either": { "Code": "f" },
            "Money": 1.25,
            "Fixed": { "a": 1 },
        }),
        &json!({ "Deep": { "Code": "longer than any request" } }),
    )
}

fn read_only() -> Value {
    exchange(
        &json!({
            "Thing": {
                "type": "object",
                "required": ["Id", "Name", "Secret"],
                "properties": {
                    "Id": { "type": "string", "readOnly": true },
                    "Name": { "type": "string", "default": "unnamed" },
                    "Secret": { "type": "string", "writeOnly": true },
                    "Count": { "type": "integer", "default": "not a number" },
                },
            },
            "Question": { "type": "object", "properties": { "Thing": reference("Thing") } },
            "Reply": { "type": "object", "properties": { "Thing": reference("Thing") } },
        }),
        &json!({ "Thing": { "Name": "n", "Secret": "s" } }),
        &json!({ "Thing": { "Id": "i", "Name": "n" } }),
    )
}

fn deprecated() -> Value {
    let mut document = exchange(
        &json!({
            "Old": { "type": "string", "enum": ["A"], "deprecated": true },
            "OldObject": {
                "type": "object",
                "deprecated": true,
                "properties": { "A": { "type": "string", "maxLength": 2, "deprecated": true } },
            },
            "OldText": { "type": "string", "deprecated": true },
            "Question": {
                "type": "object",
                "required": ["Text"],
                "properties": {
                    "Old": reference("Old"),
                    "Object": { "allOf": [reference("OldObject")], "deprecated": true, "x-deprecatedMessage": "Use `Text`." },
                    "Text": { "allOf": [reference("OldText")], "deprecated": true },
                },
            },
            "Reply": {
                "type": "object",
                "properties": { "Old": reference("Old"), "Object": reference("OldObject") },
            },
        }),
        &json!({ "Old": "A", "Object": { "A": "aa" }, "Text": "t" }),
        &json!({ "Old": "B", "Object": { "A": "longer" } }),
    );
    document["paths"]["/do"]["post"]["deprecated"] = json!(true);
    document
}

/// Returns a document whose examples contradict their schemas in each possible way.
fn contradicted() -> Value {
    let mut document = exchange(
        &json!({
            "Question": { "type": "object", "properties": { "Shared": reference("Shared") } },
            "Shared": {
                "type": "object",
                "required": ["Id", "Flag"],
                "properties": {
                    "Id": { "type": "string", "format": "uuid" },
                    "Flag": { "type": "boolean" },
                    "Name": { "type": "string", "maxLength": 3 },
                },
            },
            "Coordinates": { "type": "object", "properties": { "X": { "type": "number" } } },
            "ThingId": { "type": "string", "format": "uuid" },
            "Reply": {
                "type": "object",
                "properties": {
                    "Shared": { "type": "array", "items": reference("Shared") },
                    "Day": { "type": "string", "format": "date" },
                    "At": { "type": "string", "format": "date-time" },
                    "ThingId": reference("ThingId"),
                    "Small": { "type": "integer", "format": "int32" },
                    "Whole": { "type": "integer" },
                    "Where": reference("Coordinates"),
                    "List": { "type": "array", "items": { "type": "string" } },
                    "Map": { "type": "object", "additionalProperties": { "type": "integer" } },
                    "Text": { "type": "string" },
                    "Kind": { "type": "string", "enum": ["A"] },
                    "NumericKind": { "type": "string", "enum": ["A"] },
                },
            },
        }),
        &json!({ "Shared": { "Id": "00000000-0000-4000-8000-000000000001", "Flag": true } }),
        &json!({
            "Shared": [
                { "Flag": "false" },
                { "Id": null },
                null,
                { "Id": "00000000-0000-4000-8000-000000000001", "Name": "longer" },
            ],
            "Day": "soon",
            "At": "2026-01-01 10:00",
            "ThingId": "three",
            "Small": 3_000_000_000_u64,
            "Whole": 1.5,
            "Where": "nowhere",
            "List": [1, null],
            "Map": { "a": null, "b": "c" },
            "Text": 5,
            "Kind": "B",
            "NumericKind": 4,
        }),
    );
    let media = document.pointer_mut("/paths/~1do/post/responses/200/content/application~1json");
    if let Some(media) = media {
        let example = media["example"].take();
        *media = json!({
            "schema": reference("Reply"),
            "examples": {
                "AsJson": { "value": example },
                "AsText": { "value": "{\"Text\": \"t\", \"Whole\": 2}" },
                "Broken": { "value": "{\"Text\": \"t\",}" },
                "Two": { "value": "{} {}" },
                "Elsewhere": { "externalValue": "https://example.com/reply.json" },
            },
        });
    }
    document
}
