//! Schemas of the spec, to look into and to validate against.
//!
//! OpenAPI 3.0 has its own schema dialect. The differences to JSON Schema are translated here, so that a request is
//! validated against the spec itself and a mistake in a client's types shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, Months};
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value, json};

/// The number of references and `allOf` levels that are followed.
const MAX_DEPTH: usize = 16;

/// The number of levels of properties and items in which an enum is searched.
const MAX_NESTING: usize = 6;

/// The property of an object that selects the schema of another one.
const DISCRIMINATOR: &str = "Discriminator";
const DISCRIMINATED: &str = "Value";

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
            for part in array(node.get("allOf")) {
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
        self.format() == Some("date-time")
    }

    pub(crate) fn is_deprecated(self) -> bool {
        self.keyword("deprecated") == Some(&Value::Bool(true))
    }

    /// Returns the format of a string.
    pub(crate) fn format(self) -> Option<&'a str> {
        self.keyword("format")?.as_str()
    }

    /// Returns the name of the component that this schema refers to, if it refers to exactly one.
    pub(crate) fn name(self) -> Option<&'a str> {
        fn collect<'a>(node: &'a Value, names: &mut BTreeSet<&'a str>) {
            match node.get("$ref").and_then(Value::as_str) {
                Some(reference) => names.extend(reference.rsplit('/').next()),
                None => array(node.get("allOf")).for_each(|part| collect(part, names)),
            }
        }
        let mut names = BTreeSet::new();
        collect(self.node, &mut names);
        names.pop_first().filter(|_| names.is_empty())
    }

    /// Returns the schemas of which a value must have at least one.
    fn alternatives(self) -> impl Iterator<Item = Self> {
        let nodes = array(self.keyword("anyOf")).chain(array(self.keyword("oneOf")));
        nodes.map(move |node| Self::new(self.root, node))
    }

    /// Returns `true` if a value of this schema can contain a value of an enum.
    pub(crate) fn has_enum(self) -> bool {
        fn find(schema: Schema<'_>, depth: usize) -> bool {
            let mut inner = schema
                .items()
                .into_iter()
                .chain(schema.properties().into_values())
                .chain(schema.alternatives());
            schema.keyword("enum").is_some()
                || depth > 0 && inner.any(|schema| find(schema, depth - 1))
        }
        find(self, MAX_NESTING)
    }

    /// Calls `visit` with the JSON pointer, the schema and the value of everything inside `value` that is neither an
    /// object nor an array.
    pub(crate) fn visit(
        self,
        value: &mut Value,
        visit: &mut dyn FnMut(&str, Schema<'_>, &mut Value),
    ) {
        self.visit_at(&mut String::new(), value, visit);
    }

    fn visit_at(
        self,
        place: &mut String,
        value: &mut Value,
        visit: &mut dyn FnMut(&str, Schema<'_>, &mut Value),
    ) {
        let length = place.len();
        match value {
            Value::Array(values) => {
                let items = self.items();
                for (index, value) in values.iter_mut().enumerate() {
                    if let Some(items) = items {
                        let _ = write!(place, "/{index}");
                        items.visit_at(place, value, visit);
                        place.truncate(length);
                    }
                }
            }
            Value::Object(values) => {
                for (name, schema) in self.properties() {
                    if let Some(value) = values.get_mut(name) {
                        let _ = write!(place, "/{name}");
                        schema.visit_at(place, value, visit);
                        place.truncate(length);
                    }
                }
                for alternative in self.alternatives() {
                    alternative.visit_at(place, value, visit);
                }
            }
            scalar => visit(place, self, scalar),
        }
    }
}

/// Returns the elements of an array, if there is one.
fn array(node: Option<&Value>) -> impl Iterator<Item = &Value> {
    node.and_then(Value::as_array).into_iter().flatten()
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
        .map(|(name, schema)| {
            let schemas = [translate(schema, view)]
                .into_iter()
                .chain(selections(name, Schema::new(root, schema)));
            (
                name.clone(),
                json!({ "allOf": schemas.collect::<Vec<_>>() }),
            )
        })
        .collect();
    json!({ "schemas": translated })
}

/// Returns the schemas that a discriminator selects for a value: for `Bookable` in `ServiceData`, it is
/// `BookableServiceData`.
fn selections<'a>(name: &'a str, schema: Schema<'a>) -> impl Iterator<Item = Value> {
    let value = schema
        .property(DISCRIMINATOR)
        .and_then(|_| schema.property(DISCRIMINATED));
    let alternatives = value.into_iter().flat_map(Schema::alternatives);
    alternatives.filter_map(move |alternative| {
        let kind = alternative.name()?.strip_suffix(name)?;
        Some(json!({
            "if": { "properties": { DISCRIMINATOR: { "const": kind } } },
            "then": { "properties": { DISCRIMINATED: alternative.node() } },
        }))
    })
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
            "items" | "additionalProperties" => Some(translate(value, view)),
            // A closed schema would fit fewer values, so its negation would accept more.
            "not" => Some(translate(value, View::Open)),
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
