//! `cargo xtask import`: a vendor document becomes a variant file.

mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use openapi_evidence::facts::Reported;
use openapi_evidence::import::{Imported, date, parse};
use openapi_evidence::variants;
use openapi_tree::error::Result;
use openapi_tree::files::read_text;

use crate::command::Outcome;
use crate::files::{self, VARIANTS};
use crate::outputs::{Mode, Output, put};
use crate::reconcile::read_conventions;

/// Convert a vendor document to a variant file, or compare documents with the variant files
///
/// The content decides the format: a Markdown page, the text of a page or of a rendered OpenAPI operation, or an OpenAPI
/// 3.0 document.
///
/// Exit statuses: 0 success, 1 error, 2 usage, 4 differences.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The document
    #[arg(required_unless_present = "verify")]
    file: Option<PathBuf>,
    /// The ID of the document, which is the name of the variant file
    #[arg(long = "as", value_name = "ID", required_unless_present = "verify")]
    id: Option<String>,
    /// The date of publication, such as 2026-02-12 or 2026-02 [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    dated: Option<String>,
    /// The file to write [default: openapi/variants/ID.yaml]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Treat the document as a part of a larger one, which does not state that other resources are absent
    #[arg(long)]
    partial: bool,
    /// Exit with 4 if a row could not be read or, with --verify, if no variant file uses a document
    #[arg(long)]
    strict: bool,
    /// Import every document of a folder again, and compare the results with the variant files
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "id", "dated", "out", "partial"])]
    verify: Option<PathBuf>,
}

/// Returns the current date in UTC.
pub fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

/// Reads a document in any format.
///
/// # Errors
/// Returns an error if the document cannot be read, or if no reader recognizes it.
pub fn read(path: &Path, id: &str, dated: &str) -> Result<Imported> {
    let (file, text) = (files::shown(path), read_text(path)?);
    parse(&file, &text, id, dated, &read_conventions()?)
}

/// Runs the command.
///
/// # Errors
/// Returns an error if the document cannot be read, or if the variant file cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    if let Some(folder) = &args.verify {
        return verify::run(folder, args.strict, out);
    }
    let (Some(file), Some(id)) = (&args.file, &args.id) else {
        // The parser of the command line rejects this.
        return Ok(Outcome::Done);
    };
    variants::check_id(id)?;
    let dated = args.dated.clone().unwrap_or_else(today);
    let mut imported = read(file, id, &dated)?;
    imported.variant.source.partial = args.partial;
    let folder = files::workspace_root().join(VARIANTS);
    let path = args
        .out
        .clone()
        .unwrap_or_else(|| folder.join(format!("{id}.yaml")));
    let facts = Output {
        path: path.clone(),
        text: variants::to_yaml(&imported.variant)?,
    };
    put(&[facts], Mode::Write, out)?;
    let mut lines = vec![format!(
        "{}: {}, dated {dated}: {} operations, {} schemas; {} rows seen, {} facts written, {} reported",
        files::shown(&path).display(),
        imported.variant.source.form.name,
        imported.variant.operations.len(),
        imported.variant.schemas.len(),
        imported.rows_seen,
        imported.variant.rows(),
        imported.rows_reported,
    )];
    if imported.operations_omitted > 0 {
        lines.push(format!(
            "{} operations with {} rows omitted: `partialResources` of {} does not list them",
            imported.operations_omitted,
            imported.rows_omitted,
            files::SETTINGS
        ));
    }
    let reported = &imported.variant.reported;
    for Reported { line, what } in reported {
        lines.push(format!("{}:{line}: {what}", files::shown(file).display()));
    }
    files::print(out, &lines)?;
    Ok(Outcome::action_required_if(
        args.strict && !reported.is_empty(),
    ))
}
