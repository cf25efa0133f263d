//! Variants, spec and rulings against each other.

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

use crate::facts::Variant;
use judge::Finding;
use render::Parts;
use rulings::Rulings;
use spec::Spec;

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
