//! Stubs: fixed responses of operations that the sandbox does not have.
//!
//! The operation of a stub is added to the spec, with a request of which only the properties that all requests share
//! are known. So its requests are validated, counted and recorded like others, and faults apply to them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::error::StartError;
use crate::operation::{BASE_PATH, Operation};
use crate::operations::has_rules;
use crate::spec::Spec;

/// The responses by operation.
pub(crate) type Stubs = BTreeMap<Operation, Value>;

/// Reads stubs from a file: a JSON object with the response of each operation.
pub(crate) fn read_file(path: &Path) -> Result<Stubs, StartError> {
    let text = std::fs::read_to_string(path).map_err(|error| StartError::Read {
        path: path.to_owned(),
        error,
    })?;
    let Members(responses) = serde_json::from_str(&text).map_err(|error| {
        StartError::Stub(format!(
            "{}: {error}; write an object with the response of each operation",
            path.display()
        ))
    })?;
    let mut stubs = Stubs::new();
    for (name, response) in responses {
        let operation = operation(&name);
        if stubs.insert(operation, response).is_some() {
            return Err(StartError::Stub(format!(
                "{}: duplicate stub of `{operation}`; remove one of them",
                path.display()
            )));
        }
    }
    Ok(stubs)
}

/// The members of a JSON object, with those that have the same name.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(String, Value)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect()
            }
        }
        deserializer.deserialize_map(Reader).map(Self)
    }
}

/// Returns the operation of a stub, which is named by its path, with or without the part that all operations share.
pub(crate) fn operation(name: &str) -> Operation {
    Operation::register(name.strip_prefix(BASE_PATH).unwrap_or(name))
}

/// Adds stubs to a spec, or to the one that is compiled in.
pub(crate) fn add_to(
    document: Option<Cow<'static, str>>,
    stubs: &Stubs,
) -> Result<Arc<Spec>, StartError> {
    let mut spec = match document {
        None if stubs.is_empty() => return Ok(Arc::clone(Spec::embedded())),
        None => Spec::parse(crate::spec::DOCUMENT.into())?,
        Some(document) => Spec::parse(document)?,
    };
    for (&operation, response) in stubs {
        check(&spec, operation, response)?;
        spec.add_stub(operation, response);
    }
    Ok(Arc::new(spec))
}

/// Returns `true` for a segment of a path that no client changes before it sends a request.
fn is_segment(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !["", ".", ".."].contains(&segment) && segment.bytes().all(is_plain)
}

fn check(spec: &Spec, operation: Operation, response: &Value) -> Result<(), StartError> {
    let invalid = |problem: &str| Err(StartError::Stub(format!("`{operation}`: {problem}")));
    if !operation.name().split('/').all(is_segment) {
        return invalid(
            "invalid path; use the name of an operation, such as `reservations/add`: letters, digits and `-._~` \
             between single slashes",
        );
    }
    if has_rules(operation) {
        return invalid("the sandbox performs this operation; use a fault for another response");
    }
    if let Some(list) = spec.list(operation) {
        return invalid(&format!(
            "the sandbox serves this listing; add its records to the fixtures, in the array `{list}`"
        ));
    }
    if !response.is_object() {
        return invalid("the response of an operation is a JSON object");
    }
    Ok(())
}
