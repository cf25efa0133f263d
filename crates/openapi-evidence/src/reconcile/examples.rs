//! The comparison of sample payloads with tables: those of the spec, or those of the sample's document.

use serde_json::{Map, Value};

use super::subject::Subject;
use crate::facts::{Limit, Name, Property, Type, Variant};

/// A contradiction of a sample with its tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// The property.
    pub subject: Subject,
    /// The problem of the sample.
    pub what: String,
}

/// The tables to compare a sample with, and the strictness of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The spec, which rejects unknown properties of a request.
    SpecRequest,
    /// The spec, which accepts unknown properties of a response.
    SpecResponse,
    /// The tables of the document, which may print "not nullable" as "required".
    OwnTables,
}

/// Checks a sample against the rows of its body.
pub fn check(
    facts: &Variant,
    owner: &str,
    rows: &[Property],
    sample: &Value,
    against: Against,
) -> Vec<Contradiction> {
    let mut check = Check {
        facts,
        against,
        found: Vec::new(),
    };
    match sample {
        Value::Object(object) => check.object(owner, rows, object),
        _ => check.add(&Subject::whole(owner), "not an object"),
    }
    check.found.sort();
    check.found.dedup();
    check.found
}

struct Check<'f> {
    facts: &'f Variant,
    against: Against,
    found: Vec<Contradiction>,
}

impl Check<'_> {
    fn add(&mut self, subject: &Subject, what: impl Into<String>) {
        self.found.push(Contradiction {
            subject: subject.clone(),
            what: what.into(),
        });
    }

    fn object(&mut self, owner: &str, rows: &[Property], object: &Map<String, Value>) {
        for row in rows {
            let subject = Subject::property(owner, &row.name);
            match object.get(&row.name) {
                None => {
                    let printed_as_required = self.against == Against::OwnTables
                        && row.required.is_none()
                        && row.nullable == Some(false);
                    if row.required == Some(true) || printed_as_required {
                        self.add(&subject, "missing");
                    }
                }
                Some(Value::Null) => {
                    if row.nullable == Some(false) {
                        self.add(&subject, "null");
                    }
                }
                Some(value) => {
                    if row.deprecated && self.against == Against::OwnTables {
                        self.add(&subject, "deprecated, and used");
                    }
                    self.limits(&subject, row, value);
                    if let Some(kind) = &row.kind {
                        self.value(&subject, kind, row, value);
                    }
                }
            }
        }
        if self.against != Against::SpecResponse {
            for name in object.keys() {
                if !rows.iter().any(|row| row.name == *name) {
                    self.add(&Subject::property(owner, name), "not in the table");
                }
            }
        }
    }

    fn value(&mut self, subject: &Subject, kind: &Type, row: &Property, value: &Value) {
        let fits = match kind {
            Type::String | Type::StringNamed(_) => {
                if let (Some(text), Some(format)) = (value.as_str(), row.format.as_deref())
                    && !has_format(text, format)
                {
                    self.add(subject, format!("no {format}"));
                }
                value.is_string()
            }
            Type::Boolean => value.is_boolean(),
            Type::Integer => value.is_i64() || value.is_u64(),
            Type::Number => value.is_number(),
            Type::Object | Type::Map(_) => value.is_object(),
            Type::Any => true,
            Type::Enum => {
                self.enum_value(subject, row.values.as_deref().unwrap_or_default(), value);
                true
            }
            Type::Array(items) => {
                for value in value.as_array().into_iter().flatten() {
                    self.value(subject, items, row, value);
                }
                value.is_array()
            }
            Type::Named(name) => self.named(subject, &name.name, value),
            Type::OneOf(names) => self.one_of(subject, names, value),
        };
        if !fits {
            self.add(subject, format!("no {kind}"));
        }
    }

    /// Checks a value against the schema that it contradicts least.
    fn one_of(&mut self, subject: &Subject, names: &[Name], value: &Value) -> bool {
        let attempts = names.iter().map(|name| {
            let mut check = Check {
                found: Vec::new(),
                ..*self
            };
            let fits = check.named(subject, &name.name, value);
            (fits, check.found)
        });
        let best = attempts.min_by_key(|(fits, found)| (!fits, found.len()));
        best.is_none_or(|(fits, found)| {
            self.found.extend(found);
            fits
        })
    }

    fn named(&mut self, subject: &Subject, name: &str, value: &Value) -> bool {
        // A schema on another page is unknown here.
        let Some(schema) = self.facts.schemas_called(name).next() else {
            return true;
        };
        if let Some(values) = &schema.values {
            self.enum_value(subject, values, value);
            return true;
        }
        let Value::Object(object) = value else {
            return false;
        };
        if let Some(rows) = &schema.properties {
            self.object(&schema.name, rows, object);
        }
        true
    }

    fn enum_value(&mut self, subject: &Subject, values: &[String], value: &Value) {
        if !values.iter().any(|known| value == known) {
            self.add(subject, format!("the value {value}"));
        }
    }

    fn limits(&mut self, subject: &Subject, row: &Property, value: &Value) {
        for (limit, bound) in &row.limits {
            let actual = match (limit, value) {
                (Limit::MinLength | Limit::MaxLength, Value::String(text)) => {
                    Value::from(text.chars().count())
                }
                (Limit::MinItems | Limit::MaxItems, Value::Array(items)) => {
                    Value::from(items.len())
                }
                (Limit::Minimum | Limit::Maximum, Value::Number(_)) => Value::from(value.as_f64()),
                _ => continue,
            };
            let is_broken = match (actual.as_f64(), bound.as_f64()) {
                (Some(actual), Some(bound)) if limit.is_minimum() => actual < bound,
                (Some(actual), Some(bound)) => actual > bound,
                _ => false,
            };
            if is_broken {
                self.add(subject, format!("{limit} {bound} broken by {actual}"));
            }
        }
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "uuid" => {
            let groups: Vec<_> = text.split('-').collect();
            groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
                && text
                    .chars()
                    .all(|letter| letter == '-' || letter.is_ascii_hexdigit())
        }
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "date" => chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        _ => true,
    }
}
