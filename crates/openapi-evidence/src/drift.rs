//! What a document says that neither the spec nor a ruling answers.

pub mod impact;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::facts::{Reported, Variant};
use crate::reconcile::compare::{Statement, compare};
use crate::reconcile::explain::one_line;
use crate::reconcile::judge::spec_says;
use crate::reconcile::rulings::Rulings;
use crate::reconcile::spec::Spec;

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
    pub document_value: Value,
    /// What the spec says; null for nothing.
    pub spec_value: Value,
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
    let ours = spec_says(spec, &statement.subject, &statement.dimension);
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
