//! Keeping tokens out of what is recorded, logged and answered.

use serde_json::Value;

/// A token as it stands inside JSON text.
fn escaped(token: &str) -> String {
    let quoted = Value::from(token).to_string();
    quoted.trim_matches('"').to_owned()
}

/// What stands in place of a token.
pub(crate) const MASK: &str = "***";

/// A text shorter than this is more likely part of a word than a token.
const SHORTEST: usize = 8;

/// The tokens to be masked.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    tokens: Vec<String>,
}

impl Mask {
    pub(crate) fn new<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        let mut tokens: Vec<String> = tokens
            .filter(|token| token.len() >= SHORTEST)
            // As it is, inside JSON, and where a request is quoted in an answer.
            .flat_map(|token| [token.to_owned(), escaped(token), escaped(&escaped(token))])
            .collect();
        // A token that holds another is masked first, or the rest of it would stay.
        tokens.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        tokens.dedup();
        Self { tokens }
    }

    /// The same with the tokens of a request, which need not be the sandbox's own.
    pub(crate) fn with_those_of(&self, request: &Value) -> Self {
        let own = ["ClientToken", "AccessToken"]
            .into_iter()
            .filter_map(|property| request.get(property)?.as_str());
        Self::new(self.tokens.iter().map(String::as_str).chain(own))
    }

    /// A text without tokens.
    pub(crate) fn text(&self, text: &str) -> String {
        self.tokens.iter().fold(text.to_owned(), |text, token| {
            if text.contains(token.as_str()) {
                text.replace(token.as_str(), MASK)
            } else {
                text
            }
        })
    }

    /// JSON without tokens: neither in the properties that carry them nor anywhere else.
    pub(crate) fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(properties) => properties
                .iter()
                .map(|(name, value)| {
                    let value = match name.as_str() {
                        "ClientToken" | "AccessToken" => Value::String(MASK.into()),
                        _ => self.json(value),
                    };
                    (self.text(name), value)
                })
                .collect(),
            other => other.clone(),
        }
    }
}
