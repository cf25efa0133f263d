//! The rulings: the decision where documents disagree, and the reason.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::conventions::Conventions;
use crate::facts::Operation;

use super::compare::Statement;
use super::spec::Spec;
use super::subject::{Dimension, EVERY, NotADimension, Subject};
use super::wording::one_line;
use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};

/// The rulings.
#[derive(Clone, Debug)]
pub struct Rulings {
    /// The name of the file in messages.
    pub file: PathBuf,
    /// The schemas that have another name in a document.
    pub names: Vec<NameRuling>,
    /// The rulings, in the order of the file.
    pub rulings: Vec<Ruling>,
    /// The problems of examples that no table shows.
    pub observations: Vec<Observation>,
}

/// A schema that has another name in a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRuling {
    /// The document.
    pub variant: String,
    /// The name in the document.
    pub schema: String,
    /// The name in the spec.
    pub is: String,
    /// The reason why both are the same.
    pub because: String,
}

/// A decision about one or more subjects.
#[derive(Clone, Debug, Serialize)]
pub struct Ruling {
    /// The number for citations. It does not change when rulings are added or removed.
    pub number: usize,
    /// The subjects, as written.
    pub subjects: Vec<Subject>,
    /// The value of the spec for each dimension.
    pub decision: BTreeMap<Dimension, Value>,
    /// The reason, in one line.
    pub because: String,
    /// The values of documents that are overruled.
    #[serde(skip)]
    pub overrules: Vec<Overruled>,
}

/// A value of a document that is overruled.
#[derive(Clone, Debug)]
pub struct Overruled {
    /// The document.
    pub variant: String,
    /// The dimension.
    pub dimension: Dimension,
    /// The value of the document.
    pub value: Value,
}

/// A contradiction within a document that a person found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The operation or schema.
    pub subject: String,
    /// A description of the contradiction.
    pub because: String,
    /// The values that the observation is based on. The observation becomes invalid when they change.
    pub seen: Vec<Seen>,
}

/// A value in a variant file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The document.
    pub variant: String,
    /// The `request`, the `response` or the `responses` of the subject.
    pub body: BodyKind,
    /// The JSON Pointer into the example, or into the list of responses.
    pub at: String,
    /// The value at the JSON Pointer.
    pub value: Value,
}

/// The part of an operation with an observed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyKind {
    /// The example of the request.
    Request,
    /// The example of the response.
    Response,
    /// The responses by status.
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
    /// Reads the rulings from a document.
    ///
    /// # Errors
    /// Returns an error with a JSON Pointer if the document is not a file of rulings.
    pub fn from_document(document: &Document, conventions: &Conventions) -> Result<Self> {
        let wrong = |what: String, pointer: String| {
            let help = "see openapi/README.md for the form of a ruling";
            Error::new(&document.file, what, help).at_pointer(pointer)
        };
        let written: WrittenFile = serde_json::from_value(document.tree.clone())
            .map_err(|source| wrong(format!("invalid file of rulings: {source}"), String::new()))?;
        let mut rulings: Vec<Ruling> = Vec::new();
        let numbers = written.rulings.iter().filter_map(|ruling| ruling.number);
        let free = numbers.max().unwrap_or_default() + 1;
        for (index, ruling) in written.rulings.into_iter().enumerate() {
            let pointer = format!("/rulings/{index}");
            let number = match ruling.number {
                Some(number) if rulings.iter().all(|other| other.number != number) => Ok(number),
                Some(number) => Err(format!("duplicate number {number}")),
                None => Err("missing `number`".to_owned()),
            };
            let number = number.map_err(|problem| {
                let what = format!("{problem}; the next free number is {free}");
                wrong(what, format!("{pointer}/number"))
            })?;
            let dimensions = |values: BTreeMap<String, Value>, pointer: &str| {
                let dimensions = values.into_iter().map(|(name, value)| {
                    let dimension = if conventions.flags.contains_key(&name) {
                        Dimension::Flag(name)
                    } else {
                        name.parse().map_err(|source: NotADimension| {
                            wrong(source.to_string(), format!("{pointer}/{name}"))
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
                });
                dimensions.collect::<Result<BTreeMap<_, _>>>()
            };
            let subjects = match ruling.subject {
                OneOrMore::One(subject) => vec![subject],
                OneOrMore::More(subjects) => subjects,
            };
            if ruling.because.trim().is_empty() {
                let what = "missing reason of a ruling".to_owned();
                return Err(wrong(what, format!("{pointer}/because")));
            }
            let decision = dimensions(ruling.decision, &format!("{pointer}/decision"))?;
            let mut overrules = Vec::new();
            for (variant, values) in ruling.overrules {
                let at = format!("{pointer}/overrules/{variant}");
                for (dimension, value) in dimensions(values, &at)? {
                    if !decision.contains_key(&dimension) {
                        let what =
                            format!("missing decision about the overruled dimension `{dimension}`");
                        return Err(wrong(what, at));
                    }
                    overrules.push(Overruled {
                        variant: variant.clone(),
                        dimension,
                        value,
                    });
                }
            }
            rulings.push(Ruling {
                number,
                subjects: subjects.iter().map(|text| Subject::parse(text)).collect(),
                decision,
                because: one_line(&ruling.because),
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

    /// Returns the rulings that overrule a statement: a value of `document` or, without a document, of any document.
    pub fn overrule<'r>(
        &'r self,
        spec: &'r Spec,
        statement: &'r Statement,
        document: Option<&'r str>,
    ) -> impl Iterator<Item = &'r Ruling> {
        let overrules = move |overruled: &Overruled| {
            overruled.dimension == statement.dimension
                && overruled.value == statement.value
                && document.is_none_or(|document| document == overruled.variant)
        };
        self.rulings.iter().filter(move |ruling| {
            !statement.agrees
                && ruling.overrules.iter().any(overrules)
                && ruling.is_about(&statement.subject, spec)
        })
    }
}

impl Ruling {
    /// Returns the subjects, with every operation of the spec in place of `*`.
    pub fn expanded(&self, spec: &Spec) -> Vec<Subject> {
        let subjects = self.subjects.iter();
        subjects.flat_map(|subject| expand(subject, spec)).collect()
    }

    /// Returns `true` if the ruling decides a dimension of a subject.
    pub fn decides(&self, subject: &Subject, dimension: &Dimension, spec: &Spec) -> bool {
        self.decision.contains_key(dimension) && self.is_about(subject, spec)
    }

    /// Returns `true` if the ruling is about a subject.
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
    let operations = spec.facts.operations.iter();
    let of = |operation: &Operation| Subject {
        owner: format!("{}{suffix}", operation.path),
        property: subject.property.clone(),
    };
    operations.map(of).collect()
}
