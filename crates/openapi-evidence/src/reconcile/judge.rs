//! The comparison of the rulings with the statements of documents and spec.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::compare::Comparison;
use super::rulings::{BodyKind, Observation, Overruled, Ruling, Rulings};
use super::spec::{ABSENT, Spec};
use super::subject::{Dimension, Subject};
use crate::facts::{Body, Variant};
use crate::import::dialect::Operations;

/// A difference without a ruling, or a ruling without a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The subject.
    pub subject: String,
    /// The problem, and the fix.
    pub text: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.subject, self.text)
    }
}

/// The result of applying the rulings.
#[derive(Clone, Debug, Default)]
pub struct Judgment {
    /// The findings.
    pub findings: Vec<Finding>,
    /// The rulings that overrule each statement that differs from the spec.
    pub overruled: BTreeMap<usize, Vec<usize>>,
}

/// Returns a value as messages and the rendered page show it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Returns the value of the spec for a dimension of a subject.
pub fn spec_value(spec: &Spec, subject: &Subject, dimension: &Dimension) -> Value {
    let known = spec
        .values
        .get(&(subject.clone(), dimension.clone()))
        .cloned();
    known.unwrap_or_else(|| match dimension {
        Dimension::Presence => json!(ABSENT),
        Dimension::Deprecated | Dimension::Restricted => json!(false),
        _ => Value::Null,
    })
}

/// Compares rulings, spec and documents.
pub fn judge(
    spec: &Spec,
    variants: &[&Variant],
    comparison: &Comparison,
    rulings: &Rulings,
) -> Judgment {
    let mut judge = Judge {
        spec,
        variants,
        comparison,
        judgment: Judgment::default(),
    };
    let overruled = judge.overrule(rulings);
    for ruling in &rulings.rulings {
        judge.ruling(ruling, &overruled);
    }
    judge.unexplained(&rulings.rulings);
    judge.unsupported(&rulings.rulings);
    judge.names(rulings);
    for observation in &rulings.observations {
        judge.observation(observation);
    }
    judge.judgment.findings.sort();
    judge.judgment.findings.dedup();
    judge.judgment
}

/// The rulings that overruled something.
#[derive(Default)]
struct Applied {
    /// Each ruling with the index of a value in its list.
    values: BTreeSet<(usize, usize)>,
    /// Each ruling with a subject and a dimension.
    subjects: BTreeSet<(usize, Subject, Dimension)>,
}

struct Judge<'j> {
    spec: &'j Spec,
    variants: &'j [&'j Variant],
    comparison: &'j Comparison,
    judgment: Judgment,
}

