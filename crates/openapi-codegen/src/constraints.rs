//! Constraints of OpenAPI: those that generated code checks before a request is sent, and those that are only reported.
//!
//! [`Constraints::of`] is the only table. The generated checks, the report of lowering, lint and the outlines are derived
//! from it.

use std::fmt;

use openapi_tree::schemas::required;
use serde::Deserialize as _;
use serde_json::Value;

/// The constraint keywords of each type.
pub const KEYWORDS: [(&str, &[&str]); 5] = [
    ("string", &["minLength", "maxLength", "pattern"]),
    ("integer", &NUMERIC),
    ("number", &NUMERIC),
    ("array", &["minItems", "maxItems", "uniqueItems"]),
    ("object", &["minProperties", "maxProperties", EXCLUSIVE]),
];

/// The keyword with the groups of properties that exclude each other. Lowering writes it for `not` with `required`.
pub const EXCLUSIVE: &str = "exclusiveProperties";

const NUMERIC: [&str; 5] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];

/// The formats that give a string another Rust type, with the minimum and the maximum number of characters of its values.
pub const STRING_FORMATS: [(&str, u64, u64); 6] = [
    ("date", 10, 10),
    ("date-time", 20, 30),
    ("ip", 2, 39),
    ("ipv4", 7, 15),
    ("ipv6", 2, 39),
    ("uuid", 36, 36),
];

/// Returns `true` if the keyword is a constraint of any type.
pub fn is_constraint(keyword: &str) -> bool {
    KEYWORDS
        .iter()
        .any(|(_, keywords)| keywords.contains(&keyword))
}

/// A check that the generated code makes before it sends a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The number of characters of a string, of items of an array, or of properties of a map.
    Count {
        /// The unit that is counted.
        unit: Unit,
        /// The minimum.
        min: Option<u64>,
        /// The maximum.
        max: Option<u64>,
    },
    /// Each item occurs only once.
    Unique,
    /// The bounds of an integer, both inclusive.
    Integer {
        /// The minimum.
        min: Option<i128>,
        /// The maximum.
        max: Option<i128>,
    },
    /// The bounds of a number, each with `true` if the bound itself is excluded.
    Number {
        /// The minimum.
        min: Option<(f64, bool)>,
        /// The maximum.
        max: Option<(f64, bool)>,
    },
    /// The integer is a multiple of this number.
    MultipleOf(i128),
    /// At least one of these optional properties of an object is omitted.
    Exclusive(Vec<String>),
}

/// The unit of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters of a string.
    Characters,
    /// Items of an array.
    Items,
    /// Properties of a map.
    Properties,
}

/// The constraints of one schema. Those of schemas inside it are not included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// The checks that the generated code makes.
    pub checks: Vec<Check>,
    /// The constraints that are not checked, each with its value, such as `pattern "^[a-z]+$"`.
    pub unchecked: Vec<String>,
}

impl Constraints {
    /// Returns the constraints of a schema, which has at most one type.
    pub fn of(schema: &Value) -> Self {
        let mut found = Self::default();
        let Some(kind) = schema.get("type").and_then(Value::as_str) else {
            return found;
        };
        let whole = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        match kind {
            "string" if schema.get("enum").is_some() => {}
            "string" => {
                let format = schema.get("format").and_then(Value::as_str);
                let written = STRING_FORMATS
                    .iter()
                    .find(|(name, ..)| Some(*name) == format);
                if let Some((_, shortest, longest)) = written {
                    if whole("minLength").is_some_and(|min| min > *shortest) {
                        found.leave(schema, "minLength");
                    }
                    if whole("maxLength").is_some_and(|max| max < *longest) {
                        found.leave(schema, "maxLength");
                    }
                } else {
                    found.count(Unit::Characters, whole("minLength"), whole("maxLength"));
                }
                found.leave(schema, "pattern");
            }
            "integer" => {
                let min = bound(schema, "minimum", "exclusiveMinimum").map(least_integer);
                let max = bound(schema, "maximum", "exclusiveMaximum").map(greatest_integer);
                if min.is_some() || max.is_some() {
                    found.checks.push(Check::Integer { min, max });
                }
                match schema.get("multipleOf").and_then(Value::as_i64) {
                    Some(factor) if factor > 0 => {
                        found.checks.push(Check::MultipleOf(factor.into()));
                    }
                    _ => found.leave(schema, "multipleOf"),
                }
            }
            "number" => {
                let float = |(bound, excluded): Bound<'_>| Some((bound.as_f64()?, excluded));
                let min = bound(schema, "minimum", "exclusiveMinimum").and_then(float);
                let max = bound(schema, "maximum", "exclusiveMaximum").and_then(float);
                if min.is_some() || max.is_some() {
                    found.checks.push(Check::Number { min, max });
                }
                // In binary, a decimal fraction is rarely an exact multiple of another one.
                found.leave(schema, "multipleOf");
            }
            "array" => {
                found.count(Unit::Items, whole("minItems"), whole("maxItems"));
                if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
                    found.checks.push(Check::Unique);
                }
            }
            "object" if is_map(schema) => {
                found.count(
                    Unit::Properties,
                    whole("minProperties"),
                    whole("maxProperties"),
                );
                found.leave(schema, EXCLUSIVE);
            }
            "object" => {
                found.leave(schema, "minProperties");
                found.leave(schema, "maxProperties");
                found.exclusive(schema);
            }
            _ => {}
        }
        found
    }

    fn count(&mut self, unit: Unit, min: Option<u64>, max: Option<u64>) {
        if min.is_some() || max.is_some() {
            self.checks.push(Check::Count { unit, min, max });
        }
    }

    /// Adds the groups of properties that exclude each other. A group is not checked if one of its properties is required,
    /// because the generated code cannot omit it, or not declared, because no field has it.
    fn exclusive(&mut self, schema: &Value) {
        let required = required(schema);
        let is_optional = |name: &String| {
            !required.contains(&name.as_str()) && schema["properties"].get(name).is_some()
        };
        let groups = schema.get(EXCLUSIVE).and_then(Value::as_array);
        for group in groups.into_iter().flatten() {
            match Vec::<String>::deserialize(group) {
                Ok(names) if names.len() > 1 && names.iter().all(is_optional) => {
                    self.checks.push(Check::Exclusive(names));
                }
                _ => self.unchecked.push(format!("{EXCLUSIVE} {group}")),
            }
        }
    }

    fn leave(&mut self, schema: &Value, keyword: &str) {
        self.unchecked.extend(stated(schema, keyword));
    }
}

