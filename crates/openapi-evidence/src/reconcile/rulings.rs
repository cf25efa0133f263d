//! `openapi/rulings.yaml`: what holds where documents disagree, and why.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::conventions::Conventions;

use super::compare::Statement;
use super::names::SameSchema;
use super::spec::Spec;
use super::subject::{Dimension, EVERY, Subject};
use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};

/// The rulings.
#[derive(Clone, Debug)]
pub struct Rulings {
    /// The file, as messages name it.
    pub file: PathBuf,
    /// Schemas that go by another name in some document.
    pub names: Vec<NameRuling>,
    /// What holds.
    pub rulings: Vec<Ruling>,
    /// What is wrong with examples in a way that no table shows.
    pub observations: Vec<Observation>,
}

/// A schema that a document calls otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRuling {
    /// The document.
    pub variant: String,
    /// What it calls the schema.
    pub schema: String,
    /// What the spec calls it.
    pub is: String,
    /// Why they are the same.
    pub because: String,
}

/// What holds about some subjects.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// Its place in the file, from 0.
    pub index: usize,
    /// The number under which it is cited. It does not change when rulings are added or removed.
    pub number: usize,
    /// The subjects, as written.
    pub subjects: Vec<Subject>,
    /// What holds.
    pub decision: BTreeMap<Dimension, Value>,
    /// Why.
    pub because: String,
    /// The documents that are overruled, and what they state.
    pub overrules: Vec<Overruled>,
}

/// A document's value that does not hold.
#[derive(Clone, Debug)]
pub struct Overruled {
    /// The document.
    pub variant: String,
    /// The dimension.
    pub dimension: Dimension,
    /// What the document states.
    pub value: Value,
}

/// Something in a document that contradicts something else there, seen by a person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The operation or schema.
    pub subject: String,
    /// What contradicts what.
    pub because: String,
    /// Where it stands, so that the observation falls when the document changes.
    pub seen: Vec<Seen>,
}

/// A value in a variant file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The document.
    pub variant: String,
    /// `request` or `response` of the subject, or its `answers`.
    pub body: BodyKind,
    /// A JSON pointer into the example, or into the list of answers.
    pub at: String,
    /// What stands there.
    pub value: Value,
}

