//! The comparison of the names of schemas and of types.

use super::spec::Spec;
use crate::facts::{Name, Schema, Type, Variant, plain};

/// A schema that has another name in documents than in the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameSchema {
    /// The ID of the document that the name was found in.
    pub variant: String,
    /// The name in documents.
    pub schema: String,
    /// The name in the spec.
    pub is: String,
}

/// The names of a document and of the spec.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) spec: &'a Spec,
    pub(super) variant: &'a Variant,
    pub(super) same: &'a [SameSchema],
}

impl Names<'_> {
    /// Returns `true` if `name` in the document is the name of a schema of the spec.
    ///
    /// A name that the spec uses for another schema has the meaning of the spec, unless a ruling about the document
    /// decides otherwise.
    pub(super) fn is_called(&self, in_spec: &Schema, name: &str) -> bool {
        let is_taken = self.spec.facts.schemas_called(name).next().is_some();
        let same: Vec<&SameSchema> = self
            .same
            .iter()
            .filter(|same| plain(&same.schema) == plain(name))
            .filter(|same| !is_taken || same.variant == self.variant.source.id)
            .collect();
        let is_same = same.iter().any(|same| same.is == in_spec.name);
        if is_same || is_taken && !same.is_empty() {
            return is_same;
        }
        in_spec.is_called(name)
            || self.variant.schemas_called(name).any(|schema| {
                schema
                    .title
                    .as_deref()
                    .is_some_and(|title| in_spec.is_called(title))
            })
    }

    /// Returns `true` if `name` in the document and `known` in the spec are the same schema.
    pub(super) fn means(&self, known: &str, name: &str) -> bool {
        self.spec.schema(known).is_some_and(|in_spec| {
            self.is_called(in_spec, name)
                && self
                    .variant
                    .schemas_called(name)
                    .all(|schema| same_kind(in_spec, schema))
        })
    }

    /// Returns the schemas of the spec that a type refers to, each with its name in the document.
    pub(super) fn pairs(&self, known: &Type, kind: &Type) -> Vec<(String, String)> {
        let (known, names) = (known.names(), kind.names());
        let is_choice = known.len() > 1;
        known
            .iter()
            .flat_map(|known| names.iter().map(move |name| (&known.name, &name.name)))
            .filter(|(known, name)| !is_choice || self.means(known, name))
            .map(|(known, name)| (known.clone(), name.clone()))
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
            (Type::Named(known), Type::Object) => self
                .spec
                .schema(&known.name)
                .is_some_and(|schema| schema.values.is_none()),
            (Type::Named(known), Type::Map(kind)) => self
                .spec
                .schema(&known.name)
                .and_then(|schema| schema.entries.as_ref())
                .is_some_and(|known| self.types_agree(known, kind)),
            (Type::Named(known), Type::Enum) => self
                .spec
                .schema(&known.name)
                .is_some_and(|schema| schema.values.is_some()),
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
