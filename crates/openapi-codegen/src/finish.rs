//! Changes of the code that progenitor writes.
//!
//! Each pass works on the code of any document, according to the published contract.

pub(crate) mod code;
mod constructors;
mod deprecations;
mod documentation;
mod envelope;
mod headers;
mod listings;
mod matches;
mod newtypes;
mod open_enums;
mod operations;
mod options;
mod parameters;
mod polymorphic;
mod request_checks;
mod setters;
mod timestamps;
mod update_values;
mod wire_names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use syn::File;

use crate::conventions::Conventions;
use crate::lower::{self, Lowered};
use crate::operations::Described;
use crate::rust_names::argument;
use openapi_tree::error::Result;
use openapi_tree::schemas::{self, Operation, operations, response_components};

/// The document as the passes need it.
pub struct Contract<'a> {
    /// The file of the document in messages.
    pub file: &'a Path,
    /// The contract, see [`Lowered::contract`].
    pub tree: &'a Value,
    /// The component schemas that a request can reach.
    pub requests: BTreeSet<String>,
    /// The component schemas that a response can reach.
    pub responses: BTreeSet<String>,
    /// The conventions of the API.
    pub conventions: &'a Conventions,
    /// The component schemas whose Rust type is hand-written.
    pub replaced: BTreeSet<String>,
    /// The names on the wire of each component schema, by the names that the generator got.
    pub wire: BTreeMap<String, BTreeMap<String, String>>,
    /// The component of the envelope, with its schema.
    pub envelope: Option<(&'a str, &'a Value)>,
    /// The operations as values.
    pub operations: &'a [Described],
    /// The operations of the document, by the names of their methods.
    pub methods: BTreeMap<String, Operation<'a>>,
    /// The document that the generator got.
    generated: &'a Value,
}

/// A parameter of an operation.
pub struct Parameter<'a> {
    /// The name in the document.
    pub name: &'a str,
    /// The name that the generator got.
    pub generated: &'a str,
    /// The parameter in the document.
    pub node: &'a Value,
}

impl<'a> Contract<'a> {
    /// Creates the contract of a document.
    pub fn new(file: &'a Path, lowered: &'a Lowered, conventions: &'a Conventions) -> Self {
        let tree = &lowered.contract;
        Self {
            file,
            tree,
            requests: lower::envelope::requests(tree),
            responses: response_components(tree),
            conventions,
            replaced: conventions.replaced.keys().cloned().collect(),
            wire: lower::wire_names(&lowered.tree),
            envelope: lower::envelope::component(tree),
            operations: &lowered.operations,
            methods: operations(tree)
                .into_iter()
                .filter_map(|operation| Some((argument(operation.id()?), operation)))
                .collect(),
            generated: &lowered.tree,
        }
    }

    /// Returns the parameters of an operation.
    pub fn parameters(&self, operation: &Operation<'a>) -> Vec<Parameter<'a>> {
        let list = |node: Option<&'a Value>| node?.get("parameters")?.as_array();
        let published = list(Some(operation.node)).into_iter().flatten();
        let generated = list(self.generated.pointer(&operation.pointer))
            .into_iter()
            .flatten();
        let name = |node: &'a Value| node.get("name")?.as_str();
        published
            .zip(generated)
            .filter_map(|(node, generated)| {
                Some(Parameter {
                    name: name(node)?,
                    generated: name(generated)?,
                    node,
                })
            })
            .collect()
    }

    /// Returns the component schema of a generated type.
    pub fn component(&self, name: &str) -> Option<&'a Value> {
        if self.replaced.contains(name) {
            return None;
        }
        schemas::component(self.tree, name)
    }
}

/// One step of finishing.
pub struct Pass {
    /// The name of the pass.
    pub name: &'static str,
    /// The generator limitation that is the reason for the pass.
    pub reason: &'static str,
    /// Changes the code.
    pub apply: fn(&mut File, &Contract<'_>) -> Result<()>,
}

/// The passes in their order. Documentation is the last one, so that it includes the items of the others.
pub const PASSES: [Pass; 17] = [
    wire_names::PASS,
    parameters::PASS,
    options::PASS,
    headers::PASS,
    matches::PASS,
    newtypes::PASS,
    open_enums::PASS,
    update_values::PASS,
    polymorphic::PASS,
    constructors::PASS,
    envelope::PASS,
    request_checks::PASS,
    setters::PASS,
    timestamps::PASS,
    operations::PASS,
    deprecations::PASS,
    documentation::PASS,
];

/// Runs every pass.
///
/// # Errors
/// Returns an error if a pass does not find the code that it works on.
pub fn finish(code: &mut File, contract: &Contract<'_>) -> Result<()> {
    for pass in &PASSES {
        (pass.apply)(code, contract)?;
    }
    Ok(())
}
