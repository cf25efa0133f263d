//! The form of an OpenAPI document.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::rust_names::argument;
use openapi_tree::document::{Document, escape};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{each_schema, operations};

pub(super) const RULES: [Rule; 5] = [
    ("openapi-version", version),
    ("openapi-form", form),
    ("operation-id", operation_ids),
    ("path-item", path_items),
    ("bounds", bounds),
];

fn version(document: &Document, findings: &mut Findings) {
    match document.tree.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => {}
        Some(version) => findings.add(
            "/openapi",
            format!("unsupported version: OpenAPI {version}; progenitor supports 3.0 only"),
            "write the document as OpenAPI 3.0.3 (`nullable: true` in place of the type `null`)",
        ),
        None => findings.add(
            "/openapi",
            "missing `openapi`: expected an OpenAPI document",
            "start the document with `openapi: 3.0.3`",
        ),
    }
    if let Some(version) = document
        .tree
        .pointer("/info/version")
        .and_then(Value::as_str)
        && !version.is_ascii()
    {
        findings.add(
            "/info/version",
            "invalid version: a header cannot contain characters outside of ASCII",
            "write the version in ASCII",
        );
    }
}

/// Parses each part separately, the smallest ones last, because the parser does not report a location.
fn form(document: &Document, findings: &mut Findings) {
    let tree = &document.tree;
    let Err(error) = openapiv3::OpenAPI::deserialize(tree) else {
        return;
    };
    let mut place = (String::new(), error.to_string());
    let mut note = |pointer: &str, error: Option<String>| {
        if let Some(error) = error
            && pointer.len() >= place.0.len()
        {
            place = (pointer.to_owned(), error);
        }
    };
    for section in ["info", "paths", "components"] {
        let error = match (section, tree.get(section)) {
            ("info", Some(node)) => parse_error::<openapiv3::Info>(node),
            ("paths", Some(node)) => parse_error::<openapiv3::Paths>(node),
            ("components", Some(node)) => parse_error::<openapiv3::Components>(node),
            _ => None,
        };
        note(&format!("/{section}"), error);
    }
    for operation in operations(tree) {
        let error = parse_error::<openapiv3::Operation>(operation.node);
        note(&operation.pointer, error);
        if let Some(body) = operation.node.get("requestBody") {
            note(
                &format!("{}/requestBody", operation.pointer),
                parse_error::<openapiv3::ReferenceOr<openapiv3::RequestBody>>(body),
            );
        }
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            note(
                &format!("{}/responses/{}", operation.pointer, escape(status)),
                parse_error::<openapiv3::ReferenceOr<openapiv3::Response>>(response),
            );
        }
    }
    each_schema(tree, &mut |pointer, schema| {
        note(
            pointer,
            parse_error::<openapiv3::ReferenceOr<openapiv3::Schema>>(schema),
        );
    });
    findings.add(
        place.0,
        format!("invalid OpenAPI 3.0: {}", place.1),
        "compare it with the OpenAPI 3.0.3 specification",
    );
}

fn parse_error<T: serde::de::DeserializeOwned>(node: &Value) -> Option<String> {
    T::deserialize(node).err().map(|error| error.to_string())
}

fn operation_ids(document: &Document, findings: &mut Findings) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for operation in operations(&document.tree) {
        // An operation without one gets a name from its method and path.
        let Some(id) = operation.id() else {
            continue;
        };
        // `getAll`, `get_all` and `GetAll` are the same name in Rust.
        let name = argument(id);
        if let Some(first) = seen.get(&name) {
            findings.add(
                format!("{}/operationId", operation.pointer),
                format!("duplicate operationId `{id}`: {first} has the same one in Rust"),
                "give each operation another operationId",
            );
        } else {
            seen.insert(name, operation.pointer.clone());
        }
    }
}

fn path_items(document: &Document, findings: &mut Findings) {
    let paths = document.tree.get("paths").and_then(Value::as_object);
    if paths.is_none() {
        findings.add(
            "/paths",
            "missing `paths`",
            "list the operations under `paths`",
        );
    }
    for (path, item) in paths.into_iter().flatten() {
        let pointer = format!("/paths/{}", escape(path));
        if path.starts_with("x-") {
            continue;
        }
        if item.get("$ref").is_some() {
            findings.add(
                &pointer,
                "unsupported reference to a path item",
                "copy the path item here",
            );
        }
    }
}

fn bounds(document: &Document, findings: &mut Findings) {
    const PAIRS: [(&str, &str); 3] = [
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minimum", "maximum"),
    ];
    each_schema(&document.tree, &mut |pointer, schema| {
        for (least, most) in PAIRS {
            let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
            if let (Some(least_value), Some(most_value)) = (bound(least), bound(most))
                && least_value > most_value
            {
                findings.add(
                    pointer,
                    format!(
                        "invalid bounds: {least} {least_value} is greater than {most} {most_value}"
                    ),
                    "correct one of them",
                );
            }
        }
    });
}
