//! `cargo xtask drift`: what a document says that neither the spec nor a ruling answers.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use openapi_evidence::drift::{Report, drift};
use openapi_evidence::import::date;
use openapi_evidence::reconcile::judge::shown;
use openapi_tree::error::Result;
use serde_json::Value;

use crate::command::Outcome;
use crate::files::{self, ReportFormat};
use crate::import;
use crate::reconcile::{read_rulings, read_spec};

/// Say what documents change: what they state, or leave out, that neither the spec nor a ruling answers.
///
/// Ends with status 4 when there is something. Nothing is written.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The documents, in any of the forms that `import` reads.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// When they were published, as 2026-02-12 or 2026-02 [default: today].
    #[arg(long, value_name = "DATE", value_parser = date)]
    dated: Option<String>,
    /// List what a ruling overruled already, too.
    #[arg(long)]
    all: bool,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

/// Runs the command.
///
/// # Errors
/// When spec, rulings or a document can't be read.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    let spec = read_spec()?;
    let rulings = read_rulings()?;
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
        ReportFormat::Text => reports
            .iter()
            .flat_map(|report| lines_of(report, args.all))
            .collect(),
        ReportFormat::Json => vec![files::to_json(&reports)?],
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
            "    document: {} {}",
            difference.dimension,
            shown(&difference.document_value)
        ));
        lines.push(match &difference.spec_value {
            Value::Null => "    spec:     nothing".to_owned(),
            value => format!("    spec:     {} {}", difference.dimension, shown(value)),
        });
        if let Some(ruling) = &difference.ruling {
            lines.push(format!("    ruling:   {ruling}"));
        }
        let verb = if difference.breaks {
            "breaks"
        } else {
            "keeps working"
        };
        lines.push(format!("    a client {verb}: {}", difference.why));
    }
    if all {
        for overruled in &report.overruled {
            lines.push(format!(
                "  overruled already: {} {} {}",
                overruled.subject,
                overruled.dimension,
                shown(&overruled.document_value)
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
