//! Types of schemas, and keywords of types.

use serde_json::{Map, Value, json};

use super::{Edit, Pass, Work, is_annotation};
use crate::constraints::{KEYWORDS, STRING_FORMATS, is_constraint};
use openapi_tree::document::escape;

/// Infers a missing type, and removes keywords and formats of other types.
pub(super) const PASS: Pass = Pass {
    name: "one-type",
    reason: "typify panics if a format is next to an object or a list, over most schemas without a type, and over most \
              uses of `not`",
    work: Work::Schemas(edits),
};

const INTEGER_FORMATS: [&str; 10] = [
    "int", "int16", "int32", "int64", "int8", "uint", "uint16", "uint32", "uint64", "uint8",
];

const CHOICES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Returns the keywords of a type, without its constraints.
fn keywords_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "array" => &["items"],
        "object" => &["additionalProperties", "properties", "required"],
        _ => &[],
    }
}

fn is_about(kind: &str, keyword: &str) -> bool {
    let constrains =
        |(other, keywords): &(&str, &[&str])| *other == kind && keywords.contains(&keyword);
    keywords_of(kind).contains(&keyword) || KEYWORDS.iter().any(constrains)
}

/// Returns the type that the keywords imply, if there is only one.
fn inferred(object: &Map<String, Value>) -> Option<&'static str> {
    let has = |kind: &str| object.keys().any(|keyword| is_about(kind, keyword));
    let format = object.get("format").and_then(Value::as_str);
    let values = object.get("enum").and_then(Value::as_array);
    let all = |is: fn(&Value) -> bool| {
        values.is_some_and(|values| {
            values.iter().any(is) && values.iter().all(|value| value.is_null() || is(value))
        })
    };
    let speaks_of = [
        ("object", has("object")),
        ("array", has("array")),
        (
            "string",
            has("string")
                || all(Value::is_string)
                || format
                    .is_some_and(|format| STRING_FORMATS.iter().any(|(name, ..)| *name == format)),
        ),
        (
            "integer",
            format.is_some_and(|format| INTEGER_FORMATS.contains(&format)),
        ),
        ("number", has("number")),
    ];
    let mut spoken_of = speaks_of.iter().filter(|(_, speaks)| *speaks);
    match (spoken_of.next(), spoken_of.next()) {
        (Some((kind, _)), None) => Some(kind),
        (Some(("integer", _)), Some(("number", _))) => Some("integer"),
        _ => None,
    }
}

/// Returns the edits of a schema. `not` is removed because no type expresses it. Any JSON has no constraints.
fn edits(pointer: &str, schema: &Value) -> Vec<Edit> {
    let Some(object) = schema
        .as_object()
        .filter(|object| !object.contains_key("$ref"))
    else {
        return Vec::new();
    };
    let mut edits = Vec::new();
    let at = |keyword: &str| format!("{pointer}/{}", escape(keyword));
    let is_choice = CHOICES.iter().any(|keyword| object.contains_key(*keyword));
    let mut kind = object.get("type").and_then(Value::as_str);
    if kind.is_none() {
        kind = inferred(object);
        if let Some(kind) = kind.filter(|_| !is_choice) {
            let what = format!("has the type {kind} according to its keywords");
            edits.push(Edit::set(at("type"), json!(kind)).note(pointer, what));
        }
    }
    for (keyword, value) in object {
        let belongs = match keyword.as_str() {
            "not" => false,
            "type" => true,
            "format" => format_belongs(kind, value, is_choice),
            "enum" | "discriminator" => kind.is_some() || is_choice,
            keyword if CHOICES.contains(&keyword) || is_annotation(keyword) => true,
            keyword => is_choice || kind.is_some_and(|kind| is_about(kind, keyword)),
        };
        if belongs {
            continue;
        }
        let stated = match value {
            Value::String(text) => format!("{keyword} {text}"),
            value if is_constraint(keyword) => format!("{keyword} {value}"),
            _ => keyword.clone(),
        };
        let kind = kind.map_or_else(|| "any JSON".to_owned(), |kind| format!("the type {kind}"));
        let edit = Edit::remove(at(keyword));
        edits.push(if keyword == "not" {
            edit.loss(pointer, "not checked: no type expresses `not`")
        } else if kind == "any JSON" && is_constraint(keyword) {
            edit.loss(pointer, format!("not checked for any JSON: {stated}"))
        } else {
            edit.note(
                pointer,
                format!("`{stated}` removed: it does not apply to {kind}"),
            )
        });
    }
    if kind == Some("array") && !is_choice && !object.contains_key("items") {
        edits.push(Edit::set(at("items"), json!({})).note(pointer, "contains any JSON"));
    }
    edits
}

/// Returns `true` if a format belongs to a type. A number always has 64 bits, because 32 bits would lose digits.
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
