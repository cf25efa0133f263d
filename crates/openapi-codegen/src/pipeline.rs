//! From a document to the code of its client.

use std::path::Path;

use crate::conventions::Conventions;
use crate::finish::{self, Contract};
use crate::generate;
use crate::lint::check_openapi;
use crate::lower::{self, Lowered};
use openapi_tree::document::Document;
use openapi_tree::error::{Error, Place, Result};
use openapi_tree::lint::reject;

/// The code of a document.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The formatted module of the client.
    pub code: String,
    /// The lowered document, with the changes of lowering.
    pub lowered: Lowered,
}

/// Generates the code of the client of a document.
///
/// # Errors
/// Returns an error if a step does not support a part of the document. The error names the part.
pub fn generate(document: &Document, conventions: &Conventions) -> Result<Generated> {
    on_a_large_stack(&document.file, || generate_here(document, conventions))
}

/// Runs work on a document in a thread with a large stack. Passes, generator and formatter recurse as deep as schemas are
/// nested.
///
/// # Errors
/// Returns an error if the work fails, or if the thread cannot be started.
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
                    format!("failed to start a thread: {source}"),
                    "free memory, then try again",
                )
                .because(source)
            })?
            .join()
            .unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    })
}

/// The size of the stack. Only the used part takes memory.
const STACK: usize = 1 << 30;

fn generate_here(document: &Document, conventions: &Conventions) -> Result<Generated> {
    reject(&document.file, check_openapi(document))?;
    let lowered = lower::lower(&document.file, &document.tree, conventions)?;
    let tokens = generate::generate(&document.file, &lowered.tree, conventions).map_err(
        |error| match error.place().clone() {
            Place::Pointer(pointer) => error.at_pointer(lowered.changes.published(&pointer)),
            _ => error,
        },
    )?;
    let mut code: syn::File = syn::parse2(tokens).map_err(|source| {
        Error::new(
            &document.file,
            format!("the code of progenitor is not Rust: {source}"),
            "find a name that is not an identifier, and write it in ASCII letters",
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
