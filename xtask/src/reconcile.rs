//! `cargo xtask reconcile`: variants, spec and rulings against each other.

pub mod align;
pub mod compare;
pub mod examples;
pub mod judge;
pub mod names;
mod outside;
pub mod render;
pub mod rulings;
pub mod spec;
pub mod subject;

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use similar::TextDiff;

use crate::command::Outcome;
use crate::error::Result;
use crate::facts::Variant;
use crate::files::{self, Writes};
use crate::variants;
use judge::Finding;
use render::Parts;
use rulings::Rulings;
use spec::Spec;

/// Hold the documents, the spec and the rulings against each other, and render openapi/RECONCILIATION.md.
///
/// Ends with status 4 when a difference is without a ruling, or a ruling without a difference.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Write nothing; end with status 4 when the page is stale.
    #[arg(long)]
    check: bool,
}

/// What reconciling came to.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// What is left to do.
    pub findings: Vec<Finding>,
    /// The page.
    pub page: String,
    /// One line of counts.
    pub summary: String,
}

/// Holds documents, spec and rulings against each other. The documents come in order of age.
pub fn reconcile(spec: &Spec, variants: &[&Variant], rulings: &Rulings) -> Reconciled {
    let comparison = compare::compare(spec, variants, &rulings.same_schemas());
    let judgement = judge::judge(spec, variants, &comparison, rulings);
    let page = render::render(Parts {
        spec,
        variants,
        comparison: &comparison,
        rulings,
        judgement: &judgement,
    });
    let agreeing = comparison
        .statements
        .iter()
        .filter(|statement| statement.agrees)
        .count();
    Reconciled {
        summary: format!(
            "{} facts compared: {agreeing} agreeing, {} overruled by {} rulings, {} unexplained; {} silent",
            comparison.statements.len(),
            judgement.answered.len(),
            rulings.rulings.len(),
            comparison.statements.len() - agreeing - judgement.answered.len(),
            comparison.silent
        ),
        findings: judgement.findings,
        page,
    }
}

/// Where the spec lies.
pub fn spec_path() -> PathBuf {
    files::workspace_root().join("openapi/connector.yaml")
}

/// Where the rulings lie.
pub fn rulings_path() -> PathBuf {
    files::workspace_root().join("openapi/rulings.yaml")
}

/// Reads the project's spec.
///
/// # Errors
/// When it can't be read.
pub fn read_spec() -> Result<Spec> {
    let path = spec_path();
    Spec::parse(&files::shown(&path), &files::read_text(&path)?)
}

/// Runs the command.
///
/// # Errors
/// When spec, rulings or variants can't be read, or the page can't be written.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    let spec = read_spec()?;
    let rulings = Rulings::read(&rulings_path())?;
    let files = variants::read_all(&variants::folder())?;
    let variants: Vec<_> = files.iter().map(|file| &file.variant).collect();
    let reconciled = reconcile(&spec, &variants, &rulings);
    let path = files::workspace_root().join("openapi/RECONCILIATION.md");
    let there = if path.is_file() {
        files::read_text(&path)?
    } else {
        String::new()
    };
    let stale = there != reconciled.page;
    let mut lines: Vec<String> = reconciled
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    if args.check {
        if stale {
            let shown = files::shown(&path).display().to_string();
            let diff = TextDiff::from_lines(&there, &reconciled.page);
            lines.push(
                diff.unified_diff()
                    .header(&shown, "as rendered now")
                    .to_string(),
            );
            lines.push(format!("{shown} is stale; run `cargo xtask reconcile`"));
        }
    } else if stale {
        let mut writes = Writes::default();
        writes.stage(&path, &reconciled.page)?;
        writes.commit()?;
        lines.push(format!("{} written", files::shown(&path).display()));
    }
    lines.push(reconciled.summary);
    files::print(out, &lines)?;
    Ok(
        if reconciled.findings.is_empty() && !(args.check && stale) {
            Outcome::Done
        } else {
            Outcome::Attention
        },
    )
}
