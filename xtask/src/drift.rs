//! `cargo xtask drift`: what a document says that neither the spec nor a ruling answers.

pub mod impact;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use crate::command::Outcome;
use crate::error::{Error, Result};
use crate::facts::{Reported, Variant};
use crate::reconcile::compare::{Statement, compare};
use crate::reconcile::judge::{shown, spec_says};
use crate::reconcile::rulings::Rulings;
use crate::reconcile::spec::Spec;
use crate::reconcile::{read_spec, rulings_path};
use crate::{files, import};

/// Say what documents change: what they state, or leave out, that neither the spec nor a ruling answers.
///
/// Ends with status 4 when there is something. Nothing is written.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The documents, in any of the forms that `import` reads.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// When they were published, as 2026-02-12 or 2026-02 [default: today].
    #[arg(long, value_name = "DATE", value_parser = import::date)]
    dated: Option<String>,
    /// List what a ruling overruled already, too.
    #[arg(long)]
    all: bool,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What one document changes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The document.
    pub file: PathBuf,
    /// Its form.
    pub form: String,
    /// When it was published.
    pub dated: String,
    /// What neither the spec nor a ruling answers.
    pub differences: Vec<Difference>,
    /// What it says that the spec says too, counted.
    pub agreeing: usize,
    /// What it says that a ruling overruled already.
    pub overruled: Vec<Difference>,
    /// Operations of resources that the spec does not cover.
    pub other_operations: usize,
    /// Schemas that belong to nothing that the spec covers.
    pub other_schemas: usize,
    /// What could not be read as a fact.
    pub reported: Vec<Reported>,
}

/// Something that a document says, and we do not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What it is about.
    pub subject: String,
    /// Which dimension of it.
    pub dimension: String,
    /// What the document says.
    pub it_says: Value,
    /// What the spec says; null for nothing.
    pub we_say: Value,
    /// Why the spec says so, if a ruling tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruling: Option<String>,
    /// Whether a client built from the spec would break.
    pub breaks: bool,
    /// Why, or why not.
    pub why: String,
}

/// Holds a document against spec and rulings.
pub fn drift(spec: &Spec, rulings: &Rulings, file: PathBuf, variant: &Variant) -> Report {
    let comparison = compare(spec, &[variant], &rulings.same_schemas());
    let mut report = Report {
        file,
        form: variant.source.form.describe().to_owned(),
        dated: variant.source.dated.clone(),
        differences: Vec::new(),
        agreeing: 0,
        overruled: Vec::new(),
        other_operations: comparison.other_operations,
        other_schemas: comparison.other_schemas,
        reported: variant.reported.clone(),
    };
    for statement in &comparison.statements {
        if statement.agrees {
            report.agreeing += 1;
        } else if is_overruled(spec, rulings, statement) {
            report.overruled.push(difference(spec, rulings, statement));
        } else {
            report
                .differences
                .push(difference(spec, rulings, statement));
        }
    }
    report
}

/// Whether a ruling overrules the very value already, whoever stated it.
fn is_overruled(spec: &Spec, rulings: &Rulings, statement: &Statement) -> bool {
    rulings.rulings.iter().any(|ruling| {
        ruling.overrules.iter().any(|overruled| {
            overruled.dimension == statement.dimension && overruled.value == statement.value
        }) && ruling.is_about(&statement.subject, spec)
    })
}

fn difference(spec: &Spec, rulings: &Rulings, statement: &Statement) -> Difference {
    let ours = spec_says(spec, &statement.subject, statement.dimension);
    let impact = impact::impact(spec, statement, &ours);
    let ruling = rulings
        .rulings
        .iter()
        .find(|ruling| {
            ruling.holds.contains_key(&statement.dimension)
                && ruling.is_about(&statement.subject, spec)
        })
        .map(|ruling| {
            ruling
                .because
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        });
    Difference {
        subject: statement.subject.to_string(),
        dimension: statement.dimension.to_string(),
        it_says: statement.value.clone(),
        we_say: ours,
        ruling,
        breaks: impact.breaks,
        why: impact.why.to_owned(),
    }
}

/// Runs the command.
///
/// # Errors
/// When spec, rulings or a document can't be read.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    let spec = read_spec()?;
    let rulings = Rulings::read(&rulings_path())?;
    let dated = args.dated.clone().unwrap_or_else(import::today);
    let mut reports = Vec::new();
    for file in &args.files {
        let imported = import::read(file, "drift", &dated)?;
        reports.push(drift(
            &spec,
            &rulings,
            files::shown(file),
            &imported.variant,
        ));
    }
    let lines = match args.format {
        Format::Text => reports
            .iter()
            .flat_map(|report| lines_of(report, args.all))
            .collect(),
        Format::Json => vec![serde_json::to_string_pretty(&reports).map_err(|source| {
            Error::new(
                &rulings_path(),
                format!("gives a report that is no JSON: {source}"),
                "report this",
            )
            .because(source)
        })?],
    };
    files::print(out, &lines)?;
    let drifts = reports.iter().any(|report| !report.differences.is_empty());
    Ok(if drifts {
        Outcome::Attention
    } else {
        Outcome::Done
    })
}

fn lines_of(report: &Report, all: bool) -> Vec<String> {
    let mut lines = vec![format!(
        "{} ({}, {}): {} differences; {} facts agree, {} are overruled already; {} operations and {} schemas of other \
         resources",
        report.file.display(),
        report.form,
        report.dated,
        report.differences.len(),
        report.agreeing,
        report.overruled.len(),
        report.other_operations,
        report.other_schemas
    )];
    for difference in &report.differences {
        lines.push(format!("  {}", difference.subject));
        lines.push(format!(
            "    it says: {} {}",
            difference.dimension,
            shown(&difference.it_says)
        ));
        lines.push(match &difference.we_say {
            Value::Null => "    we say:  nothing".to_owned(),
            value => format!("    we say:  {} {}", difference.dimension, shown(value)),
        });
        if let Some(ruling) = &difference.ruling {
            lines.push(format!("    because: {ruling}"));
        }
        let verb = if difference.breaks { "breaks" } else { "holds" };
        lines.push(format!("    a client {verb}: {}", difference.why));
    }
    if all {
        for overruled in &report.overruled {
            lines.push(format!(
                "  overruled already: {} {} {}",
                overruled.subject,
                overruled.dimension,
                shown(&overruled.it_says)
            ));
        }
    }
    for reported in &report.reported {
        lines.push(format!(
            "  not read, line {}: {}",
            reported.line, reported.what
        ));
    }
    lines
}
