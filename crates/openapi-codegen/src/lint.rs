//! The rules for every document. A document that violates them makes the generator fail, or write code that cannot work.

mod references;
pub mod settings;
mod structure;
mod supported;

use openapi_tree::document::Document;
use openapi_tree::lint::{Finding, Rule, run};

/// The rules for every document.
pub const OPENAPI_RULES: [&[Rule]; 3] = [&structure::RULES, &references::RULES, &supported::RULES];

/// Returns the violations of the rules for every document.
pub fn check_openapi(document: &Document) -> Vec<Finding> {
    run(document, &OPENAPI_RULES)
}
