//! Everything that is known about one subject: the decisions, the statements of the documents, and the rulings.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::Reconciliation;
use super::compare::Statement;
use super::rulings::Ruling;
use super::spec::NONE;
use super::subject::{Dimension, RESPONSE, Subject};
use crate::facts::plain;

/// A subject with everything that is known about it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation<'r> {
    /// The subject, such as `Lamp · IsLit`.
    pub subject: String,
    /// One fact for each dimension that the spec or a document states.
    pub facts: Vec<Fact<'r>>,
    /// The rulings on the subject, in order of their numbers.
    pub rulings: Vec<&'r Ruling>,
    /// The properties of the subject, if it is an operation or a schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
}

/// The decision about one dimension, and the statements about it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact<'r> {
    /// The dimension.
    pub dimension: Dimension,
    /// The value in the spec; null where the spec has none.
    pub decision: Value,
    /// The statements of the documents, newest first.
    pub statements: Vec<Stated<'r>>,
}

/// A statement of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stated<'r> {
    /// The ID of the document.
    pub document: &'r str,
    /// The index of the document, in order of age.
    #[serde(skip)]
    pub index: usize,
    /// The date of the statement.
    pub dated: &'r str,
    /// The file and heading, if a person recorded the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'r str>,
    /// The value.
    pub value: &'r Value,
    /// Whether the document only implies the value, by omitting something.
    pub implied: bool,
    /// Whether the statement agrees with the spec.
    pub agrees: bool,
    /// The numbers of the rulings that overrule the statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overruled_by: Vec<usize>,
}

impl Stated<'_> {
    /// Returns `true` if both statements have the same document and date.
    pub(super) fn has_source_of(&self, other: &Self) -> bool {
        (self.dated, self.document) == (other.dated, other.document)
    }
}

/// A string that is not the name of a subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown subject `{text}`")]
pub struct UnknownSubject {
    /// The string.
    pub text: String,
    /// The most similar subjects, best first; several of equal quality if the string is ambiguous.
    pub similar: Vec<String>,
}

/// The number of similar subjects that an error suggests.
const MAX_SUGGESTIONS: usize = 5;

/// The minimum similarity of a suggested subject, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.75;

/// The maximum difference between the similarity of a suggestion and that of the best one.
const MAX_DISTANCE: f64 = 0.05;

impl<'r> Reconciliation<'r> {
    /// Returns every subject that the spec, a document or a ruling has.
    pub fn subjects(&self) -> BTreeSet<Subject> {
        let stated = self.comparison.about.keys().cloned();
        let known = self.spec.values.keys().map(|(subject, _)| subject.clone());
        let rulings = self.rulings.rulings.iter();
        let ruled = rulings.flat_map(|ruling| ruling.expanded(self.spec));
        stated.chain(known).chain(ruled).collect()
    }

    /// Finds a subject by its name. Case, spaces and punctuation do not matter.
    ///
    /// # Errors
    /// Returns an error with suggestions if no subject has the name, or several have it.
    pub fn find(&self, text: &str) -> Result<Subject, UnknownSubject> {
        let subjects = self.subjects();
        let wanted = plain(text);
        let exact = subjects.iter().find(|subject| subject.to_string() == text);
        let same = subjects
            .iter()
            .filter(|subject| plain(&subject.to_string()) == wanted);
        let found = exact.or(match same.collect::<Vec<_>>()[..] {
            [only] => Some(only),
            _ => None,
        });
        if let Some(subject) = found {
            return Ok(subject.clone());
        }
        let rated = subjects
            .iter()
            .map(|subject| (similarity(&wanted, subject), subject));
        let similar = rated.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY);
        let mut similar: Vec<(f64, &Subject)> = similar.collect();
        similar.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
        let best = similar.first().map_or(0.0, |(best, _)| *best);
        similar.retain(|(similarity, _)| best - similarity <= MAX_DISTANCE);
        similar.truncate(MAX_SUGGESTIONS);
        Err(UnknownSubject {
            text: text.to_owned(),
            similar: similar
                .iter()
                .map(|(_, subject)| subject.to_string())
                .collect(),
        })
    }

    /// Returns everything that is known about a subject.
    pub fn explain(&self, subject: &Subject) -> Explanation<'_> {
        let is_part = |other: &Subject| {
            let request = other.owner.strip_suffix(RESPONSE).unwrap_or(&other.owner);
            other != subject && (other.owner == subject.owner || request == subject.owner)
        };
        let properties = if subject.property.is_none() {
            let parts = self.subjects().into_iter().filter(is_part);
            parts.map(|other| other.to_string()).collect()
        } else {
            Vec::new()
        };
        Explanation {
            subject: subject.to_string(),
            facts: self.facts(subject),
            rulings: self.rulings_on(subject),
            properties,
        }
    }

    /// Returns the rulings on a subject, those on all operations included.
    pub fn rulings_on(&self, subject: &Subject) -> Vec<&'r Ruling> {
        let rulings = self.rulings.rulings.iter();
        rulings
            .filter(|ruling| ruling.is_about(subject, self.spec))
            .collect()
    }

    /// Returns the facts about a subject: one for each dimension that the spec or a document states. The absence of a
    /// constraint is a fact only if a document states the constraint.
    pub fn facts(&self, subject: &Subject) -> Vec<Fact<'_>> {
        let statements: Vec<_> = self.comparison.about(subject).collect();
        let first = (subject.clone(), Dimension::Presence);
        let known = self.spec.values.range(first..).map(|(key, _)| key);
        let known = known.take_while(|(other, _)| other == subject);
        let known = known.map(|(_, dimension)| dimension);
        let stated = statements.iter().map(|(_, statement)| &statement.dimension);
        let dimensions: BTreeSet<&Dimension> = known.chain(stated).collect();
        let fact = |dimension: &Dimension| {
            let decision = self.spec.value(subject, dimension);
            let mut about = statements.clone();
            about.retain(|(_, statement)| statement.dimension == *dimension);
            let is_stated = about
                .iter()
                .any(|(_, about)| !(about.agrees && about.implied));
            let mut statements: Vec<_> = about
                .into_iter()
                .map(|(place, statement)| self.stated(place, statement))
                .collect();
            statements.sort_by(newest_first);
            (decision != NONE || is_stated).then(|| Fact {
                dimension: dimension.clone(),
                decision,
                statements,
            })
        };
        dimensions.into_iter().filter_map(fact).collect()
    }

    fn stated<'s>(&'s self, place: usize, statement: &'s Statement) -> Stated<'s> {
        Stated {
            document: &self.variants[statement.variant].source.id,
            index: statement.variant,
            dated: &statement.dated,
            from: statement.from.as_deref(),
            value: &statement.value,
            implied: statement.implied,
            agrees: statement.agrees,
            overruled_by: self
                .judgment
                .overruled
                .get(&place)
                .cloned()
                .unwrap_or_default(),
        }
    }
}

/// Compares statements, newest first. Statements of the same date are in order of their documents' names.
pub(super) fn newest_first(left: &Stated<'_>, right: &Stated<'_>) -> std::cmp::Ordering {
    (right.dated, left.document).cmp(&(left.dated, right.document))
}

/// Returns the similarity of a string and a subject, from 0 to 1. The name of a property also counts without its owner.
fn similarity(wanted: &str, subject: &Subject) -> f64 {
    let whole = strsim::jaro_winkler(wanted, &plain(&subject.to_string()));
    let property = subject.property.as_deref().map_or(0.0, |property| {
        strsim::jaro_winkler(wanted, &plain(property))
    });
    whole.max(property)
}
