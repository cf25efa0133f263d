//! The alignment of the rows of a document with the properties of the spec.
//!
//! Documents use different names for schemas, and pages do not name the body of an operation. Therefore rows are matched
//! along the structure, from operations through the properties whose types refer to schemas. Only a schema without a
//! reference to it is matched by its name.

mod operations;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::compare::Speaker;
use super::names::{Names, same_kind};
use super::outside::settle_outside;
use super::rulings::NameRuling;
use super::spec::{PRESENT, Spec, enum_value};
use super::subject::{Dimension, Subject};
use crate::facts::{Limit, Origin, Property, Schema, Type, Variant, names_in};

/// A row of a document and the property of the spec that it describes.
pub(super) struct Cell {
    /// The property.
    pub(super) subject: Subject,
    /// The row.
    pub(super) row: Property,
    /// The origin within the document.
    pub(super) origin: Origin,
    /// Whether the types of row and spec agree, if both are known.
    pub(super) type_agrees: Option<bool>,
    /// Whether the row has only the constraints of a value, which the document states at the property around it.
    pub(super) fragment: bool,
}

/// The constraints and the format that a property states for the string inside of an update value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Inner {
    format: Option<String>,
    limits: BTreeMap<Limit, Value>,
}

impl Inner {
    /// Adds the constraints and the format to the row of the string.
    fn add_to(&self, row: &mut Property) {
        if self.format.is_some() {
            row.format.clone_from(&self.format);
        }
        row.limits.extend(self.limits.clone());
    }
}

/// Aligns a document with the spec: makes the statements about whole operations, responses and schemas, and returns the
/// rows of the properties that both have.
pub(super) fn align(speaker: Speaker<'_>, variant: &Variant, same: &[NameRuling]) -> Vec<Cell> {
    let spec = speaker.spec;
    let variant = &settle_outside(spec, variant);
    let mut walk = Walk {
        spec,
        variant,
        names: Names {
            spec,
            variant,
            same,
        },
        speaker,
        cells: Vec::new(),
        new_rows: Vec::new(),
        schemas: BTreeMap::new(),
        visited: HashSet::new(),
        matched: BTreeSet::new(),
    };
    walk.operations();
    if variant.source.form.silence.matches_by_name {
        walk.by_name();
    }
    walk.rest();
    for (name, origin) in &walk.schemas {
        walk.speaker
            .states(origin, &Subject::whole(*name), Dimension::Presence, PRESENT);
    }
    walk.cells
}

struct Walk<'a> {
    spec: &'a Spec,
    variant: &'a Variant,
    names: Names<'a>,
    speaker: Speaker<'a>,
    cells: Vec<Cell>,
    /// The rows of properties that the spec lacks.
    new_rows: Vec<&'a Property>,
    /// The schemas of the spec that the document has.
    schemas: BTreeMap<&'a str, Origin>,
    /// The compared schemas of the spec and of the document, with the constraints of the inner value.
    visited: HashSet<(&'a str, Option<usize>, Inner)>,
    /// The compared schemas of the document.
    matched: BTreeSet<usize>,
}

impl<'a> Walk<'a> {
    /// Compares the rows of a table with those of the spec.
    fn table(
        &mut self,
        owner: &str,
        known: &'a [Property],
        rows: &'a [Property],
        partial: bool,
        origin: &Origin,
    ) {
        for row in rows {
            let subject = Subject::property(owner, &row.name);
            let origin = origin.within(row.from.as_ref(), row.dated.as_ref());
            let Some(in_spec) = known.iter().find(|known| known.name == row.name) else {
                let statement =
                    self.speaker
                        .states(&origin, &subject, Dimension::Presence, PRESENT);
                statement.row = Some(Box::new(row.clone()));
                self.new_rows.push(row);
                continue;
            };
            let mut row = row.clone();
            let inner = self.take_inner(in_spec, &mut row);
            let kinds = in_spec.kind.as_ref().zip(row.kind.as_ref());
            let type_agrees = kinds.map(|(known, kind)| self.names.types_agree(known, kind));
            if let Some((known, kind)) = kinds
                && type_agrees == Some(true)
            {
                for (known, name) in self.names.pairs(known, kind) {
                    self.schemas(known, name, &inner);
                }
            }
            self.cells.push(Cell {
                subject,
                row,
                origin,
                type_agrees,
                fragment: false,
            });
        }
        let is_in = |known: &&Property| rows.iter().any(|row| row.name == known.name);
        for known in known.iter().filter(|known| !partial && !is_in(known)) {
            self.speaker.lacks(&Subject::property(owner, &known.name));
        }
    }

    /// Removes the constraints of the string inside of an update value from a row. An object has no length and no format.
    fn take_inner(&self, in_spec: &Property, row: &mut Property) -> Inner {
        let name = in_spec.kind.as_ref().and_then(Type::name);
        if !name.is_some_and(|name| self.wraps_a_value(name)) {
            return Inner::default();
        }
        let limits = std::mem::take(&mut row.limits).into_iter();
        let (inner, outer) = limits.partition(|(limit, _)| limit.is_of_text());
        row.limits = outer;
        Inner {
            format: row.format.take(),
            limits: inner,
        }
    }

