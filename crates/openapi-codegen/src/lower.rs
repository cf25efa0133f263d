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
mod constraints;
mod declared;
mod defaults;
mod distinct;
mod enums;
pub mod envelope;
mod errors;
mod examples;
mod hoist;
mod json_bodies;
mod lenient;
mod merge;
mod nullable;
mod operation_names;
mod outcomes;
mod parameters;
mod parts;
mod pass;
mod paths;
pub mod polymorphic;
mod recursion;
mod request_bodies;
mod statuses;
mod success;
mod types;

use std::path::Path;

use serde_json::{Value, json};

pub use changes::{Change, Changes, Effect};
pub use distinct::wire_names;
pub(crate) use json_bodies::{JSON, is_json};
pub(crate) use parameters::separator;
pub use pass::{Edit, Pass, Work};

use crate::conventions::{Conventions, OperationRules};
use crate::operations::{self, Described};
use openapi_tree::document::escape;
use openapi_tree::error::{Error, Result};
use openapi_tree::lint::reject;

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

/// The passes that give every operation and every schema a shape that the generator knows, and that the examples of
/// the document fit.
pub const SHAPE: [Pass; 25] = [
    paths::PASS,
    parts::PASS,
    operation_names::PASS,
    request_bodies::PASS,
    parameters::PASS,
    json_bodies::PASS,
    statuses::PASS,
    success::PASS,
    errors::PASS,
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
    examples::PASS,
];

/// The passes that take from the contract what the generated types must not insist on.
pub const RELAX: [Pass; 3] = [lenient::PASS, bare::PASS, distinct::PASS];

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
    // It reports what is left of the constraints.
    constraints::PASS.run(file, &mut contract, conventions, &mut changes)?;
    let mut tree = contract.clone();
    for pass in &RELAX {
        pass.run(file, &mut tree, conventions, &mut changes)?;
    }
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
    if let Some(pair) = &conventions.polymorphic {
        reject(file, polymorphic::findings(published, pair))?;
        changes.begin(polymorphic::NAME);
        polymorphic::apply(&mut contract, pair, &mut changes);
    }
    for pass in &SHAPE {
        pass.run(file, &mut contract, conventions, &mut changes)?;
    }
    if !conventions.envelope.is_empty() {
        changes.begin(envelope::NAME);
        envelope::apply(&mut contract, &conventions.envelope, &mut changes).map_err(|finding| {
            Error::new(file, finding.what, finding.help).at_pointer(finding.pointer)
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
        return Err(Error::new(file, finding.what, finding.help)
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

/// The pointer of a component schema.
fn component_pointer(name: &str) -> String {
    format!("{}/{}", openapi_tree::schemas::COMPONENTS, escape(name))
}

/// The name of the component that a place is in.
fn component_of(pointer: &str) -> Option<String> {
    let step = pointer
        .strip_prefix(openapi_tree::schemas::COMPONENTS)?
        .split('/')
        .nth(1)?;
    Some(step.replace("~1", "/").replace("~0", "~"))
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
