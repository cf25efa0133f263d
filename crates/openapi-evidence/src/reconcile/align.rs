//! The alignment of the rows of a document with the properties of the spec.
//!
//! Documents use different names for schemas, and pages do not name the body of an operation. Therefore rows are matched
//! along the structure, from operations through the properties whose types refer to schemas. Only a schema without a
//! reference to it is matched by its name.

mod operations;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::{Names, SameSchema, same_kind};
use super::outside::settle_outside;
use super::spec::Spec;
use super::subject::Subject;
use crate::facts::{Limit, Operation, Origin, Property, Response, Schema, Type, Variant, names_in};

/// A row of a document and the property that it describes.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The property.
    pub subject: Subject,
    /// The row.
    pub row: Property,
    /// The origin within the document.
    pub origin: Origin,
    /// Whether the types of row and spec agree, if both are known.
    pub type_agrees: Option<bool>,
    /// Whether the spec has the property.
    pub known: bool,
    /// Whether the row has only the constraints of a value, which the document states at the property around it.
    pub fragment: bool,
}

/// A response of a document with the matching response of the spec.
#[derive(Clone, Debug)]
pub struct AlignedResponse {
    /// The status of the spec.
    pub subject: Subject,
    /// Whether the body is that of the spec.
    pub body_agrees: bool,
    /// The response of the document.
    pub response: Response,
    /// The origin within the document.
    pub origin: Origin,
}

/// The statements of a document in terms of the spec.
#[derive(Clone, Debug, Default)]
pub struct Aligned {
    /// The rows.
    pub cells: Vec<Cell>,
    /// The properties, operations and statuses that the document lacks and should have.
    pub absent: Vec<Subject>,
    /// The operations and schemas that the spec lacks.
    pub unknown: Vec<Subject>,
    /// The operations that both have.
    pub operations: Vec<Operation>,
    /// The responses that both have.
    pub responses: Vec<AlignedResponse>,
    /// The objects that both have, and whether they may have properties that are not listed.
    pub additional: Vec<(Subject, bool, Origin)>,
    /// The enums that both have: the spec's name, the values, and their origin.
    pub enums: Vec<(String, Vec<String>, Origin)>,
    /// Schemas of the spec that the document has.
    pub schemas: BTreeMap<String, Origin>,
    /// The number of operations of other resources.
    pub other_operations: usize,
    /// The number of schemas that belong to nothing that the spec covers.
    pub other_schemas: usize,
}

/// The constraints and the format that a property states for the string inside of an update value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Inner {
    format: Option<String>,
    limits: Vec<(Limit, String)>,
}

/// Aligns a document with the spec.
pub fn align(spec: &Spec, variant: &Variant, same: &[SameSchema]) -> Aligned {
    let variant = settle_outside(spec, variant);
    let mut walk = Walk {
        spec,
        variant: &variant,
        names: Names {
            spec,
            variant: &variant,
            same,
        },
        aligned: Aligned::default(),
        visited: BTreeSet::new(),
        matched: BTreeSet::new(),
    };
    walk.operations();
    if variant.source.form.silence().matches_by_name {
        walk.by_name();
    }
    walk.rest();
    walk.aligned
}

