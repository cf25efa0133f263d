//! The subjects of statements, and their dimensions.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::facts::{Limit, Response};

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

/// The start of the name of a status among the properties of an operation.
const STATUS: &str = "status ";

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

    /// Reads a subject from its name.
    pub fn parse(text: &str) -> Self {
        match text.split_once(DOT) {
            Some((owner, property)) => Self::property(owner.trim(), property.trim()),
            None => Self::whole(text.trim()),
        }
    }

    /// Creates the subject of a property.
    pub fn property(owner: impl Into<String>, property: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            property: Some(property.into()),
        }
    }

    /// Creates the subject of the status of a response.
    pub fn status(path: &str, response: &Response) -> Self {
        let status = response.status.as_deref().unwrap_or_default();
        Self::property(path, format!("{STATUS}{status}"))
    }

    /// Returns `true` if the property is a status.
    pub fn is_status(&self) -> bool {
        self.property
            .as_deref()
            .is_some_and(|property| property.starts_with(STATUS))
    }

    /// Returns the name of the property, or the number of the status.
    pub fn name(&self) -> &str {
        let property = self.property.as_deref().unwrap_or_default();
        property.strip_prefix(STATUS).unwrap_or(property)
    }

    /// Returns `true` if the owner is the response of an operation.
    pub fn is_of_response(&self) -> bool {
        self.owner.ends_with(RESPONSE)
    }

    /// Returns the path of the operation, or the name of the schema.
    pub fn root(&self) -> &str {
        self.owner.trim_end_matches(RESPONSE)
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

/// A dimension of a subject, which statements have a value for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "camelCase")]
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
    #[strum(to_string = "{0}")]
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
    #[strum(to_string = "{0}")]
    Flag(String),
    /// The contradiction of a documented example with the spec.
    Example,
}

/// The dimensions with a constant name.
const NAMED: [Dimension; 12] = [
    Dimension::Presence,
    Dimension::Type,
    Dimension::Format,
    Dimension::Required,
    Dimension::Nullable,
    Dimension::Enum,
    Dimension::AdditionalProperties,
    Dimension::Status,
    Dimension::Headers,
    Dimension::Deprecated,
    Dimension::Restricted,
    Dimension::Example,
];

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
        let named = NAMED
            .into_iter()
            .find(|dimension| dimension.to_string() == text);
        let dimension = named.or_else(|| text.parse().ok().map(Self::Limit));
        dimension.ok_or_else(|| NotADimension(text.to_owned()))
    }
}
