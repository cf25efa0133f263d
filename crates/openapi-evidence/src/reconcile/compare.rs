//! The statements of each document about each subject, and whether the spec agrees.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::align::{Aligned, AlignedResponse, Cell, align};
use super::examples::{self, Against, Contradiction};
use super::names::SameSchema;
use super::spec::{
    ABSENT, FITS, NONE, PRESENT, Spec, body_type, deprecated_value, enum_value, is_range, rows_of,
    values_of,
};
use super::subject::{Dimension, RESPONSE, Subject};
use crate::facts::{Body, Limit, Origin, Property, Type, Variant};
use crate::import::dialect::Silence;

/// A statement of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The index of the document.
    pub variant: usize,
    /// The subject.
    pub subject: Subject,
    /// The dimension of the subject.
    pub dimension: Dimension,
    /// The value.
    pub value: Value,
    /// Whether the spec has the same value.
    pub agrees: bool,
    /// Whether the document only implies it, by omitting something.
    pub implied: bool,
    /// The date of the statement, which may differ from the date of the document.
    pub dated: String,
    /// The file and heading of a statement that a person recorded.
    pub from: Option<String>,
    /// The row of a property that the spec lacks.
    pub row: Option<Box<Property>>,
}

/// A contradiction between a document and its own examples.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnContradiction {
    /// The index of the document.
    pub variant: usize,
    /// The operation, followed by ` response` for a response.
    pub example: String,
    /// The contradiction of the example with the tables.
    pub what: Contradiction,
}

/// The comparison of documents with the spec.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The statements of the documents.
    pub statements: Vec<Statement>,
    /// The indices of the statements about each subject.
    pub about: BTreeMap<Subject, Vec<usize>>,
    /// The number of statements that documents could have made and did not make.
    pub silent: usize,
    /// The contradictions between documents and their own examples.
    pub own: Vec<OwnContradiction>,
    /// The number of operations of resources that the spec does not cover.
    pub other_operations: usize,
    /// The number of schemas that belong to nothing that the spec covers.
    pub other_schemas: usize,
}

/// Compares documents with the spec.
pub fn compare(spec: &Spec, variants: &[&Variant], same: &[SameSchema]) -> Comparison {
    let aligned: Vec<_> = variants
        .iter()
        .map(|variant| align(spec, variant, same))
        .collect();
    let in_use = dimensions_in_use(spec, &aligned);
    let mut comparison = Comparison::default();
    for (index, (variant, aligned)) in variants.iter().zip(&aligned).enumerate() {
        let mut speaker = Speaker {
            spec,
            variant: index,
            silence: variant.source.form.silence(),
            dated: &variant.source.dated,
            origin: Origin::default(),
            comparison: &mut comparison,
        };
        speaker.operations(aligned);
        for cell in &aligned.cells {
            speaker.cell(cell, &in_use);
        }
        speaker.examples(variant);
        comparison.other_operations += aligned.other_operations;
        comparison.other_schemas += aligned.other_schemas;
    }
    comparison.statements.sort_by(|left, right| {
        left.subject
            .cmp(&right.subject)
            .then(left.dimension.cmp(&right.dimension))
            .then(left.variant.cmp(&right.variant))
            .then_with(|| left.value.to_string().cmp(&right.value.to_string()))
    });
    comparison.statements.dedup();
    for (index, statement) in comparison.statements.iter().enumerate() {
        comparison
            .about
            .entry(statement.subject.clone())
            .or_default()
            .push(index);
    }
    comparison
}

impl Comparison {
    /// Returns the statements about a subject, each with its index.
    pub fn about(&self, subject: &Subject) -> impl Iterator<Item = (usize, &Statement)> {
        self.about
            .get(subject)
            .into_iter()
            .flatten()
            .filter_map(|index| Some((*index, self.statements.get(*index)?)))
    }
}

/// Returns the dimensions that the spec or a document has a value for. "None" is a statement only about these.
fn dimensions_in_use(spec: &Spec, aligned: &[Aligned]) -> BTreeSet<(Subject, Dimension)> {
    let mut in_use: BTreeSet<_> = spec
        .values
        .iter()
        .filter(|((_, dimension), value)| !Spec::restricts_nothing(dimension, value))
        .map(|(key, _)| key.clone())
        .collect();
    for cell in aligned.iter().flat_map(|aligned| &aligned.cells) {
        let mut used = |dimension| in_use.insert((cell.subject.clone(), dimension));
        if cell.row.format.is_some() {
            used(Dimension::Format);
        }
        if cell.row.deprecated {
            used(Dimension::Deprecated);
        }
        for limit in cell.row.limits.keys() {
            used(Dimension::Limit(*limit));
        }
    }
    in_use
}

