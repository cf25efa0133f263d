//! The statements of each document about each subject, and whether the spec agrees.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::align::{Cell, align};
use super::examples::{self, Against, Contradiction};
use super::rulings::NameRuling;
use super::spec::{
    ABSENT, FITS, NONE, PRESENT, Spec, bodies_of, deprecated_value, rows_of, values_of,
};
use super::subject::{Dimension, Subject};
use crate::facts::{Body, Limit, Origin, Property, Source, Type, Variant};

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

/// Compares documents with the spec. `same` are the schemas that have another name in a document.
pub fn compare(spec: &Spec, variants: &[&Variant], same: &[NameRuling]) -> Comparison {
    let mut comparison = Comparison::default();
    let mut cells = Vec::with_capacity(variants.len());
    for (index, variant) in variants.iter().enumerate() {
        let speaker = Speaker::new(spec, index, &variant.source, &mut comparison);
        cells.push(align(speaker, variant, same));
    }
    let in_use = dimensions_in_use(spec, cells.iter().flatten());
    for (index, (variant, cells)) in variants.iter().zip(&cells).enumerate() {
        let mut speaker = Speaker::new(spec, index, &variant.source, &mut comparison);
        for cell in cells {
            speaker.cell(cell, &in_use);
        }
        speaker.examples(variant);
    }
    comparison.statements.sort_by(|left, right| {
        let place = (&left.subject, &left.dimension, left.variant);
        place
            .cmp(&(&right.subject, &right.dimension, right.variant))
            .then_with(|| left.value.to_string().cmp(&right.value.to_string()))
    });
    comparison.statements.dedup();
    for (index, statement) in comparison.statements.iter().enumerate() {
        let about = comparison.about.entry(statement.subject.clone());
        about.or_default().push(index);
    }
    comparison
}

impl Comparison {
    /// Returns the statements about a subject, each with its index.
    pub fn about(&self, subject: &Subject) -> impl Iterator<Item = (usize, &Statement)> {
        let indices = self.about.get(subject).into_iter().flatten();
        indices.filter_map(|index| Some((*index, self.statements.get(*index)?)))
    }
}

/// Returns the dimensions that the spec or a document has a value for. "None" is a statement only about these.
fn dimensions_in_use<'c>(
    spec: &Spec,
    cells: impl Iterator<Item = &'c Cell>,
) -> BTreeSet<(Subject, Dimension)> {
    let values = spec.values.iter();
    let values =
        values.filter(|((_, dimension), value)| !Spec::restricts_nothing(dimension, value));
    let mut in_use: BTreeSet<_> = values.map(|(key, _)| key.clone()).collect();
    for cell in cells {
        let format = cell.row.format.iter().map(|_| Dimension::Format);
        let deprecated = cell.row.deprecated.then_some(Dimension::Deprecated);
        let limits = cell.row.limits.keys().copied().map(Dimension::Limit);
        let used = format.chain(deprecated).chain(limits);
        in_use.extend(used.map(|dimension| (cell.subject.clone(), dimension)));
    }
    in_use
}

/// A document that makes statements.
pub(super) struct Speaker<'c> {
    pub(super) spec: &'c Spec,
    index: usize,
    source: &'c Source,
    pub(super) comparison: &'c mut Comparison,
}

impl<'c> Speaker<'c> {
    fn new(
        spec: &'c Spec,
        index: usize,
        source: &'c Source,
        comparison: &'c mut Comparison,
    ) -> Self {
        Self {
            spec,
            index,
            source,
            comparison,
        }
    }

    /// States that the document has a subject.
    pub(super) fn has(&mut self, subject: &Subject) {
        self.states(&Origin::default(), subject, Dimension::Presence, PRESENT);
    }

    /// States that the document should have a subject, and omits it.
    pub(super) fn lacks(&mut self, subject: &Subject) {
        let statement = self.states(&Origin::default(), subject, Dimension::Presence, ABSENT);
        statement.implied = true;
    }

    /// Adds a statement.
    pub(super) fn states(
        &mut self,
        origin: &Origin,
        subject: &Subject,
        dimension: Dimension,
        value: impl Into<Value>,
    ) -> &mut Statement {
        let value = value.into();
        let dated = origin.dated.as_ref().unwrap_or(&self.source.dated);
        let statements = &mut self.comparison.statements;
        statements.push(Statement {
            variant: self.index,
            subject: subject.clone(),
            agrees: self.spec.agrees(subject, &dimension, &value),
            dimension,
            value,
            implied: false,
            dated: dated.clone(),
            from: origin.from.clone(),
            row: None,
        });
        let last = statements.len() - 1;
        &mut statements[last]
    }

