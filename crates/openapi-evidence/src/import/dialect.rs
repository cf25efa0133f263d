//! The formats of documents, and their registration.

use std::fmt;
use std::path::Path;

use openapi_tree::error::Result;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Imported, by_hand, flattened, markdown, openapi, rendered};
use crate::conventions::Conventions;
use crate::facts::Limit;

/// A format of documents: how to recognize and read one, and the meaning of what a document omits.
///
/// A new format is one file with an implementation, and one line in [`DIALECTS`].
pub trait Dialect: Sync {
    /// Returns the name of the format in variant files.
    fn id(&self) -> &'static str;

    /// Returns the name of the format in sentences.
    fn name(&self) -> &'static str;

    /// Returns `true` if the text of a document has this format. The formats before this one have not recognized it.
    fn recognizes(&self, text: &str, conventions: &Conventions) -> bool;

    /// Reads a document. `file` is its name in messages.
    ///
    /// # Errors
    /// Returns an error with a location if a part of the document cannot be read.
    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported>;

    /// Returns the meaning of what a document omits.
    fn silence(&self) -> Silence;
}

/// Every format, in the order in which a document is offered to them.
pub static DIALECTS: [&dyn Dialect; 6] = [
    &flattened::Flattened,
    &rendered::Rendered,
    &markdown::Generated,
    &markdown::HandWritten,
    &openapi::OpenApi,
    &by_hand::ByHand,
];

/// The meaning of what a document omits. If a field is `true`, an omission states that the item is absent.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the rules are independent of each other"
)]
pub struct Silence {
    /// Whether a property without a format has none.
    pub denies_formats: bool,
    /// The constraints that a property does not have if they are omitted.
    pub denies_limits: &'static [Limit],
    /// Whether a property without a mark is not deprecated.
    pub denies_deprecation: bool,
    /// Whether an omitted status is absent, if the document has others.
    pub denies_statuses: bool,
    /// The operations that do not exist if they are omitted.
    pub denies_operations: Operations,
    /// Whether schemas may be matched by name only.
    pub matches_by_name: bool,
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

/// The format of a document: one of [`DIALECTS`].
#[derive(Clone, Copy)]
pub struct Form(&'static dyn Dialect);

impl Form {
    /// Creates the format of a dialect.
    pub(super) const fn of(dialect: &'static dyn Dialect) -> Self {
        Self(dialect)
    }

    /// Returns the format of facts that a person recorded.
    pub fn by_hand() -> Self {
        Self(&by_hand::ByHand)
    }

    /// Returns the name of the format in variant files.
    pub fn id(self) -> &'static str {
        self.0.id()
    }

    /// Returns the name of the format in sentences.
    pub fn describe(self) -> &'static str {
        self.0.name()
    }

    /// Returns the meaning of what a document omits.
    pub fn silence(self) -> Silence {
        self.0.silence()
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Form {}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        let known = DIALECTS.iter().find(|dialect| dialect.id() == id);
        known.map(|dialect| Self(*dialect)).ok_or_else(|| {
            let ids: Vec<_> = DIALECTS.iter().map(|dialect| dialect.id()).collect();
            de::Error::custom(format!("unknown format `{id}`; use {}", ids.join(", ")))
        })
    }
}
