//! Parts of OpenAPI that the generated client does not support.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::lower::separator;
use crate::rust_names::argument;
use openapi_tree::document::{Document, escape};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{Operation, operations, resolve};

pub(super) const RULES: [Rule; 4] = [
    ("path-template", path_templates),
    ("parameter", parameters),
    ("parameter-name", parameter_names),
    ("request-encoding", encodings),
];

/// Returns the parameters of an operation and then those of its path, each with its location. References are resolved.
fn parameters_of<'a>(
    document: &'a Document,
    operation: &Operation<'a>,
) -> Vec<(String, &'a Value)> {
    let path_pointer = format!("/paths/{}", escape(operation.path));
    let shared = document
        .tree
        .pointer(&path_pointer)
        .and_then(|item| item.get("parameters"));
    let mut parameters: Vec<(String, &Value)> = Vec::new();
    for (pointer, list) in [
        (&operation.pointer, operation.node.get("parameters")),
        (&path_pointer, shared),
    ] {
        for (index, parameter) in list
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let parameter = resolve(&document.tree, parameter);
            let same = |(_, other): &(String, &Value)| {
                ["name", "in"]
                    .iter()
                    .all(|key| other.get(key) == parameter.get(key))
            };
            if !parameters.iter().any(same) {
                parameters.push((format!("{pointer}/parameters/{index}"), parameter));
            }
        }
    }
    parameters
}

fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn path_templates(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        let pointer = format!("/paths/{}", escape(operation.path));
        let Some(names) = placeholders(operation.path) else {
            findings.add(
                pointer,
                "invalid path: expected a slash at the start, and a `}` for each `{`",
                "write it as `/things/{thingId}`",
            );
            continue;
        };
        let parameters = parameters_of(document, &operation);
        let in_path: BTreeMap<&str, &str> = parameters
            .iter()
            .filter(|(_, parameter)| text(parameter, "in") == "path")
            .map(|(pointer, parameter)| (text(parameter, "name"), pointer.as_str()))
            .collect();
        for name in &names {
            if !in_path.contains_key(name) {
                findings.add(
                    &operation.pointer,
                    format!("missing parameter for `{{{name}}}` in the path"),
                    "describe it under `parameters`, with `in: path`",
                );
            }
        }
        for (name, pointer) in in_path {
            if !names.contains(name) {
                findings.add(
                    pointer,
                    format!("unknown path parameter `{name}`: the path does not contain it"),
                    format!("write `{{{name}}}` in the path, or remove the parameter"),
                );
            }
        }
    }
}

/// Returns the names in braces of a path, or `None` if the path is invalid.
fn placeholders(path: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    if !path.starts_with('/') || path.contains("//") {
        return None;
    }
    let mut rest = path;
    while let Some(brace) = rest.find(['{', '}']) {
        let after = rest[brace..].strip_prefix('{')?;
        let end = after.find(['{', '}', '/'])?;
        if !after[end..].starts_with('}') || end == 0 || !names.insert(&after[..end]) {
            return None;
        }
        rest = &after[end + 1..];
    }
    Some(names)
}

fn parameters(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        for (pointer, parameter) in parameters_of(document, &operation) {
            let place = text(parameter, "in");
            let style = parameter.get("style").and_then(Value::as_str);
            let usual = if place == "query" { "form" } else { "simple" };
            if place == "cookie" {
                findings.add(
                    pointer,
                    "unsupported cookie parameter",
                    "remove it, and set the cookie in the `reqwest::Client` of the client",
                );
            } else if parameter.get("schema").is_none() {
                findings.add(
                    pointer,
                    "unsupported parameter without `schema`",
                    "describe it with `schema` instead of `content`",
                );
            } else if style.is_some_and(|style| style != usual)
                && separator(&document.tree, parameter).is_none()
            {
                findings.add(
                    pointer,
                    format!(
                        "unsupported style `{}`; progenitor supports `{usual}` only",
                        style.unwrap_or_default()
                    ),
                    "remove it, or declare it as a string that the caller builds",
                );
            } else if place == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
                findings.add(
                    pointer,
                    "invalid path parameter: it is not required",
                    "write `required: true`",
                );
            } else if place == "header" && !is_header_name(text(parameter, "name")) {
                findings.add(
                    pointer,
                    "invalid name of a header",
                    "use letters, digits and hyphens",
                );
            }
        }
    }
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Reports path parameters that become the same argument. Parameters in a query or a header are renamed instead.
fn parameter_names(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (pointer, parameter) in parameters_of(document, &operation) {
            let name = text(parameter, "name");
            if text(parameter, "in") == "path"
                && let Some(other) = seen.insert(argument(name), pointer.clone())
            {
                findings.add(
                    pointer,
                    format!("duplicate name `{name}`: it is the same argument in Rust as the one at {other}"),
                    "rename the parameter, here and in the path",
                );
            }
        }
    }
}

fn encodings(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        let Some(body) = operation.node.get("requestBody") else {
            continue;
        };
        let content = resolve(&document.tree, body)
            .get("content")
            .and_then(Value::as_object);
        let Some((kind, media)) = content
            .filter(|content| content.len() == 1)
            .and_then(|content| content.iter().next())
        else {
            continue;
        };
        let encoding = media.get("encoding").and_then(Value::as_object);
        if kind.starts_with("application/x-www-form-urlencoded")
            && encoding.is_some_and(|encoding| !encoding.is_empty())
        {
            findings.add(
                format!(
                    "{}/requestBody/content/{}/encoding",
                    operation.pointer,
                    escape(kind)
                ),
                "unsupported `encoding`: progenitor writes all fields in the same form",
                "remove `encoding` if it describes the default",
            );
        }
    }
}
