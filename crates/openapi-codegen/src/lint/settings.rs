//! Comparison of the conventions of an API with its document.

use crate::conventions::Conventions;
use crate::lower::{self, polymorphic};
use crate::operations;
use crate::pipeline::on_a_large_stack;
use openapi_tree::document::Document;
use openapi_tree::error::Place;
use openapi_tree::lint::Finding;

/// The names of the rules.
pub const RULES: [&str; 2] = [polymorphic::NAME, operations::NAME];

/// Returns the differences between the conventions and a document that has no other findings.
pub fn findings(document: &Document, conventions: &Conventions) -> Vec<Finding> {
    if let Some(pair) = &conventions.polymorphic {
        let findings = polymorphic::findings(&document.tree, pair);
        if !findings.is_empty() {
            return findings;
        }
    }
    let shaped = on_a_large_stack(&document.file, || {
        lower::shape(&document.file, &document.tree, conventions)
    });
    match (shaped, &conventions.operations) {
        (Ok((contract, changes)), Some(rules)) => operations::describe(&contract, rules)
            .1
            .into_iter()
            .map(|finding| Finding {
                pointer: changes.published(&finding.pointer),
                ..finding
            })
            .collect(),
        (Ok(_), None) => Vec::new(),
        (Err(error), _) => vec![Finding {
            pointer: match error.place() {
                Place::Pointer(pointer) => pointer.clone(),
                _ => String::new(),
            },
            rule: operations::NAME,
            what: error.what().to_owned(),
            todo: error.todo().to_owned(),
        }],
    }
}
