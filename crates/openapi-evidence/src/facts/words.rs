//! The words that a document uses.

use serde::{Deserialize, Serialize};

/// What a document means by "required" and "optional".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// "Required" is "not nullable", "optional" is "nullable"; whether it may be left out is not said.
    RequiredMeansNotNullable,
    /// "Required" and "optional" as in plain English; whether null is allowed is not said.
    RequiredMeansRequired,
    /// Both are stated, each on its own.
    BothStated,
}

impl Reading {
    /// What a contract cell says: required, and nullable.
    pub fn of_contract(self, required: bool) -> (Option<bool>, Option<bool>) {
        match self {
            Self::RequiredMeansNotNullable => (None, Some(!required)),
            Self::RequiredMeansRequired => (Some(required), None),
            Self::BothStated => (Some(required), Some(!required)),
        }
    }

    /// What the reading is called in sentences.
    pub fn describe(self) -> &'static str {
        match self {
            Self::RequiredMeansNotNullable => "\"required\" means not nullable",
            Self::RequiredMeansRequired => "\"required\" means required",
            Self::BothStated => "required and nullable stated apart",
        }
    }
}

/// A limit, by its OpenAPI keyword.
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
    /// The length of an interval, in months.
    MaxMonths,
}

impl Limit {
    /// The name in variant files and rulings.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the limit is one of a text, not of the object that carries it.
    pub fn is_of_text(self) -> bool {
        matches!(self, Self::MinLength | Self::MaxLength)
    }
}
