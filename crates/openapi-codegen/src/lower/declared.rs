//! What is required is declared, and is there to be sent.

use serde_json::{Value, json};

use super::{Changes, Pass};
use openapi_tree::schemas::{components, each_schema, each_schema_mut, request_components};

/// A property that is required without being declared is any JSON. One that only responses have (`readOnly`) is not
/// required of a request.
pub(super) const PASS: Pass = Pass {
    name: "declared-properties",
    answers: "typify makes no field for a required property without a schema, so that no request can be valid, and \
              does not know of properties that only responses have",
    find,
    apply,
};

struct Need {
    undeclared: Vec<String>,
    read_only: Vec<String>,
}

fn need(schema: &Value, in_request: bool) -> Option<Need> {
    let required = schema.get("required")?.as_array()?;
    let property = |name: &str| schema.get("properties").and_then(|all| all.get(name));
    let names = || required.iter().filter_map(Value::as_str);
    let need = Need {
        undeclared: names()
            .filter(|name| property(name).is_none())
            .map(str::to_owned)
            .collect(),
        read_only: names()
            .filter(|name| {
                in_request
                    && property(name).and_then(|property| property.get("readOnly"))
                        == Some(&Value::Bool(true))
            })
            .map(str::to_owned)
            .collect(),
    };
    (!need.undeclared.is_empty() || !need.read_only.is_empty()).then_some(need)
}

fn places(tree: &Value) -> Vec<(String, Need)> {
    let requests = request_components(tree);
    let request_prefixes: std::collections::BTreeSet<String> = components(tree)
        .filter(|(name, _)| requests.contains(*name))
        .map(|(name, _)| super::component_pointer(name))
        .collect();
    let mut places = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if schema.get("required").is_none() {
            return;
        }
        let root = pointer
            .match_indices('/')
            .nth(3)
            .map_or(pointer, |(at, _)| &pointer[..at]);
        let in_request = request_prefixes.contains(root) || pointer.contains("/requestBody/");
        if let Some(need) = need(schema, in_request) {
            places.push((pointer.to_owned(), need));
        }
    });
    places
}

fn find(tree: &Value) -> Vec<String> {
    places(tree)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for (pointer, need) in places(tree) {
        let Some(schema) = tree.pointer_mut(&pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        for name in need.undeclared {
            changes.loss(
                &pointer,
                format!("`{name}` is required and not described: any JSON"),
            );
            let properties = schema.entry("properties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                properties.insert(name, json!({}));
            }
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| {
                !name
                    .as_str()
                    .is_some_and(|name| need.read_only.iter().any(|other| other == name))
            });
        }
        for name in need.read_only {
            changes.note(
                &pointer,
                format!("`{name}` may be missing: only responses have it"),
            );
        }
    }
    // What required a property may not have had a type before.
    each_schema_mut(tree, &mut |_, schema| {
        if schema.get("properties").is_some()
            && schema.get("type").is_none()
            && let Some(object) = schema.as_object_mut()
        {
            object.insert("type".to_owned(), json!("object"));
        }
    });
}
