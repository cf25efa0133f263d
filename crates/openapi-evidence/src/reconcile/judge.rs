//! The rulings against what documents and spec really say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::compare::Comparison;
use super::rulings::{BodyKind, Observation, Overruled, Ruling, Rulings};
use super::spec::{ABSENT, Spec};
use super::subject::{Dimension, Subject};
use crate::facts::{Body, Variant};
use crate::import::dialect::Operations;

/// Something that is not explained, or is explained in vain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is about.
    pub subject: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.subject, self.text)
    }
}

/// What the judging came to.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What is left to do.
    pub findings: Vec<Finding>,
    /// For each statement that differs from the spec, the rulings that answer it.
    pub answered: BTreeMap<usize, Vec<usize>>,
}

/// A value as messages and the rendered page show it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What the spec says about a dimension of a subject.
pub fn spec_says(spec: &Spec, subject: &Subject, dimension: &Dimension) -> Value {
    let known = spec
        .says
        .get(&(subject.clone(), dimension.clone()))
        .cloned();
    known.unwrap_or_else(|| match dimension {
        Dimension::Presence => json!(ABSENT),
        Dimension::Deprecated | Dimension::Restricted => json!(false),
        _ => Value::Null,
    })
}

/// Holds rulings, spec and documents against each other.
pub fn judge(
    spec: &Spec,
    variants: &[&Variant],
    comparison: &Comparison,
    rulings: &Rulings,
) -> Judgement {
    let mut judge = Judge {
        spec,
        variants,
        comparison,
        judgement: Judgement::default(),
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
    judge.judgement.findings.sort();
    judge.judgement.findings.dedup();
    judge.judgement
}

/// The rulings that overruled something.
#[derive(Default)]
struct Applied {
    /// Each ruling with the place of a value in its list.
    values: BTreeSet<(usize, usize)>,
    /// Each ruling with a subject and a dimension.
    subjects: BTreeSet<(usize, Subject, Dimension)>,
}

struct Judge<'j> {
    spec: &'j Spec,
    variants: &'j [&'j Variant],
    comparison: &'j Comparison,
    judgement: Judgement,
}

impl Judge<'_> {
    fn find(&mut self, subject: impl std::fmt::Display, text: String) {
        self.judgement.findings.push(Finding {
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
                let answered = self.judgement.answered.entry(index).or_default();
                answered.push(ruling.index);
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
                let says = spec_says(self.spec, &subject, dimension);
                // An example is not part of the spec: its decision is a sentence of the ruling.
                if *dimension != Dimension::Example && says != *value {
                    self.find(
                        &subject,
                        format!(
                            "the decision of the ruling is {dimension} `{}`, and the spec states `{}`; change one of them",
                            shown(value),
                            shown(&says)
                        ),
                    );
                }
                let supports = !self.is_supported(&subject, dimension)
                    && *dimension != Dimension::Example
                    && self
                        .spec
                        .says
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
            if statement.agrees || self.judgement.answered.contains_key(&index) {
                continue;
            }
            let says = spec_says(self.spec, &statement.subject, &statement.dimension);
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
                    "an example of {} does what the spec forbids ({}); {help}",
                    self.id(statement.variant),
                    shown(&statement.value)
                )
            } else {
                format!(
                    "{} states {} `{}`, and the spec states `{}`; {help}",
                    self.id(statement.variant),
                    statement.dimension,
                    shown(&statement.value),
                    shown(&says)
                )
            };
            self.find(&statement.subject, text);
        }
    }

    /// What the spec says and nobody else does.
    fn unsupported(&mut self, rulings: &[Ruling]) {
        for ((subject, dimension), value) in &self.spec.says {
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
                        "{} has no schema `{}`; take the name out",
                        name.variant, name.schema
                    ),
                );
            }
            match self.spec.schema(&name.is) {
                None => self.find(
                    &name.is,
                    format!(
                        "the spec has no such schema, which `{}` is said to be",
                        name.schema
                    ),
                ),
                Some(schema) if schema.is_called(&name.schema) => {
                    self.find(
                        &name.is,
                        format!(
                            "`{}` is what the spec calls it too; take the name out",
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
                "an observation without a place where it was seen".to_owned(),
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
                        "an observation saw `{}` at {} of {}, where `{}` stands",
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
