//! `cargo xtask reconcile`: compares variant files, spec and rulings.

use std::io::Write;

use clap::Args as ClapArgs;
use openapi_evidence::conventions::Conventions;
use openapi_evidence::facts::Variant;
use openapi_evidence::reconcile::Reconciliation;
use openapi_evidence::reconcile::rulings::Rulings;
use openapi_evidence::reconcile::spec::Spec;
use openapi_evidence::variants::{self, VariantFile};
use openapi_tree::error::Result;
use openapi_tree::files::read_text;

use crate::command::Outcome;
use crate::files::{self, DOCUMENT, RECONCILIATION, RULINGS, SETTINGS, VARIANTS};
use crate::outputs::{Mode, Output, put};

/// Compare the vendor documents, the spec, and the rulings, and write openapi/RECONCILIATION.md
///
/// Exit statuses: 0 success, 1 error, 2 usage, 4 if a difference has no ruling, or a ruling has no difference.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Write nothing, and exit with 4 if the page is stale
    #[arg(long)]
    check: bool,
}

/// Reads the conventions of the vendor documents. A project without settings has none.
///
/// # Errors
/// Returns an error if the settings cannot be read.
pub fn read_conventions() -> Result<Conventions> {
    let path = files::workspace_root().join(SETTINGS);
    if !path.is_file() {
        return Ok(Conventions::default());
    }
    Conventions::from_settings(&files::read_document(&path)?)
}

/// Reads the project's spec.
///
/// # Errors
/// Returns an error if the spec cannot be read.
pub fn read_spec() -> Result<Spec> {
    let path = files::workspace_root().join(DOCUMENT);
    let (file, text) = (files::shown(&path), read_text(&path)?);
    Spec::parse(&file, &text, &read_conventions()?)
}

/// Reads the project's rulings.
///
/// # Errors
/// Returns an error if the rulings cannot be read, or are invalid.
pub fn read_rulings() -> Result<Rulings> {
    let document = files::read_document(&files::workspace_root().join(RULINGS))?;
    Rulings::from_document(&document, &read_conventions()?)
}

/// Reads the project's variant files.
///
/// # Errors
/// Returns an error if a variant file cannot be read.
pub fn read_variants() -> Result<Vec<VariantFile>> {
    variants::read_all(&files::workspace_root().join(VARIANTS), VARIANTS.as_ref())
}

/// The inputs of a comparison: spec, rulings and variant files of the project.
#[derive(Debug)]
pub struct Inputs {
    /// The spec.
    pub spec: Spec,
    /// The rulings.
    pub rulings: Rulings,
    files: Vec<VariantFile>,
}

impl Inputs {
    /// Reads spec, rulings and variant files of the project.
    ///
    /// # Errors
    /// Returns an error if one of them cannot be read.
    pub fn read() -> Result<Self> {
        Ok(Self {
            spec: read_spec()?,
            rulings: read_rulings()?,
            files: read_variants()?,
        })
    }

    /// Returns the facts of the documents, in order of age.
    pub fn variants(&self) -> Vec<&Variant> {
        self.files.iter().map(|file| &file.variant).collect()
    }
}

/// Runs the command.
///
/// # Errors
/// Returns an error if an input cannot be read, or if the page cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    let inputs = Inputs::read()?;
    let variants = inputs.variants();
    let reconciliation = Reconciliation::new(&inputs.spec, &variants, &inputs.rulings);
    let page = Output {
        path: files::workspace_root().join(RECONCILIATION),
        text: reconciliation.page(),
    };
    let mode = if args.check {
        Mode::Check("cargo xtask reconcile")
    } else {
        Mode::Write
    };
    let findings = reconciliation.findings();
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    files::print(out, &lines)?;
    let outcome = put(&[page], mode, out)?;
    files::print(out, &[reconciliation.summary()])?;
    Ok(if findings.is_empty() {
        outcome
    } else {
        Outcome::ActionRequired
    })
}