struct Walk<'a> {
    spec: &'a Spec,
    variant: &'a Variant,
    names: Names<'a>,
    aligned: Aligned,
    /// The compared schemas of the spec and of the document, with the constraints of the inner value.
    visited: BTreeSet<(String, usize, Inner)>,
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
                self.aligned.cells.push(Cell {
                    subject,
                    row: row.clone(),
                    origin,
                    type_agrees: None,
                    known: false,
                    fragment: false,
                });
                continue;
            };
            let mut row = row.clone();
            let inner = self.take_inner(in_spec, &mut row);
            let type_agrees = match (&in_spec.kind, &row.kind) {
                (Some(known), Some(kind)) => {
                    let agrees = self.names.types_agree(known, kind);
                    for (known, name) in self.names.pairs(known, kind) {
                        if agrees {
                            self.schemas(&known, &name, &inner);
                        }
                    }
                    Some(agrees)
                }
                _ => None,
            };
            self.aligned.cells.push(Cell {
                subject,
                row,
                origin,
                type_agrees,
                known: true,
                fragment: false,
            });
        }
        if !partial {
            for known in known {
                if !rows.iter().any(|row| row.name == known.name) {
                    self.aligned
                        .absent
                        .push(Subject::property(owner, &known.name));
                }
            }
        }
    }

    /// Removes the constraints of the string inside of an update value from a row. An object has no length and no format.
    fn take_inner(&self, in_spec: &Property, row: &mut Property) -> Inner {
        let wraps = in_spec
            .kind
            .as_ref()
            .and_then(Type::name)
            .is_some_and(|name| self.wraps_a_value(name));
        if !wraps {
            return Inner::default();
        }
        let limits: Vec<_> = row
            .limits
            .keys()
            .copied()
            .filter(|limit| limit.is_of_text())
            .collect();
        Inner {
            format: row.format.take(),
            limits: limits
                .into_iter()
                .filter_map(|limit| Some((limit, row.limits.remove(&limit)?.to_string())))
                .collect(),
        }
    }

    fn wraps_a_value(&self, name: &str) -> bool {
        self.spec
            .schema(name)
            .and_then(|schema| schema.properties.as_deref())
            .is_some_and(|rows| matches!(rows, [row] if row.name == self.update_value()))
    }

    fn update_value(&self) -> &'a str {
        &self.spec.conventions.update_value
    }

    fn indices(&self, name: &str) -> impl Iterator<Item = usize> + use<'a> {
        let variant = self.variant;
        let found: Vec<_> = variant
            .schemas_called(name)
            .map(std::ptr::from_ref)
            .collect();
        variant
            .schemas
            .iter()
            .enumerate()
            .filter(move |(_, schema)| found.contains(&std::ptr::from_ref(*schema)))
            .map(|(index, _)| index)
    }

    /// Compares a schema of the spec with the schemas of the document that have a name.
    fn schemas(&mut self, known: &str, name: &str, inner: &Inner) {
        let Some(in_spec) = self.spec.schema(known) else {
            return;
        };
        let indices: Vec<_> = self.indices(name).collect();
        if indices.is_empty() && *inner != Inner::default() {
            self.fragment(in_spec, inner);
        }
        for index in indices {
            self.pair(in_spec, index, inner);
        }
    }

    /// Adds the constraints of a schema that the document does not contain, because it is on another page.
    fn fragment(&mut self, in_spec: &'a Schema, inner: &Inner) {
        if !self
            .visited
            .insert((in_spec.name.clone(), usize::MAX, inner.clone()))
        {
            return;
        }
        let mut row = Property {
            name: self.update_value().to_owned(),
            ..Property::default()
        };
        put_inner(&mut row, inner);
        self.aligned.cells.push(Cell {
            subject: Subject::property(&in_spec.name, self.update_value()),
            row,
            origin: Origin::default(),
            type_agrees: None,
            known: true,
            fragment: true,
        });
    }

    fn pair(&mut self, in_spec: &'a Schema, index: usize, inner: &Inner) {
        if !self
            .visited
            .insert((in_spec.name.clone(), index, inner.clone()))
        {
            return;
        }
        let schema = &self.variant.schemas[index];
        if !same_kind(in_spec, schema) {
            return;
        }
        self.matched.insert(index);
        let origin = Origin::default().within(schema.from.as_ref(), schema.dated.as_ref());
        self.aligned
            .schemas
            .insert(in_spec.name.clone(), origin.clone());
        if let Some(values) = &schema.values {
            self.aligned
                .enums
                .push((in_spec.name.clone(), values.clone(), origin.clone()));
        }
        if let Some(additional) = schema.additional {
            self.aligned.additional.push((
                Subject::whole(&in_spec.name),
                additional,
                origin.clone(),
            ));
        }
        if let (Some(known), Some(rows)) = (&in_spec.properties, &schema.properties) {
            let first = self.aligned.cells.len();
            self.table(&in_spec.name, known, rows, schema.partial, &origin);
            let value = self.update_value();
            for cell in &mut self.aligned.cells[first..] {
                if cell.subject.owner == in_spec.name
                    && cell.subject.property.as_deref() == Some(value)
                {
                    put_inner(&mut cell.row, inner);
                }
            }
        }
    }

    /// Matches the schemas without a reference by name.
    fn by_name(&mut self) {
        let named: Vec<&'a Schema> = self.spec.named_schemas().collect();
        for in_spec in named {
            if self.aligned.schemas.contains_key(&in_spec.name) {
                continue;
            }
            let indices: Vec<_> = (0..self.variant.schemas.len())
                .filter(|index| {
                    self.names
                        .is_called(in_spec, &self.variant.schemas[*index].name)
                })
                .collect();
            for index in indices {
                self.pair(in_spec, index, &Inner::default());
            }
        }
    }

    /// Reports the schemas that are left over and belong to the operations of the spec.
    ///
    /// Those that only properties refer to which the spec lacks are part of the statements about these properties.
    fn rest(&mut self) {
        let is_new = |index: usize| !self.matched.contains(&index);
        let names_of = |known: bool| {
            let cells = self
                .aligned
                .cells
                .iter()
                .filter(move |cell| cell.known == known);
            cells.flat_map(|cell| names_in(std::slice::from_ref(&cell.row)))
        };
        let bodies = self.aligned.operations.iter().flat_map(|operation| {
            let bodies = [&operation.request, &operation.response];
            let schemas = bodies
                .into_iter()
                .flatten()
                .map(|body| body.schema.as_deref());
            let responses = operation
                .responses
                .iter()
                .map(|response| response.body.as_deref());
            schemas.chain(responses).flatten()
        });
        let reached = self.variant.reached(names_of(true).chain(bodies), is_new);
        let of_new_properties = self.variant.reached(names_of(false), is_new);
        for (index, schema) in self.variant.schemas.iter().enumerate() {
            if !is_new(index) {
                continue;
            }
            let is_under = |path: &str| self.spec.operation(path).is_some();
            let is_loose = schema.under.as_deref().is_some_and(is_under)
                && !of_new_properties.contains(&index);
            if reached.contains(&index) || is_loose {
                let subject = Subject::whole(&schema.name);
                if !self.aligned.unknown.contains(&subject) {
                    self.aligned.unknown.push(subject);
                }
            } else {
                self.aligned.other_schemas += 1;
            }
        }
    }
}

fn put_inner(row: &mut Property, inner: &Inner) {
    if let Some(format) = &inner.format {
        row.format = Some(format.clone());
    }
    for (limit, value) in &inner.limits {
        row.limits.insert(
            *limit,
            value
                .parse::<u64>()
                .map_or_else(|_| Value::from(value.as_str()), Value::from),
        );
    }
}
