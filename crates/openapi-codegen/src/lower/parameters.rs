//! Parameters outside of the body.

use serde_json::{Value, json};

use super::{Changes, Pass};
use openapi_tree::schemas::{named_component, operations, resolve};

/// What stands in a path or a header is one text, number or boolean.
pub(super) const PASS: Pass = Pass {
    name: "written-parameters",
    answers: "progenitor writes a parameter of a path or a header with `to_string`, which neither lists nor objects \
              nor optional values have; OpenAPI gives three headers no meaning as parameters",
    find,
    apply,
};

/// These are ruled by the rest of the document, says OpenAPI, and to be ignored as parameters.
const IGNORED: [&str; 3] = ["accept", "authorization", "content-type"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    LeaveOut,
    NotNull,
    Text,
}

fn needs(tree: &Value) -> Vec<(String, Need)> {
    let mut needs = Vec::new();
    for operation in operations(tree) {
        let parameters = operation.node.get("parameters").and_then(Value::as_array);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let pointer = format!("{}/parameters/{index}", operation.pointer);
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            let place = text("in").unwrap_or_default();
            let ignored = text("name").is_some_and(|name| {
                IGNORED.contains(&name.to_ascii_lowercase().as_str()) && place == "header"
            });
            if ignored {
                needs.push((pointer, Need::LeaveOut));
            } else if matches!(place, "path" | "header")
                && let Some(schema) = parameter.get("schema")
            {
                if !is_scalar(tree, schema) {
                    needs.push((pointer, Need::Text));
                } else if super::is_nullable(schema) {
                    needs.push((pointer, Need::NotNull));
                }
            }
        }
    }
    needs
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

fn find(tree: &Value) -> Vec<String> {
    needs(tree)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    // From behind, so that what is left out does not move what comes after it.
    for (pointer, need) in needs(tree).into_iter().rev() {
        match need {
            Need::LeaveOut => {
                let Some((list, index)) = pointer.rsplit_once('/') else {
                    continue;
                };
                if let (Some(list), Ok(index)) = (
                    tree.pointer_mut(list).and_then(Value::as_array_mut),
                    index.parse::<usize>(),
                ) && index < list.len()
                {
                    list.remove(index);
                }
                changes.note(&pointer, "left out: this header is no parameter");
            }
            Need::NotNull => {
                let schema = tree
                    .pointer_mut(&format!("{pointer}/schema"))
                    .and_then(Value::as_object_mut);
                if let Some(schema) = schema {
                    schema.remove("nullable");
                }
                changes.note(&pointer, "never null: there is no way to write it");
            }
            Need::Text => {
                if let Some(schema) = tree.pointer_mut(&format!("{pointer}/schema")) {
                    let mut text = super::any_json(schema);
                    text["type"] = json!("string");
                    *schema = text;
                }
                changes.loss(&pointer, "a text, to be written by who calls");
            }
        }
    }
}