    /// Makes the statements about a property.
    fn cell(&mut self, cell: &Cell, in_use: &BTreeSet<(Subject, Dimension)>) {
        let Cell {
            subject,
            row,
            origin,
            ..
        } = cell;
        let used = |dimension| in_use.contains(&(subject.clone(), dimension));
        if !cell.fragment {
            self.states(origin, subject, Dimension::Presence, PRESENT);
        }
        for (dimension, value) in values_of(row) {
            let is_idle = matches!(dimension, Dimension::Format | Dimension::Limit(_))
                && !used(dimension.clone());
            match (value, cell.type_agrees) {
                (Some(value), Some(agrees)) if dimension == Dimension::Type => {
                    self.states(origin, subject, dimension, value).agrees = agrees;
                }
                (Some(value), _) if dimension != Dimension::Type => {
                    self.states(origin, subject, dimension, value);
                }
                _ if is_idle => {}
                _ if self.excludes(&dimension, cell) => {
                    self.states(origin, subject, dimension, NONE).implied = true;
                }
                _ => self.comparison.silent += 1,
            }
        }
        if used(Dimension::Deprecated) {
            let is_silent = !row.deprecated && !self.source.form.silence.excludes_deprecation;
            if cell.fragment || is_silent {
                self.comparison.silent += 1;
            } else {
                self.deprecation(cell);
            }
        }
    }

    /// Returns `true` if an omission in the row of a cell is a statement of the document.
    fn excludes(&self, dimension: &Dimension, cell: &Cell) -> bool {
        let silence = self.source.form.silence;
        !cell.fragment
            && match dimension {
                Dimension::Format => silence.excludes_formats,
                Dimension::Limit(limit) => {
                    (silence.excludes_limit)(*limit) && applies(*limit, &cell.row)
                }
                _ => false,
            }
    }

    /// Adds a statement about a deprecation. A deprecation with a replacement agrees with one without a replacement.
    fn deprecation(&mut self, cell: &Cell) {
        let (subject, row) = (&cell.subject, &cell.row);
        let value = deprecated_value(row);
        let key = (subject.clone(), Dimension::Deprecated);
        let known = self.spec.values.get(&key);
        let agrees = known.is_some_and(|known| {
            let one_has_no_replacement = value == true || *known == true;
            *known == value || row.deprecated && *known != false && one_has_no_replacement
        });
        let statement = self.states(&cell.origin, subject, Dimension::Deprecated, value);
        statement.agrees = agrees;
        statement.implied = !row.deprecated;
    }

    fn examples(&mut self, variant: &Variant) {
        for operation in &variant.operations {
            let Some(in_spec) = self.spec.operation(&operation.path) else {
                continue;
            };
            for (owner, body, known) in bodies_of(operation, in_spec) {
                self.example(variant, &owner, body, known);
            }
        }
    }

    fn example(&mut self, variant: &Variant, owner: &str, body: &Body, known: Option<&Body>) {
        let Some(sample) = &body.example else {
            return;
        };
        let subject = Subject::whole(owner);
        let against = if subject.is_of_response() {
            Against::SpecResponse
        } else {
            Against::SpecRequest
        };
        let facts = &self.spec.facts;
        let mut contradictions =
            examples::check(facts, owner, rows_of(facts, known), sample, against);
        contradictions.extend(body.invalid.clone().map(|what| Contradiction {
            subject: subject.clone(),
            what,
        }));
        let origin = Origin::default();
        if contradictions.is_empty() {
            let statement = self.states(&origin, &subject, Dimension::Example, FITS);
            statement.agrees = true;
        }
        for Contradiction { subject, what } in contradictions {
            let statement = self.states(&origin, &subject, Dimension::Example, what);
            statement.agrees = false;
        }
        if let Some(rows) = variant.properties_of(body) {
            let own = examples::check(variant, owner, rows, sample, Against::OwnTables);
            let own = own.into_iter().map(|what| OwnContradiction {
                variant: self.index,
                example: owner.to_owned(),
                what,
            });
            self.comparison.own.extend(own);
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
