//! Operations without references to shared parts.

use serde_json::{Map, Value};

use super::{Changes, Pass, Work};
use openapi_tree::document::escape;
use openapi_tree::schemas::{METHODS, operations, pointer_of};

/// Replaces references to parameters, bodies, responses, headers and examples by their targets, and moves the parameters
/// of a path into its operations.
pub(super) const PASS: Pass = Pass {
    name: "whole-operations",
    reason: "progenitor overflows its stack on a reference that leads back to itself, and confuses two parameters with the \
              same name, one in the path and one in the query",
    work: Work::Whole { find, apply },
};

/// The maximum length of a chain of references. A longer one is a circle.
const MAX_CHAIN_LEN: usize = 64;

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for operation in operations(tree) {
        each_part(operation.node, &operation.pointer, &mut |pointer, part| {
            if part.get("$ref").is_some() {
                found.push(pointer.to_owned());
            }
        });
    }
    let paths = tree.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        if item.get("parameters").is_some() && !path.starts_with("x-") {
            found.push(format!("/paths/{}/parameters", escape(path)));
        }
    }
    found
}

/// Calls `visit` for each part of an operation that can be a reference.
fn each_part(operation: &Value, pointer: &str, visit: &mut impl FnMut(&str, &Value)) {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        visit(&format!("{pointer}/parameters/{index}"), parameter);
    }
    let mut holders = Vec::new();
    if let Some(body) = operation.get("requestBody") {
        holders.push((format!("{pointer}/requestBody"), body));
    }
    let responses = operation.get("responses").and_then(Value::as_object);
    for (status, response) in responses.into_iter().flatten() {
        holders.push((format!("{pointer}/responses/{}", escape(status)), response));
    }
    for (pointer, holder) in holders {
        visit(&pointer, holder);
        let headers = holder.get("headers").and_then(Value::as_object);
        for (name, header) in headers.into_iter().flatten() {
            visit(&format!("{pointer}/headers/{}", escape(name)), header);
        }
        let content = holder.get("content").and_then(Value::as_object);
        for (media, entry) in content.into_iter().flatten() {
            let examples = entry.get("examples").and_then(Value::as_object);
            for (name, example) in examples.into_iter().flatten() {
                visit(
                    &format!(
                        "{pointer}/content/{}/examples/{}",
                        escape(media),
                        escape(name)
                    ),
                    example,
                );
            }
        }
    }
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    share_out_parameters(tree, changes);
    // A part can contain references, so this takes as many rounds as parts are nested: responses, then headers.
    for _ in 0..3 {
        let mut references = Vec::new();
        for operation in operations(tree) {
            each_part(operation.node, &operation.pointer, &mut |pointer, part| {
                if let Some((target, node)) = follow(tree, part) {
                    references.push((pointer.to_owned(), target, node.clone()));
                }
            });
        }
        for (pointer, target, node) in references {
            if let Some(place) = tree.pointer_mut(&pointer) {
                *place = node;
                changes.moved(&target, &pointer);
            }
        }
    }
}

/// Returns the final target of a reference.
fn follow<'a>(tree: &'a Value, part: &Value) -> Option<(String, &'a Value)> {
    let mut target = pointer_of(part.get("$ref")?.as_str()?)?;
    for _ in 0..MAX_CHAIN_LEN {
        let node = tree.pointer(&target)?;
        match node.get("$ref").and_then(Value::as_str) {
            Some(next) => target = pointer_of(next)?,
            None => return Some((target, node)),
        }
    }
    None
}

fn share_out_parameters(tree: &mut Value, changes: &mut Changes) {
    let is_shared = |item: &Value| item.get("parameters").is_some();
    let paths = tree.get("paths").and_then(Value::as_object);
    if !paths.is_some_and(|paths| paths.values().any(is_shared)) {
        return;
    }
    let components = tree.get("components").cloned().unwrap_or_default();
    let snapshot = Value::from_iter([("components", components)]);
    let identity = |parameter: &Value| {
        let parameter = follow(&snapshot, parameter).map_or(parameter, |(_, node)| node);
        (parameter.get("in").cloned(), parameter.get("name").cloned())
    };
    let Some(paths) = tree.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for (path, item) in paths.iter_mut().filter(|(path, _)| !path.starts_with("x-")) {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        let Some(Value::Array(shared)) = item.remove("parameters") else {
            continue;
        };
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                continue;
            };
            share(operation, &shared, &identity, |from, to| {
                let path = escape(path);
                changes.moved(
                    &format!("/paths/{path}/parameters/{from}"),
                    &format!("/paths/{path}/{method}/parameters/{to}"),
                );
            });
        }
    }
}

/// Adds the shared parameters that an operation does not override after its own parameters.
fn share<T: PartialEq>(
    operation: &mut Map<String, Value>,
    shared: &[Value],
    identity: &impl Fn(&Value) -> T,
    mut moved: impl FnMut(usize, usize),
) {
    let own = operation
        .entry("parameters")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Some(own) = own.as_array_mut() else {
        return;
    };
    let known: Vec<T> = own.iter().map(identity).collect();
    for (index, parameter) in shared.iter().enumerate() {
        if !known.contains(&identity(parameter)) {
            moved(index, own.len());
            own.push(parameter.clone());
        }
    }
}
