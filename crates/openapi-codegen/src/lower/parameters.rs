//! Parameters outside of the body.

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use openapi_tree::schemas::{named_component, operations, resolve};

/// What stands in a path or a header is one text, number or boolean.
pub(super) const PASS: Pass = Pass {
    name: "written-parameters",
    answers: "progenitor writes a parameter of a path or a header with `to_string`, which neither lists nor objects \
              nor optional values have; OpenAPI gives three headers no meaning as parameters",
    work: Work::Document(edits),
};

/// These are ruled by the rest of the document, says OpenAPI, and to be ignored as parameters.
const IGNORED: [&str; 3] = ["accept", "authorization", "content-type"];

fn edits(tree: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    for operation in operations(tree) {
        let parameters = operation.node.get("parameters").and_then(Value::as_array);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let pointer = format!("{}/parameters/{index}", operation.pointer);
            edits.extend(edit(tree, &pointer, parameter));
        }
    }
    // From behind, so that what is left out does not move what comes after it.
    edits.reverse();
    edits
}

fn edit(tree: &Value, pointer: &str, parameter: &Value) -> Option<Edit> {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let place = text("in").filter(|place| matches!(*place, "path" | "header"))?;
    let name = text("name").unwrap_or_default().to_ascii_lowercase();
    if place == "header" && IGNORED.contains(&name.as_str()) {
        return Some(Edit::remove(pointer).note(pointer, "left out: this header is no parameter"));
    }
    let schema = parameter.get("schema")?;
    let place = format!("{pointer}/schema");
    if !is_scalar(tree, schema) {
        let mut text = super::any_json(schema);
        text["type"] = json!("string");
        return Some(Edit::set(place, text).loss(pointer, "a text, to be written by who calls"));
    }
    super::is_nullable(schema).then(|| {
        Edit::remove(format!("{place}/nullable"))
            .note(pointer, "never null: there is no way to write it")
    })
}

/// What separates the values of a query parameter that is written in one piece: an array or an object with
/// `explode: false`. progenitor repeats the name of the parameter for each value; a finishing pass joins them.
pub(crate) fn separator(tree: &Value, parameter: &Value) -> Option<&'static str> {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let separator = match text("style") {
        None | Some("form") if parameter.get("explode") == Some(&Value::Bool(false)) => ",",
        Some("spaceDelimited") => "%20",
        Some("pipeDelimited") => "%7C",
        _ => return None,
    };
    let schema = parameter.get("schema")?;
    let target = match named_component(schema) {
        Some(name) => tree.pointer(&super::component_pointer(name))?,
        None => schema,
    };
    let is_container = matches!(
        target.get("type").and_then(Value::as_str),
        Some("array" | "object")
    );
    (text("in") == Some("query") && is_container).then_some(separator)
}

/// Whether a schema is a scalar, or refers to one; `allOf` of one reference is one too.
fn is_scalar(tree: &Value, schema: &Value) -> bool {
    let target = match named_component(schema) {
        Some(_) if schema.get("$ref").is_some() => resolve(tree, schema),
        Some(_) => schema
            .pointer("/allOf/0")
            .map_or(schema, |member| resolve(tree, member)),
        None => schema,
    };
    let is_scalar = matches!(
        target.get("type").and_then(Value::as_str),
        Some("string" | "integer" | "number" | "boolean")
    );
    is_scalar
        && !["allOf", "anyOf", "oneOf", "not"]
            .iter()
            .any(|keyword| target.get(keyword).is_some())
        && (std::ptr::eq(target, schema) || !super::is_nullable(target))
}
