//! The rules of this project's own document, beyond those that hold for every one.

pub mod command;
mod described;
mod examples;
mod forms;
mod keywords;
mod responses;

use openapi_codegen::lint::{SOUND, sound};
use openapi_codegen::operations;
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

/// What a document breaks of all rules. Where it is not sound, that alone is told.
pub fn house(document: &Document) -> Vec<Finding> {
    let findings = sound(document);
    if findings.is_empty() {
        run(document, &HOUSE)
    } else {
        findings
    }
}

/// The names of all rules.
pub fn rules() -> Vec<&'static str> {
    SOUND
        .iter()
        .chain(&HOUSE)
        .flat_map(|rules| rules.iter().map(|(name, _)| *name))
        .chain([operations::NAME])
        .collect()
}