impl Judge<'_> {
    fn find(&mut self, subject: impl std::fmt::Display, text: String) {
        self.judgment.findings.push(Finding {
            subject: subject.to_string(),
            text,
        });
    }

    fn id(&self, variant: usize) -> &str {
        self.variants
            .get(variant)
            .map_or("", |variant| variant.source.id.as_str())
    }

    fn is_supported(&self, subject: &Subject, dimension: &Dimension) -> bool {
        self.comparison
            .about(subject)
            .any(|(_, statement)| statement.agrees && statement.dimension == *dimension)
    }

    /// Applies the rulings to the statements that differ from the spec.
    fn overrule(&mut self, rulings: &Rulings) -> Applied {
        let mut applied = Applied::default();
        for (index, statement) in self.comparison.statements.iter().enumerate() {
            let document = self.id(statement.variant).to_owned();
            for (ruling, place) in rulings.overrule(self.spec, statement, Some(&document)) {
                let overruled = self.judgment.overruled.entry(index).or_default();
                overruled.push(ruling.index);
                applied.values.insert((ruling.index, place));
                applied.subjects.insert((
                    ruling.index,
                    statement.subject.clone(),
                    statement.dimension.clone(),
                ));
            }
        }
        applied
    }

    fn ruling(&mut self, ruling: &Ruling, applied: &Applied) {
        for subject in ruling.expanded(self.spec) {
            let mut idle = true;
            for (dimension, value) in &ruling.decision {
                let decided = spec_value(self.spec, &subject, dimension);
                // An example is not part of the spec: its decision is a sentence of the ruling.
                if *dimension != Dimension::Example && decided != *value {
                    self.find(
                        &subject,
                        format!(
                            "the decision of the ruling is {dimension} `{}`, and the spec states `{}`; change one of them",
                            shown(value),
                            shown(&decided)
                        ),
                    );
                }
                let supports = !self.is_supported(&subject, dimension)
                    && *dimension != Dimension::Example
                    && self
                        .spec
                        .values
                        .contains_key(&(subject.clone(), dimension.clone()))
                    && !Spec::restricts_nothing(dimension, value);
                let overruled =
                    applied
                        .subjects
                        .contains(&(ruling.index, subject.clone(), dimension.clone()));
                idle &= !(supports || overruled);
            }
            if idle {
                self.find(
                    &subject,
                    "the ruling decides nothing here (any more); remove the subject from it"
                        .to_owned(),
                );
            }
        }
        let first = ruling
            .subjects
            .first()
            .map_or_else(String::new, ToString::to_string);
        for (place, overruled) in ruling.overrules.iter().enumerate() {
            if !applied.values.contains(&(ruling.index, place)) {
                self.find(
                    &first,
                    format!(
                        "the ruling overrules {}, which does not state {} `{}` (any more); {}",
                        overruled.variant,
                        overruled.dimension,
                        shown(&overruled.value),
                        self.states_instead(ruling, overruled)
                    ),
                );
            }
        }
    }

    fn states_instead(&self, ruling: &Ruling, overruled: &Overruled) -> String {
        let Some(variant) = self
            .variants
            .iter()
            .position(|variant| variant.source.id == overruled.variant)
        else {
            return "there is no such variant file".to_owned();
        };
        let stated: BTreeSet<String> = self
            .comparison
            .statements
            .iter()
            .filter(|statement| {
                statement.variant == variant
                    && statement.dimension == overruled.dimension
                    && ruling.is_about(&statement.subject, self.spec)
            })
            .map(|statement| format!("`{}`", shown(&statement.value)))
            .collect();
        if stated.is_empty() {
            "it states nothing about this".to_owned()
        } else {
            format!(
                "it states {}",
                stated.into_iter().collect::<Vec<_>>().join(" and ")
            )
        }
    }

    fn unexplained(&mut self, rulings: &[Ruling]) {
        for (index, statement) in self.comparison.statements.iter().enumerate() {
            if statement.agrees || self.judgment.overruled.contains_key(&index) {
                continue;
            }
            let decided = spec_value(self.spec, &statement.subject, &statement.dimension);
            let ruled = rulings.iter().any(|ruling| {
                ruling.decision.contains_key(&statement.dimension)
                    && ruling.is_about(&statement.subject, self.spec)
            });
            let source = &self.variants[statement.variant].source;
            let denies_all = source.form.silence().denies_operations == Operations::All;
            let help = if statement.implied
                && statement.subject.property.is_none()
                && denies_all
                && !source.partial
            {
                "if the document is a part of a larger one, import it with --partial"
            } else if ruled {
                "the ruling does not name this value"
            } else {
                "no ruling decides between them"
            };
            let text = if statement.dimension == Dimension::Example {
                format!(
                    "an example of {} violates the spec ({}); {help}",
                    self.id(statement.variant),
                    shown(&statement.value)
                )
            } else {
                format!(
                    "{} states {} `{}`, and the spec states `{}`; {help}",
                    self.id(statement.variant),
                    statement.dimension,
                    shown(&statement.value),
                    shown(&decided)
                )
            };
            self.find(&statement.subject, text);
        }
    }

    /// Finds the values of the spec that neither a document nor a ruling supports.
    fn unsupported(&mut self, rulings: &[Ruling]) {
        for ((subject, dimension), value) in &self.spec.values {
            if Spec::restricts_nothing(dimension, value) || self.is_supported(subject, dimension) {
                continue;
            }
            let ruled = rulings.iter().any(|ruling| {
                ruling.decision.get(dimension) == Some(value) && ruling.is_about(subject, self.spec)
            });
            if !ruled {
                self.find(
                    subject,
                    format!(
                        "the spec states {dimension} `{}`, which no document and no ruling supports",
                        shown(value)
                    ),
                );
            }
        }
    }

    fn names(&mut self, rulings: &Rulings) {
        for name in &rulings.names {
            let variant = self
                .variants
                .iter()
                .find(|variant| variant.source.id == name.variant);
            let there = variant.is_some_and(|variant| {
                variant
                    .schemas
                    .iter()
                    .any(|schema| schema.name == name.schema)
            });
            if !there {
                self.find(
                    &name.is,
                    format!(
                        "{} has no schema `{}`; remove the name",
                        name.variant, name.schema
                    ),
                );
            }
            match self.spec.schema(&name.is) {
                None => self.find(
                    &name.is,
                    format!(
                        "unknown schema in the spec, which `{}` is mapped to",
                        name.schema
                    ),
                ),
                Some(schema) if schema.is_called(&name.schema) => {
                    self.find(
                        &name.is,
                        format!(
                            "the spec uses the name `{}` too; remove the name",
                            name.schema
                        ),
                    );
                }
                Some(_) => {}
            }
        }
    }

    fn observation(&mut self, observation: &Observation) {
        if observation.seen.is_empty() {
            self.find(
                &observation.subject,
                "missing location of an observation".to_owned(),
            );
        }
        for seen in &observation.seen {
            let operation = self
                .variants
                .iter()
                .find(|variant| variant.source.id == seen.variant)
                .and_then(|variant| {
                    variant
                        .operations
                        .iter()
                        .find(|operation| operation.path == observation.subject)
                });
            let in_example =
                |body: &Option<Body>| body.as_ref()?.example.as_ref()?.pointer(&seen.at).cloned();
            let stands = operation.and_then(|operation| match seen.body {
                BodyKind::Request => in_example(&operation.request),
                BodyKind::Response => in_example(&operation.response),
                BodyKind::Responses => serde_json::to_value(&operation.responses)
                    .ok()?
                    .pointer(&seen.at)
                    .cloned(),
            });
            if stands.as_ref() != Some(&seen.value) {
                self.find(
                    &observation.subject,
                    format!(
                        "expected the observed value `{}` at {} of {}, found `{}`",
                        shown(&seen.value),
                        seen.at,
                        seen.variant,
                        stands.as_ref().map_or_else(|| "nothing".to_owned(), shown)
                    ),
                );
            }
        }
    }
}
