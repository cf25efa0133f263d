//! The rulings, each once, with the statements that it decides between, newest first.

use std::collections::BTreeSet;

use super::{Page, link, ruling_link};
use crate::reconcile::explain::{Stated, newest_first, one_line};
use crate::reconcile::rulings::Ruling;
use crate::reconcile::subject::{EVERY, RESPONSE, Subject};
use crate::reconcile::wording::long;

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
            self.line(&format!("- {}", linked(subject)));
        }
        self.blank();
        let decision: Vec<_> = ruling
            .decision
            .iter()
            .map(|(dimension, value)| long(dimension, value))
            .collect();
        self.line(&format!("**Decision:** {}.", decision.join("; ")));
        self.blank();
        self.paragraph(&format!("**Reason:** {}", one_line(&ruling.because)));
        let lines = self.statements_on(ruling);
        if lines.is_empty() {
            self.line("No compared document states anything about it.");
        }
        for line in &lines {
            self.line(line);
        }
        self.blank();
    }

    /// Returns one line for each document and date with its statements about the ruling's subjects, newest first.
    fn statements_on(&self, ruling: &Ruling) -> Vec<String> {
        let subjects: BTreeSet<Subject> = ruling
            .expanded(self.reconciliation.spec)
            .into_iter()
            .collect();
        let facts: Vec<_> = subjects
            .iter()
            .flat_map(|subject| self.reconciliation.facts(subject))
            .filter(|fact| ruling.decision.contains_key(&fact.dimension))
            .collect();
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
            .map(|group| group.line(subjects.len()))
            .collect()
    }

    pub(super) fn names(&mut self) {
        self.heading(2, "Schema names");
        self.paragraph("The schemas that a document calls by another name than the spec.");
        let names = &self.reconciliation.rulings.names;
        for name in names {
            self.line(&format!(
                "- {} is `{}` in `{}`. {}",
                link(&name.is, &name.is),
                name.schema,
                name.variant,
                one_line(&name.because)
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
        let known = self
            .phrases
            .iter_mut()
            .find(|(other, ended, _)| *other == text && *ended == fate);
        match known {
            Some((_, _, count)) => *count += 1,
            None => self.phrases.push((text, fate, 1)),
        }
    }

    fn line(&self, subjects: usize) -> String {
        let parts: Vec<_> = self
            .phrases
            .iter()
            .map(|(text, fate, count)| match subjects {
                1 => format!("{text}{fate}"),
                all => format!("{text} for {count} of {all} subjects{fate}"),
            })
            .collect();
        let Stated {
            dated, document, ..
        } = self.first;
        format!("- {dated} `{document}`: {}", parts.join("; "))
    }
}

/// Returns the end of the line of a statement: whether it is only implied, and whether it is overruled.
fn fate(stated: &Stated<'_>, ruling: usize) -> String {
    let mut text = String::new();
    if stated.implied {
        text.push_str(" (implied)");
    }
    if stated.overruled_by.contains(&ruling) {
        text.push_str(" — overruled");
    } else if !stated.overruled_by.is_empty() {
        let links: Vec<_> = stated
            .overruled_by
            .iter()
            .copied()
            .map(ruling_link)
            .collect();
        text.push_str(" — overruled by ");
        text.push_str(&links.join(", "));
    } else if !stated.agrees {
        text.push_str(" — **unexplained**");
    }
    text
}

/// Returns the name of a subject, with a link to its section.
fn linked(subject: &Subject) -> String {
    if subject.is_pattern() {
        return format!("`{subject}`, where `{EVERY}` is every operation");
    }
    let heading = subject.owner.trim_end_matches(RESPONSE);
    link(&format!("`{subject}`"), heading)
}
