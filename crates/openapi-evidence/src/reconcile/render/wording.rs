//! Values and texts as the rendered page words them.

use serde_json::Value;

use crate::reconcile::judge::shown;
use crate::reconcile::spec::NONE;
use crate::reconcile::subject::Dimension;

/// A dimension and its value in few words; none for what goes without saying.
pub(super) fn short(dimension: Dimension, value: &Value) -> Option<String> {
    match (dimension, value) {
        (Dimension::Format | Dimension::Limit(_), value) if value == NONE => None,
        (Dimension::Required, Value::Bool(false)) => Some("may be left out".to_owned()),
        (Dimension::Nullable, Value::Bool(false)) => Some("never null".to_owned()),
        (Dimension::Presence, _)
        | (
            Dimension::Deprecated
            | Dimension::Restricted
            | Dimension::Paginated
            | Dimension::Portfolio,
            Value::Bool(false),
        ) => None,
        (dimension, value) => Some(long(dimension, value)),
    }
}

/// A dimension and its value in words.
pub(super) fn long(dimension: Dimension, value: &Value) -> String {
    let text = shown(value);
    match (dimension, value) {
        (Dimension::Presence, _) => text,
        (Dimension::Type, _) if text == NONE => "no body".to_owned(),
        (Dimension::Type, _) => format!("`{text}`"),
        (Dimension::Format, _) if text == NONE => "no format".to_owned(),
        (Dimension::Format, _) => format!("format {text}"),
        (Dimension::Limit(limit), _) if text == NONE => format!("no {limit}"),
        (Dimension::Limit(limit), _) => format!("{limit} {text}"),
        (Dimension::Required, Value::Bool(true)) => "required".to_owned(),
        (Dimension::Required, _) => "not required".to_owned(),
        (Dimension::Nullable, Value::Bool(true)) => "nullable".to_owned(),
        (Dimension::Nullable, _) => "not nullable".to_owned(),
        (Dimension::Enum, _) => format!("one of {text}"),
        (Dimension::Deprecated, Value::Bool(false)) => "not deprecated".to_owned(),
        (Dimension::Deprecated, Value::Bool(true)) => "deprecated".to_owned(),
        (Dimension::Deprecated, _) => format!("deprecated, {text}"),
        (Dimension::Restricted, Value::Bool(true)) => "restricted".to_owned(),
        (Dimension::Restricted, _) => "not restricted".to_owned(),
        (Dimension::Paginated, Value::Bool(true)) => "paginated".to_owned(),
        (Dimension::Paginated, _) => "not paginated".to_owned(),
        (Dimension::Portfolio, Value::Bool(true)) => "takes portfolio tokens".to_owned(),
        (Dimension::Portfolio, _) => "takes no portfolio tokens".to_owned(),
        (Dimension::Example, _) => format!("example: {text}"),
    }
}

/// The words of a text; a code span with spaces in it is one.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split_whitespace() {
        let ticks = word.matches('`').count();
        match words.last_mut() {
            Some(last) if open => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        open ^= ticks % 2 == 1;
    }
    words
}