struct Speaker<'c> {
    spec: &'c Spec,
    variant: usize,
    silence: Silence,
    dated: &'c str,
    /// The origin of what is stated next.
    origin: Origin,
    comparison: &'c mut Comparison,
}

impl Speaker<'_> {
    /// Adds a statement that follows from something that the document omits.
    fn implies(&mut self, subject: &Subject, dimension: Dimension, value: Value) {
        self.states(subject, dimension, value);
        if let Some(statement) = self.comparison.statements.last_mut() {
            statement.implied = true;
        }
    }

    fn states(&mut self, subject: &Subject, dimension: Dimension, value: Value) {
        let key = (subject.clone(), dimension);
        let agrees = match (self.spec.values.get(&key), &key.1) {
            (Some(known), _) => *known == value,
            // A subject without a value in the spec is absent.
            (None, Dimension::Presence) => value == ABSENT,
            (None, dimension) => Spec::restricts_nothing(dimension, &value),
        };
        let (_, dimension) = key;
        self.states_value(subject, dimension, value, agrees);
    }

    fn states_value(
        &mut self,
        subject: &Subject,
        dimension: Dimension,
        value: Value,
        agrees: bool,
    ) {
        self.comparison.statements.push(Statement {
            variant: self.variant,
            subject: subject.clone(),
            dimension,
            value,
            agrees,
            implied: false,
            dated: self
                .origin
                .dated
                .clone()
                .unwrap_or_else(|| self.dated.to_owned()),
            from: self.origin.from.clone(),
            row: None,
        });
    }

    fn operations(&mut self, aligned: &Aligned) {
        for operation in &aligned.operations {
            let subject = Subject::whole(&operation.path);
            self.origin =
                Origin::default().within(operation.from.as_ref(), operation.dated.as_ref());
            self.states(&subject, Dimension::Presence, json!(PRESENT));
            let body_required = operation
                .request
                .as_ref()
                .and_then(|request| request.required);
            if let Some(required) = body_required {
                self.states(&subject, Dimension::Required, json!(required));
            }
            for (name, is_set) in &operation.flags {
                self.states(&subject, Dimension::Flag(name.clone()), json!(is_set));
            }
            let known = self.spec.conventions.flags.keys();
            self.comparison.silent += known
                .filter(|name| !operation.flags.contains_key(*name))
                .count();
            for (dimension, flag) in [
                (Dimension::Deprecated, operation.deprecated),
                (Dimension::Restricted, operation.restricted),
            ] {
                if flag {
                    self.states(&subject, dimension, json!(true));
                }
            }
        }
        for aligned in &aligned.responses {
            self.origin = aligned.origin.clone();
            self.response(aligned);
        }
        for (subject, additional, origin) in &aligned.additional {
            self.origin = origin.clone();
            self.states(subject, Dimension::AdditionalProperties, json!(additional));
        }
        self.origin = Origin::default();
        for subject in &aligned.absent {
            self.implies(subject, Dimension::Presence, json!(ABSENT));
        }
        for subject in &aligned.unknown {
            self.states(subject, Dimension::Presence, json!(PRESENT));
        }
        for (name, origin) in &aligned.schemas {
            self.origin = origin.clone();
            self.states(&Subject::whole(name), Dimension::Presence, json!(PRESENT));
        }
        for (name, values, origin) in &aligned.enums {
            self.origin = origin.clone();
            self.states(&Subject::whole(name), Dimension::Enum, enum_value(values));
        }
    }

    fn response(&mut self, aligned: &AlignedResponse) {
        let AlignedResponse {
            subject, response, ..
        } = aligned;
        self.states(subject, Dimension::Presence, json!(PRESENT));
        if let Some(body) = &response.body {
            self.states_value(
                subject,
                Dimension::Type,
                json!(body_type(body)),
                aligned.body_agrees,
            );
        }
        // A document without headers does not state that there are none.
        if !response.headers.is_empty() {
            self.states(subject, Dimension::Headers, enum_value(&response.headers));
        }
        if subject.property.as_deref().is_some_and(is_range) {
            self.states(subject, Dimension::Status, json!(response.status));
        }
    }

    fn cell(&mut self, cell: &Cell, in_use: &BTreeSet<(Subject, Dimension)>) {
        let subject = &cell.subject;
        let row = &cell.row;
        self.origin = cell.origin.clone();
        let used = |dimension| in_use.contains(&(subject.clone(), dimension));
        if !cell.fragment {
            self.states(subject, Dimension::Presence, json!(PRESENT));
        }
        if !cell.known {
            if let Some(statement) = self.comparison.statements.last_mut() {
                statement.row = Some(Box::new(row.clone()));
            }
            return;
        }
        for (dimension, value) in values_of(row) {
            let is_idle = matches!(dimension, Dimension::Format | Dimension::Limit(_))
                && !used(dimension.clone());
            match (value, cell.type_agrees) {
                (Some(value), Some(agrees)) if dimension == Dimension::Type => {
                    self.states_value(subject, dimension, value, agrees);
                }
                (Some(value), _) if dimension != Dimension::Type => {
                    self.states(subject, dimension, value);
                }
                _ if is_idle => {}
                _ if self.denies(&dimension, cell) => self.implies(subject, dimension, json!(NONE)),
                _ => self.comparison.silent += 1,
            }
        }
        if used(Dimension::Deprecated) {
            if cell.fragment || !row.deprecated && !self.silence.denies_deprecation {
                self.comparison.silent += 1;
            } else {
                self.deprecation(subject, row);
            }
        }
    }

    /// Returns `true` if an omission in the row of a cell is a statement of the document.
    fn denies(&self, dimension: &Dimension, cell: &Cell) -> bool {
        !cell.fragment
            && match dimension {
                Dimension::Format => self.silence.denies_formats,
                Dimension::Limit(limit) => {
                    self.silence.denies_limits.contains(limit) && applies(*limit, &cell.row)
                }
                _ => false,
            }
    }

    /// Adds a statement about a deprecation. A deprecation with a replacement agrees with one without a replacement.
    fn deprecation(&mut self, subject: &Subject, row: &Property) {
        let value = deprecated_value(row);
        let known = self
            .spec
            .values
            .get(&(subject.clone(), Dimension::Deprecated));
        let agrees = known.is_some_and(|known| {
            *known == value
                || row.deprecated
                    && *known != json!(false)
                    && (value == json!(true) || *known == json!(true))
        });
        self.states_value(subject, Dimension::Deprecated, value, agrees);
        if let Some(statement) = self.comparison.statements.last_mut() {
            statement.implied = !row.deprecated;
        }
    }

    fn examples(&mut self, variant: &Variant) {
        self.origin = Origin::default();
        for operation in &variant.operations {
            let Some(in_spec) = self.spec.operation(&operation.path) else {
                continue;
            };
            for (suffix, body, known, against) in [
                (
                    "",
                    &operation.request,
                    &in_spec.request,
                    Against::SpecRequest,
                ),
                (
                    RESPONSE,
                    &operation.response,
                    &in_spec.response,
                    Against::SpecResponse,
                ),
            ] {
                if let Some(body) = body {
                    let owner = format!("{}{suffix}", operation.path);
                    self.example(variant, &owner, body, known.as_ref(), against);
                }
            }
        }
    }

    fn example(
        &mut self,
        variant: &Variant,
        owner: &str,
        body: &Body,
        known: Option<&Body>,
        against: Against,
    ) {
        let Some(sample) = &body.example else {
            return;
        };
        let subject = Subject::whole(owner);
        let rows = rows_of(&self.spec.facts, known);
        let mut contradictions = examples::check(&self.spec.facts, owner, rows, sample, against);
        if let Some(invalid) = &body.invalid {
            contradictions.push(Contradiction {
                subject: subject.clone(),
                what: invalid.clone(),
            });
        }
        if contradictions.is_empty() {
            self.states_value(&subject, Dimension::Example, json!(FITS), true);
        }
        for contradiction in contradictions {
            self.states_value(
                &contradiction.subject,
                Dimension::Example,
                json!(contradiction.what),
                false,
            );
        }
        if let Some(own) = variant.properties_of(body) {
            for what in examples::check(variant, owner, own, sample, Against::OwnTables) {
                self.comparison.own.push(OwnContradiction {
                    variant: self.variant,
                    example: owner.to_owned(),
                    what,
                });
            }
        }
    }
}

/// Returns `true` if a constraint applies to the type of a row, so that its omission is a statement.
fn applies(limit: Limit, row: &Property) -> bool {
    let kind = row.kind.as_ref();
    match limit {
        Limit::MinLength | Limit::MaxLength => matches!(kind, Some(Type::String)),
        Limit::MinItems | Limit::MaxItems | Limit::UniqueItems => {
            matches!(kind, Some(Type::Array(_)))
        }
        Limit::Minimum | Limit::Maximum => matches!(kind, Some(Type::Integer | Type::Number)),
        Limit::MaxMonths => !matches!(
            kind,
            Some(Type::Boolean | Type::Integer | Type::Number | Type::Array(_))
        ),
    }
}
