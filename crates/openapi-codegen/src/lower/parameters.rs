//! Parameters in the path and in headers.

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use openapi_tree::schemas::{component_or_self, operations, resolve};

/// A parameter in a path or a header becomes one string, number or boolean.
pub(super) const PASS: Pass = Pass {
    name: "written-parameters",
    reason: "progenitor writes a parameter of a path or a header with `to_string`, which lists, objects and optional values \
              do not have; OpenAPI ignores three headers as parameters",
    work: Work::Document(edits),
};

/// The headers that OpenAPI ignores as parameters, because other parts of the document describe them.
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
    // In reverse order, so that a removal does not move the parameters after it.
    edits.reverse();
    edits
}

fn edit(tree: &Value, pointer: &str, parameter: &Value) -> Option<Edit> {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let place = text("in").filter(|place| matches!(*place, "path" | "header"))?;
    let name = text("name").unwrap_or_default().to_ascii_lowercase();
    if place == "header" && IGNORED.contains(&name.as_str()) {
        return Some(Edit::remove(pointer).note(
            pointer,
            "removed: OpenAPI ignores this header as a parameter",
        ));
    }
    let schema = parameter.get("schema")?;
    let place = format!("{pointer}/schema");
    if !is_scalar(tree, schema) {
        let mut text = super::any_json(schema);
        text["type"] = json!("string");
        return Some(Edit::set(place, text).loss(pointer, "a string, which the caller writes"));
    }
    super::is_nullable(schema).then(|| {
        Edit::remove(format!("{place}/nullable"))
            .note(pointer, "not nullable: null cannot be written here")
    })
}

/// Returns the separator of the values of a query parameter that is written in one piece: an array or an object with
/// `explode: false`. progenitor repeats the name of the parameter for each value. A finishing pass joins the values.
pub(crate) fn separator(tree: &Value, parameter: &Value) -> Option<&'static str> {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let separator = match text("style") {
        None | Some("form") if parameter.get("explode") == Some(&Value::Bool(false)) => ",",
        Some("spaceDelimited") => "%20",
        Some("pipeDelimited") => "%7C",
        _ => return None,
    };
    let schema = parameter.get("schema")?;
    let target = component_or_self(tree, schema);
    let is_container = matches!(
        target.get("type").and_then(Value::as_str),
        Some("array" | "object")
    );
    (text("in") == Some("query") && is_container).then_some(separator)
}

/// Returns `true` if a schema is a scalar or refers to one, also by `allOf` with one reference.
fn is_scalar(tree: &Value, schema: &Value) -> bool {
    let target = resolve(tree, component_or_self(tree, schema));
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
