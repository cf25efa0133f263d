//! The OpenAPI document, and its schemas as JSON Schema.
//!
//! OpenAPI 3.0 has a schema dialect of its own. What it says differently is translated here, so that a request is
//! checked against the document itself and a mistake in a client's types shows.

use std::sync::LazyLock;

use chrono::{DateTime, Months};
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::operation::Operation;

/// The document as this crate carries it; `cargo xtask regenerate` writes it.
pub const DOCUMENT: &str = include_str!("connector.json");

/// The document, parsed.
pub(crate) static PARSED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(DOCUMENT).expect("the embedded document is JSON"));

/// Whether an object may hold more than the schema names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// As the document says.
    Open,
    /// Nothing that isn't named, so that a misspelt optional name is found.
    Closed,
}

/// The validator of an operation's request body.
pub(crate) fn request_validator(operation: Operation) -> &'static Validator {
    static VALIDATORS: LazyLock<Vec<Validator>> = LazyLock::new(|| {
        Operation::ALL
            .map(|operation| {
                let pointer = format!(
                    "/paths/{}/post/requestBody/content/application~1json/schema",
                    operation.path().replace('/', "~1")
                );
                let schema = PARSED.pointer(&pointer).unwrap_or(&Value::Bool(false));
                validator(schema, View::Open)
            })
            .into()
    });
    &VALIDATORS[operation as usize]
}

/// Checks an answer against a closed view of the document: beyond what the document says, nothing may stand in it
/// that the document doesn't name, so that a misspelt property is found.
///
/// The sandbox's tests put every answer through it; it serves to check other implementations, too.
///
/// ```
/// use mews_sandbox::{Operation, check_answer};
///
/// assert!(check_answer(Operation::VouchersDelete, 200, b"{}").is_ok());
/// assert!(check_answer(Operation::VouchersAdd, 200, br#"{"Voucher": []}"#).is_err());
/// ```
///
/// # Errors
///
/// What is wrong, and where, as a sentence.
pub fn check_answer(operation: Operation, status: u16, body: &[u8]) -> Result<(), String> {
    let operation_pointer = format!(
        "/paths/{}/post/responses",
        operation.path().replace('/', "~1")
    );
    let responses = PARSED.pointer(&operation_pointer).unwrap_or(&Value::Null);
    let declared = responses
        .get(status.to_string())
        .or_else(|| responses.get(format!("{}XX", status / 100)))
        .ok_or_else(|| format!("{operation} declares no answer with status {status}"))?;
    let response = match declared.get("$ref").and_then(Value::as_str) {
        Some(reference) => PARSED
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(&Value::Null),
        None => declared,
    };
    let Some(schema) = response.pointer("/content/application~1json/schema") else {
        return match body {
            [] => Ok(()),
            _ => Err(format!("{operation} declares no body for status {status}")),
        };
    };
    let body: Value =
        serde_json::from_slice(body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    validator(schema, View::Closed)
        .validate(&body)
        .map_err(|error| {
            format!(
                "{operation} {status} at \"{}\": {error}",
                error.instance_path()
            )
        })
}

/// The validator of a schema of the document.
pub(crate) fn validator(schema: &Value, view: View) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_keyword(MAX_INTERVAL, |_, value, _| {
            Ok(Box::new(Interval {
                months: value.as_u64().and_then(|months| u32::try_from(months).ok()),
            }))
        })
        .build(&json_schema(schema, view))
        .expect("the schemas of the embedded document are sound")
}

/// A schema of the document as one JSON Schema that holds all it refers to.
fn json_schema(schema: &Value, view: View) -> Value {
    static COMPONENTS: LazyLock<[Value; 2]> = LazyLock::new(|| {
        [View::Open, View::Closed].map(|view| {
            let schemas = PARSED["components"]["schemas"].as_object();
            let translated: Map<String, Value> = schemas
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), translate(schema, view)))
                .collect();
            json!({ "schemas": translated })
        })
    });
    json!({
        "allOf": [translate(schema, view)],
        "components": COMPONENTS[view as usize],
    })
}

