//! `cargo xtask reconcile`: variants, spec and rulings against each other.

use std::io::Write;

use clap::Args as ClapArgs;
use openapi_evidence::reconcile::reconcile;
use openapi_evidence::reconcile::rulings::Rulings;
use openapi_evidence::reconcile::spec::Spec;
use openapi_evidence::variants::{self, VariantFile};
use openapi_tree::error::Result;
use openapi_tree::files::read_text;

use crate::command::Outcome;
use crate::files::{self, DOCUMENT, RECONCILIATION, RULINGS, VARIANTS};
use crate::outputs::{Mode, Output, put};

/// Hold the documents, the spec and the rulings against each other, and render openapi/RECONCILIATION.md.
///
/// Ends with status 4 when a difference is without a ruling, or a ruling without a difference.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Write nothing; end with status 4 when the page is stale.
    #[arg(long)]
    check: bool,
}

/// Reads the project's spec.
///
/// # Errors
/// When it can't be read.
pub fn read_spec() -> Result<Spec> {
    let path = files::workspace_root().join(DOCUMENT);
    Spec::parse(&files::shown(&path), &read_text(&path)?)
}

/// Reads the project's rulings.
///
/// # Errors
/// When they can't be read, or have another shape.
pub fn read_rulings() -> Result<Rulings> {
    Rulings::from_document(&files::read_document(
        &files::workspace_root().join(RULINGS),
    )?)
}

/// Reads the project's variant files.
///
/// # Errors
/// When one can't be read.
pub fn read_variants() -> Result<Vec<VariantFile>> {
    variants::read_all(&files::workspace_root().join(VARIANTS), VARIANTS.as_ref())
}

/// Runs the command.
///
/// # Errors
/// When spec, rulings or variants can't be read, or the page can't be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    let spec = read_spec()?;
    let rulings = read_rulings()?;
    let variant_files = read_variants()?;
    let variants: Vec<_> = variant_files.iter().map(|file| &file.variant).collect();
    let reconciled = reconcile(&spec, &variants, &rulings);
    let page = Output {
        path: files::workspace_root().join(RECONCILIATION),
        text: reconciled.page,
    };
    let mode = if args.check {
        Mode::Check("cargo xtask reconcile")
    } else {
        Mode::Write
    };
    let lines: Vec<String> = reconciled
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    files::print(out, &lines)?;
    let outcome = put(&[page], mode, out)?;
    files::print(out, &[reconciled.summary])?;
    Ok(if reconciled.findings.is_empty() {
        outcome
    } else {
        Outcome::Attention
    })
}
