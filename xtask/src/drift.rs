//! `cargo xtask drift`: the statements of documents that neither the spec nor a ruling covers.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use openapi_evidence::drift::impact::Impact;
use openapi_evidence::drift::{Difference, Report, drift};
use openapi_evidence::facts::Reported;
use openapi_evidence::import::date;
use openapi_evidence::reconcile::wording::shown;
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
    let lines = || {
        reports
            .iter()
            .flat_map(|report| lines_of(report, args.all))
            .collect()
    };
    args.format.print(out, &reports, lines)?;
    let drifts = reports.iter().any(|report| !report.differences.is_empty());
    Ok(Outcome::action_required_if(drifts))
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
        let dimension = &difference.dimension;
        lines.push(format!("  {}", difference.subject));
        lines.push(format!(
            "    document: {dimension} {}",
            shown(&difference.document_value)
        ));
        lines.push(match &difference.spec_value {
            Value::Null => "    spec:     nothing".to_owned(),
            value => format!("    spec:     {dimension} {}", shown(value)),
        });
        if let Some(ruling) = &difference.ruling {
            lines.push(format!("    ruling:   {ruling}"));
        }
        let Impact { breaks, why } = difference.impact;
        let verb = if breaks { "breaks" } else { "keeps working" };
        lines.push(format!("    a client {verb}: {why}"));
    }
    for Difference {
        subject,
        dimension,
        document_value,
        ..
    } in report.overruled.iter().filter(|_| all)
    {
        let value = shown(document_value);
        lines.push(format!(
            "  overruled already: {subject} {dimension} {value}"
        ));
    }
    for Reported { line, what } in &report.reported {
        lines.push(format!("  not read, line {line}: {what}"));
    }
    lines
}