/// Returns a keyword of a schema with its value, if the schema has it.
pub fn stated(schema: &Value, keyword: &str) -> Option<String> {
    Some(format!("{keyword} {}", schema.get(keyword)?))
}

/// Returns `true` if the Rust type of an object is a map, whose properties can be counted.
fn is_map(schema: &Value) -> bool {
    let is_empty = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_none_or(serde_json::Map::is_empty);
    is_empty && schema.get("additionalProperties") != Some(&Value::Bool(false))
}

/// A bound, and whether it is excluded.
type Bound<'a> = (&'a Value, bool);

fn bound<'a>(schema: &'a Value, keyword: &str, exclusive: &str) -> Option<Bound<'a>> {
    let bound = schema.get(keyword).filter(|bound| bound.is_number())?;
    Some((bound, schema.get(exclusive) == Some(&Value::Bool(true))))
}

/// Returns the bound as an integer, if it is a whole number.
fn integer(bound: &Value) -> Option<i128> {
    bound
        .as_i64()
        .map(i128::from)
        .or_else(|| bound.as_u64().map(i128::from))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a bound beyond all integers is the first or the last of them"
)]
fn rounded(bound: &Value, round: fn(f64) -> f64) -> i128 {
    round(bound.as_f64().unwrap_or_default()) as i128
}

fn least_integer((bound, excluded): Bound<'_>) -> i128 {
    match integer(bound) {
        Some(bound) => bound + i128::from(excluded),
        None if excluded => rounded(bound, f64::floor).saturating_add(1),
        None => rounded(bound, f64::ceil),
    }
}

fn greatest_integer((bound, excluded): Bound<'_>) -> i128 {
    match integer(bound) {
        Some(bound) => bound - i128::from(excluded),
        None if excluded => rounded(bound, f64::ceil).saturating_sub(1),
        None => rounded(bound, f64::floor),
    }
}

impl Unit {
    /// Returns the unit in the plural, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Items => "items",
            Self::Properties => "properties",
        }
    }
}

/// A short form of the check, such as `1..128 characters`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn range(min: Option<impl ToString>, max: Option<impl ToString>) -> String {
            let text = |bound: Option<String>| bound.unwrap_or_default();
            let (min, max) = (
                min.map(|min| min.to_string()),
                max.map(|max| max.to_string()),
            );
            format!("{}..{}", text(min), text(max))
        }
        match self {
            Self::Count { unit, min, max } => {
                write!(f, "{} {}", range(*min, *max), unit.name())
            }
            Self::Unique => f.write_str("each once"),
            Self::Integer { min, max } => f.write_str(&range(*min, *max)),
            Self::Number { min, max } => {
                let excluded =
                    |bound: &Option<(f64, bool)>| bound.is_some_and(|(_, excluded)| excluded);
                f.write_str(&range(min.map(|(min, _)| min), max.map(|(max, _)| max)))?;
                match (excluded(min), excluded(max)) {
                    (false, false) => Ok(()),
                    (true, false) => f.write_str(" without the minimum"),
                    (false, true) => f.write_str(" without the maximum"),
                    (true, true) => f.write_str(" without both"),
                }
            }
            Self::MultipleOf(factor) => write!(f, "multiple of {factor}"),
            Self::Exclusive(names) => {
                write!(f, "at most {} of {}", names.len() - 1, names.join(", "))
            }
        }
    }
}