    fn wraps_a_value(&self, name: &str) -> bool {
        let rows = self.spec.schema(name).map(Schema::rows);
        matches!(rows, Some([row]) if row.name == self.update_value())
    }

    fn update_value(&self) -> &'a str {
        &self.spec.conventions.update_value
    }

    /// Compares a schema of the spec with the schemas of the document that have a name.
    fn schemas(&mut self, known: &str, name: &str, inner: &Inner) {
        let Some(in_spec) = self.spec.schema(known) else {
            return;
        };
        let indices: Vec<_> = self.variant.indices_called(name).collect();
        if indices.is_empty() && *inner != Inner::default() {
            self.fragment(in_spec, inner);
        }
        for index in indices {
            self.pair(in_spec, index, inner);
        }
    }

    /// Returns `true` at the first comparison of two schemas.
    fn visit(&mut self, in_spec: &'a Schema, index: Option<usize>, inner: &Inner) -> bool {
        self.visited
            .insert((in_spec.name.as_str(), index, inner.clone()))
    }

    /// Adds the constraints of a schema that the document does not contain, because it is on another page.
    fn fragment(&mut self, in_spec: &'a Schema, inner: &Inner) {
        if !self.visit(in_spec, None, inner) {
            return;
        }
        let name = self.update_value();
        let mut row = Property {
            name: name.to_owned(),
            ..Property::default()
        };
        inner.add_to(&mut row);
        self.cells.push(Cell {
            subject: Subject::property(&in_spec.name, name),
            row,
            origin: Origin::default(),
            type_agrees: None,
            fragment: true,
        });
    }

    fn pair(&mut self, in_spec: &'a Schema, index: usize, inner: &Inner) {
        let schema = &self.variant.schemas[index];
        if !self.visit(in_spec, Some(index), inner) || !same_kind(in_spec, schema) {
            return;
        }
        self.matched.insert(index);
        let origin = Origin::default().within(schema.from.as_ref(), schema.dated.as_ref());
        self.schemas.insert(&in_spec.name, origin.clone());
        let subject = Subject::whole(&in_spec.name);
        if let Some(values) = &schema.values {
            self.speaker
                .states(&origin, &subject, Dimension::Enum, enum_value(values));
        }
        self.additional(&subject, schema.additional, &origin);
        if let (Some(known), Some(rows)) = (&in_spec.properties, &schema.properties) {
            let first = self.cells.len();
            self.table(&in_spec.name, known, rows, schema.partial, &origin);
            let value = Subject::property(&in_spec.name, self.update_value());
            for cell in &mut self.cells[first..] {
                if cell.subject == value {
                    inner.add_to(&mut cell.row);
                }
            }
        }
    }

    /// States whether an object may have properties that are not listed, if the document states it.
    fn additional(&mut self, subject: &Subject, additional: Option<bool>, origin: &Origin) {
        if let Some(additional) = additional {
            let dimension = Dimension::AdditionalProperties;
            self.speaker.states(origin, subject, dimension, additional);
        }
    }

    /// Matches the schemas without a reference by name.
    fn by_name(&mut self) {
        for in_spec in self.spec.named_schemas() {
            if self.schemas.contains_key(in_spec.name.as_str()) {
                continue;
            }
            for (index, schema) in self.variant.schemas.iter().enumerate() {
                if self.names.is_called(in_spec, &schema.name) {
                    self.pair(in_spec, index, &Inner::default());
                }
            }
        }
    }

    /// Reports the schemas that were not compared and belong to the operations of the spec.
    ///
    /// Those that only properties refer to which the spec lacks are part of the statements about these properties.
    fn rest(&mut self) {
        let is_new = |index: usize| !self.matched.contains(&index);
        let is_known = |path: &str| self.spec.operation(path).is_some();
        let operations = self.variant.operations.iter();
        let operations = operations.filter(|operation| is_known(&operation.path));
        let bodies = operations.flat_map(|operation| {
            let schemas = operation.bodies().map(|body| &body.schema);
            schemas.chain(operation.responses.iter().map(|response| &response.body))
        });
        let known_rows = names_in(self.cells.iter().map(|cell| &cell.row));
        let names = known_rows.chain(bodies.flatten().map(String::as_str));
        let reached = self.variant.reached(names, is_new);
        let of_new_rows = self
            .variant
            .reached(names_in(self.new_rows.iter().copied()), is_new);
        for (index, schema) in self.variant.schemas.iter().enumerate() {
            if !is_new(index) {
                continue;
            }
            let is_loose =
                schema.under.as_deref().is_some_and(is_known) && !of_new_rows.contains(&index);
            if reached.contains(&index) || is_loose {
                self.speaker.has(&Subject::whole(&schema.name));
            } else {
                self.speaker.comparison.other_schemas += 1;
            }
        }
    }
}
