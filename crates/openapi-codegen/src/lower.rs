//! From the document as it is published to one that progenitor can take.
//!
//! The published document says what is true of the API, also where the generator has no way to say it. Each pass
//! here answers one limit of the generator; it is about OpenAPI, never about one API.
//!
//! [`SHAPE`] brings every schema into one of few forms, which the generator surely takes: a reference, alone or as
//! `allOf` with `nullable` and a description beside it; a scalar with a format that belongs to its type; an array; a
//! map; any JSON (no type at all); and, as components only, an enum of texts, an object with properties, and a
//! choice of objects (`oneOf`). What can't keep its meaning in these becomes any JSON, which loses nothing on the
//! wire. [`RELAX`] then takes away what the generated types must not insist on.

mod aliases;
mod alternatives;
mod bare;
mod changes;
mod component_names;
mod composition;
mod declared;
mod defaults;
mod distinct;
mod documentation;
mod enums;
pub mod envelope;
mod errors;
mod examples;
mod hoist;
mod json_bodies;
mod lenient;
mod limits;
mod merge;
mod nullable;
mod operation_names;
mod outcomes;
mod parameters;
mod parts;
mod recursion;
mod request_bodies;
mod statuses;
mod success;
mod types;

use std::path::Path;

use serde_json::{Value, json};

pub use changes::{Change, Changes, Effect};
pub use distinct::wire_names;

use crate::conventions::{Conventions, OperationRules};
use crate::operations::{self, Described};
use openapi_tree::document::escape;
use openapi_tree::error::{Error, Result};

/// Whether the client can send a request body of that media type.
pub(crate) fn is_request_media_type(media_type: &str) -> bool {
    request_bodies::kind_of(media_type).is_some()
}

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

/// A lowered document.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The published contract in the generator's terms: names and shapes as below, limits and requirements kept.
    pub contract: Value,
    /// What the generator gets.
    pub tree: Value,
    /// What was changed on the way, in the order of the passes.
    pub changes: Changes,
    /// The operations as values, if the conventions have rules for them.
    pub operations: Vec<Described>,
}

/// The passes that give every operation and every schema a shape that the generator knows.
pub const SHAPE: [Pass; 24] = [
    parts::PASS,
    operation_names::PASS,
    request_bodies::PASS,
    parameters::PASS,
    json_bodies::PASS,
    statuses::PASS,
    success::PASS,
    errors::PASS,
    documentation::PASS,
    defaults::PASS,
    component_names::PASS,
    recursion::PASS,
    types::PASS,
    nullable::PASS,
    aliases::PASS,
    merge::PASS,
    alternatives::PASS,
    composition::PASS,
    recursion::AGAIN,
    aliases::AGAIN,
    enums::PASS,
    declared::PASS,
    hoist::PASS,
    nullable::AGAIN,
];

/// The passes that take from the contract what the generated types must not insist on, after those of responses became lenient.
pub const RELAX: [Pass; 4] = [examples::PASS, limits::PASS, bare::PASS, distinct::PASS];

/// Lowers a document; `file` is what messages call it.
///
/// # Errors
/// When a pass leaves a place behind that needs it, or the conventions do not fit the document.
pub fn lower(file: &Path, published: &Value, conventions: &Conventions) -> Result<Lowered> {
    let (mut contract, mut changes) = shape(file, published, conventions)?;
    let operations = match &conventions.operations {
        Some(rules) => describe(file, &contract, rules, &mut changes)?,
        None => Vec::new(),
    };
    let mut tree = contract.clone();
    lenient::relax(&mut tree, conventions.identifier.as_deref(), &mut changes);
    run(&RELAX, file, &mut tree, &mut changes)?;
    examples::agree(&mut contract, &tree, &changes);
    Ok(Lowered {
        contract,
        tree,
        changes,
        operations,
    })
}

/// Brings a document into the shape of a contract, without its envelope.
///
/// # Errors
/// When a pass leaves a place behind that needs it, or the envelope does not fit the document.
pub fn shape(
    file: &Path,
    published: &Value,
    conventions: &Conventions,
) -> Result<(Value, Changes)> {
    let mut changes = Changes::default();
    let mut contract = published.clone();
    run(&SHAPE, file, &mut contract, &mut changes)?;
    if !conventions.envelope.is_empty() {
        changes.begin(envelope::NAME);
        envelope::apply(&mut contract, &conventions.envelope, &mut changes).map_err(|finding| {
            Error::new(file, finding.what, finding.todo).at_pointer(finding.pointer)
        })?;
    }
    Ok((contract, changes))
}

/// Describes the operations, and reports those that cannot be values.
fn describe(
    file: &Path,
    contract: &Value,
    rules: &OperationRules,
    changes: &mut Changes,
) -> Result<Vec<Described>> {
    changes.begin(operations::NAME);
    let (described, findings) = operations::describe(contract, rules);
    if let Some(finding) = findings.into_iter().next() {
        return Err(Error::new(file, finding.what, finding.todo)
            .at_pointer(changes.published(&finding.pointer)));
    }
    for operation in &described {
        match &operation.request {
            Err(obstacle) => changes.loss(
                &operation.pointer,
                format!("has a method, and no type of request: {obstacle}"),
            ),
            Ok(request) => {
                if let Some(newtype) = &request.newtype {
                    changes.note(
                        &operation.pointer,
                        format!("has the request `{newtype}`: its body is no type of its own"),
                    );
                }
            }
        }
    }
    Ok(described)
}

fn run(passes: &[Pass], file: &Path, tree: &mut Value, changes: &mut Changes) -> Result<()> {
    for pass in passes {
        changes.begin(pass.name);
        (pass.apply)(tree, changes);
        if let Some(pointer) = (pass.find)(tree).into_iter().next() {
            return Err(Error::new(
                file,
                format!(
                    "lowering pass `{}` can't mend this: {}",
                    pass.name, pass.answers
                ),
                "write it in a simpler form, or extend the pass in crates/openapi-codegen/src/lower",
            )
            .at_pointer(changes.published(&pointer)));
        }
    }
    Ok(())
}

/// The pointer of a component schema.
fn component_pointer(name: &str) -> String {
    format!("{}/{}", openapi_tree::schemas::COMPONENTS, escape(name))
}

/// A reference to a component schema.
fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("{}{name}", openapi_tree::schemas::COMPONENT_REFERENCE) })
}

/// Makes a schema one that takes null too.
fn make_nullable(schema: &mut Value) {
    if schema.get("$ref").is_some() {
        *schema = json!({ "allOf": [schema.take()] });
    }
    if let Some(object) = schema.as_object_mut() {
        object.insert("nullable".to_owned(), Value::Bool(true));
    }
}

fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

/// What a schema says of itself for readers, and whether it may be null: what any JSON may keep beside it.
const ANNOTATIONS: [&str; 9] = [
    "description",
    "deprecated",
    "example",
    "externalDocs",
    "nullable",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
];

fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-")
}

/// Any JSON, with what was said of the schema for readers. It takes null as it is.
fn any_json(schema: &Value) -> Value {
    schema
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(keyword, _)| is_annotation(keyword) && *keyword != "nullable")
        .map(|(keyword, value)| (keyword.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Whether a schema is any JSON.
fn is_any_json(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|object| object.keys().all(|keyword| is_annotation(keyword)))
}
