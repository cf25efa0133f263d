//! What holds together stands together.

mod merger;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::hoist::{Names, beside_reference, place_name, rewrite};
use super::{Changes, Pass, Work, any_json, component_pointer, is_annotation};
use merger::Merger;
use openapi_tree::schemas::{COMPONENTS, each_schema, named_component};

/// `allOf` of several members, or beside properties, becomes one object. What a value may be besides (`anyOf` and
/// `oneOf` beside properties or `allOf`) adds its properties to it, none of them required.
pub(super) const PASS: Pass = Pass {
    name: "one-object",
    answers: "typify merges schemas in ways that panic, lose properties or fit no value; progenitor ignores whatever \
              stands beside `allOf`",
    work: Work::Whole { find, apply },
};

const CHOICES: [&str; 2] = ["anyOf", "oneOf"];

/// What is merged may hold what has to be merged; a document that is written by hand needs two rounds.
const ROUNDS: usize = 6;

/// Whether a schema has keywords that stand for values of its own, beside `allOf` and choices.
fn says_something(schema: &Map<String, Value>) -> bool {
    ["properties", "items", "enum", "required"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
        || matches!(
            schema.get("type").and_then(Value::as_str),
            Some("string" | "integer" | "number" | "boolean" | "array")
        )
        || schema
            .get("additionalProperties")
            .is_some_and(Value::is_object)
}

fn needs(schema: &Value) -> bool {
    let Some(object) = schema.as_object() else {
        return false;
    };
    if object.contains_key("$ref") || named_component(schema).is_some() {
        return false;
    }
    let has_choice = CHOICES.iter().any(|keyword| object.contains_key(*keyword));
    object.contains_key("allOf")
        || has_choice && says_something(object)
        || CHOICES.iter().all(|keyword| object.contains_key(*keyword))
}

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if needs(schema) {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let mut names = Names::of(tree);
    // The same expression is the same type, or a component that extends itself would never come to an end.
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..ROUNDS {
        if find(tree).is_empty() {
            return;
        }
        let snapshot = tree.clone();
        let none = Map::new();
        let schemas = snapshot.pointer(COMPONENTS).and_then(Value::as_object);
        let mut merger = Merger::new(schemas.unwrap_or(&none));
        rewrite(tree, &mut |pointer, schema| {
            if !needs(schema) {
                return Vec::new();
            }
            let expression = essence(schema);
            let (merged, lost) = merger.merged(schema);
            for what in std::mem::take(&mut merger.implied) {
                changes.note(pointer, what);
            }
            for (place, what) in std::mem::take(&mut merger.left_out) {
                changes.loss(format!("{pointer}{place}"), what);
            }
            if let Some(why) = lost {
                changes.loss(pointer, why);
            } else if !known.contains_key(&expression) {
                changes.note(pointer, "merged into one schema");
            }
            let is_component = pointer.matches('/').count() == 3;
            let is_container = merged.get("allOf").is_none()
                && matches!(
                    merged.get("type").and_then(Value::as_str),
                    Some("array" | "object")
                );
            if is_component || !is_container {
                if is_component && is_container {
                    let name = pointer.rsplit('/').next().unwrap_or_default();
                    known.entry(expression).or_insert_with(|| name.to_owned());
                }
                *schema = merged;
                return Vec::new();
            }
            if let Some(name) = known.get(&expression) {
                *schema = beside_reference(schema, name);
                return Vec::new();
            }
            let name = names.take(&place_name(&snapshot, pointer));
            changes.moved(pointer, &component_pointer(&name));
            *schema = beside_reference(schema, &name);
            known.insert(expression, name.clone());
            // What is around it may have to be merged with it, before it is a component.
            let mut flat = merged.clone();
            if let Some(flat) = flat.as_object_mut() {
                flat.retain(|keyword, _| !is_annotation(keyword));
            }
            merger.flat.insert(name.clone(), Some(flat));
            vec![(name, merged)]
        });
    }
    for pointer in find(tree) {
        if let Some(schema) = tree.pointer_mut(&pointer) {
            *schema = any_json(schema);
            changes.loss(&pointer, "any JSON: its parts lead back to themselves");
        }
    }
}

/// What a schema says of values, as text.
fn essence(schema: &Value) -> String {
    let mut essence = schema.clone();
    if let Some(object) = essence.as_object_mut() {
        object.retain(|keyword, _| !is_annotation(keyword));
    }
    essence.to_string()
}
