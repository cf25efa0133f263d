//! Everything that is known about one subject: the decisions, the statements of the documents, and the rulings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::Reconciliation;
use super::judge::spec_value;
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
    pub rulings: Vec<RulingSummary<'r>>,
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

/// A ruling as an explanation shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RulingSummary<'r> {
    /// The number.
    pub number: usize,
    /// The subjects, as written.
    pub subjects: Vec<String>,
    /// The decision.
    pub decision: &'r BTreeMap<Dimension, Value>,
    /// The reason.
    pub because: String,
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
        let ruled = self
            .rulings
            .rulings
            .iter()
            .flat_map(|ruling| ruling.expanded(self.spec));
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
        let same: Vec<&Subject> = subjects
            .iter()
            .filter(|subject| plain(&subject.to_string()) == wanted)
            .collect();
        if let Some(subject) = exact.or(match same[..] {
            [only] => Some(only),
            _ => None,
        }) {
            return Ok(subject.clone());
        }
        let mut similar: Vec<(f64, &Subject)> = subjects
            .iter()
            .map(|subject| (similarity(&wanted, subject), subject))
            .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
            .collect();
        similar.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
        let best = similar.first().map_or(0.0, |(best, _)| *best);
        similar.retain(|(similarity, _)| best - similarity <= MAX_DISTANCE);
        similar.truncate(MAX_SUGGESTIONS);
        Err(UnknownSubject {
            text: text.to_owned(),
            similar: similar
                .into_iter()
                .map(|(_, subject)| subject.to_string())
                .collect(),
        })
    }

    /// Returns everything that is known about a subject.
    pub fn explain(&self, subject: &Subject) -> Explanation<'_> {
        let rulings = self.rulings_on(subject);
        let properties = if subject.property.is_none() {
            let response = format!("{}{RESPONSE}", subject.owner);
            self.subjects()
                .into_iter()
                .filter(|other| {
                    other != subject && (other.owner == subject.owner || other.owner == response)
                })
                .map(|other| other.to_string())
                .collect()
        } else {
            Vec::new()
        };
        Explanation {
            subject: subject.to_string(),
            facts: self.facts(subject),
            rulings: rulings.into_iter().map(summary).collect(),
            properties,
        }
    }

    /// Returns the rulings on a subject, those on all operations included.
    pub fn rulings_on(&self, subject: &Subject) -> Vec<&'r Ruling> {
        self.rulings
            .rulings
            .iter()
            .filter(|ruling| ruling.is_about(subject, self.spec))
            .collect()
    }

    /// Returns the facts about a subject: one for each dimension that the spec or a document states. The absence of a
    /// constraint is a fact only if a document states the constraint.
    pub fn facts(&self, subject: &Subject) -> Vec<Fact<'_>> {
        let mut dimensions: BTreeSet<Dimension> = self
            .spec
            .values
            .range((subject.clone(), Dimension::Presence)..)
            .take_while(|((other, _), _)| other == subject)
            .map(|((_, dimension), _)| dimension.clone())
            .collect();
        let statements: Vec<_> = self.comparison.about(subject).collect();
        dimensions.extend(
            statements
                .iter()
                .map(|(_, statement)| statement.dimension.clone()),
        );
        let decided = |dimension: &Dimension| spec_value(self.spec, subject, dimension);
        let is_stated = |dimension: &Dimension| {
            statements.iter().any(|(_, statement)| {
                statement.dimension == *dimension && !(statement.agrees && statement.implied)
            })
        };
        dimensions
            .into_iter()
            .filter(|dimension| decided(dimension) != NONE || is_stated(dimension))
            .map(|dimension| {
                let mut stated: Vec<Stated<'_>> = statements
                    .iter()
                    .filter(|(_, statement)| statement.dimension == dimension)
                    .map(|(place, _)| self.stated(*place))
                    .collect();
                stated.sort_by(|left, right| newest_first(left, right));
                Fact {
                    decision: decided(&dimension),
                    dimension,
                    statements: stated,
                }
            })
            .collect()
    }

    fn stated(&self, place: usize) -> Stated<'_> {
        let statement = &self.comparison.statements[place];
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
                .into_iter()
                .flatten()
                .map(|index| self.rulings.rulings[*index].number)
                .collect(),
        }
    }
}

/// Compares statements, newest first. Statements of the same date are in order of their documents' names.
pub(super) fn newest_first(left: &Stated<'_>, right: &Stated<'_>) -> std::cmp::Ordering {
    (right.dated, left.document).cmp(&(left.dated, right.document))
}

fn summary(ruling: &Ruling) -> RulingSummary<'_> {
    RulingSummary {
        number: ruling.number,
        subjects: ruling.subjects.iter().map(ToString::to_string).collect(),
        decision: &ruling.decision,
        because: one_line(&ruling.because),
    }
}

/// Returns the text in one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the similarity of a string and a subject, from 0 to 1. The name of a property also counts without its owner.
fn similarity(wanted: &str, subject: &Subject) -> f64 {
    let whole = strsim::jaro_winkler(wanted, &plain(&subject.to_string()));
    let property = subject.property.as_deref().map_or(0.0, |property| {
        strsim::jaro_winkler(wanted, &plain(property))
    });
    whole.max(property)
}
