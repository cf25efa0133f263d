//! From a published document to one that progenitor supports.
//!
//! The published document describes the API accurately, also by constructs that the generator does not support. Each pass
//! handles one limitation of the generator. A pass is about OpenAPI, never about one API.
//!
//! [`SHAPE`] rewrites every schema to one of a few forms that the generator supports: a reference, or `allOf` with one
//! reference, `nullable` and a description; a scalar with a format of its type; an array; a map; any JSON (no type). An
//! enum of strings, an object with properties, and a choice of objects (`oneOf`) are components. A schema that cannot keep
//! its meaning in these forms becomes any JSON, which loses nothing on the wire. [`RELAX`] then removes what the generated
//! types must not enforce.

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
mod exclusive;
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
use openapi_tree::document::unescape;
use openapi_tree::error::{Error, Result};
use openapi_tree::lint::reject;

/// A lowered document.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The published contract with the names and forms of `tree`, and with its constraints and required properties.
    pub contract: Value,
    /// The document that the generator gets.
    pub tree: Value,
    /// The changes in the order of the passes.
    pub changes: Changes,
    /// The operations as values, if the conventions have rules for them.
    pub operations: Vec<Described>,
}

/// The passes that rewrite every operation and every schema to a form that the generator supports, and that the examples
/// of the document fit.
pub const SHAPE: [Pass; 26] = [
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
    exclusive::PASS,
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

/// The passes that remove from the contract what the generated types must not enforce.
pub const RELAX: [Pass; 3] = [lenient::PASS, bare::PASS, distinct::PASS];

/// Lowers a document. `file` is its name in messages.
///
/// # Errors
/// Returns an error if a pass does not handle a location that needs it, or if the conventions do not fit the document.
pub fn lower(file: &Path, published: &Value, conventions: &Conventions) -> Result<Lowered> {
    let (mut contract, mut changes) = shape(file, published, conventions)?;
    let operations = match &conventions.operations {
        Some(rules) => describe(file, &contract, rules, &mut changes)?,
        None => Vec::new(),
    };
    // This pass reports constraints, which `RELAX` removes.
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

/// Rewrites a document to the form of a contract, without its envelope.
///
/// # Errors
/// Returns an error if a pass does not handle a location that needs it, or if the conventions do not fit the document.
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
                format!("has a method, but no request type: {obstacle}"),
            ),
            Ok(request) => {
                if let Some(newtype) = &request.newtype {
                    changes.note(
                        &operation.pointer,
                        format!(
                            "has the request type `{newtype}`, because its body is inline or shared"
                        ),
                    );
                }
            }
        }
    }
    Ok(described)
}

/// Returns the name of the component that contains a location.
fn component_of(pointer: &str) -> Option<String> {
    let step = pointer
        .strip_prefix(openapi_tree::schemas::COMPONENTS)?
        .split('/')
        .nth(1)?;
    Some(unescape(step))
}

/// Returns a reference to a component schema.
fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("{}{name}", openapi_tree::schemas::COMPONENT_REFERENCE) })
}

/// Makes a schema nullable.
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

/// The keywords that do not describe values, and `nullable`. Any JSON can have them.
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

/// Returns a schema of any JSON, which includes null, with the annotations of a schema.
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

/// Returns `true` if a schema is any JSON.
fn is_any_json(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|object| object.keys().all(|keyword| is_annotation(keyword)))
}
