//! The vocabulary of documents: contracts and constraints.

use serde::{Deserialize, Serialize};

/// The meaning of "required" and "optional" in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// "Required" means not nullable, and "optional" nullable. The document does not state whether a property may be
    /// omitted.
    RequiredMeansNotNullable,
    /// "Required" means required, and "optional" optional. The document does not state whether null is allowed.
    RequiredMeansRequired,
    /// The document states both separately.
    BothStated,
}

impl Reading {
    /// Returns the meaning of a contract cell: required, and nullable.
    pub fn of_contract(self, required: bool) -> (Option<bool>, Option<bool>) {
        match self {
            Self::RequiredMeansNotNullable => (None, Some(!required)),
            Self::RequiredMeansRequired => (Some(required), None),
            Self::BothStated => (Some(required), Some(!required)),
        }
    }

    /// Returns a description for sentences.
    pub fn describe(self) -> &'static str {
        match self {
            Self::RequiredMeansNotNullable => "\"required\" means not nullable",
            Self::RequiredMeansRequired => "\"required\" means required",
            Self::BothStated => "required and nullable stated apart",
        }
    }
}

/// A constraint, by its OpenAPI keyword.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Limit {
    /// `minLength`
    MinLength,
    /// `maxLength`
    MaxLength,
    /// `minItems`
    MinItems,
    /// `maxItems`
    MaxItems,
    /// `uniqueItems`
    UniqueItems,
    /// `minimum`
    Minimum,
    /// `maximum`
    Maximum,
    /// The maximum length of an interval, in months.
    MaxMonths,
}

impl Limit {
    /// Returns the name in variant files and rulings.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns `true` if the constraint is a lower bound.
    pub fn is_minimum(self) -> bool {
        matches!(self, Self::MinLength | Self::MinItems | Self::Minimum)
    }

    /// Returns `true` if the constraint is about a string, not about an object around it.
    pub fn is_of_text(self) -> bool {
        matches!(self, Self::MinLength | Self::MaxLength)
    }
}
