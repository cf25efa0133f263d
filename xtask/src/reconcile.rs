//! `cargo xtask reconcile`: variants, spec and rulings against each other.

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

/// Hold the documents, the spec and the rulings against each other, and render openapi/RECONCILIATION.md.
///
/// Ends with status 4 when a difference is without a ruling, or a ruling without a difference.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Write nothing; end with status 4 when the page is stale.
    #[arg(long)]
    check: bool,
}

/// Reads what is particular to the vendor's documents. A project without settings has nothing particular.
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
/// When it can't be read.
pub fn read_spec() -> Result<Spec> {
    let path = files::workspace_root().join(DOCUMENT);
    Spec::parse(
        &files::shown(&path),
        &read_text(&path)?,
        &read_conventions()?,
    )
}

/// Reads the project's rulings.
///
/// # Errors
/// When they can't be read, or have another shape.
pub fn read_rulings() -> Result<Rulings> {
    Rulings::from_document(
        &files::read_document(&files::workspace_root().join(RULINGS))?,
        &read_conventions()?,
    )
}

/// Reads the project's variant files.
///
/// # Errors
/// When one can't be read.
pub fn read_variants() -> Result<Vec<VariantFile>> {
    variants::read_all(&files::workspace_root().join(VARIANTS), VARIANTS.as_ref())
}

/// What is compared: spec, rulings and variant files of the project.
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
/// When spec, rulings or variants can't be read, or the page can't be written.
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
        Outcome::Attention
    })
}
