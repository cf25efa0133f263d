//! The import of documents as facts, with one reader for each format.

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
use openapi_tree::error::{Error, Location, Result};

/// The result of reading a document.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The facts.
    pub variant: Variant,
    /// The number of table rows in the document.
    pub rows_seen: usize,
    /// The number of rows that are not facts and were reported.
    pub rows_reported: usize,
    /// The number of rows of omitted operations.
    pub rows_omitted: usize,
    /// The number of operations that the conventions exclude. They and the schemas that only they use are not in the facts.
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

/// Checks a date: `YYYY-MM` or `YYYY-MM-DD`.
///
/// # Errors
/// Returns an error if the string is not a date.
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
        .ok_or_else(|| "invalid date; write 2026-02-12 or 2026-02".to_owned())
}

/// Reads the text of a document in any format. `file` is its name in messages.
///
/// # Errors
/// Returns an error if no reader recognizes the format, or if a part cannot be read.
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
        return Err(Error::new(
            file,
            "expected a document, found an empty file",
            "pass the document",
        ));
    } else if is_html(text) {
        return Err(Error::new(
            file,
            "unsupported format: HTML",
            "pass the Markdown source of the page, or the text of the page",
        ));
    } else if let Some(dialect) = recognized {
        dialect.read(file, text, conventions)?
    } else {
        return Err(Error::new(
            file,
            "unknown format",
            "pass a Markdown page with tables of properties, the text of such a page, the text of a rendered OpenAPI \
             operation, or an OpenAPI 3.0 document; record facts from prose by hand, such as those in openapi/variants",
        ));
    };
    if imported.variant.operations.is_empty() && imported.variant.schemas.is_empty() {
        let location = imported
            .variant
            .reported
            .first()
            .map_or(Location::Whole, |reported| Location::LineColumn {
                line: reported.line,
                column: 1,
            });
        return Err(Error::new(
            file,
            "missing facts: the document has no readable operation and no readable table",
            "pass a page with an operation or a table of properties, or a document with paths or schemas",
        )
        .at(location));
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

/// Replaces the values of secret properties, and everything else that looks like a token.
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
            "failed to convert the facts",
            "report this defect with the document",
        )
        .because(source)
    };
    let mut tree = serde_json::to_value(variant).map_err(unfit)?;
    clean(&mut tree, suffix);
    serde_json::from_value(tree).map_err(unfit)
}
