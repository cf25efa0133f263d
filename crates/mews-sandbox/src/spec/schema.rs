//! Schemas of the spec, to look into and to validate against.
//!
//! OpenAPI 3.0 has its own schema dialect. The differences to JSON Schema are translated here, so that a request is
//! validated against the spec itself and a mistake in a client's types shows.

use std::collections::BTreeMap;

use chrono::{DateTime, Months};
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value, json};

/// The number of references and `allOf` levels that are followed.
const MAX_DEPTH: usize = 16;

const MAX_INTERVAL: &str = "x-max-interval-in-months";

/// Whether an object may have properties that the schema does not define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// According to the spec.
    Open,
    /// Never, so that a misspelled optional name is found.
    Closed,
}

/// A schema of a document, with `$ref` and `allOf` followed.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'a> {
    root: &'a Value,
    node: &'a Value,
}

impl<'a> Schema<'a> {
    pub(crate) const fn new(root: &'a Value, node: &'a Value) -> Self {
        Self { root, node }
    }

    /// Returns the JSON of the schema.
    pub(crate) const fn node(self) -> &'a Value {
        self.node
    }

    /// Returns the schema and its parts.
    fn parts(self) -> Vec<&'a Value> {
        fn collect<'a>(root: &'a Value, node: &'a Value, depth: usize, parts: &mut Vec<&'a Value>) {
            if depth == 0 {
                return;
            }
            if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
                if let Some(target) = root.pointer(reference.trim_start_matches('#')) {
                    collect(root, target, depth - 1, parts);
                }
                return;
            }
            parts.push(node);
            for part in node
                .get("allOf")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                collect(root, part, depth - 1, parts);
            }
        }
        let mut parts = Vec::new();
        collect(self.root, self.node, MAX_DEPTH, &mut parts);
        parts
    }

    fn keyword(self, name: &str) -> Option<&'a Value> {
        self.parts().into_iter().find_map(|part| part.get(name))
    }

    /// Returns the properties by name.
    pub(crate) fn properties(self) -> BTreeMap<&'a str, Self> {
        self.parts()
            .into_iter()
            .filter_map(|part| part.get("properties")?.as_object())
            .flatten()
            .map(|(name, node)| (name.as_str(), Self::new(self.root, node)))
            .collect()
    }

    pub(crate) fn property(self, name: &str) -> Option<Self> {
        self.properties().remove(name)
    }

    /// Returns the schema of the items of an array.
    pub(crate) fn items(self) -> Option<Self> {
        self.keyword("items").map(|node| Self::new(self.root, node))
    }

    /// Returns the names of the required properties.
    pub(crate) fn required(self) -> Vec<&'a str> {
        self.parts()
            .into_iter()
            .filter_map(|part| part.get("required")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    pub(crate) fn is_nullable(self) -> bool {
        self.keyword("nullable") == Some(&Value::Bool(true))
    }

    pub(crate) fn is_date_time(self) -> bool {
        self.keyword("format").and_then(Value::as_str) == Some("date-time")
    }

    pub(crate) fn is_deprecated(self) -> bool {
        self.keyword("deprecated") == Some(&Value::Bool(true))
    }

    /// Returns the name of the schema that this one refers to, directly or as its only part.
    pub(crate) fn name(self) -> Option<&'a str> {
        let node = match self.node.get("allOf").and_then(Value::as_array) {
            Some(parts) => match parts.as_slice() {
                [only] => only,
                _ => return None,
            },
            None => self.node,
        };
        node.get("$ref")?.as_str()?.rsplit('/').next()
    }
}

/// Builds the validator of a schema. The components are those of [`components`].
pub(crate) fn validator(
    schema: &Value,
    components: &Value,
    view: View,
) -> Result<Validator, String> {
    let schema = json!({
        "allOf": [translate(schema, view)],
        "components": components,
    });
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_keyword(MAX_INTERVAL, |_, value, _| {
            Ok(Box::new(Interval {
                months: value.as_u64().and_then(|months| u32::try_from(months).ok()),
            }))
        })
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// Translates the schemas that others refer to.
pub(crate) fn components(root: &Value, view: View) -> Value {
    let schemas = root["components"]["schemas"].as_object();
    let translated: Map<String, Value> = schemas
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), translate(schema, view)))
        .collect();
    json!({ "schemas": translated })
}

/// Translates one schema and all inside it.
///
/// In OpenAPI 3.0, `nullable` is a separate keyword, and keywords next to a `$ref` have no effect. A flag makes bounds
/// exclusive, and the width of an integer is a format.
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
            // The other keywords describe and do not constrain.
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
        target
            .entry("additionalProperties")
            .or_insert_with(|| false.into());
    }
    if source.get("nullable") == Some(&Value::Bool(true)) {
        // With `anyOf`, the errors would not name the violation inside.
        return json!({ "if": { "not": { "type": "null" } }, "then": target });
    }
    Value::Object(target)
}

/// Returns a bound, or adds it under its exclusive name if the flag is set.
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

fn within(target: &mut Map<String, Value>, min: Value, max: Value) {
    if !target.contains_key("exclusiveMinimum") {
        target.entry("minimum").or_insert(min);
    }
    if !target.contains_key("exclusiveMaximum") {
        target.entry("maximum").or_insert(max);
    }
}

/// `x-max-interval-in-months`: the interval must not end before it starts, and has a maximum of calendar months.
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
