//! The comparison of vendor documents, the spec, and the rulings.

pub mod align;
pub mod compare;
pub mod examples;
pub mod explain;
pub mod judge;
pub mod names;
mod outside;
pub mod page;
pub mod rulings;
pub mod spec;
pub mod subject;
pub mod wording;

use crate::facts::Variant;
use compare::Comparison;
use judge::{Finding, Judgment};
use rulings::Rulings;
use spec::Spec;

/// The documents compared with the spec, and the differences compared with the rulings.
#[derive(Debug)]
pub struct Reconciliation<'r> {
    /// The spec.
    pub spec: &'r Spec,
    /// The documents, in order of age.
    pub variants: &'r [&'r Variant],
    /// The rulings.
    pub rulings: &'r Rulings,
    /// The statements of the documents.
    pub comparison: Comparison,
    /// The result of applying the rulings to the statements.
    pub judgment: Judgment,
}

impl<'r> Reconciliation<'r> {
    /// Compares documents, spec and rulings. The documents must be in order of age.
    pub fn new(spec: &'r Spec, variants: &'r [&'r Variant], rulings: &'r Rulings) -> Self {
        let comparison = compare::compare(spec, variants, &rulings.names);
        let judgment = judge::judge(spec, variants, &comparison, rulings);
        Self {
            spec,
            variants,
            rulings,
            comparison,
            judgment,
        }
    }

    /// Returns the differences without a ruling, and the rulings without a difference.
    pub fn findings(&self) -> &[Finding] {
        &self.judgment.findings
    }

    /// Returns the page for reviewers, in Markdown.
    pub fn page(&self) -> String {
        page::render(self)
    }

    /// Returns one line of counts.
    pub fn summary(&self) -> String {
        let counts = self.counts();
        format!(
            "{} facts compared: {} agreeing, {} overruled by {} rulings, {} unexplained; {} silent",
            self.comparison.statements.len(),
            counts.agreeing,
            counts.overruled,
            self.rulings.rulings.len(),
            counts.unexplained,
            self.comparison.silent
        )
    }

    fn counts(&self) -> Counts {
        let statements = &self.comparison.statements;
        let agreeing = statements
            .iter()
            .filter(|statement| statement.agrees)
            .count();
        let overruled = self.judgment.overruled.len();
        Counts {
            agreeing,
            overruled,
            unexplained: statements.len() - agreeing - overruled,
        }
    }
}

/// The numbers of statements by their result.
struct Counts {
    agreeing: usize,
    overruled: usize,
    unexplained: usize,
}
