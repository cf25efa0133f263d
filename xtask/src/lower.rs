//! From the document as it is published to one that progenitor can take.
//!
//! The published document says what is true of the API, also where the generator has no way to say it. Each pass
//! here answers one limit of the generator; it is about OpenAPI, never about one API.

mod composition;
mod documentation;
mod lenient;
mod limits;
mod success;

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};

/// One step of lowering.
pub struct Pass {
    /// Its name, as messages and snapshots call it.
    pub name: &'static str,
    /// The limit of the generator that it answers.
    pub answers: &'static str,
    /// The places that need it, as JSON pointers. After the pass there must be none left.
    pub find: fn(&Value) -> Vec<String>,
    /// Does it, and says what it did.
    pub apply: fn(&mut Value, &mut Changes),
}

/// What the passes did.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pass: &'static str,
    list: Vec<Change>,
}

/// One change of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The pass that made it.
    pub pass: &'static str,
    /// Where, in the published document.
    pub pointer: String,
    /// What was done.
    pub what: String,
}

impl Changes {
    /// Notes a change.
    pub fn note(&mut self, pointer: impl Into<String>, what: impl Into<String>) {
        self.list.push(Change {
            pass: self.pass,
            pointer: pointer.into(),
            what: what.into(),
        });
    }
}

/// A lowered document.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The published contract in the generator's terms: names and shapes as below, limits and requirements kept.
    pub contract: Value,
    /// What the generator gets.
    pub tree: Value,
    /// What was changed on the way, in the order of the passes.
    pub changes: Vec<Change>,
}

/// The passes that give every schema a shape that the generator knows.
pub const SHAPE: [Pass; 3] = [success::PASS, documentation::PASS, composition::PASS];

/// The passes that take from the contract what the generated types must not insist on.
pub const RELAX: [Pass; 2] = [lenient::PASS, limits::PASS];

/// Lowers a document; `file` is what messages call it.
///
/// # Errors
/// When a pass leaves a place behind that needs it.
pub fn lower(file: &Path, published: &Value) -> Result<Lowered> {
    let mut changes = Changes::default();
    let mut contract = published.clone();
    run(&SHAPE, file, &mut contract, &mut changes)?;
    let mut tree = contract.clone();
    run(&RELAX, file, &mut tree, &mut changes)?;
    Ok(Lowered {
        contract,
        tree,
        changes: changes.list,
    })
}

fn run(passes: &[Pass], file: &Path, tree: &mut Value, changes: &mut Changes) -> Result<()> {
    for pass in passes {
        changes.pass = pass.name;
        (pass.apply)(tree, changes);
        if let Some(pointer) = (pass.find)(tree).into_iter().next() {
            return Err(Error::new(
                file,
                format!(
                    "lowering pass `{}` can't mend this: {}",
                    pass.name, pass.answers
                ),
                "write it in a simpler form, or extend the pass in xtask/src/lower",
            )
            .at_pointer(pointer));
        }
    }
    Ok(())
}
