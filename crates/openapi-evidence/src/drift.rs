//! The statements of a document that neither the spec nor a ruling covers.

pub mod impact;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::facts::{Reported, Variant};
use crate::reconcile::compare::{Statement, compare};
use crate::reconcile::rulings::Rulings;
use crate::reconcile::spec::Spec;
use crate::reconcile::subject::{Dimension, Subject};
use impact::{Impact, impact};

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
    pub subject: Subject,
    /// The dimension of the subject.
    pub dimension: Dimension,
    /// The value of the document.
    pub document_value: Value,
    /// The value of the spec, or null.
    pub spec_value: Value,
    /// The reason for the value of the spec, if there is a ruling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruling: Option<String>,
    /// The effect on a client that is built from the spec.
    #[serde(flatten)]
    pub impact: Impact,
}

/// Compares a document with spec and rulings.
pub fn drift(spec: &Spec, rulings: &Rulings, file: PathBuf, variant: &Variant) -> Report {
    let comparison = compare(spec, &[variant], &rulings.names);
    let mut report = Report {
        file,
        form: variant.source.form.name.to_owned(),
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
            continue;
        }
        let is_overruled = rulings.overrule(spec, statement, None).next().is_some();
        let list = if is_overruled {
            &mut report.overruled
        } else {
            &mut report.differences
        };
        list.push(difference(spec, rulings, statement));
    }
    report
}

fn difference(spec: &Spec, rulings: &Rulings, statement: &Statement) -> Difference {
    let (subject, dimension) = (&statement.subject, &statement.dimension);
    let spec_value = spec.value(subject, dimension);
    let mut rulings = rulings.rulings.iter();
    let ruling = rulings.find(|ruling| ruling.decides(subject, dimension, spec));
    Difference {
        subject: subject.clone(),
        dimension: dimension.clone(),
        document_value: statement.value.clone(),
        impact: impact(spec, statement, &spec_value),
        spec_value,
        ruling: ruling.map(|ruling| ruling.because.clone()),
    }
}
