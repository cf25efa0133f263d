//! Each schema has the type that its keywords speak of, and the keywords of its type.

use serde_json::{Map, Value, json};

use super::{Changes, Pass, is_annotation};
use openapi_tree::schemas::{each_schema, each_schema_mut};

/// A missing type is inferred, keywords of another type are left out, and so is a format that says nothing of its
/// type.
pub(super) const PASS: Pass = Pass {
    name: "one-type",
    answers: "typify panics over a format beside an object or a list, over most schemas without a type, and over \
              most uses of `not`",
    find,
    apply,
};

/// The formats that make another type of a text; any other one is for readers.
pub(super) const TEXT_FORMATS: [&str; 6] = ["date", "date-time", "ip", "ipv4", "ipv6", "uuid"];

const INTEGER_FORMATS: [&str; 10] = [
    "int", "int16", "int32", "int64", "int8", "uint", "uint16", "uint32", "uint64", "uint8",
];

const NUMBER_KEYWORDS: [&str; 5] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maximum",
    "minimum",
    "multipleOf",
];
const TEXT_KEYWORDS: [&str; 3] = ["maxLength", "minLength", "pattern"];
const ARRAY_KEYWORDS: [&str; 4] = ["items", "maxItems", "minItems", "uniqueItems"];
const OBJECT_KEYWORDS: [&str; 5] = [
    "additionalProperties",
    "maxProperties",
    "minProperties",
    "properties",
    "required",
];
const CHOICES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

fn keywords_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "string" => &TEXT_KEYWORDS,
        "integer" | "number" => &NUMBER_KEYWORDS,
        "array" => &ARRAY_KEYWORDS,
        "object" => &OBJECT_KEYWORDS,
        _ => &[],
    }
}

/// The type that the keywords speak of, if it is but one.
fn inferred(object: &Map<String, Value>) -> Option<&'static str> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| object.contains_key(*keyword));
    let format = object.get("format").and_then(Value::as_str);
    let values = object.get("enum").and_then(Value::as_array);
    let all = |is: fn(&Value) -> bool| {
        values.is_some_and(|values| {
            values.iter().any(is) && values.iter().all(|value| value.is_null() || is(value))
        })
    };
    let speaks_of = [
        ("object", has(&OBJECT_KEYWORDS)),
        ("array", has(&ARRAY_KEYWORDS)),
        (
            "string",
            has(&TEXT_KEYWORDS)
                || all(Value::is_string)
                || format.is_some_and(|format| TEXT_FORMATS.contains(&format)),
        ),
        (
            "integer",
            format.is_some_and(|format| INTEGER_FORMATS.contains(&format)),
        ),
        ("number", has(&NUMBER_KEYWORDS)),
    ];
    let mut spoken_of = speaks_of.iter().filter(|(_, speaks)| *speaks);
    match (spoken_of.next(), spoken_of.next()) {
        (Some((kind, _)), None) => Some(kind),
        (Some(("integer", _)), Some(("number", _))) => Some("integer"),
        _ => None,
    }
}

/// What the schema should be, and what was done to make it that.
fn simple(schema: &Value) -> Option<(Map<String, Value>, Vec<String>)> {
    let before = schema.as_object()?;
    if before.contains_key("$ref") {
        return None;
    }
    let mut object = before.clone();
    let mut done = Vec::new();
    if object.remove("not").is_some() {
        done.push("`not` left out: no type says what a value is not".to_owned());
    }
    let is_choice = CHOICES.iter().any(|keyword| object.contains_key(*keyword));
    let kind = match object.get("type").and_then(Value::as_str) {
        Some(kind) => Some(kind.to_owned()),
        None if is_choice => inferred(&object).map(str::to_owned),
        None => {
            let kind = inferred(&object).map(str::to_owned);
            if let Some(kind) = &kind {
                done.push(format!("has the type {kind}, by its keywords"));
                object.insert("type".to_owned(), json!(kind));
            }
            kind
        }
    };
    let dropped: Vec<String> = object
        .iter()
        .filter(|(keyword, value)| {
            let keyword = keyword.as_str();
            match keyword {
                "format" => !format_belongs(kind.as_deref(), value, is_choice),
                "type" | "not" => false,
                "enum" | "discriminator" => kind.is_none() && !is_choice,
                _ if CHOICES.contains(&keyword) || is_annotation(keyword) => false,
                _ => {
                    !kind
                        .as_deref()
                        .is_some_and(|kind| keywords_of(kind).contains(&keyword))
                        && !is_choice
                }
            }
        })
        .map(|(keyword, _)| keyword.clone())
        .collect();
    for keyword in &dropped {
        let value = object.remove(keyword).unwrap_or_default();
        let value = value
            .as_str()
            .map_or(String::new(), |text| format!(" {text}"));
        done.push(format!(
            "`{keyword}{value}` left out: it says nothing of {}",
            kind.as_deref()
                .map_or_else(|| "any JSON".to_owned(), |kind| format!("the type {kind}"))
        ));
    }
    if kind.as_deref() == Some("array") && !is_choice && !object.contains_key("items") {
        object.insert("items".to_owned(), json!({}));
        done.push("holds any JSON".to_owned());
    }
    (object != *before).then_some((object, done))
}

/// A float of 32 bits would lose digits of what was sent, so a number is always one of 64.
fn format_belongs(kind: Option<&str>, format: &Value, is_choice: bool) -> bool {
    let Some(format) = format.as_str() else {
        return false;
    };
    match kind {
        Some("string") => true,
        Some("integer") => INTEGER_FORMATS.contains(&format),
        Some("number") => format == "double",
        None => is_choice,
        Some(_) => false,
    }
}

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if simple(schema).is_some() {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    each_schema_mut(tree, &mut |pointer, schema| {
        if let Some((object, done)) = simple(schema) {
            *schema = Value::Object(object);
            changes.note(pointer, done.join("; "));
        }
    });
}
