//! Masking of tokens in everything that is recorded and logged.

use axum::http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue};
use serde_json::Value;

/// Returns a token as it appears inside JSON text.
fn escaped(token: &str) -> String {
    let quoted = Value::from(token).to_string();
    quoted.trim_matches('"').to_owned()
}

/// The replacement of a token.
pub(crate) const MASK: &str = "***";

/// The minimum length of a token: a shorter string is more likely part of a word.
const MIN_MASKED_LEN: usize = 8;

/// The headers with credentials. The API does not use them, but a client can send real ones by mistake.
const CREDENTIALS: [HeaderName; 4] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, SET_COOKIE];

/// Returns `true` for the name of a property that carries a token, in any letter case: an invalid request can have a
/// real token.
pub(crate) fn is_token(name: &str) -> bool {
    ["ClientToken", "AccessToken"]
        .iter()
        .any(|token| token.eq_ignore_ascii_case(name))
}

/// The tokens to be masked.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    tokens: Vec<String>,
}

impl Mask {
    pub(crate) fn new<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        let mut tokens: Vec<String> = tokens
            .filter(|token| token.len() >= MIN_MASKED_LEN)
            // Plain, inside JSON, and where a request is quoted in a response.
            .flat_map(|token| [token.to_owned(), escaped(token), escaped(&escaped(token))])
            .collect();
        // A token that contains another one is masked first, or the rest of it would remain.
        tokens.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        tokens.dedup();
        Self { tokens }
    }

    /// Adds the tokens of a request, which the fixtures may not have.
    pub(crate) fn with_those_of(&self, request: &Value) -> Self {
        let properties = request.as_object().into_iter().flatten();
        let own = properties
            .filter(|(name, _)| is_token(name))
            .filter_map(|(_, value)| value.as_str());
        Self::new(self.tokens.iter().map(String::as_str).chain(own))
    }

    /// Returns a string with the tokens masked.
    pub(crate) fn text(&self, text: &str) -> String {
        self.tokens.iter().fold(text.to_owned(), |text, token| {
            if text.contains(token.as_str()) {
                text.replace(token.as_str(), MASK)
            } else {
                text
            }
        })
    }

    /// Returns the value of a header with the tokens masked, or a mask if the header carries credentials.
    pub(crate) fn header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        if CREDENTIALS.contains(name) {
            MASK.to_owned()
        } else {
            self.text(&String::from_utf8_lossy(value.as_bytes()))
        }
    }

    /// Removes the tokens from JSON: the properties that carry them, and everywhere else.
    ///
    /// A request can have many items, so the JSON is changed in place.
    pub(crate) fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.is_in(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(properties) => {
                for (name, value) in &mut *properties {
                    if is_token(name) {
                        *value = MASK.into();
                    } else {
                        self.json(value);
                    }
                }
                if properties.keys().any(|name| self.is_in(name)) {
                    *properties = std::mem::take(properties)
                        .into_iter()
                        .map(|(name, value)| (self.text(&name), value))
                        .collect();
                }
            }
            _ => {}
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.tokens
            .iter()
            .any(|token| text.contains(token.as_str()))
    }
}