const MAX_INTERVAL: &str = "x-max-interval-in-months";

/// Translates one schema and all inside it.
///
/// In OpenAPI 3.0 `nullable` stands beside the other keywords, a `$ref` makes its neighbours void, bounds are made
/// exclusive by a flag, and the width of an integer is a format.
fn translate(schema: &Value, view: View) -> Value {
    let Some(source) = schema.as_object() else {
        return schema.clone();
    };
    if let Some(reference) = source.get("$ref") {
        return json!({ "$ref": reference });
    }
    let mut target = Map::new();
    for (keyword, value) in source {
        let translated = match keyword.as_str() {
            "properties" => value.as_object().map(|properties| {
                properties
                    .iter()
                    .map(|(name, schema)| (name.clone(), translate(schema, view)))
                    .collect()
            }),
            "items" | "not" | "additionalProperties" => Some(translate(value, view)),
            "allOf" | "anyOf" | "oneOf" => value.as_array().map(|schemas| {
                schemas
                    .iter()
                    .map(|schema| translate(schema, view))
                    .collect()
            }),
            "type" | "format" | "enum" | "required" | "pattern" | "minLength" | "maxLength"
            | "minItems" | "maxItems" | "uniqueItems" | "minProperties" | "maxProperties"
            | "multipleOf" | MAX_INTERVAL => Some(value.clone()),
            "minimum" => bound(source, value, "exclusiveMinimum", &mut target),
            "maximum" => bound(source, value, "exclusiveMaximum", &mut target),
            // The rest describes and does not constrain.
            _ => None,
        };
        if let Some(translated) = translated {
            target.insert(keyword.clone(), translated);
        }
    }
    match source.get("format").and_then(Value::as_str) {
        Some("int32") => within(&mut target, i32::MIN.into(), i32::MAX.into()),
        Some("int64") => within(&mut target, i64::MIN.into(), i64::MAX.into()),
        _ => {}
    }
    if view == View::Closed && source.contains_key("properties") {
        target.insert("additionalProperties".into(), false.into());
    }
    if source.get("nullable") == Some(&Value::Bool(true)) {
        // Written so that what is wrong inside is named, which `anyOf` would hide.
        return json!({ "if": { "not": { "type": "null" } }, "then": target });
    }
    Value::Object(target)
}

/// A bound, put under its exclusive name where a flag beside it says so.
fn bound(
    source: &Map<String, Value>,
    value: &Value,
    flag: &str,
    target: &mut Map<String, Value>,
) -> Option<Value> {
    if source.get(flag) == Some(&Value::Bool(true)) {
        target.insert(flag.into(), value.clone());
        return None;
    }
    Some(value.clone())
}

fn within(target: &mut Map<String, Value>, least: Value, most: Value) {
    if !target.contains_key("exclusiveMinimum") {
        target.entry("minimum").or_insert(least);
    }
    if !target.contains_key("exclusiveMaximum") {
        target.entry("maximum").or_insert(most);
    }
}

/// `x-max-interval-in-months`: the interval must run forwards and not be longer than that many calendar months.
struct Interval {
    months: Option<u32>,
}

impl Interval {
    fn problem(&self, instance: &Value) -> Option<String> {
        let bound = |name: &str| DateTime::parse_from_rfc3339(instance.get(name)?.as_str()?).ok();
        let (start, end) = (bound("StartUtc")?, bound("EndUtc")?);
        if start > end {
            return Some("the interval ends before it starts".into());
        }
        let months = self.months?;
        let latest = start.to_utc().checked_add_months(Months::new(months))?;
        (end.to_utc() > latest).then(|| format!("the interval is longer than {months} months"))
    }
}

impl<'i> Keyword<'i> for Interval {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        self.problem(instance)
            .map_or(Ok(()), |problem| Err(ValidationError::custom(problem)))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.problem(instance).is_none()
    }
}
