//! The words that a document uses, and what a form of document can say at all.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A page that the vendor's generator wrote.
    GeneratedPage,
    /// A Markdown page written by hand.
    HandWrittenPage,
    /// A page written by hand, of which only the text is left.
    FlattenedPage,
    /// A rendering of an OpenAPI document, of which only the text is left.
    RenderedOpenapi,
    /// An OpenAPI document.
    Openapi,
    /// Facts that a person took from prose.
    ReadByHand,
}

impl Form {
    /// What the form is called in sentences.
    pub fn describe(self) -> &'static str {
        match self {
            Self::GeneratedPage => "generated page",
            Self::HandWrittenPage => "hand-written page",
            Self::FlattenedPage => "hand-written page, flattened",
            Self::RenderedOpenapi => "rendered OpenAPI, flattened",
            Self::Openapi => "OpenAPI",
            Self::ReadByHand => "read by hand",
        }
    }

    /// Whether a format that the document leaves out is said to be none.
    pub fn speaks_of_formats(self) -> bool {
        matches!(self, Self::RenderedOpenapi | Self::Openapi)
    }

    /// Whether a limit that the document leaves out is said to be none.
    pub fn speaks_of(self, limit: Limit) -> bool {
        match self {
            Self::GeneratedPage | Self::HandWrittenPage | Self::FlattenedPage => {
                matches!(limit, Limit::MaxItems | Limit::MaxLength | Limit::MaxMonths)
            }
            // A rendering shows the keywords of OpenAPI, and leaves the vendor's own out.
            Self::RenderedOpenapi => limit != Limit::MaxMonths,
            Self::Openapi => true,
            Self::ReadByHand => false,
        }
    }

    /// Whether a property that is not marked as deprecated is said not to be.
    pub fn speaks_of_deprecation(self) -> bool {
        self != Self::ReadByHand
    }

    /// Whether the document speaks for every operation of the API, and not just for those on its page.
    pub fn speaks_for_all_operations(self) -> bool {
        self == Self::Openapi
    }

    /// Whether the document speaks for every operation of the resources that it has.
    pub fn speaks_for_its_resources(self) -> bool {
        matches!(
            self,
            Self::GeneratedPage | Self::HandWrittenPage | Self::FlattenedPage | Self::Openapi
        )
    }
}

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// `x-max-interval-in-months`
    MaxMonths,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 8] = [
        Self::MinLength,
        Self::MaxLength,
        Self::MinItems,
        Self::MaxItems,
        Self::UniqueItems,
        Self::Minimum,
        Self::Maximum,
        Self::MaxMonths,
    ];

    /// The name in variant files and rulings.
    pub fn name(self) -> &'static str {
        match self {
            Self::MinLength => "minLength",
            Self::MaxLength => "maxLength",
            Self::MinItems => "minItems",
            Self::MaxItems => "maxItems",
            Self::UniqueItems => "uniqueItems",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::MaxMonths => "maxMonths",
        }
    }

    /// The keyword in OpenAPI documents.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::MaxMonths => "x-max-interval-in-months",
            other => other.name(),
        }
    }

    /// Whether the limit is one of a text, not of the object that carries it.
    pub fn is_of_text(self) -> bool {
        matches!(self, Self::MinLength | Self::MaxLength)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
