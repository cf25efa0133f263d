//! From a document to the code of its client.

use std::path::Path;

use crate::conventions::Conventions;
use crate::finish::{self, Contract};
use crate::generate;
use crate::lint::sound;
use crate::lower::{self, Lowered};
use openapi_tree::document::Document;
use openapi_tree::error::{Error, Location, Result};
use openapi_tree::lint::reject;

/// What a document is turned into.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The client's module, formatted.
    pub code: String,
    /// The document that the code was made from, and the changes made to it.
    pub lowered: Lowered,
}

/// Turns a document into the code of its client.
///
/// # Errors
/// When a step can't take a part of the document; the part is named.
pub fn generate(document: &Document, conventions: &Conventions) -> Result<Generated> {
    on_a_large_stack(&document.file, || generate_here(document, conventions))
}

/// Does work on a document of that file: passes, generator and formatter all go down into schemas as deep as these
/// are nested, or lead to each other.
///
/// # Errors
/// When the work ends with one, or no thread can be started for it.
pub fn on_a_large_stack<T: Send>(
    file: &Path,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("document".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|source| {
                Error::new(
                    file,
                    format!("no thread can be started for it: {source}"),
                    "free memory, then try again",
                )
                .because(source)
            })?
            .join()
            .unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    })
}

/// The stack for a document: only what is used of it takes memory.
const STACK: usize = 1 << 30;

fn generate_here(document: &Document, conventions: &Conventions) -> Result<Generated> {
    reject(&document.file, sound(document))?;
    let lowered = lower::lower(&document.file, &document.tree, conventions)?;
    let tokens = generate::generate(&document.file, &lowered.tree, conventions).map_err(
        |error| match error.location().clone() {
            Location::Pointer(pointer) => error.at_pointer(lowered.changes.published(&pointer)),
            _ => error,
        },
    )?;
    let mut code: syn::File = syn::parse2(tokens).map_err(|source| {
        Error::new(
            &document.file,
            format!("progenitor made code of it that is not Rust: {source}"),
            "look for a name in it that is no identifier, and write it in plain letters",
        )
        .because(source)
    })?;
    let contract = Contract::new(&document.file, &lowered, conventions);
    finish::finish(&mut code, &contract)?;
    Ok(Generated {
        code: prettyplease::unparse(&code),
        lowered,
    })
}
