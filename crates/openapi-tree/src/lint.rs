//! Rules for documents, and their findings.

use std::path::Path;

use crate::document::Document;
use crate::error::{Error, Result};

/// A violation of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The JSON Pointer of the location.
    pub pointer: String,
    /// The name of the rule.
    pub rule: &'static str,
    /// The problem in lower case.
    pub what: String,
    /// The help, which describes how to fix the problem.
    pub todo: String,
}

/// Rejects a document with findings.
///
/// # Errors
/// Returns an error if there are findings: the first finding, and the number of the others.
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

/// The findings of the rules that have run.
#[derive(Debug)]
pub struct Findings {
    rule: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    /// Adds a finding of the current rule: the JSON Pointer, the problem, and the help.
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

/// A rule: the name, and the function that adds findings.
pub type Rule = (&'static str, fn(&Document, &mut Findings));

/// Runs the rules of all groups. Returns the findings without duplicates, sorted by location.
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
