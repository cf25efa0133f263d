//! `cargo xtask explain`: the decision, the statements and the rulings for one subject.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use clap::Args as ClapArgs;
use openapi_evidence::reconcile::Reconciliation;
use openapi_evidence::reconcile::explain::{Explanation, Fact, Stated};
use openapi_evidence::reconcile::rulings::Ruling;
use openapi_evidence::reconcile::subject::Subject;
use openapi_evidence::reconcile::wording::{decision, name_of, value_of};
use openapi_tree::error::{Error, Result};
use textwrap::{Options, wrap};

use crate::command::Outcome;
use crate::files::ReportFormat;
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
    args.format
        .print(out, &explanation, || lines_of(&subject, &explanation))?;
    Ok(Outcome::Done)
}

fn lines_of(subject: &Subject, explanation: &Explanation<'_>) -> Vec<String> {
    let facts = explanation
        .facts
        .iter()
        .map(|fact| fact_lines(subject, fact));
    let mut blocks: Vec<Vec<String>> = facts.collect();
    blocks.extend(explanation.rulings.iter().copied().map(ruling_lines));
    if explanation.rulings.is_empty() {
        blocks.push(vec!["No ruling is about this subject.".to_owned()]);
    }
    if !explanation.properties.is_empty() {
        let properties = explanation.properties.iter();
        let mut block = vec!["Explain one of these for details:".to_owned()];
        block.extend(properties.map(|property| format!("  {property}")));
        blocks.push(block);
    }
    let mut lines = vec![explanation.subject.clone()];
    for block in blocks {
        lines.push(String::new());
        lines.extend(block);
    }
    lines
}

fn fact_lines(subject: &Subject, fact: &Fact<'_>) -> Vec<String> {
    let decision = match value_of(&fact.dimension, &fact.decision) {
        decision if decision.is_empty() => "not specified".to_owned(),
        decision => decision,
    };
    let stated = fact.statements.iter();
    let stated = stated.filter(|stated| stated.agrees && !stated.implied);
    let support = match stated.count() {
        0 => "stated by no document".to_owned(),
        1 => "stated by 1 document".to_owned(),
        count => format!("stated by {count} documents"),
    };
    let name = name_of(subject, &fact.dimension);
    let mut lines = vec![format!("{name}: {decision} ({support})")];
    let widths = fact.statements.iter().map(|stated| stated.document.len());
    let width = widths.max().unwrap_or_default();
    lines.extend(fact.statements.iter().map(|stated| {
        let (dated, document, text) = (stated.dated, stated.document, statement(fact, stated));
        format!("  {dated:10}  {document:width$}  {text}")
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
        let rulings = stated
            .overruled_by
            .iter()
            .map(|number| format!("R{number}"));
        let rulings: Vec<_> = rulings.collect();
        if rulings.is_empty() {
            text.push_str(", not explained by any ruling");
        } else {
            let _ = write!(text, ", overruled by {}", rulings.join(", "));
        }
    }
    text
}

fn ruling_lines(ruling: &Ruling) -> Vec<String> {
    let subjects: Vec<_> = ruling.subjects.iter().map(ToString::to_string).collect();
    let subjects = format!("for {}", subjects.join(", "));
    let options = Options::new(WIDTH)
        .initial_indent("  ")
        .subsequent_indent("  ");
    let paragraphs = [subjects, ruling.because.clone()];
    let mut lines = vec![format!("R{}: {}", ruling.number, decision(ruling))];
    lines.extend(
        paragraphs
            .iter()
            .flat_map(|text| wrap(text, &options))
            .map(Cow::into_owned),
    );
    lines
}
