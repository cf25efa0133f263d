//! The forms of documents, and their registration.

use std::fmt;
use std::path::Path;

use openapi_tree::error::Result;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Imported, by_hand, flattened, markdown, openapi, rendered};
use crate::conventions::Conventions;
use crate::facts::Limit;

/// A form of documents: how to recognize and read one, and what it means that a document leaves something out.
///
/// A new form is one file with an implementation, and one line in [`DIALECTS`].
pub trait Dialect: Sync {
    /// Returns the name of the form in variant files.
    fn id(&self) -> &'static str;

    /// Returns the name of the form in sentences.
    fn name(&self) -> &'static str;

    /// Returns `true` if a text is a document of this form. The forms before this one have not recognized it.
    fn recognizes(&self, text: &str, conventions: &Conventions) -> bool;

    /// Reads a document of this form; `file` is its name in messages.
    ///
    /// # Errors
    /// Returns an error if a part of the document cannot be read; with its place.
    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported>;

    /// Returns what it means that a document of this form leaves something out.
    fn silence(&self) -> Silence;
}

/// Every form, in the order in which a document is offered to them.
pub static DIALECTS: [&dyn Dialect; 6] = [
    &flattened::Flattened,
    &rendered::Rendered,
    &markdown::Generated,
    &markdown::HandWritten,
    &openapi::OpenApi,
    &by_hand::ByHand,
];

/// What it means that a document leaves something out. Where a field is `true`, what is left out is denied.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Silence {
    /// Whether a format that is left out is denied.
    pub denies_formats: bool,
    /// The limits that are denied if they are left out.
    pub denies_limits: &'static [Limit],
    /// Whether what is not marked as deprecated is not deprecated.
    pub denies_deprecation: bool,
    /// Whether a status that is left out is denied, if the document has others.
    pub denies_statuses: bool,
    /// The operations that are denied if they are left out.
    pub denies_operations: Operations,
    /// Whether the names of schemas are all that leads to them.
    pub matches_by_name: bool,
}

/// The operations that a document covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operations {
    /// Every operation of the API.
    All,
    /// Every operation of the resources that the document has.
    OfItsResources,
    /// Only those that the document has.
    Stated,
}

/// The form of a document: one of [`DIALECTS`].
#[derive(Clone, Copy)]
pub struct Form(&'static dyn Dialect);

impl Form {
    /// Creates the form of a dialect.
    pub(super) const fn of(dialect: &'static dyn Dialect) -> Self {
        Self(dialect)
    }

    /// Returns the form of facts that a person recorded.
    pub fn by_hand() -> Self {
        Self(&by_hand::ByHand)
    }

    /// Returns the name of the form in variant files.
    pub fn id(self) -> &'static str {
        self.0.id()
    }

    /// Returns the name of the form in sentences.
    pub fn describe(self) -> &'static str {
        self.0.name()
    }

    /// Returns what it means that a document of this form leaves something out.
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
            de::Error::custom(format!("unknown form `{id}`; use {}", ids.join(", ")))
        })
    }
}
