//! Inline schemas become components.

use openapi_tree::document::unescape;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Changes, Pass, Work, component_names, is_annotation, reference_to};
use crate::rust_names::{type_name, unique};
use openapi_tree::schemas::{
    COMPONENTS, component_pointer, components, each_schema, inside_mut, roots,
};

/// Inline objects, enums and choices become components that are named after their location. The names of components stay;
/// the name of an inline schema gets the first free number from 2.
pub(super) const PASS: Pass = Pass {
    name: "named-schemas",
    reason: "typify names an inline schema after its location, even if a component has the same name, and then defines \
              the name twice",
    work: Work::Whole { find, apply },
};

fn needs_name(schema: &Value) -> bool {
    schema.get("$ref").is_none()
        && schema.get("allOf").is_none()
        && (schema.get("enum").is_some() || schema.get("oneOf").is_some() || is_struct(schema))
}

/// Returns `true` if an object becomes a struct: it has properties, or it cannot have any.
pub(super) fn is_struct(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
        && (schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty())
            || schema.get("additionalProperties") == Some(&Value::Bool(false)))
}

fn is_component(pointer: &str) -> bool {
    pointer
        .strip_prefix(COMPONENTS)
        .is_some_and(|rest| rest.matches('/').count() == 1)
}

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if !is_component(pointer) && needs_name(schema) {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let mut names = Names::of(tree);
    // Outer schemas first, so that inner schemas move with them.
    loop {
        let mut added: Vec<(String, String)> = Vec::new();
        each_schema(tree, &mut |pointer, schema| {
            if is_component(pointer)
                || !needs_name(schema)
                // The schemas inside a schema directly follow it.
                || added.last().is_some_and(|(around, _)| {
                    pointer
                        .strip_prefix(around.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
                })
            {
                return;
            }
            added.push((pointer.to_owned(), place_name(tree, pointer)));
        });
        if added.is_empty() {
            return;
        }
        for (pointer, place) in added {
            let name = names.take(&place);
            changes.note(&pointer, format!("becomes the component `{name}`"));
            hoist(tree, &pointer, &name, changes);
        }
    }
}

/// The names of components that are in use.
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn of(tree: &Value) -> Self {
        Self(
            components(tree)
                .map(|(name, _)| name.clone())
                .chain(
                    component_names::RESERVED
                        .iter()
                        .map(|name| (*name).to_owned()),
                )
                .collect(),
        )
    }

    pub(super) fn take(&mut self, name: &str) -> String {
        unique(name, &mut self.0)
    }
}

/// Makes a component of the schema at `pointer`, and puts a reference there.
pub(super) fn hoist(tree: &mut Value, pointer: &str, name: &str, changes: &mut Changes) {
    let Some(place) = tree.pointer_mut(pointer) else {
        return;
    };
    let schema = place.take();
    *place = reference_with_annotations(&schema, name);
    add_component(tree, name, schema);
    changes.moved(pointer, &component_pointer(name));
}

/// Returns a reference to a component, with the annotations of `schema`.
pub(super) fn reference_with_annotations(schema: &Value, name: &str) -> Value {
    let mut object: Map<String, Value> = schema
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(keyword, _)| is_annotation(keyword) && *keyword != "example")
        .map(|(keyword, value)| (keyword.clone(), value.clone()))
        .collect();
    if object.is_empty() {
        return reference_to(name);
    }
    object.insert("allOf".to_owned(), json!([reference_to(name)]));
    Value::Object(object)
}

/// Adds a component.
pub(super) fn add_component(tree: &mut Value, name: &str, mut schema: Value) {
    if let Some(object) = schema.as_object_mut() {
        object.remove("nullable");
        object.remove("deprecated");
    }
    if let Some(schemas) = component_map(tree) {
        schemas.insert(name.to_owned(), schema);
    }
}

fn component_map(tree: &mut Value) -> Option<&mut Map<String, Value>> {
    tree.as_object_mut()?
        .entry("components")
        .or_insert_with(|| json!({}))
        .as_object_mut()?
        .entry("schemas")
        .or_insert_with(|| json!({}))
        .as_object_mut()
}

/// Returns a name for the schema at a location: the component or the operation, and the steps from there.
pub(super) fn place_name(tree: &Value, pointer: &str) -> String {
    let steps: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let (mut words, mut rest) = match steps.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["components", "schemas", name, ..] => (vec![name.to_owned()], &steps[3..]),
        ["paths", path, method, ..] => {
            let operation = &tree["paths"][path][method];
            let id = operation
                .get("operationId")
                .and_then(Value::as_str)
                .unwrap_or(path);
            place_in_operation(operation, id, &steps[3..])
        }
        _ => (Vec::new(), &steps[..]),
    };
    while let [step, after @ ..] = rest {
        rest = after;
        match step.as_str() {
            "properties" => {
                if let [name, after @ ..] = rest {
                    words.push(name.clone());
                    rest = after;
                }
            }
            "items" => words.push("item".to_owned()),
            "additionalProperties" => words.push("value".to_owned()),
            "allOf" | "anyOf" | "oneOf" => {
                if let [index, after @ ..] = rest {
                    let number = index.parse::<usize>().unwrap_or_default() + 1;
                    words.push(format!("variant{number}"));
                    rest = after;
                }
            }
            other => words.push(other.to_owned()),
        }
    }
    type_name(&words.join(" "))
}

fn place_in_operation<'a>(
    operation: &Value,
    id: &str,
    steps: &'a [String],
) -> (Vec<String>, &'a [String]) {
    let (word, rest) = match steps {
        [body, _content, _media, _schema, rest @ ..] if body == "requestBody" => {
            ("body".to_owned(), rest)
        }
        [responses, status, _content, _media, _schema, rest @ ..] if responses == "responses" => {
            let word = if status.starts_with('2') {
                "response"
            } else {
                "error"
            };
            (word.to_owned(), rest)
        }
        [parameters, index, _schema, rest @ ..] if parameters == "parameters" => {
            let name = operation
                .pointer(&format!("/parameters/{index}/name"))
                .and_then(Value::as_str)
                .unwrap_or(index);
            (name.to_owned(), rest)
        }
        other => (String::new(), other),
    };
    (vec![id.to_owned(), word], rest)
}

/// Calls `visit` for every schema of the tree with its pointer, inner ones first. Adds the components that `visit` returns.
pub(super) fn rewrite(
    tree: &mut Value,
    visit: &mut impl FnMut(&str, &mut Value) -> Vec<(String, Value)>,
) {
    let mut added = Vec::new();
    for root in roots(tree) {
        if let Some(schema) = tree.pointer_mut(&root) {
            inside_mut(schema, &mut root.clone(), &mut |pointer, schema| {
                added.extend(visit(pointer, schema));
            });
        }
    }
    for (name, schema) in added {
        add_component(tree, &name, schema);
    }
}
