//! The sections of operations and schemas: a table of facts about the whole, and one row for each property.

use super::{Page, letter, ruling_links};
use crate::reconcile::explain::Fact;
use crate::reconcile::spec::ABSENT;
use crate::reconcile::subject::{Dimension, RESPONSE, Subject};
use crate::reconcile::wording::{name_of, value_of};

/// The start of the name of a status among the properties of an operation.
const STATUS: &str = "status ";

/// A column of a table: its title, and the dimensions that it shows.
type Column = (&'static str, fn(&Dimension) -> bool);

const PROPERTY_COLUMNS: [Column; 7] = [
    ("Documents", |dimension| *dimension == Dimension::Presence),
    ("Type", |dimension| *dimension == Dimension::Type),
    ("Format", |dimension| *dimension == Dimension::Format),
    ("Required", |dimension| *dimension == Dimension::Required),
    ("Nullable", |dimension| *dimension == Dimension::Nullable),
    ("Constraints", |dimension| {
        matches!(dimension, Dimension::Limit(_))
    }),
    ("Deprecated", |dimension| {
        *dimension == Dimension::Deprecated
    }),
];

const STATUS_COLUMNS: [Column; 4] = [
    ("Documents", |dimension| *dimension == Dimension::Presence),
    ("Body", |dimension| *dimension == Dimension::Type),
    ("Headers", |dimension| *dimension == Dimension::Headers),
    ("Range", |dimension| *dimension == Dimension::Status),
];

impl Page<'_> {
    pub(super) fn operation(&mut self, path: &str) {
        self.heading(2, path);
        let response = format!("{path}{RESPONSE}");
        self.own_facts(&[&Subject::whole(path), &Subject::whole(&response)]);
        let (statuses, properties): (Vec<_>, Vec<_>) =
            self.properties_of(path).into_iter().partition(is_status);
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
        self.subjects
            .iter()
            .filter(|subject| subject.owner == owner && subject.property.is_some())
            .cloned()
            .collect()
    }

    /// Adds the facts of an operation, its response, or a schema as a whole.
    fn own_facts(&mut self, subjects: &[&Subject]) {
        self.line("| Fact | Decision | Documents | Rulings |");
        self.line("| :-- | :-- | :-- | :-- |");
        for subject in subjects {
            for fact in self.reconciliation.facts(subject) {
                let rulings: Vec<_> = self
                    .reconciliation
                    .rulings_on(subject)
                    .into_iter()
                    .filter(|ruling| ruling.decision.contains_key(&fact.dimension))
                    .collect();
                let row = format!(
                    "| {} | {} | {} | {} |",
                    name_of(subject, &fact.dimension),
                    code_safe(&value_of(&fact.dimension, &fact.decision)),
                    support(&fact),
                    ruling_links(rulings)
                );
                self.line(&row);
            }
        }
        self.blank();
    }

    fn table(&mut self, title: &str, columns: &[Column], subjects: &[Subject]) {
        if subjects.is_empty() {
            return;
        }
        let titles: Vec<_> = columns.iter().map(|(title, _)| *title).collect();
        self.line(&format!("| {title} | {} | Rulings |", titles.join(" | ")));
        self.line(&format!("|{}", " :-- |".repeat(columns.len() + 2)));
        for subject in subjects {
            let facts = self.reconciliation.facts(subject);
            let name = subject.property.as_deref().unwrap_or_default();
            let mut row = format!("| `{}`", name.trim_start_matches(STATUS));
            let is_absent = facts
                .iter()
                .any(|fact| fact.dimension == Dimension::Presence && fact.decision == ABSENT);
            if is_absent {
                row.push_str(" (not in the spec)");
            }
            for (_, shows) in columns {
                let cells: Vec<_> = facts
                    .iter()
                    .filter(|fact| shows(&fact.dimension))
                    .map(cell)
                    .filter(|cell| !cell.is_empty())
                    .collect();
                row.push_str(" | ");
                row.push_str(&cells.join("; "));
            }
            let rulings = ruling_links(self.reconciliation.rulings_on(subject));
            self.line(&format!("{row} | {rulings} |"));
        }
        self.blank();
    }
}

fn is_status(subject: &Subject) -> bool {
    subject
        .property
        .as_deref()
        .is_some_and(|property| property.starts_with(STATUS))
}

/// Returns a decision, and the documents for and against it.
fn cell(fact: &Fact<'_>) -> String {
    let support = support(fact);
    if fact.dimension == Dimension::Presence {
        return support;
    }
    let mut value = code_safe(&value_of(&fact.dimension, &fact.decision));
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
        let mut places: Vec<_> = fact
            .statements
            .iter()
            .filter(|stated| stated.agrees == agrees && !(agrees && stated.implied))
            .map(|stated| stated.index)
            .collect();
        places.sort_unstable();
        places.dedup();
        let letters: Vec<_> = places.iter().map(|place| letter(*place)).collect();
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

/// Escapes a string so that it does not end a table cell.
fn code_safe(text: &str) -> String {
    text.replace('|', "\\|")
}
