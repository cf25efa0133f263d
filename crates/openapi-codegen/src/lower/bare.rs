//! The parts of a document that the generator reads.

use serde_json::{Map, Value, json};

use super::json_bodies::{JSON, is_json};
use super::{Changes, Pass, Work};
use openapi_tree::schemas::{components, operations};

/// Only what becomes code is left. Examples, extensions, titles, links, callbacks, tags and servers do not, or ask
/// for code that needs other crates; constraints are checked by generated code.
pub(super) const PASS: Pass = Pass {
    name: "bare-document",
    answers: "progenitor reads extensions of its own (`x-dropshot-…`, `x-rust-type`) that pull in other crates, and \
              copies every example several times; typify takes the title of an inline schema for the name of its \
              type, checks lengths while decoding, so that one long name would lose a page, and makes a type of its \
              own for each string or number with a constraint",
    work: Work::Whole { find, apply },
};

const DOCUMENT: [&str; 2] = ["openapi", "info"];
const OPERATION: [&str; 3] = ["operationId", "summary", "description"];
const PARAMETER: [&str; 4] = ["name", "in", "required", "description"];
const BODY: [&str; 2] = ["description", "required"];
const RESPONSE: [&str; 1] = ["description"];
const SCHEMA: [&str; 7] = [
    "$ref",
    "description",
    "enum",
    "format",
    "nullable",
    "required",
    "type",
];

fn find(tree: &Value) -> Vec<String> {
    let is_bare = bare(tree) == *tree;
    (!is_bare).then(String::new).into_iter().collect()
}

fn apply(tree: &mut Value, _changes: &mut Changes) {
    *tree = bare(tree);
}

fn bare(tree: &Value) -> Value {
    let mut bare = keep(tree, &DOCUMENT);
    bare["paths"] = json!({});
    for operation in operations(tree) {
        bare["paths"][operation.path][operation.method] = bare_operation(operation.node);
    }
    let schemas: Map<String, Value> = components(tree)
        .map(|(name, schema)| (name.clone(), bare_schema(schema)))
        .collect();
    bare["components"] = json!({ "schemas": schemas });
    bare
}

fn keep(node: &Value, keywords: &[&str]) -> Value {
    let kept = keywords
        .iter()
        .filter_map(|keyword| Some(((*keyword).to_owned(), node.get(keyword)?.clone())));
    Value::Object(kept.collect())
}

fn bare_operation(operation: &Value) -> Value {
    let mut bare = keep(operation, &OPERATION);
    if let Some(parameters) = operation.get("parameters").and_then(Value::as_array) {
        bare["parameters"] = parameters
            .iter()
            .map(|parameter| {
                let mut bare = keep(parameter, &PARAMETER);
                if let Some(schema) = parameter.get("schema") {
                    bare["schema"] = bare_schema(schema);
                }
                bare
            })
            .collect();
    }
    if let Some(body) = operation.get("requestBody") {
        bare["requestBody"] = with_content(keep(body, &BODY), body);
    }
    bare["responses"] = json!({});
    let responses = operation.get("responses").and_then(Value::as_object);
    for (status, response) in responses.into_iter().flatten() {
        bare["responses"][status] = with_content(keep(response, &RESPONSE), response);
    }
    bare
}

/// The generator knows JSON by one name only; a finishing pass sends the name of the document.
fn with_content(mut bare: Value, holder: &Value) -> Value {
    if let Some(content) = holder.get("content").and_then(Value::as_object) {
        let content: Map<String, Value> = content
            .iter()
            .map(|(kind, media)| {
                let is_any = matches!(kind.as_str(), "*/*" | "application/*");
                let kind = if is_any || is_json(kind) { JSON } else { kind };
                let schema = media.get("schema").map(bare_schema);
                let media = schema.map_or_else(|| json!({}), |schema| json!({ "schema": schema }));
                (kind.to_owned(), media)
            })
            .collect();
        bare["content"] = Value::Object(content);
    }
    bare
}

fn bare_schema(schema: &Value) -> Value {
    let mut bare = keep(schema, &SCHEMA);
    for keyword in ["items", "additionalProperties"] {
        match schema.get(keyword) {
            Some(inner @ Value::Object(_)) => bare[keyword] = bare_schema(inner),
            Some(other) => bare[keyword] = other.clone(),
            None => {}
        }
    }
    for keyword in ["allOf", "oneOf"] {
        if let Some(members) = schema.get(keyword).and_then(Value::as_array) {
            bare[keyword] = members.iter().map(bare_schema).collect();
        }
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let properties = properties
            .iter()
            .map(|(name, inner)| (name.clone(), bare_schema(inner)));
        bare["properties"] = Value::Object(properties.collect());
    }
    bare
}
