//! `cargo xtask import`: a document of the vendor becomes a file of facts.

mod cells;
mod flattened;
mod markdown;
mod openapi;
mod rendered;
pub mod samples;
mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::Value;

use crate::command::Outcome;
use crate::document::{Document, sha256_hex};
use crate::error::{Error, Place, Result};
use crate::facts::{Form, Reading, Source, Variant};
use crate::files::{self, Writes};
use crate::variants;

/// What every address of an operation begins with.
pub const PREFIX: &str = "/api/connector/v1/";

/// What addresses look like on pages.
const ADDRESS: &str = "[PlatformAddress]";

/// What the address of an operation looks like on pages, up to its path.
const OPERATIONS: &str = "[PlatformAddress]/api/connector/v1/";

/// Turn a document of the vendor into a file of facts, or check those that are there.
///
/// The form is told from the content: a Markdown page, the text of a page or of a rendered OpenAPI operation, or
/// an OpenAPI 3.0 document.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The document.
    #[arg(required_unless_present = "verify")]
    file: Option<PathBuf>,
    /// What to call the document: the name of its file of facts.
    #[arg(long = "as", value_name = "ID", required_unless_present = "verify")]
    id: Option<String>,
    /// When it was published, as 2026-02-12 or 2026-02 [default: today].
    #[arg(long, value_name = "DATE", value_parser = date)]
    dated: Option<String>,
    /// Where to write the facts [default: openapi/variants/ID.yaml].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End with status 4 when a row could not be read.
    #[arg(long)]
    strict: bool,
    /// Import every document of a folder, and compare with the facts that are there.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "id", "dated", "out", "strict"])]
    verify: Option<PathBuf>,
}

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its facts.
    pub variant: Variant,
    /// The rows of tables in the document.
    pub rows_seen: usize,
    /// Those of them that are no fact, and were reported.
    pub rows_reported: usize,
}

impl Imported {
    fn new(form: Form, reading: Reading) -> Self {
        Self {
            variant: Variant {
                source: Source {
                    id: String::new(),
                    form,
                    reading,
                    dated: String::new(),
                    sha256: None,
                    documents: Vec::new(),
                },
                operations: Vec::new(),
                schemas: Vec::new(),
                reported: Vec::new(),
            },
            rows_seen: 0,
            rows_reported: 0,
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

/// Today, in UTC.
pub fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

/// Reads a document of any form.
///
/// # Errors
/// When it can't be read, or has none of the forms.
pub fn read(path: &Path, id: &str, dated: &str) -> Result<Imported> {
    parse(&files::shown(path), &files::read_text(path)?, id, dated)
}

/// Reads the text of a document of any form; `file` is what messages call it.
///
/// # Errors
/// When it has none of the forms, or a part of it can't be read; with its place.
pub fn parse(file: &Path, text: &str, id: &str, dated: &str) -> Result<Imported> {
    let mut imported = if text.trim().is_empty() {
        return Err(Error::new(file, "is empty", "give the document itself"));
    } else if is_html(text) {
        return Err(Error::new(
            file,
            "is HTML",
            "give the Markdown that the page is made from, or the text of the page",
        ));
    } else if flattened::is_page(text) {
        flattened::import(file, text)?
    } else if rendered::is_page(text) {
        rendered::import(file, text)?
    } else if markdown::is_page(text) {
        markdown::import(file, text)?
    } else if openapi::is_document(text) {
        openapi::import(&Document::parse(file, text)?)?
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
    id.clone_into(&mut imported.variant.source.id);
    dated.clone_into(&mut imported.variant.source.dated);
    imported.variant = without_tokens(file, &imported.variant)?;
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

/// Samples are clean already; this is for names, titles and values, where no token should be and one might be.
fn without_tokens(file: &Path, variant: &Variant) -> Result<Variant> {
    fn clean(value: &mut Value) {
        match value {
            Value::String(text) => *text = samples::without_tokens(text),
            Value::Array(items) => items.iter_mut().for_each(clean),
            Value::Object(object) => object.values_mut().for_each(clean),
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
    clean(&mut tree);
    serde_json::from_value(tree).map_err(unfit)
}

/// Runs the command.
///
/// # Errors
/// When the document can't be read, or its facts can't be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    if let Some(folder) = &args.verify {
        return verify::run(folder, out);
    }
    let (Some(file), Some(id)) = (&args.file, &args.id) else {
        // The command line does not let this through.
        return Ok(Outcome::Done);
    };
    variants::check_id(id)?;
    let dated = args.dated.clone().unwrap_or_else(today);
    let imported = read(file, id, &dated)?;
    let path = args
        .out
        .clone()
        .unwrap_or_else(|| variants::folder().join(format!("{id}.yaml")));
    let mut writes = Writes::default();
    writes.stage(&path, &variants::to_yaml(&imported.variant)?)?;
    writes.commit()?;
    let mut lines = vec![format!(
        "{}: {}, dated {dated}: {} operations, {} schemas; {} rows seen, {} facts written, {} reported",
        files::shown(&path).display(),
        imported.variant.source.form.describe(),
        imported.variant.operations.len(),
        imported.variant.schemas.len(),
        imported.rows_seen,
        imported.variant.rows(),
        imported.rows_reported,
    )];
    for reported in &imported.variant.reported {
        lines.push(format!(
            "{}:{}: {}",
            files::shown(file).display(),
            reported.line,
            reported.what
        ));
    }
    files::print(out, &lines)?;
    Ok(if args.strict && !imported.variant.reported.is_empty() {
        Outcome::Attention
    } else {
        Outcome::Done
    })
}
