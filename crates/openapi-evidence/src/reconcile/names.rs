//! The comparison of the names of schemas and of types.

use super::rulings::NameRuling;
use super::spec::Spec;
use crate::facts::{Name, Schema, Type, Variant, plain};

/// The names of a document and of the spec.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) spec: &'a Spec,
    pub(super) variant: &'a Variant,
    pub(super) same: &'a [NameRuling],
}

impl Names<'_> {
    /// Returns `true` if `name` in the document is the name of a schema of the spec.
    ///
    /// A name that the spec uses for another schema has the meaning of the spec, unless a ruling about the document
    /// decides otherwise.
    pub(super) fn is_called(&self, in_spec: &Schema, name: &str) -> bool {
        let is_taken = self.spec.facts.schemas_called(name).next().is_some();
        let same = self.same.iter().filter(|same| {
            plain(&same.schema) == plain(name)
                && (!is_taken || same.variant == self.variant.source.id)
        });
        let same: Vec<&NameRuling> = same.collect();
        let is_same = same.iter().any(|same| same.is == in_spec.name);
        if is_same || is_taken && !same.is_empty() {
            return is_same;
        }
        let mut schemas = self.variant.schemas_called(name);
        let mut titles = schemas
            .by_ref()
            .filter_map(|schema| schema.title.as_deref());
        in_spec.is_called(name) || titles.any(|title| in_spec.is_called(title))
    }

    /// Returns `true` if `name` in the document and `known` in the spec are the same schema.
    pub(super) fn means(&self, known: &str, name: &str) -> bool {
        self.spec.schema(known).is_some_and(|in_spec| {
            let mut schemas = self.variant.schemas_called(name);
            self.is_called(in_spec, name) && schemas.all(|schema| same_kind(in_spec, schema))
        })
    }

    /// Returns the schemas of the spec that a type refers to, each with its name in the document.
    pub(super) fn pairs<'t>(&self, known: &'t Type, kind: &'t Type) -> Vec<(&'t str, &'t str)> {
        let (known, names) = (known.names(), kind.names());
        let is_choice = known.len() > 1;
        let pair = |known: &'t Name| {
            names
                .iter()
                .map(|name| (known.name.as_str(), name.name.as_str()))
        };
        let pairs = known.iter().flat_map(|known| pair(known));
        pairs
            .filter(|(known, name)| !is_choice || self.means(known, name))
            .collect()
    }

    pub(super) fn types_agree(&self, known: &Type, kind: &Type) -> bool {
        match (known, kind) {
            (Type::Array(known), Type::Array(kind)) | (Type::Map(known), Type::Map(kind)) => {
                self.types_agree(known, kind)
            }
            (Type::Named(known), Type::Named(name) | Type::StringNamed(name)) => {
                name.linked.is_none() && self.means(&known.name, &name.name)
            }
            (Type::OneOf(known), Type::OneOf(names)) => {
                let is_known = |name: &Name| {
                    known
                        .iter()
                        .any(|known| self.means(&known.name, &name.name))
                };
                known.len() == names.len() && names.iter().all(is_known)
            }
            (Type::Named(known), Type::Object | Type::Map(_) | Type::Enum) => {
                let schema = self.spec.schema(&known.name);
                schema.is_some_and(|schema| match kind {
                    Type::Map(kind) => {
                        let entries = schema.entries.as_ref();
                        entries.is_some_and(|known| self.types_agree(known, kind))
                    }
                    _ => schema.values.is_some() == (*kind == Type::Enum),
                })
            }
            (Type::Object, Type::Named(_) | Type::Map(_))
            | (Type::Map(_) | Type::OneOf(_), Type::Object)
            | (Type::String, Type::StringNamed(_)) => true,
            (known, kind) => known == kind,
        }
    }
}

/// Returns `true` if both are enums, or both are not.
pub(super) fn same_kind(left: &Schema, right: &Schema) -> bool {
    left.values.is_some() == right.values.is_some()
}
