//! The rules for every document: without them the generator fails, or writes code that can't work.

mod references;
pub mod settings;
mod structure;
mod supported;

use openapi_tree::document::Document;
use openapi_tree::lint::{Finding, Rule, run};

/// The rules for every document.
pub const SOUND: [&[Rule]; 3] = [&structure::RULES, &references::RULES, &supported::RULES];

/// What a document breaks of the rules that hold for every one.
pub fn sound(document: &Document) -> Vec<Finding> {
    run(document, &SOUND)
}