/// Which body of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyKind {
    /// The request's.
    Request,
    /// The answer's.
    Response,
    /// The answers by status.
    Responses,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    #[serde(default)]
    names: Vec<NameRuling>,
    #[serde(default)]
    rulings: Vec<WrittenRuling>,
    #[serde(default)]
    observations: Vec<Observation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRuling {
    /// A ruling without a number is an error that suggests one.
    number: Option<usize>,
    subject: OneOrMore,
    decision: BTreeMap<String, Value>,
    because: String,
    #[serde(default)]
    overrules: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Rulings {
    /// Reads the rulings out of a document.
    ///
    /// # Errors
    /// When it has another shape; with the JSON pointer where there is one.
    pub fn from_document(document: &Document, conventions: &Conventions) -> Result<Self> {
        let wrong = |what: String, pointer: String| {
            Error::new(
                &document.file,
                what,
                "see openapi/README.md for the form of a ruling",
            )
            .at_pointer(pointer)
        };
        let written: WrittenFile = serde_json::from_value(document.tree.clone())
            .map_err(|source| wrong(format!("is no file of rulings: {source}"), String::new()))?;
        let mut rulings: Vec<Ruling> = Vec::new();
        let numbers = written.rulings.iter().filter_map(|ruling| ruling.number);
        let free = numbers.max().unwrap_or_default() + 1;
        for (index, ruling) in written.rulings.into_iter().enumerate() {
            let pointer = format!("/rulings/{index}");
            let number = ruling
                .number
                .filter(|number| rulings.iter().all(|other| other.number != *number))
                .ok_or_else(|| {
                    let problem = match ruling.number {
                        None => "missing `number`".to_owned(),
                        Some(number) => format!("duplicate number {number}"),
                    };
                    wrong(
                        format!("{problem}; the next free number is {free}"),
                        format!("{pointer}/number"),
                    )
                })?;
            let dimensions = |values: BTreeMap<String, Value>, pointer: &str| {
                values
                    .into_iter()
                    .map(|(name, value)| {
                        let dimension = if conventions.flags.contains_key(&name) {
                            Dimension::Flag(name)
                        } else {
                            name.parse().map_err(|source| {
                                wrong(
                                    format!("has a wrong dimension: {source}"),
                                    format!("{pointer}/{name}"),
                                )
                            })?
                        };
                        let value = match (&dimension, value) {
                            // The order of these values has no meaning.
                            (Dimension::Enum | Dimension::Headers, Value::Array(mut values)) => {
                                values.sort_by_key(ToString::to_string);
                                Value::Array(values)
                            }
                            (_, value) => value,
                        };
                        Ok((dimension, value))
                    })
                    .collect::<Result<BTreeMap<_, _>>>()
            };
            let subjects = match ruling.subject {
                OneOrMore::One(subject) => vec![subject],
                OneOrMore::More(subjects) => subjects,
            };
            if ruling.because.trim().is_empty() {
                return Err(wrong(
                    "has a ruling without a reason".to_owned(),
                    format!("{pointer}/because"),
                ));
            }
            let decision = dimensions(ruling.decision, &format!("{pointer}/decision"))?;
            let mut overrules = Vec::new();
            for (variant, values) in ruling.overrules {
                let at = format!("{pointer}/overrules/{variant}");
                for (dimension, value) in dimensions(values, &at)? {
                    if !decision.contains_key(&dimension) {
                        return Err(wrong(
                            format!("overrules a {dimension} without a decision about it"),
                            at,
                        ));
                    }
                    overrules.push(Overruled {
                        variant: variant.clone(),
                        dimension,
                        value,
                    });
                }
            }
            rulings.push(Ruling {
                index,
                number,
                subjects: subjects
                    .iter()
                    .map(|text| text.parse().unwrap_or_else(|never| match never {}))
                    .collect(),
                decision,
                because: ruling.because,
                overrules,
            });
        }
        Ok(Self {
            file: document.file.clone(),
            names: written.names,
            rulings,
            observations: written.observations,
        })
    }

    /// Returns the rulings that overrule a statement, each with the place of the value in its list: what `document`
    /// states, or, without a document, what any document states.
    pub fn overrule<'r>(
        &'r self,
        spec: &'r Spec,
        statement: &'r Statement,
        document: Option<&'r str>,
    ) -> impl Iterator<Item = (&'r Ruling, usize)> {
        self.rulings.iter().filter_map(move |ruling| {
            let place = ruling.overrules.iter().position(|overruled| {
                overruled.dimension == statement.dimension
                    && overruled.value == statement.value
                    && document.is_none_or(|document| document == overruled.variant)
            });
            place
                .filter(|_| !statement.agrees && ruling.is_about(&statement.subject, spec))
                .map(|place| (ruling, place))
        })
    }

    /// The schemas that are the same under two names.
    pub fn same_schemas(&self) -> Vec<SameSchema> {
        self.names
            .iter()
            .map(|name| SameSchema {
                variant: name.variant.clone(),
                schema: name.schema.clone(),
                is: name.is.clone(),
            })
            .collect()
    }
}

impl Ruling {
    /// The subjects, each `*` replaced by every operation of the spec.
    pub fn expanded(&self, spec: &Spec) -> Vec<Subject> {
        self.subjects
            .iter()
            .flat_map(|subject| expand(subject, spec))
            .collect()
    }

    /// Whether the ruling is about a subject.
    pub fn is_about(&self, subject: &Subject, spec: &Spec) -> bool {
        self.subjects.iter().any(|own| {
            own == subject
                || own.is_pattern()
                    && own.property == subject.property
                    && expand(own, spec).contains(subject)
        })
    }
}

fn expand(subject: &Subject, spec: &Spec) -> Vec<Subject> {
    let Some(suffix) = subject.owner.strip_prefix(EVERY) else {
        return vec![subject.clone()];
    };
    spec.facts
        .operations
        .iter()
        .map(|operation| Subject {
            owner: format!("{}{suffix}", operation.path),
            property: subject.property.clone(),
        })
        .collect()
}
