//! The statements of a document that neither the spec nor a ruling covers.

pub mod impact;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::facts::{Reported, Variant};
use crate::reconcile::compare::{Statement, compare};
use crate::reconcile::explain::one_line;
use crate::reconcile::judge::spec_value;
use crate::reconcile::rulings::Rulings;
use crate::reconcile::spec::Spec;

/// The differences between a document and the spec.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The document.
    pub file: PathBuf,
    /// The format of the document.
    pub form: String,
    /// The date of publication.
    pub dated: String,
    /// The statements that neither the spec nor a ruling covers.
    pub differences: Vec<Difference>,
    /// The number of statements that agree with the spec.
    pub agreeing: usize,
    /// The statements that a ruling overrules already.
    pub overruled: Vec<Difference>,
    /// The number of operations of resources that the spec does not cover.
    pub other_operations: usize,
    /// The number of schemas that belong to nothing that the spec covers.
    pub other_schemas: usize,
    /// The parts that could not be read as facts.
    pub reported: Vec<Reported>,
}

/// A statement of a document that differs from the spec.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The subject.
    pub subject: String,
    /// The dimension of the subject.
    pub dimension: String,
    /// The value of the document.
    pub document_value: Value,
    /// The value of the spec, or null.
    pub spec_value: Value,
    /// The reason for the value of the spec, if there is a ruling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruling: Option<String>,
    /// Whether a client built from the spec would break.
    pub breaks: bool,
    /// The reason for `breaks`.
    pub why: String,
}

/// Compares a document with spec and rulings.
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
        } else if rulings.overrule(spec, statement, None).next().is_some() {
            report.overruled.push(difference(spec, rulings, statement));
        } else {
            report
                .differences
                .push(difference(spec, rulings, statement));
        }
    }
    report
}

fn difference(spec: &Spec, rulings: &Rulings, statement: &Statement) -> Difference {
    let ours = spec_value(spec, &statement.subject, &statement.dimension);
    let impact = impact::impact(spec, statement, &ours);
    let ruling = rulings
        .rulings
        .iter()
        .find(|ruling| {
            ruling.decision.contains_key(&statement.dimension)
                && ruling.is_about(&statement.subject, spec)
        })
        .map(|ruling| one_line(&ruling.because));
    Difference {
        subject: statement.subject.to_string(),
        dimension: statement.dimension.to_string(),
        document_value: statement.value.clone(),
        spec_value: ours,
        ruling,
        breaks: impact.breaks,
        why: impact.why.to_owned(),
    }
}
