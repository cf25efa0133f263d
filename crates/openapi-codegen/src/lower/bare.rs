//! The parts of a document that become code.

use serde_json::{Value, json};

use super::json_bodies::{JSON, is_json};
use super::{Changes, Pass, Work};
use openapi_tree::schemas::METHODS;

/// Removes everything that does not become code: examples, extensions, titles, links, callbacks, tags and servers. Some
/// of them would require other crates. Generated code checks the constraints.
pub(super) const PASS: Pass = Pass {
    name: "bare-document",
    reason: "progenitor reads extensions (`x-dropshot-…`, `x-rust-type`) that require other crates, and \
              copies every example several times; typify names the type of an inline schema after its title, checks \
              lengths while decoding, so that one long name loses a page, and creates a separate type for each \
              string or number with a constraint",
    work: Work::Whole {
        // The pass visits every location, so none is left.
        find: |_| Vec::new(),
        apply,
    },
};

const DOCUMENT: [&str; 4] = ["openapi", "info", "paths", "components"];
const OPERATION: [&str; 6] = [
    "operationId",
    "summary",
    "description",
    "parameters",
    "requestBody",
    "responses",
];
const PARAMETER: [&str; 5] = ["name", "in", "required", "description", "schema"];
const BODY: [&str; 3] = ["description", "required", "content"];
const RESPONSE: [&str; 2] = ["description", "content"];
const SCHEMA: [&str; 12] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "description",
    "enum",
    "format",
    "items",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "type",
];

/// Removes in place, because copying the rest takes longer than most passes.
fn apply(tree: &mut Value, _changes: &mut Changes) {
    keep(tree, &DOCUMENT);
    for node in ["paths", "components"] {
        if !tree[node].is_object() {
            tree[node] = json!({});
        }
    }
    if let Some(paths) = tree["paths"].as_object_mut() {
        paths.retain(|path, _| !path.starts_with("x-"));
    }
    for item in values(&mut tree["paths"]) {
        keep(item, &METHODS);
        values(item).for_each(bare_operation);
    }
    keep(&mut tree["components"], &["schemas"]);
    if !tree["components"]["schemas"].is_object() {
        tree["components"]["schemas"] = json!({});
    }
    values(&mut tree["components"]["schemas"]).for_each(bare_schema);
}

fn keep(node: &mut Value, keywords: &[&str]) {
    if let Some(object) = node.as_object_mut() {
        object.retain(|keyword, _| keywords.contains(&keyword.as_str()));
    }
}

/// Returns the values of an object, or the items of an array.
fn values(node: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match node {
        Value::Object(object) => Box::new(object.values_mut()),
        Value::Array(items) => Box::new(items.iter_mut()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Returns the values of the object or array of a keyword.
fn inside<'a>(node: &'a mut Value, keyword: &str) -> impl Iterator<Item = &'a mut Value> {
    node.get_mut(keyword).into_iter().flat_map(values)
}

fn bare_operation(operation: &mut Value) {
    keep(operation, &OPERATION);
    for parameter in inside(operation, "parameters") {
        keep(parameter, &PARAMETER);
        if let Some(schema) = parameter.get_mut("schema") {
            bare_schema(schema);
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        keep(body, &BODY);
        bare_content(body);
    }
    if operation.get("responses").is_none() {
        operation["responses"] = json!({});
    }
    for response in inside(operation, "responses") {
        keep(response, &RESPONSE);
        bare_content(response);
    }
}

/// Names every JSON content `application/json`, and keeps only the schemas. The generator supports one name for JSON; a
/// finishing pass sends the name in the document.
fn bare_content(holder: &mut Value) {
    let Some(content) = holder.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    *content = std::mem::take(content)
        .into_iter()
        .map(|(kind, mut media)| {
            let is_any = matches!(kind.as_str(), "*/*" | "application/*");
            let kind = if is_any || is_json(&kind) {
                JSON.to_owned()
            } else {
                kind
            };
            keep(&mut media, &["schema"]);
            values(&mut media).for_each(bare_schema);
            (kind, media)
        })
        .collect();
}

fn bare_schema(schema: &mut Value) {
    keep(schema, &SCHEMA);
    for keyword in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(keyword) {
            bare_schema(inner);
        }
    }
    for keyword in ["allOf", "oneOf", "properties"] {
        inside(schema, keyword).for_each(bare_schema);
    }
}
