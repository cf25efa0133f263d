//! The rules of this project's own document, beyond those that hold for every one.

pub mod command;
mod described;
mod examples;
mod forms;
mod keywords;
mod responses;

use openapi_codegen::conventions::Conventions;
use openapi_codegen::lint::{OPENAPI_RULES, check_openapi, settings};
use openapi_tree::document::Document;
use openapi_tree::lint::{Finding, Rule, run};

/// The rules of this project's own document.
const HOUSE: [&[Rule]; 5] = [
    &keywords::RULES,
    &forms::RULES,
    &responses::RULES,
    &described::RULES,
    &examples::RULES,
];

/// Returns the violations of all rules. If the document violates a rule for every document, or the conventions do not fit
/// it, the later rules are not checked.
pub fn house(document: &Document, conventions: &Conventions) -> Vec<Finding> {
    let mut findings = check_openapi(document);
    if findings.is_empty() {
        findings = run(document, &HOUSE);
        // The other rules have the better help for the same location, and `regenerate` reports the first finding.
        findings.extend(keywords::lossless(document, conventions));
    }
    if findings.is_empty() {
        findings = settings::findings(document, conventions);
    }
    findings
}

/// The names of all rules.
pub fn rules() -> Vec<&'static str> {
    OPENAPI_RULES
        .iter()
        .chain(&HOUSE)
        .flat_map(|rules| rules.iter().map(|(name, _)| *name))
        .chain([keywords::LOSSLESS])
        .chain(settings::RULES)
        .collect()
}
