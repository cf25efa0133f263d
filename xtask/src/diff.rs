//! The changes between two versions of a document, and their effect on clients.
//!
//! Both versions are lowered first, so that only a few forms are compared, and different forms with the same meaning are
//! not a change. The changes for Rust callers come from the generated code of both versions.

pub mod command;
mod rust;
mod shapes;
mod wire;

use openapi_codegen::conventions::Conventions;
use openapi_codegen::pipeline::{Generated, generate};
use openapi_tree::document::Document;
use openapi_tree::error::Result;

/// The audience of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Side {
    /// Existing clients that send requests.
    Request,
    /// Existing clients that read responses.
    Response,
    /// Rust code that uses the generated client.
    Rust,
}

/// The effect of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Class {
    /// Existing clients may break.
    Breaking,
    /// Existing clients continue to work.
    Additive,
}

impl Class {
    /// Creates the class of a change that is breaking under a condition.
    fn breaking_if(condition: bool) -> Self {
        if condition {
            Self::Breaking
        } else {
            Self::Additive
        }
    }
}

/// Returns the description of something that became deprecated, or is no longer deprecated.
fn deprecation(now: bool) -> &'static str {
    if now {
        "is deprecated"
    } else {
        "is no longer deprecated"
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The audience.
    pub side: Side,
    /// The effect.
    pub class: Class,
    /// The location: a JSON Pointer on the wire, or the path of an item in Rust. For a removed part, its old location.
    pub place: String,
    /// A description, as a lower-case phrase.
    pub what: String,
}

/// A document and its generated code.
#[derive(Clone, Debug)]
pub struct Version {
    /// The document.
    pub document: Document,
    /// The code of the document, and the lowered document.
    pub generated: Generated,
}

impl Version {
    /// Generates the code of a document.
    ///
    /// # Errors
    /// Returns an error if a part of the document cannot be generated.
    pub fn new(document: Document, conventions: &Conventions) -> Result<Self> {
        let generated = generate(&document, &conventions.known_to(&document.tree))?;
        Ok(Self {
            document,
            generated,
        })
    }
}

/// Returns the changes from one version to another, by side and class.
pub fn compare(old: &Version, new: &Version) -> Vec<Change> {
    let mut changes = wire::compare(
        &old.generated.lowered,
        &new.generated.lowered,
        (&old.document.tree, &new.document.tree),
    );
    changes.extend(rust::compare(&old.generated.code, &new.generated.code));
    changes.sort();
    changes.dedup();
    changes
}

/// Returns the numbers of changes in one line.
pub fn summary(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "no change on the wire or for Rust callers".to_owned();
    }
    let mut parts = Vec::new();
    for (side, name) in [
        (Side::Request, "requests"),
        (Side::Response, "responses"),
        (Side::Rust, "Rust callers"),
    ] {
        let count = |class: Class| {
            let changes = changes.iter().filter(|change| change.side == side);
            changes.filter(|change| change.class == class).count()
        };
        let (breaking, additive) = (count(Class::Breaking), count(Class::Additive));
        if breaking + additive > 0 {
            parts.push(format!("{name}: {breaking} breaking, {additive} additive"));
        }
    }
    parts.join("; ")
}
