//! The sections of operations and schemas: a table of facts about the whole, and one row for each property.

use std::collections::BTreeSet;

use super::{Page, letter, ruling_links};
use crate::reconcile::explain::Fact;
use crate::reconcile::spec::ABSENT;
use crate::reconcile::subject::{Dimension, RESPONSE, Subject};
use crate::reconcile::wording::{name_of, value_of};

/// A column of a table: its title, and the dimension that it shows. A column without a dimension shows all constraints.
type Column = (&'static str, Option<Dimension>);

const PROPERTY_COLUMNS: [Column; 7] = [
    ("Documents", Some(Dimension::Presence)),
    ("Type", Some(Dimension::Type)),
    ("Format", Some(Dimension::Format)),
    ("Required", Some(Dimension::Required)),
    ("Nullable", Some(Dimension::Nullable)),
    ("Constraints", None),
    ("Deprecated", Some(Dimension::Deprecated)),
];

const STATUS_COLUMNS: [Column; 4] = [
    ("Documents", Some(Dimension::Presence)),
    ("Body", Some(Dimension::Type)),
    ("Headers", Some(Dimension::Headers)),
    ("Range", Some(Dimension::Status)),
];

impl Page<'_> {
    pub(super) fn operation(&mut self, path: &str) {
        self.heading(2, path);
        let response = format!("{path}{RESPONSE}");
        self.own_facts(&[&Subject::whole(path), &Subject::whole(&response)]);
        let properties = self.properties_of(path).into_iter();
        let (statuses, properties): (Vec<_>, Vec<_>) = properties.partition(Subject::is_status);
        self.table("Request", &PROPERTY_COLUMNS, &properties);
        let properties = self.properties_of(&response);
        self.table("Response", &PROPERTY_COLUMNS, &properties);
        self.table("Status", &STATUS_COLUMNS, &statuses);
    }

    pub(super) fn schema(&mut self, name: &str) {
        self.heading(2, name);
        self.own_facts(&[&Subject::whole(name)]);
        let properties = self.properties_of(name);
        self.table("Property", &PROPERTY_COLUMNS, &properties);
    }

    fn properties_of(&self, owner: &str) -> Vec<Subject> {
        let is_of = |subject: &&Subject| subject.owner == owner && subject.property.is_some();
        self.subjects.iter().filter(is_of).cloned().collect()
    }

    /// Adds the facts of an operation, its response, or a schema as a whole.
    fn own_facts(&mut self, subjects: &[&Subject]) {
        self.table_head(&["Fact", "Decision", "Documents", "Rulings"]);
        for subject in subjects {
            for fact in self.reconciliation.facts(subject) {
                let dimension = &fact.dimension;
                let mut rulings = self.reconciliation.rulings_on(subject);
                rulings.retain(|ruling| ruling.decision.contains_key(dimension));
                let rulings = ruling_links(rulings.iter().map(|ruling| ruling.number));
                let name = name_of(subject, dimension);
                self.row(&[&name, &decision(&fact), &support(&fact), &rulings]);
            }
        }
        self.blank();
    }

    fn table(&mut self, title: &str, columns: &[Column], subjects: &[Subject]) {
        if subjects.is_empty() {
            return;
        }
        let titles = columns.iter().map(|(title, _)| *title);
        let titles: Vec<_> = [title]
            .into_iter()
            .chain(titles)
            .chain(["Rulings"])
            .collect();
        self.table_head(&titles);
        for subject in subjects {
            let facts = self.reconciliation.facts(subject);
            let mut row = format!("| `{}`", subject.name());
            let is_absent = facts
                .iter()
                .any(|fact| fact.dimension == Dimension::Presence && fact.decision == ABSENT);
            if is_absent {
                row.push_str(" (not in the spec)");
            }
            for (_, dimension) in columns {
                let is_shown = |fact: &&Fact<'_>| match dimension {
                    Some(dimension) => fact.dimension == *dimension,
                    None => matches!(fact.dimension, Dimension::Limit(_)),
                };
                let cells = facts.iter().filter(is_shown).map(cell);
                let cells: Vec<_> = cells.filter(|cell| !cell.is_empty()).collect();
                row.push_str(" | ");
                row.push_str(&cells.join("; "));
            }
            let rulings = self.reconciliation.rulings_on(subject);
            let rulings = ruling_links(rulings.iter().map(|ruling| ruling.number));
            self.line(&format!("{row} | {rulings} |"));
        }
        self.blank();
    }
}

/// Returns a decision, and the documents for and against it.
fn cell(fact: &Fact<'_>) -> String {
    let support = support(fact);
    if fact.dimension == Dimension::Presence {
        return support;
    }
    let mut value = decision(fact);
    if let Dimension::Limit(limit) = fact.dimension {
        value = format!("{limit} {value}");
    }
    if support.is_empty() {
        value
    } else {
        format!("{value} · {support}")
    }
}

/// Returns the numbers and letters of the documents for and against a decision: `3: CEH ≠ 1: A`.
fn support(fact: &Fact<'_>) -> String {
    let letters = |agrees: bool| {
        let stated = fact.statements.iter();
        let stated = stated.filter(|stated| stated.agrees == agrees && !(agrees && stated.implied));
        let places: BTreeSet<_> = stated.map(|stated| stated.index).collect();
        let letters: Vec<_> = places.into_iter().map(letter).collect();
        let separator = if letters.iter().any(|letter| letter.len() > 1) {
            " "
        } else {
            ""
        };
        (!letters.is_empty()).then(|| format!("{}: {}", letters.len(), letters.join(separator)))
    };
    match (letters(true), letters(false)) {
        (None, None) => String::new(),
        (Some(by), None) => by,
        (by, Some(against)) => format!("{} ≠ {against}", by.as_deref().unwrap_or("0")),
    }
}

/// Returns a decision for a table cell, in which a bar would end the cell.
fn decision(fact: &Fact<'_>) -> String {
    value_of(&fact.dimension, &fact.decision).replace('|', "\\|")
}
