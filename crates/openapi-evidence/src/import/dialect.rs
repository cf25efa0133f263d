//! The formats of documents, and their registration.

use std::path::Path;

use openapi_tree::error::Result;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Imported, flattened, markdown, openapi, rendered};
use crate::conventions::Conventions;
use crate::facts::{Limit, Reading};

/// A format of documents: how to recognize and read one, and the meaning of what a document omits.
///
/// A new format is one file with a `Dialect`, and one line in [`DIALECTS`].
#[derive(Debug)]
pub struct Dialect {
    /// The name of the format in variant files.
    pub id: &'static str,
    /// The name of the format in sentences.
    pub name: &'static str,
    /// The meaning of "required" and "optional" in imported documents.
    pub reading: Reading,
    /// Returns `true` if the text of a document has this format. The formats before this one have not recognized it.
    pub recognizes: fn(&str, &Conventions) -> bool,
    /// Adds the facts of a document, or returns an error with a location if a part cannot be read. The path is the name of
    /// the document in messages.
    pub read: fn(&Path, &str, &Conventions, Imported) -> Result<Imported>,
    /// The meaning of what a document omits.
    pub silence: Silence,
}

/// The format of a document: one of [`DIALECTS`].
pub type Form = &'static Dialect;

/// Every format, in the order in which a document is offered to them.
pub static DIALECTS: [Form; 6] = [
    &flattened::DIALECT,
    &rendered::DIALECT,
    &markdown::GENERATED,
    &markdown::HAND_WRITTEN,
    &openapi::DIALECT,
    &BY_HAND,
];

/// Facts that a person recorded from prose, and keeps in a variant file.
pub static BY_HAND: Dialect = Dialect {
    id: "read-by-hand",
    name: "read by hand",
    reading: Reading::BothStated,
    recognizes: |_, _| false,
    read: |_, _, _, imported| Ok(imported),
    silence: Silence {
        excludes_formats: false,
        excludes_limit: |_| false,
        excludes_deprecation: false,
        excludes_statuses: false,
        excludes_operations: Operations::Stated,
        matches_by_name: true,
    },
};

/// The meaning of what a document omits. If a field is `true`, an omission states that the item is absent.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the rules are independent of each other"
)]
pub struct Silence {
    /// Whether a property without a format has none.
    pub excludes_formats: bool,
    /// Returns `true` if a property without the constraint does not have it.
    pub excludes_limit: fn(Limit) -> bool,
    /// Whether a property without a mark is not deprecated.
    pub excludes_deprecation: bool,
    /// Whether an omitted status is absent, if the document has others.
    pub excludes_statuses: bool,
    /// The operations that do not exist if they are omitted.
    pub excludes_operations: Operations,
    /// Whether schemas may be matched by name only.
    pub matches_by_name: bool,
}

impl Silence {
    /// The meaning of what a page with tables omits. It always states the constraints of its column `Contract`.
    pub(super) const OF_PAGES: Self = Self {
        excludes_formats: false,
        excludes_limit: |limit| {
            matches!(limit, Limit::MaxItems | Limit::MaxLength | Limit::MaxMonths)
        },
        excludes_deprecation: true,
        excludes_statuses: true,
        excludes_operations: Operations::OfItsResources,
        matches_by_name: true,
    };
}

/// The operations that a document covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operations {
    /// Every operation of the API.
    All,
    /// Every operation of the resources in the document.
    OfItsResources,
    /// Only the operations in the document.
    Stated,
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Serialize for Dialect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        let known = DIALECTS.into_iter().find(|dialect| dialect.id == id);
        known.ok_or_else(|| {
            let ids = DIALECTS.map(|dialect| dialect.id).join(", ");
            de::Error::custom(format!("unknown format `{id}`; use {ids}"))
        })
    }
}
