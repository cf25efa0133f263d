//! Form of doc comments.

use std::borrow::Cow;

use syn::visit_mut::VisitMut;
use syn::{Attribute, Block, File, Variant};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "documentation",
    reason: "progenitor writes block comments and comments without a space, and does not document enum variants",
    apply,
};

#[expect(clippy::unnecessary_wraps, reason = "all passes have one signature")]
fn apply(file: &mut File, _contract: &Contract<'_>) -> Result<()> {
    Documentation.visit_file_mut(file);
    Ok(())
}

struct Documentation;

impl VisitMut for Documentation {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let before = std::mem::take(attributes);
        for attribute in before {
            match code::doc_text(&attribute) {
                Some(text) => attributes.extend(lines(&text)),
                None => attributes.push(attribute),
            }
        }
        // progenitor puts a derive before the documentation of `Client`.
        attributes.sort_by_key(|attribute| !attribute.path().is_ident("doc"));
    }

    /// Statements have no documentation.
    fn visit_block_mut(&mut self, _: &mut Block) {}

    fn visit_variant_mut(&mut self, variant: &mut Variant) {
        if !variant
            .attrs
            .iter()
            .any(|attribute| code::doc_text(attribute).is_some())
        {
            let text = code::wire_name(&variant.attrs, &variant.ident.to_string());
            variant.attrs.insert(0, code::doc(&format!(" `{text}`")));
        }
        syn::visit_mut::visit_variant_mut(self, variant);
    }
}

/// The characters that change the direction of text. The compiler rejects them in comments.
const CHANGES_DIRECTION: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// Returns the lines of a description. A code block without a language and an indented block become text, because
/// `cargo test` would run them.
fn lines(text: &str) -> Vec<Attribute> {
    let mut in_block = false;
    let mut text = Cow::from(text);
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n").into();
    }
    if text.contains(CHANGES_DIRECTION) {
        text = text.replace(CHANGES_DIRECTION, "").into();
    }
    text.trim_end()
        .split('\n')
        .map(|line| {
            let line = line.trim_end();
            let line = match line.trim_start().strip_prefix("```") {
                Some(language) => {
                    in_block = !in_block;
                    let opens = in_block;
                    if opens && language.chars().all(char::is_whitespace) {
                        "```text"
                    } else if opens && language.starts_with("rust") {
                        "```rust,ignore"
                    } else {
                        line
                    }
                }
                None if !in_block && (line.starts_with("    ") || line.starts_with('\t')) => {
                    line.trim_start()
                }
                None => line,
            };
            if line.is_empty() || line.starts_with(' ') {
                code::doc(line)
            } else {
                code::doc(&format!(" {line}"))
            }
        })
        .collect()
}
