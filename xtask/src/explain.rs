//! `cargo xtask explain`: the decision, the statements and the rulings for one subject.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use clap::Args as ClapArgs;
use openapi_evidence::reconcile::Reconciliation;
use openapi_evidence::reconcile::explain::{Explanation, Fact, RulingSummary, Stated};
use openapi_evidence::reconcile::subject::Subject;
use openapi_evidence::reconcile::wording::{long, name_of, value_of};
use openapi_tree::error::{Error, Result};

use crate::command::Outcome;
use crate::files::{self, ReportFormat};
use crate::reconcile::Inputs;

/// Explain why the spec defines a property, a status, an operation or a schema as it does
///
/// Prints the decision of the spec, the dated statements of each document, and the rulings with their reasons. Case, spaces
/// and punctuation in SUBJECT are ignored: `VoucherCode · IsActive` and `vouchercode.isactive` are the same.
///
/// Exit statuses: 0 success, 1 error, 2 usage.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  cargo xtask explain 'VoucherCode · IsActive'
  cargo xtask explain 'voucherCodes/getAll response · Cursor'
  cargo xtask explain 'vouchers/add · status 409' --format json
  cargo xtask explain Voucher")]
pub struct Args {
    /// The subject: `OWNER · PROPERTY`, or an operation or a schema as a whole
    subject: String,
    /// The format of the explanation
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

/// The width of the reasons in a terminal.
const WIDTH: usize = 100;

/// Runs the command.
///
/// # Errors
/// Returns an error if the subject is unknown, or if spec, rulings or variant files cannot be read.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<Outcome> {
    let inputs = Inputs::read()?;
    let variants = inputs.variants();
    let reconciliation = Reconciliation::new(&inputs.spec, &variants, &inputs.rulings);
    let subject = reconciliation.find(&args.subject).map_err(|unknown| {
        let help = match &unknown.similar[..] {
            [] => "name a subject as openapi/RECONCILIATION.md does, such as `Owner · Property`"
                .to_owned(),
            similar => format!("did you mean `{}`?", similar.join("`, `")),
        };
        Error::new(Path::new("explain"), unknown.to_string(), help)
    })?;
    let explanation = reconciliation.explain(&subject);
    let lines = match args.format {
        ReportFormat::Text => lines_of(&subject, &explanation),
        ReportFormat::Json => vec![files::to_json(&explanation)?],
    };
    files::print(out, &lines)?;
    Ok(Outcome::Done)
}

fn lines_of(subject: &Subject, explanation: &Explanation<'_>) -> Vec<String> {
    let mut lines = vec![explanation.subject.clone()];
    for fact in &explanation.facts {
        lines.push(String::new());
        lines.extend(fact_lines(subject, fact));
    }
    for ruling in &explanation.rulings {
        lines.push(String::new());
        lines.extend(ruling_lines(ruling));
    }
    if explanation.rulings.is_empty() {
        lines.push(String::new());
        lines.push("No ruling is about this subject.".to_owned());
    }
    if !explanation.properties.is_empty() {
        lines.push(String::new());
        lines.push("Explain one of these for details:".to_owned());
        lines.extend(
            explanation
                .properties
                .iter()
                .map(|property| format!("  {property}")),
        );
    }
    lines
}

fn fact_lines(subject: &Subject, fact: &Fact<'_>) -> Vec<String> {
    let decision = value_of(&fact.dimension, &fact.decision);
    let decision = if decision.is_empty() {
        "not specified"
    } else {
        &decision
    };
    let stated = fact
        .statements
        .iter()
        .filter(|stated| stated.agrees && !stated.implied)
        .count();
    let support = match stated {
        0 => "stated by no document".to_owned(),
        1 => "stated by 1 document".to_owned(),
        count => format!("stated by {count} documents"),
    };
    let mut lines = vec![format!(
        "{}: {decision} ({support})",
        name_of(subject, &fact.dimension)
    )];
    let width = fact
        .statements
        .iter()
        .map(|stated| stated.document.len())
        .max()
        .unwrap_or_default();
    lines.extend(fact.statements.iter().map(|stated| {
        format!(
            "  {:10}  {:width$}  {}",
            stated.dated,
            stated.document,
            statement(fact, stated)
        )
    }));
    lines
}

fn statement(fact: &Fact<'_>, stated: &Stated<'_>) -> String {
    let mut text = value_of(&fact.dimension, stated.value);
    if let Some(from) = stated.from {
        let _ = write!(text, " ({from})");
    }
    if stated.implied {
        text.push_str(" (implied by omission)");
    }
    if !stated.agrees {
        let rulings: Vec<_> = stated
            .overruled_by
            .iter()
            .map(|n| format!("R{n}"))
            .collect();
        match rulings[..] {
            [] => text.push_str(", not explained by any ruling"),
            _ => {
                let _ = write!(text, ", overruled by {}", rulings.join(", "));
            }
        }
    }
    text
}

fn ruling_lines(ruling: &RulingSummary<'_>) -> Vec<String> {
    let decision: Vec<_> = ruling
        .decision
        .iter()
        .map(|(dimension, value)| long(dimension, value))
        .collect();
    let mut lines = vec![format!("R{}: {}", ruling.number, decision.join("; "))];
    let options = textwrap::Options::new(WIDTH)
        .initial_indent("  ")
        .subsequent_indent("  ");
    lines.extend(
        textwrap::wrap(&format!("for {}", ruling.subjects.join(", ")), &options)
            .into_iter()
            .chain(textwrap::wrap(&ruling.because, &options))
            .map(std::borrow::Cow::into_owned),
    );
    lines
}
