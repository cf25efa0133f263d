//! The rulings, each once, with the statements that it decides between, newest first.

use std::collections::BTreeSet;

use super::{Page, link, ruling_links};
use crate::reconcile::explain::{Stated, newest_first};
use crate::reconcile::rulings::Ruling;
use crate::reconcile::subject::{EVERY, Subject};
use crate::reconcile::wording::{decision, long, one_line};

impl Page<'_> {
    pub(super) fn rulings(&mut self) {
        let mut rulings: Vec<_> = self.reconciliation.rulings.rulings.iter().collect();
        rulings.sort_by_key(|ruling| ruling.number);
        self.heading(2, "Rulings");
        self.paragraph(
            "Each ruling lists its subjects, the decision, the reason, and what the documents state about it, newest \
             first.",
        );
        for ruling in rulings {
            self.ruling(ruling);
        }
    }

    fn ruling(&mut self, ruling: &Ruling) {
        self.heading(3, &format!("R{}", ruling.number));
        for subject in &ruling.subjects {
            self.item(linked(subject));
        }
        self.blank();
        self.line(&format!("**Decision:** {}.", decision(ruling)));
        self.blank();
        self.paragraph(&format!("**Reason:** {}", ruling.because));
        let items = self.statements_on(ruling);
        if items.is_empty() {
            self.line("No compared document states anything about it.");
        }
        for item in &items {
            self.item(item);
        }
        self.blank();
    }

    /// Returns one line for each document and date with its statements about the ruling's subjects, newest first.
    fn statements_on(&self, ruling: &Ruling) -> Vec<String> {
        let subjects = ruling.expanded(self.reconciliation.spec);
        let subjects: BTreeSet<Subject> = subjects.into_iter().collect();
        let facts = subjects
            .iter()
            .flat_map(|subject| self.reconciliation.facts(subject));
        let facts = facts.filter(|fact| ruling.decision.contains_key(&fact.dimension));
        let facts: Vec<_> = facts.collect();
        let mut groups: Vec<Group<'_>> = Vec::new();
        for fact in &facts {
            for stated in &fact.statements {
                let known = groups
                    .iter()
                    .position(|group| group.first.has_source_of(stated));
                let place = known.unwrap_or_else(|| {
                    groups.push(Group {
                        first: stated,
                        phrases: Vec::new(),
                    });
                    groups.len() - 1
                });
                let text = long(&fact.dimension, stated.value);
                groups[place].add(text, fate(stated, ruling.number));
            }
        }
        groups.sort_by(|left, right| newest_first(left.first, right.first));
        groups
            .iter()
            .map(|group| group.item(subjects.len()))
            .collect()
    }

    pub(super) fn names(&mut self) {
        self.heading(2, "Schema names");
        self.paragraph("The schemas that a document calls by another name than the spec.");
        let names = &self.reconciliation.rulings.names;
        for name in names {
            let (is, because) = (link(&name.is, &name.is), one_line(&name.because));
            self.item(format_args!(
                "{is} is `{}` in `{}`. {because}",
                name.schema, name.variant
            ));
        }
        if names.is_empty() {
            self.line("There are none.");
        }
    }
}

/// The statements of one document and date. Those that differ only in their subject share a phrase, which is counted.
struct Group<'a> {
    first: &'a Stated<'a>,
    phrases: Vec<(String, String, usize)>,
}

impl Group<'_> {
    fn add(&mut self, text: String, fate: String) {
        let mut phrases = self.phrases.iter_mut();
        match phrases.find(|(other, ended, _)| *other == text && *ended == fate) {
            Some((_, _, count)) => *count += 1,
            None => self.phrases.push((text, fate, 1)),
        }
    }

    fn item(&self, subjects: usize) -> String {
        let parts = self
            .phrases
            .iter()
            .map(|(text, fate, count)| match subjects {
                1 => format!("{text}{fate}"),
                all => format!("{text} for {count} of {all} subjects{fate}"),
            });
        let parts: Vec<_> = parts.collect();
        let (dated, document) = (self.first.dated, self.first.document);
        format!("{dated} `{document}`: {}", parts.join("; "))
    }
}

/// Returns the end of the line of a statement: whether it is only implied, and whether it is overruled.
fn fate(stated: &Stated<'_>, ruling: usize) -> String {
    let implied = if stated.implied { " (implied)" } else { "" };
    let overruled_by = &stated.overruled_by;
    if overruled_by.contains(&ruling) {
        format!("{implied} — overruled")
    } else if !overruled_by.is_empty() {
        let links = ruling_links(overruled_by.iter().copied());
        format!("{implied} — overruled by {links}")
    } else if !stated.agrees {
        format!("{implied} — **unexplained**")
    } else {
        implied.to_owned()
    }
}

/// Returns the name of a subject, with a link to its section.
fn linked(subject: &Subject) -> String {
    if subject.is_pattern() {
        return format!("`{subject}`, where `{EVERY}` is every operation");
    }
    link(&format!("`{subject}`"), subject.root())
}
