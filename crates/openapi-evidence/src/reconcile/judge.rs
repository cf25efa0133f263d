//! The comparison of the rulings with the statements of documents and spec.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::Comparison;
use super::rulings::{BodyKind, NameRuling, Observation, Overruled, Ruling, Rulings, Seen};
use super::spec::Spec;
use super::subject::{Dimension, Subject};
use super::wording::shown;
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
    /// The numbers of the rulings that overrule each statement that differs from the spec.
    pub overruled: BTreeMap<usize, Vec<usize>>,
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
        rulings: &rulings.rulings,
        judgment: Judgment::default(),
    };
    judge.overrule(rulings);
    for ruling in &rulings.rulings {
        judge.ruling(ruling);
    }
    judge.unexplained();
    judge.unsupported();
    judge.names(rulings);
    for observation in &rulings.observations {
        judge.observation(observation);
    }
    judge.judgment.findings.sort();
    judge.judgment.findings.dedup();
    judge.judgment
}

struct Judge<'j> {
    spec: &'j Spec,
    variants: &'j [&'j Variant],
    comparison: &'j Comparison,
    rulings: &'j [Ruling],
    judgment: Judgment,
}

impl Judge<'_> {
    fn find(&mut self, subject: impl std::fmt::Display, text: impl Into<String>) {
        self.judgment.findings.push(Finding {
            subject: subject.to_string(),
            text: text.into(),
        });
    }

    /// Returns a document by its ID.
    fn variant(&self, id: &str) -> Option<&Variant> {
        let mut variants = self.variants.iter().copied();
        variants.find(|variant| variant.source.id == id)
    }

    fn is_supported(&self, subject: &Subject, dimension: &Dimension) -> bool {
        let mut about = self.comparison.about(subject);
        about.any(|(_, statement)| statement.agrees && statement.dimension == *dimension)
    }

    /// Applies the rulings to the statements that differ from the spec.
    fn overrule(&mut self, rulings: &Rulings) {
        for (index, statement) in self.comparison.statements.iter().enumerate() {
            let document = &self.variants[statement.variant].source.id;
            let overruling = rulings.overrule(self.spec, statement, Some(document));
            let numbers: Vec<_> = overruling.map(|ruling| ruling.number).collect();
            if !numbers.is_empty() {
                self.judgment.overruled.insert(index, numbers);
            }
        }
    }

    fn ruling(&mut self, ruling: &Ruling) {
        for subject in ruling.expanded(self.spec) {
            let mut idle = true;
            for (dimension, value) in &ruling.decision {
                let decided = self.spec.value(&subject, dimension);
                // An example is not part of the spec: its decision is a sentence of the ruling.
                let is_example = *dimension == Dimension::Example;
                if !is_example && decided != *value {
                    let (value, decided) = (shown(value), shown(&decided));
                    self.find(
                        &subject,
                        format!(
                            "the decision of the ruling is {dimension} `{value}`, and the spec states `{decided}`; \
                             change one of them"
                        ),
                    );
                }
                let key = (subject.clone(), dimension.clone());
                let supports = !self.is_supported(&subject, dimension)
                    && !is_example
                    && self.spec.values.contains_key(&key)
                    && !Spec::restricts_nothing(dimension, value);
                let mut about = self.comparison.about(&subject);
                let overrules = about.any(|(index, statement)| {
                    let numbers = self.judgment.overruled.get(&index);
                    statement.dimension == *dimension
                        && numbers.is_some_and(|numbers| numbers.contains(&ruling.number))
                });
                idle &= !(supports || overrules);
            }
            if idle {
                let text = "the ruling decides nothing here (any more); remove the subject from it";
                self.find(&subject, text);
            }
        }
        let first = ruling
            .subjects
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        for overruled in &ruling.overrules {
            let is_applied = self.judgment.overruled.iter().any(|(index, numbers)| {
                let statement = &self.comparison.statements[*index];
                numbers.contains(&ruling.number)
                    && statement.dimension == overruled.dimension
                    && statement.value == overruled.value
                    && self.variants[statement.variant].source.id == overruled.variant
            });
            if !is_applied {
                let text = format!(
                    "the ruling overrules {}, which does not state {} `{}` (any more); {}",
                    overruled.variant,
                    overruled.dimension,
                    shown(&overruled.value),
                    self.states_instead(ruling, overruled)
                );
                self.find(&first, text);
            }
        }
    }

    fn states_instead(&self, ruling: &Ruling, overruled: &Overruled) -> String {
        let mut variants = self.variants.iter();
        let is_meant = |variant: &&Variant| variant.source.id == overruled.variant;
        let Some(variant) = variants.position(is_meant) else {
            return "there is no such variant file".to_owned();
        };
        let statements = self.comparison.statements.iter().filter(|statement| {
            statement.variant == variant
                && statement.dimension == overruled.dimension
                && ruling.is_about(&statement.subject, self.spec)
        });
        let stated = statements.map(|statement| format!("`{}`", shown(&statement.value)));
        let stated: BTreeSet<String> = stated.collect();
        if stated.is_empty() {
            return "it states nothing about this".to_owned();
        }
        let stated: Vec<String> = stated.into_iter().collect();
        format!("it states {}", stated.join(" and "))
    }

    fn unexplained(&mut self) {
        for (index, statement) in self.comparison.statements.iter().enumerate() {
            if statement.agrees || self.judgment.overruled.contains_key(&index) {
                continue;
            }
            let (subject, dimension) = (&statement.subject, &statement.dimension);
            let mut rulings = self.rulings.iter();
            let source = &self.variants[statement.variant].source;
            let excludes_all = source.form.silence.excludes_operations == Operations::All;
            let may_be_partial = excludes_all && !source.partial;
            let help = if statement.implied && subject.property.is_none() && may_be_partial {
                "if the document is a part of a larger one, import it with --partial"
            } else if rulings.any(|ruling| ruling.decides(subject, dimension, self.spec)) {
                "the ruling does not name this value"
            } else {
                "no ruling decides between them"
            };
            let (id, value) = (&source.id, shown(&statement.value));
            let decided = shown(&self.spec.value(subject, dimension));
            let text = if *dimension == Dimension::Example {
                format!("an example of {id} violates the spec ({value}); {help}")
            } else {
                format!(
                    "{id} states {dimension} `{value}`, and the spec states `{decided}`; {help}"
                )
            };
            self.find(subject, text);
        }
    }

    /// Finds the values of the spec that neither a document nor a ruling supports.
    fn unsupported(&mut self) {
        for ((subject, dimension), value) in &self.spec.values {
            if Spec::restricts_nothing(dimension, value) || self.is_supported(subject, dimension) {
                continue;
            }
            let ruled = self.rulings.iter().any(|ruling| {
                ruling.decision.get(dimension) == Some(value) && ruling.is_about(subject, self.spec)
            });
            if !ruled {
                let value = shown(value);
                self.find(
                    subject,
                    format!(
                        "the spec states {dimension} `{value}`, which no document and no ruling supports"
                    ),
                );
            }
        }
    }

    fn names(&mut self, rulings: &Rulings) {
        for NameRuling {
            variant,
            schema,
            is,
            ..
        } in &rulings.names
        {
            let facts = self.variant(variant);
            if !facts.is_some_and(|facts| facts.schemas.iter().any(|other| other.name == *schema)) {
                self.find(
                    is,
                    format!("{variant} has no schema `{schema}`; remove the name"),
                );
            }
            match self.spec.schema(is) {
                None => {
                    let text = format!("unknown schema in the spec, which `{schema}` is mapped to");
                    self.find(is, text);
                }
                Some(in_spec) if in_spec.is_called(schema) => {
                    let text = format!("the spec uses the name `{schema}` too; remove the name");
                    self.find(is, text);
                }
                Some(_) => {}
            }
        }
    }

    fn observation(&mut self, observation: &Observation) {
        let subject = &observation.subject;
        if observation.seen.is_empty() {
            self.find(subject, "missing location of an observation");
        }
        for Seen {
            variant,
            body,
            at,
            value,
        } in &observation.seen
        {
            let operations = self.variant(variant).map(|facts| facts.operations.iter());
            let mut operations = operations.into_iter().flatten();
            let operation = operations.find(|operation| operation.path == *subject);
            let in_example =
                |body: &Option<Body>| body.as_ref()?.example.as_ref()?.pointer(at).cloned();
            let stands = operation.and_then(|operation| match body {
                BodyKind::Request => in_example(&operation.request),
                BodyKind::Response => in_example(&operation.response),
                BodyKind::Responses => serde_json::to_value(&operation.responses)
                    .ok()?
                    .pointer(at)
                    .cloned(),
            });
            if stands.as_ref() != Some(value) {
                let stands = stands.as_ref().map_or_else(|| "nothing".to_owned(), shown);
                let value = shown(value);
                let text = format!(
                    "expected the observed value `{value}` at {at} of {variant}, found `{stands}`"
                );
                self.find(subject, text);
            }
        }
    }
}
