//! A document of any form becomes facts: one reader for each form.

mod by_hand;
mod cells;
pub mod dialect;
mod flattened;
mod markdown;
mod openapi;
mod rendered;
pub mod samples;

use std::path::Path;

use serde_json::Value;

use crate::conventions::Conventions;
use crate::facts::{Reading, Source, Variant};
pub use dialect::Form;
use dialect::{DIALECTS, Dialect};
use openapi_tree::document::sha256_hex;
use openapi_tree::error::{Error, Place, Result};

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its facts.
    pub variant: Variant,
    /// The rows of tables in the document.
    pub rows_seen: usize,
    /// Those of them that are no fact, and were reported.
    pub rows_reported: usize,
    /// The rows of operations that the spec leaves out.
    pub rows_omitted: usize,
    /// The operations that the spec leaves out. They and the schemas that only they have are not in the facts.
    pub operations_omitted: usize,
}

impl Imported {
    fn new(dialect: &'static dyn Dialect, reading: Reading) -> Self {
        let form = Form::of(dialect);
        Self {
            variant: Variant {
                source: Source {
                    id: String::new(),
                    form,
                    reading,
                    dated: String::new(),
                    partial: false,
                    sha256: None,
                    documents: Vec::new(),
                },
                operations: Vec::new(),
                schemas: Vec::new(),
                reported: Vec::new(),
            },
            rows_seen: 0,
            rows_reported: 0,
            rows_omitted: 0,
            operations_omitted: 0,
        }
    }
}

/// A date as `YYYY-MM` or `YYYY-MM-DD`.
///
/// # Errors
/// When it is none.
pub fn date(text: &str) -> Result<String, String> {
    let full = if text.len() == 7 {
        format!("{text}-01")
    } else {
        text.to_owned()
    };
    chrono::NaiveDate::parse_from_str(&full, "%Y-%m-%d")
        .ok()
        .filter(|_| full.len() == 10)
        .map(|_| text.to_owned())
        .ok_or_else(|| "not a date; write it as 2026-02-12 or 2026-02".to_owned())
}

/// Reads the text of a document of any form; `file` is what messages call it.
///
/// # Errors
/// When it has none of the forms, or a part of it can't be read; with its place.
pub fn parse(
    file: &Path,
    text: &str,
    id: &str,
    dated: &str,
    conventions: &Conventions,
) -> Result<Imported> {
    let recognized = DIALECTS
        .iter()
        .find(|dialect| dialect.recognizes(text, conventions));
    let mut imported = if text.trim().is_empty() {
        return Err(Error::new(file, "is empty", "give the document itself"));
    } else if is_html(text) {
        return Err(Error::new(
            file,
            "is HTML",
            "give the Markdown that the page is made from, or the text of the page",
        ));
    } else if let Some(dialect) = recognized {
        dialect.read(file, text, conventions)?
    } else {
        return Err(Error::new(
            file,
            "has none of the forms that can be read",
            "give a Markdown page with tables of properties, the text of such a page, the text of a rendered OpenAPI \
             operation, or an OpenAPI 3.0 document; facts from prose are written by hand, as in openapi/variants",
        ));
    };
    if imported.variant.operations.is_empty() && imported.variant.schemas.is_empty() {
        let place = imported
            .variant
            .reported
            .first()
            .map_or(Place::Whole, |reported| Place::LineColumn {
                line: reported.line,
                column: 1,
            });
        return Err(Error::new(
            file,
            "states no fact that can be read",
            "give a page with an operation or a table of properties, or a document with paths or schemas",
        )
        .at(place));
    }
    let variant = &mut imported.variant;
    let rows = variant.rows();
    imported.operations_omitted = variant.retain_operations(|path| conventions.covers(path));
    imported.rows_omitted = rows - variant.rows();
    id.clone_into(&mut imported.variant.source.id);
    dated.clone_into(&mut imported.variant.source.dated);
    imported.variant = without_secrets(file, &imported.variant, &conventions.secret_suffix)?;
    imported.variant.source.sha256 = Some(sha256_hex(text.as_bytes()));
    Ok(imported)
}

fn is_html(text: &str) -> bool {
    let start: String = text
        .trim_start()
        .chars()
        .take(15)
        .collect::<String>()
        .to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<?xml")
}

/// Replaces the values of secret properties, and everything else of the shape of a token.
fn without_secrets(file: &Path, variant: &Variant, suffix: &str) -> Result<Variant> {
    fn clean(value: &mut Value, suffix: &str) {
        match value {
            Value::String(text) => *text = samples::without_tokens(text),
            Value::Array(items) => items.iter_mut().for_each(|item| clean(item, suffix)),
            Value::Object(object) => {
                for (key, value) in object {
                    if value.is_string() && !suffix.is_empty() && key.ends_with(suffix) {
                        *value = Value::from(samples::stand_in(key));
                    } else {
                        clean(value, suffix);
                    }
                }
            }
            _ => {}
        }
    }
    let unfit = |source: serde_json::Error| {
        Error::new(
            file,
            "has facts that can't be written down",
            "report this document",
        )
        .because(source)
    };
    let mut tree = serde_json::to_value(variant).map_err(unfit)?;
    clean(&mut tree, suffix);
    serde_json::from_value(tree).map_err(unfit)
}
