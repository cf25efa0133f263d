//! The subjects of statements, and their dimensions.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::facts::Limit;

/// An operation, a schema, or a property of one: `lamps/getAll · RoomIds`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The path of an operation, followed by ` response` for its response, or the name of a schema.
    pub owner: String,
    /// The property, or a status such as `status 404`.
    pub property: Option<String>,
}

/// The separator of owner and property.
const DOT: &str = " · ";

/// The suffix of the path of an operation for its response.
pub const RESPONSE: &str = " response";

/// The owner that stands for every operation.
pub const EVERY: &str = "*";

impl Subject {
    /// Creates the subject of an operation or a schema as a whole.
    pub fn whole(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            property: None,
        }
    }

    /// Creates the subject of a property.
    pub fn property(owner: impl Into<String>, property: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            property: Some(property.into()),
        }
    }

    /// Returns `true` if the owner is a schema, and not an operation.
    pub fn is_of_schema(&self) -> bool {
        !self.owner.contains('/') && !self.is_pattern()
    }

    /// Returns `true` if the subject stands for one of every operation.
    pub fn is_pattern(&self) -> bool {
        self.owner.starts_with(EVERY)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.property {
            None => f.write_str(&self.owner),
            Some(property) => write!(f, "{}{DOT}{property}", self.owner),
        }
    }
}

impl FromStr for Subject {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(DOT) {
            Some((owner, property)) => Self::property(owner.trim(), property.trim()),
            None => Self::whole(text.trim()),
        })
    }
}

/// A dimension of a subject, which statements have a value for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Whether the subject exists: `present`, `absent`.
    Presence,
    /// The type.
    Type,
    /// The format, or `none`.
    Format,
    /// Whether a property must be present, or whether the requests of an operation must have a body.
    Required,
    /// Whether it may be null.
    Nullable,
    /// The value of a constraint, or `none`.
    Limit(Limit),
    /// The values of an enum.
    Enum,
    /// Whether an object may have properties that are not listed.
    AdditionalProperties,
    /// The status or the range of statuses, such as `5XX`, under which a range of the spec is documented.
    Status,
    /// The headers of a response.
    Headers,
    /// Whether the subject is deprecated. A string names the replacement.
    Deprecated,
    /// Whether an operation is a restricted beta.
    Restricted,
    /// Whether an operation has a flag of the conventions.
    Flag(String),
    /// The contradiction of a documented example with the spec.
    Example,
}

/// The names of the dimensions in rulings. A limit has its own name.
const NAMES: [(Dimension, &str); 12] = [
    (Dimension::Presence, "presence"),
    (Dimension::Type, "type"),
    (Dimension::Format, "format"),
    (Dimension::Required, "required"),
    (Dimension::Nullable, "nullable"),
    (Dimension::Enum, "enum"),
    (Dimension::AdditionalProperties, "additionalProperties"),
    (Dimension::Status, "status"),
    (Dimension::Headers, "headers"),
    (Dimension::Deprecated, "deprecated"),
    (Dimension::Restricted, "restricted"),
    (Dimension::Example, "example"),
];

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(dimension, _)| dimension == self);
        match (self, name) {
            (Self::Limit(limit), _) => f.write_str(limit.name()),
            (Self::Flag(name), _) => f.write_str(name),
            (_, name) => f.write_str(name.map_or("", |(_, name)| name)),
        }
    }
}

impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A string that is not the name of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown dimension `{0}`; use presence, type, format, required, nullable, enum, additionalProperties, status, headers, \
     deprecated, restricted, example, a limit such as maxItems, or a flag of the settings"
)]
pub struct NotADimension(String);

impl FromStr for Dimension {
    type Err = NotADimension;

    fn from_str(text: &str) -> Result<Self, NotADimension> {
        let named = NAMES.iter().find(|(_, name)| *name == text);
        named
            .map(|(dimension, _)| dimension.clone())
            .or_else(|| text.parse().ok().map(Self::Limit))
            .ok_or_else(|| NotADimension(text.to_owned()))
    }
}
