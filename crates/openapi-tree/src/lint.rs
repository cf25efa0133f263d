//! Rules of a document, and what breaks them.

use std::path::Path;

use crate::document::Document;
use crate::error::{Error, Result};

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

/// Rejects a document with findings.
///
/// # Errors
/// Returns the first finding as an error, with the number of the others.
pub fn reject(file: &Path, findings: Vec<Finding>) -> Result<()> {
    let more = findings.len().saturating_sub(1);
    let Some(first) = findings.into_iter().next() else {
        return Ok(());
    };
    let todo = match more {
        0 => first.todo,
        1 => format!("{}; there is 1 more finding", first.todo),
        _ => format!("{}; there are {more} more findings", first.todo),
    };
    Err(Error::new(file, first.what, todo).at_pointer(first.pointer))
}

/// Collects what a rule finds.
#[derive(Debug)]
pub struct Findings {
    rule: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    /// Adds a breach of the rule that is being looked for: its JSON pointer, what is wrong, and how to mend it.
    pub fn add(
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
pub type Rule = (&'static str, fn(&Document, &mut Findings));

/// Runs rules, group after group; what they find comes in order of its place.
pub fn run(document: &Document, groups: &[&[Rule]]) -> Vec<Finding> {
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
