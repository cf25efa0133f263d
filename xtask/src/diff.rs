//! What changed between two documents, and whom it breaks.
//!
//! Both are lowered first, so that few forms are compared and nothing is a change that means the same. What Rust
//! callers notice is read off the code that is made of both.

pub mod command;
mod rust;
mod shapes;
mod wire;

use std::fmt;

use openapi_codegen::conventions::Conventions;
use openapi_codegen::pipeline::{Generated, generate};
use openapi_tree::document::Document;
use openapi_tree::error::Result;

/// Whom a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What is sent: callers that go on as before.
    Request,
    /// What comes back: callers that read as before.
    Response,
    /// Code that was written against the generated client.
    Rust,
}

/// Whether what worked before goes on working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It may not.
    Breaking,
    /// It does.
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

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Rust => "rust",
        })
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
        })
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Whom it is about.
    pub side: Side,
    /// What it does to them.
    pub class: Class,
    /// Where: a JSON pointer on the wire, the path of an item in Rust. Of what is gone, where it was.
    pub place: String,
    /// What changed: a lower-case sentence.
    pub what: String,
}

/// A document and the code made of it.
#[derive(Clone, Debug)]
pub struct Version {
    /// The document.
    pub document: Document,
    /// The code of the document, and the lowered document.
    pub generated: Generated,
}

impl Version {
    /// Makes the code of a document.
    ///
    /// # Errors
    /// Returns an error if no code can be made of a part of it.
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

/// One line on how many changes there are of each kind.
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
            changes
                .iter()
                .filter(|change| change.side == side && change.class == class)
                .count()
        };
        let (breaking, additive) = (count(Class::Breaking), count(Class::Additive));
        if breaking + additive > 0 {
            parts.push(format!("{name}: {breaking} breaking, {additive} additive"));
        }
    }
    parts.join("; ")
}
