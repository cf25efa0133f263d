//! What a document must keep to before code is made of it.
//!
//! [`sound`] holds for every document: without it the generator fails, or writes code that can't work. [`house`]
//! adds the rules of this project's own document.

pub mod command;
mod described;
mod examples;
mod forms;
mod keywords;
mod references;
mod responses;
mod structure;
mod supported;

use crate::document::Document;

/// A rule that a document breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong: a lower-case sentence.
    pub what: String,
    /// How to mend it.
    pub todo: String,
}

/// Collects what a rule finds.
pub(crate) struct Findings {
    rule: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    pub(crate) fn add(
        &mut self,
        pointer: impl Into<String>,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) {
        self.list.push(Finding {
            pointer: pointer.into(),
            rule: self.rule,
            what: what.into(),
            todo: todo.into(),
        });
    }
}

/// A rule: its name, and what looks for breaches of it.
pub(crate) type Rule = (&'static str, fn(&Document, &mut Findings));

/// The rules for every document.
const SOUND: [&[Rule]; 3] = [&structure::RULES, &references::RULES, &supported::RULES];

/// The rules of this project's own document.
const HOUSE: [&[Rule]; 5] = [
    &keywords::HOUSE,
    &forms::RULES,
    &responses::RULES,
    &described::RULES,
    &examples::RULES,
];

/// What a document breaks of the rules that hold for every one.
pub fn sound(document: &Document) -> Vec<Finding> {
    run(document, &SOUND)
}

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
        .collect()
}

fn run(document: &Document, groups: &[&[Rule]]) -> Vec<Finding> {
    let mut findings = Findings {
        rule: "",
        list: Vec::new(),
    };
    for (name, rule) in groups.iter().flat_map(|rules| rules.iter()) {
        findings.rule = name;
        rule(document, &mut findings);
    }
    let mut list = findings.list;
    list.sort();
    list.dedup();
    list
}
