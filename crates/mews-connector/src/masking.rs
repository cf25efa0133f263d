//! Takes tokens out of what a server sends back before any of it is kept.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use mews_connector_api::{AccessToken, ClientToken};
use secrecy::{ExposeSecret, SecretString};

const HIDDEN: &str = "[hidden]";

/// A token may be shown in part when a body was cut in the middle of it; fewer characters than this tell nothing.
const TELLING: usize = 4;

/// Knows the tokens of a client, in every form that they may come back in, and replaces them.
pub(crate) struct Mask(Vec<SecretString>);

impl Mask {
    pub(crate) fn new(client_token: &ClientToken, access_token: &AccessToken) -> Self {
        let tokens = [client_token.expose_secret(), access_token.expose_secret()];
        let forms = tokens.into_iter().flat_map(forms);
        Self(
            forms
                .map(|form| SecretString::from(form.into_owned()))
                .collect(),
        )
    }

    /// `text` without the tokens, as they are or as JSON, HTML and URLs may write them.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for form in &self.0 {
            if masked.contains(form.expose_secret()) {
                masked = Cow::Owned(masked.replace(form.expose_secret(), HIDDEN));
            }
        }
        masked
    }

    /// The same for the beginning of a text that was cut at its end, perhaps within a token.
    pub(crate) fn cut_text(&self, text: &str) -> String {
        let mut masked = self.text(text).into_owned();
        for form in &self.0 {
            let form = form.expose_secret();
            let left = (TELLING..form.len())
                .rev()
                .find_map(|length| Some(masked.strip_suffix(form.get(..length)?)?.len()));
            if let Some(left) = left {
                masked.truncate(left);
                masked.push_str(HIDDEN);
            }
        }
        masked
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").finish_non_exhaustive()
    }
}

/// How a token may be written; the plain one last, so that it does not spoil the others.
fn forms(token: &str) -> Vec<Cow<'_, str>> {
    let json = serde_json::Value::from(token).to_string();
    let json = json.trim_matches('"').to_owned();
    let escaped = |c: char| -> String {
        if c.is_ascii_alphanumeric() || "-._~".contains(c) {
            c.into()
        } else {
            format!("%{:02X}", u32::from(c))
        }
    };
    let html = token
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let dot_net: String = token
        .chars()
        .map(|c| {
            if "<>&'\"+`".contains(c) {
                format!("\\u{:04X}", u32::from(c))
            } else {
                c.into()
            }
        })
        .collect();
    let mut forms = vec![
        json.replace('/', "\\/").into(),
        json.into(),
        dot_net.into(),
        html.into(),
        token.chars().map(escaped).collect::<String>().into(),
        Cow::Borrowed(token),
    ];
    let mut seen = HashSet::new();
    forms.retain(|form| seen.insert(form.clone()));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask() -> Mask {
        Mask::new(
            &"client-token-of/quotes\"&+".into(),
            &"sandbox-access-token".into(),
        )
    }

    #[test]
    fn every_form_of_a_token_is_hidden() {
        let mask = mask();
        for text in [
            "token sandbox-access-token!",
            "client-token-of/quotes\"&+",
            r#"{"t":"client-token-of\/quotes\"&+"}"#,
            r#"{"t":"client-token-of/quotes\"&+"}"#,
            r"client-token-of/quotes\u0022\u0026\u002B",
            "<b>client-token-of/quotes&quot;&amp;+</b>",
            "?t=client-token-of%2Fquotes%22%26%2B",
        ] {
            let masked = mask.text(text);
            assert!(masked.contains(HIDDEN), "{masked}");
            assert!(
                !masked.contains("quotes") && !masked.contains("access"),
                "{masked}"
            );
        }
        assert!(matches!(mask.text("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_token_cut_at_the_end_is_hidden_too() {
        assert_eq!(
            mask().cut_text("your token is sandbox-acc"),
            "your token is [hidden]"
        );
        assert_eq!(mask().cut_text("your token is san"), "your token is san");
    }
}
