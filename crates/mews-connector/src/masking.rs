//! Removes tokens from responses before any part of a response is kept.

use std::borrow::Cow;
use std::fmt;

use mews_connector_api::{AccessToken, ClientToken};
use secrecy::{ExposeSecret, SecretString};

const HIDDEN: &str = "[hidden]";

/// The minimum length of a part of a token that is masked where a body was cut.
const MIN_MASKED_LEN: usize = 4;

/// The tokens of a client, to be found in text in every form in which a server may return them.
pub(crate) struct Mask(Vec<SecretString>);

impl Mask {
    pub(crate) fn new(client_token: &ClientToken, access_token: &AccessToken) -> Self {
        let tokens = [client_token.expose_secret(), access_token.expose_secret()];
        Self(tokens.into_iter().map(SecretString::from).collect())
    }

    /// Returns the text without tokens: in any letter case, and with any character as JSON, HTML or a URL may write it.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.replace(text, false)
    }

    /// Returns the text without tokens, if the text was cut at its end, possibly within a token.
    pub(crate) fn cut_text(&self, text: &str) -> String {
        self.replace(text, true).into_owned()
    }

    /// Returns `true` if the text contains a token.
    pub(crate) fn finds_in(&self, text: &str) -> bool {
        matches!(self.text(text), Cow::Owned(_))
    }

    fn replace<'a>(&self, text: &'a str, was_cut: bool) -> Cow<'a, str> {
        let bytes = text.as_bytes();
        let (mut masked, mut copied, mut at) = (String::new(), 0, 0);
        while at < bytes.len() {
            let tokens = self.0.iter().map(|token| token.expose_secret().as_bytes());
            let length = tokens
                .filter_map(|token| token_length(&bytes[at..], token, was_cut))
                .max();
            match length.and_then(|length| text.get(copied..at).zip(text.get(at + length..))) {
                Some((before, rest)) => {
                    masked.push_str(before);
                    masked.push_str(HIDDEN);
                    at = text.len() - rest.len();
                    copied = at;
                }
                None => at += 1,
            }
        }
        if copied == 0 {
            return text.into();
        }
        masked.push_str(&text[copied..]);
        masked.into()
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").finish_non_exhaustive()
    }
}

/// Returns the length of the token at the beginning of `text`, or of the part of a token that the end of the text cuts
/// off.
fn token_length(text: &[u8], token: &[u8], was_cut: bool) -> Option<usize> {
    // A character can have several forms of different length, so all places where the next one can be are followed.
    let mut ends = vec![0];
    for (read, byte) in token.iter().enumerate() {
        if was_cut && read >= MIN_MASKED_LEN && ends.contains(&text.len()) {
            return Some(text.len());
        }
        let mut next = Vec::new();
        for end in ends {
            forms(&text[end..], *byte, was_cut, |length| {
                next.push(end + length);
            });
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return None;
        }
        ends = next;
    }
    ends.into_iter().max().filter(|length| *length > 0)
}

/// Passes the lengths of the forms of a character that `text` begins with. The last form can be cut.
fn forms(text: &[u8], byte: u8, was_cut: bool, mut found: impl FnMut(usize)) {
    let Some(first) = text.first() else {
        return;
    };
    if first.eq_ignore_ascii_case(&byte) {
        found(1);
    }
    if !matches!(first, b'%' | b'\\' | b'&') {
        return;
    }
    let name = match byte {
        b'&' => "amp",
        b'<' => "lt",
        b'>' => "gt",
        b'"' => "quot",
        b'\'' => "apos",
        _ => "",
    };
    let escaped = format!("\\{}", char::from(byte));
    percent_forms(text, byte, was_cut, &mut found);
    let forms = [
        format!("\\u{byte:04x}"),
        if byte.is_ascii_alphanumeric() {
            String::new()
        } else {
            escaped
        },
        format!("&#{byte};"),
        format!("&#x{byte:x};"),
        format!("&{name};"),
    ];
    for form in forms
        .iter()
        .map(String::as_bytes)
        .filter(|form| !form.is_empty())
    {
        if let Some(length) = form_length(text, form, was_cut) {
            found(length);
        }
    }
}

/// Passes the lengths of the percent-encoded forms. A gateway may encode a string again, which turns `%` into `%25`.
fn percent_forms(text: &[u8], byte: u8, was_cut: bool, found: &mut impl FnMut(usize)) {
    if text[0] != b'%' {
        return;
    }
    let code = format!("{byte:02x}");
    let mut at = 1;
    loop {
        if let Some(length) = form_length(&text[at..], code.as_bytes(), was_cut) {
            found(at + length);
        }
        if !text[at..].starts_with(b"25") {
            return;
        }
        at += 2;
    }
}

/// Returns the length of a form if `text` begins with it.
fn form_length(text: &[u8], form: &[u8], was_cut: bool) -> Option<usize> {
    let length = form.len().min(text.len());
    let is_whole = length == form.len();
    let is_there = (is_whole || was_cut) && text[..length].eq_ignore_ascii_case(&form[..length]);
    is_there.then_some(length)
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
    fn hides_every_form_of_a_token() {
        let mask = mask();
        for text in [
            "token sandbox-access-token!",
            "client-token-of/quotes\"&+",
            r#"{"t":"client-token-of\/quotes\"&+"}"#,
            r#"{"t":"client-token-of/quotes\"&+"}"#,
            r"client-token-of/quotes\u0022\u0026\u002B",
            "<b>client-token-of/quotes&quot;&amp;+</b>",
            "?t=client-token-of%2Fquotes%22%26%2B",
            "?t=client-token-of%2fquotes%22%26%2b",
            "CLIENT-TOKEN-OF/QUOTES\"&+",
            "Sandbox-Access-Token",
            "sandbox%2Daccess%2dtoken",
            "?t=client-token-of%252Fquotes%2522%2526%252b",
            "?t=%2573andbox%252525252Daccess%2dtoken",
            r"\u0073andbox\u002Daccess-\u0074oken",
            "&#115;andbox&#x2D;access-token",
        ] {
            let masked = mask.text(text);
            assert!(masked.contains(HIDDEN), "{masked}");
            assert!(
                !masked.to_lowercase().contains("quotes")
                    && !masked.to_lowercase().contains("access"),
                "{masked}"
            );
        }
        assert!(matches!(mask.text("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn hides_a_token_that_is_cut_off() {
        assert_eq!(
            mask().cut_text("your token is sandbox-acc"),
            "your token is [hidden]"
        );
        assert_eq!(mask().cut_text("your token is san"), "your token is san");
        assert_eq!(mask().cut_text("?t=sandbox%2"), "?t=[hidden]");
        assert_eq!(mask().cut_text("?t=sandbox%25"), "?t=[hidden]");
        assert_eq!(mask().cut_text("?t=sandbox%252"), "?t=[hidden]");
        assert_eq!(
            mask().text("your token is sandbox-acc"),
            "your token is sandbox-acc"
        );
    }
}
