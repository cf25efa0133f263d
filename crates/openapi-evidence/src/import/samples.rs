//! Sample payloads, which are read leniently and kept without tokens.

use heck::ToKebabCase as _;
use serde_json::{Map, Value};

/// A sample payload with its syntax error.
pub struct Sample {
    /// The payload, without tokens.
    pub value: Value,
    /// The syntax error, if the payload is not valid JSON.
    pub invalid: Option<String>,
}

/// Reads a sample. Trailing commas are removed and reported.
///
/// # Errors
/// Returns an error with a line of the sample if the rest is not valid JSON.
pub fn parse(text: &str) -> Result<Sample, String> {
    let (text, commas) = without_trailing_commas(text);
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok(Sample {
        value: tidy(&value),
        invalid: (commas > 0).then(|| {
            format!(
                "{commas} trailing comma{}",
                if commas == 1 { "" } else { "s" }
            )
        }),
    })
}

/// Returns the value without tokens, with keys in alphabetical order.
pub fn tidy(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<_> = object.keys().collect();
            keys.sort_unstable();
            let mut sorted = Map::new();
            for key in keys {
                sorted.insert(key.clone(), tidy(&object[key]));
            }
            Value::Object(sorted)
        }
        Value::Array(items) => Value::Array(items.iter().map(tidy).collect()),
        Value::String(text) => Value::from(without_tokens(text)),
        other => other.clone(),
    }
}

/// Returns the replacement for the secret of a property, such as `sandbox-client-token`.
pub(super) fn stand_in(key: &str) -> String {
    format!("sandbox-{}", key.to_kebab_case())
}

/// Returns a string without tokens. A token is a sequence of 24 or more hexadecimal digits, with the groups joined to it.
pub fn without_tokens(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        let digits = hex_digits(&bytes[at..]);
        if digits >= 24 {
            let mut end = at + digits;
            while bytes.get(end) == Some(&b'-') && hex_digits(&bytes[end + 1..]) >= 8 {
                end += 1 + hex_digits(&bytes[end + 1..]);
            }
            clean.push_str(&text[from..at]);
            clean.push_str("sandbox-token");
            from = end;
            at = end;
        } else {
            at += digits.max(1);
        }
    }
    clean.push_str(&text[from..]);
    clean
}

fn hex_digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count()
}

fn without_trailing_commas(text: &str) -> (String, usize) {
    let mut clean = String::with_capacity(text.len());
    let mut commas = 0;
    let mut in_string = false;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => in_string = !in_string,
            '\\' if in_string => {
                clean.push(letter);
                if let Some((_, escaped)) = letters.next() {
                    clean.push(escaped);
                }
                continue;
            }
            ',' if !in_string && text[at + 1..].trim_start().starts_with(['}', ']']) => {
                commas += 1;
                continue;
            }
            _ => {}
        }
        clean.push(letter);
    }
    (clean, commas)
}
