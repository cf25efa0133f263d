//! Sample payloads, which are read leniently, and the replacement of tokens.

use heck::ToKebabCase as _;
use serde_json::Value;

use crate::facts::Body;

/// Sets the example of a body from its text. Trailing commas are removed and recorded.
///
/// # Errors
/// Returns an error if the body has an example already, or, with a line of the sample, if the rest is not valid JSON.
pub(super) fn add(body: &mut Body, text: &str) -> Result<(), String> {
    if body.example.is_some() {
        return Err("a second example".to_owned());
    }
    let (text, commas) = without_trailing_commas(text);
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| format!("an example that is not JSON: {error}"))?;
    body.example = Some(sorted(&value));
    body.invalid = match commas {
        0 => None,
        1 => Some("1 trailing comma".to_owned()),
        commas => Some(format!("{commas} trailing commas")),
    };
    Ok(())
}

/// Returns a value with keys in alphabetical order.
pub(super) fn sorted(value: &Value) -> Value {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    sorted
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
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit());
    digits.count()
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
