//! `cargo xtask drift`: the statements of documents that neither the spec nor a ruling covers.

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

/// List the statements of documents that neither the spec nor a ruling covers
///
/// The command writes nothing. Exit statuses: 0 success, 1 error, 2 usage, 4 differences.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The documents, in any format that `import` reads
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The date of publication, such as 2026-02-12 or 2026-02 [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    dated: Option<String>,
    /// Also list the statements that a ruling overrules already
    #[arg(long)]
    all: bool,
    /// The format of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

/// Runs the command.
///
/// # Errors
/// Returns an error if the spec, the rulings or a document cannot be read.
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
        Outcome::ActionRequired
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
