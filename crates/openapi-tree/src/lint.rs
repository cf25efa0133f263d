//! Rules for documents, and the findings of each rule.

use std::path::Path;

use crate::document::Document;
use crate::error::{Error, Result};

/// A violation of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The location, as a JSON Pointer.
    pub pointer: String,
    /// The name of the rule.
    pub rule: &'static str,
    /// The problem, as a lower-case phrase.
    pub what: String,
    /// The fix, as an imperative.
    pub help: String,
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
    let help = match more {
        0 => first.help,
        1 => format!("{}; there is 1 more finding", first.help),
        _ => format!("{}; there are {more} more findings", first.help),
    };
    Err(Error::new(file, first.what, help).at_pointer(first.pointer))
}

/// The collector of the findings of a rule.
#[derive(Debug)]
pub struct Findings {
    rule: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    /// Adds a finding of the current rule: its JSON Pointer, the problem, and the fix.
    pub fn add(
        &mut self,
        pointer: impl Into<String>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.list.push(Finding {
            pointer: pointer.into(),
            rule: self.rule,
            what: what.into(),
            help: help.into(),
        });
    }
}

/// A rule: its name, and the function that finds its violations.
pub type Rule = (&'static str, fn(&Document, &mut Findings));

/// Runs groups of rules and returns their findings, sorted by location.
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
