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
use openapi_codegen::lint::sound;
use openapi_codegen::lower::{self, Lowered};
use openapi_codegen::pipeline::{generate, on_a_large_stack};
use openapi_tree::document::Document;
use openapi_tree::error::Result;

use openapi_tree::lint::reject;

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

/// What changed from one document to another, by side and class.
///
/// # Errors
/// When no code can be made of one of them.
pub fn compare(old: &Document, new: &Document, conventions: &Conventions) -> Result<Vec<Change>> {
    let mut changes = wire::compare(
        &lowered(old, conventions)?,
        &lowered(new, conventions)?,
        (&old.tree, &new.tree),
    );
    let code = |document: &Document| {
        let conventions = conventions.known_to(&document.tree);
        generate(document, &conventions).map(|generated| generated.code)
    };
    changes.extend(rust::compare(&code(old)?, &code(new)?));
    changes.sort();
    changes.dedup();
    Ok(changes)
}

fn lowered(document: &Document, conventions: &Conventions) -> Result<Lowered> {
    reject(&document.file, sound(document))?;
    on_a_large_stack(&document.file, || {
        lower::lower(&document.file, &document.tree, conventions)
    })
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
