//! Dimensions and values as text for people.

use serde_json::Value;

use super::rulings::Ruling;
use super::spec::{ABSENT, FITS, NONE, PRESENT};
use super::subject::{Dimension, Subject};

/// Returns a value as messages and the rendered page show it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Returns the text in one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the name of a dimension of a subject.
pub fn name_of(subject: &Subject, dimension: &Dimension) -> String {
    match dimension {
        Dimension::Presence => "in the spec".to_owned(),
        Dimension::Enum => "values".to_owned(),
        Dimension::Required if subject.property.is_none() => "body required".to_owned(),
        Dimension::AdditionalProperties if subject.is_of_schema() => {
            "additional properties".to_owned()
        }
        Dimension::AdditionalProperties if subject.is_of_response() => {
            "additional properties in the response".to_owned()
        }
        Dimension::AdditionalProperties => "additional properties in the request".to_owned(),
        Dimension::Example if subject.is_of_response() => "sample response".to_owned(),
        Dimension::Example if !subject.is_of_schema() => "sample request".to_owned(),
        other => other.to_string(),
    }
}

/// Returns a value without its dimension, for a cell of a table.
pub fn value_of(dimension: &Dimension, value: &Value) -> String {
    let text = shown(value);
    match (dimension, value) {
        (Dimension::Example, Value::Null) => FITS.to_owned(),
        (_, Value::Null) => String::new(),
        (_, Value::Bool(true)) => "yes".to_owned(),
        (_, Value::Bool(false)) => "no".to_owned(),
        (Dimension::Presence, _) if text == PRESENT => "yes".to_owned(),
        (Dimension::Presence, _) if text == ABSENT => "no".to_owned(),
        (Dimension::Deprecated, _) => format!("yes, {text}"),
        (Dimension::Type | Dimension::Format, _) if text != NONE => format!("`{text}`"),
        (Dimension::Enum | Dimension::Headers, Value::Array(values)) => {
            let values = values.iter().map(|value| format!("`{}`", shown(value)));
            values.collect::<Vec<_>>().join(", ")
        }
        _ => text,
    }
}

/// Returns a dimension and its value in a few words.
pub fn long(dimension: &Dimension, value: &Value) -> String {
    let text = shown(value);
    match dimension {
        Dimension::Presence => text,
        Dimension::Type if text == NONE => "no body".to_owned(),
        Dimension::Type => format!("`{text}`"),
        Dimension::Format if text == NONE => "no format".to_owned(),
        Dimension::Format => format!("format {text}"),
        Dimension::Limit(limit) if text == NONE => format!("no {limit}"),
        Dimension::Limit(limit) => format!("{limit} {text}"),
        Dimension::Enum => format!("one of {text}"),
        Dimension::AdditionalProperties => {
            let state = if *value == true { "open" } else { "closed" };
            format!("{state} to additional properties")
        }
        Dimension::Status => format!("documented as {text}"),
        Dimension::Headers if text.is_empty() => "no headers".to_owned(),
        Dimension::Headers => format!("headers {text}"),
        Dimension::Deprecated if value.is_string() => format!("deprecated, {text}"),
        Dimension::Example => format!("sample: {text}"),
        flag if *value == true => flag.to_string(),
        flag => format!("not {flag}"),
    }
}

/// Returns the decision of a ruling in a few words.
pub fn decision(ruling: &Ruling) -> String {
    let decision = ruling.decision.iter();
    let decision = decision.map(|(dimension, value)| long(dimension, value));
    decision.collect::<Vec<_>>().join("; ")
}
