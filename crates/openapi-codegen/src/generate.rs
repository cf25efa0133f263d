//! The call of progenitor. A panic becomes an error with a location.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::conventions::Conventions;
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{
    COMPONENTS, Operation, component_pointer, components, operations, reachable,
};

/// The version of progenitor. `Cargo.toml` pins the same one.
pub const PROGENITOR: &str = "progenitor 0.15.1";

/// The timeout of the generated client, in seconds. Servers can take tens of seconds to report a timeout.
const TIMEOUT_SECONDS: u64 = 120;

/// Generates the client of a lowered document. `file` is its name in messages.
///
/// # Errors
/// Returns an error if progenitor rejects the document or panics. The error names the smallest part that causes the panic.
pub fn generate(file: &Path, lowered: &Value, conventions: &Conventions) -> Result<TokenStream> {
    match call(lowered, conventions) {
        Ok(tokens) => Ok(tokens),
        Err(Failure::Rejected(what)) => Err(Error::new(
            file,
            format!("progenitor rejects it: {what}"),
            "write this part in a form that OpenAPI 3.0 and progenitor support",
        )),
        Err(Failure::Panicked(what)) => {
            let pointer = narrow(lowered, conventions);
            Err(Error::new(
                file,
                format!("progenitor does not support this part: {what}"),
                "write it in a simpler form, or add a lowering pass for it in crates/openapi-codegen/src/lower",
            )
            .at_pointer(pointer))
        }
    }
}

enum Failure {
    Rejected(String),
    Panicked(String),
}

fn call(lowered: &Value, conventions: &Conventions) -> Result<TokenStream, Failure> {
    let document = openapiv3::OpenAPI::deserialize(lowered)
        .map_err(|error| Failure::Rejected(error.to_string()))?;
    quietly(|| {
        let mut generation = GenerationSettings::default();
        generation
            .with_interface(InterfaceStyle::Positional)
            .with_tag(TagStyle::Merged)
            .with_map_type("::std::collections::BTreeMap")
            .with_derive("PartialEq")
            .with_timeout(TIMEOUT_SECONDS);
        if let Some(transport) = &conventions.transport {
            generation.with_hooks(HooksMode::Expected).with_inner_type(
                transport
                    .parse()
                    .map_err(|error: proc_macro2::LexError| Failure::Rejected(error.to_string()))?,
            );
        }
        for (name, path) in &conventions.replaced {
            generation.with_replacement(name, path, std::iter::empty());
        }
        Generator::new(&generation)
            .generate_tokens(&document)
            .map_err(|error| Failure::Rejected(error.to_string()))
    })
    .unwrap_or_else(|message| Err(Failure::Panicked(message)))
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
    static QUIET: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs `work`. Returns the message of a panic, which is not printed.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.with_borrow(|quiet| *quiet) {
                let message = message_of(info.payload());
                PANIC.with_borrow_mut(|panic| *panic = Some(message));
            } else {
                before(info);
            }
        }));
    });
    QUIET.with_borrow_mut(|quiet| *quiet = true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.with_borrow_mut(|quiet| *quiet = false);
    result.map_err(|payload| {
        PANIC
            .with_borrow_mut(Option::take)
            .unwrap_or_else(|| message_of(payload.as_ref()))
    })
}

/// Returns the first line of the message of a panic.
fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    text.lines().next().unwrap_or_default().to_owned()
}

/// Returns the JSON pointer of the smallest part of a document that makes the generator panic: a component schema, else an
/// operation, else the whole document.
fn narrow(lowered: &Value, conventions: &Conventions) -> String {
    let mut empty = lowered.clone();
    empty["paths"] = json!({});
    empty["components"]["schemas"] = json!({});
    let panics = |operations: &[Operation<'_>], names: &BTreeSet<String>| {
        let mut part = empty.clone();
        for operation in operations {
            part["paths"][operation.path][operation.method] = operation.node.clone();
        }
        for (name, schema) in components(lowered).filter(|(name, _)| names.contains(*name)) {
            part["components"]["schemas"][name] = schema.clone();
        }
        matches!(call(&part, conventions), Err(Failure::Panicked(_)))
    };
    let all: BTreeSet<String> = components(lowered).map(|(name, _)| name.clone()).collect();
    if panics(&[], &all) {
        let smallest = components(lowered)
            .map(|(name, schema)| {
                let mut names = reachable(lowered, std::iter::once(schema));
                names.insert(name.clone());
                (names.len(), name, names)
            })
            .filter(|(_, _, names)| panics(&[], names))
            .min_by_key(|(size, name, _)| (*size, (*name).clone()));
        return smallest.map_or_else(
            || COMPONENTS.to_owned(),
            |(_, name, _)| component_pointer(name),
        );
    }
    // The shortest list of operations, from the first one, that causes the panic ends with the operation to report.
    let operations = operations(lowered);
    let (mut fine, mut panicking) = (0, operations.len());
    while panicking - fine > 1 {
        let middle = usize::midpoint(fine, panicking);
        if panics(&operations[..middle], &all) {
            panicking = middle;
        } else {
            fine = middle;
        }
    }
    operations
        .get(panicking.saturating_sub(1))
        .map(|operation| operation.pointer.clone())
        .unwrap_or_default()
}
