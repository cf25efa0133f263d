//! The import of documents as facts, with one reader for each format.

mod cells;
pub mod dialect;
mod draft;
mod flattened;
mod markdown;
mod openapi;
mod rendered;
pub mod samples;

use std::path::Path;

use serde_json::Value;

use crate::conventions::Conventions;
use crate::facts::{Reported, Source, Variant};
use dialect::DIALECTS;
use openapi_tree::document::sha256_hex;
use openapi_tree::error::{Error, Result};

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
    fn new(source: Source) -> Self {
        Self {
            variant: Variant {
                source,
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

    /// Reports a part that is not a fact.
    fn report(&mut self, line: usize, what: impl Into<String>) {
        let what = what.into();
        self.variant.reported.push(Reported { line, what });
    }

    /// Reports a row that is not a fact.
    fn report_row(&mut self, line: usize, what: impl Into<String>) {
        self.rows_reported += 1;
        self.report(line, what);
    }
}

/// Checks a date: `YYYY-MM` or `YYYY-MM-DD`.
///
/// # Errors
/// Returns an error if the string is not a date.
pub fn date(text: &str) -> Result<String, String> {
    let full = format!("{text}{}", if text.len() == 7 { "-01" } else { "" });
    let is_date = chrono::NaiveDate::parse_from_str(&full, "%Y-%m-%d").is_ok();
    if is_date && full.len() == 10 {
        Ok(text.to_owned())
    } else {
        Err("invalid date; write 2026-02-12 or 2026-02".to_owned())
    }
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
    let reject = |what: &str, help: &str| Error::new(file, what, help);
    if text.trim().is_empty() {
        let what = "expected a document, found an empty file";
        return Err(reject(what, "pass the document"));
    }
    if is_html(text) {
        return Err(reject(
            "unsupported format: HTML",
            "pass the Markdown source of the page, or the text of the page",
        ));
    }
    let mut forms = DIALECTS.into_iter();
    let Some(form) = forms.find(|form| (form.recognizes)(text, conventions)) else {
        return Err(reject(
            "unknown format",
            "pass a Markdown page with tables of properties, the text of such a page, the text of a rendered OpenAPI \
             operation, or an OpenAPI 3.0 document; record facts from prose by hand, such as those in openapi/variants",
        ));
    };
    let imported = Imported::new(Source {
        id: id.to_owned(),
        form,
        reading: form.reading,
        dated: dated.to_owned(),
        partial: false,
        sha256: None,
        documents: Vec::new(),
    });
    let mut imported = (form.read)(file, text, conventions, imported)?;
    let variant = &mut imported.variant;
    if variant.operations.is_empty() && variant.schemas.is_empty() {
        let error = reject(
            "missing facts: the document has no readable operation and no readable table",
            "pass a page with an operation or a table of properties, or a document with paths or schemas",
        );
        return Err(match variant.reported.first() {
            Some(reported) => error.at_line(reported.line),
            None => error,
        });
    }
    let rows = variant.rows();
    imported.operations_omitted = variant.retain_operations(|path| conventions.covers(path));
    imported.rows_omitted = rows - variant.rows();
    *variant = without_secrets(file, variant, &conventions.secret_suffix)?;
    variant.source.sha256 = Some(sha256_hex(text.as_bytes()));
    Ok(imported)
}

fn is_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    ["<!doctype html", "<html", "<?xml"]
        .iter()
        .any(|tag| start.starts_with(tag))
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
