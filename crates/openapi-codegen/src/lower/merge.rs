//! Compositions become one schema.

mod merger;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::hoist::{Names, place_name, reference_with_annotations, rewrite};
use super::{Changes, Pass, Work, any_json, is_annotation};
use merger::Merger;
use openapi_tree::schemas::{COMPONENTS, component_pointer, each_schema, named_component};

/// `allOf` with several members, or next to properties, becomes one object. The alternatives of `anyOf` and `oneOf` next to
/// properties or `allOf` add optional properties to it.
pub(super) const PASS: Pass = Pass {
    name: "one-object",
    reason: "typify panics over some merged schemas, loses properties, or creates types that accept no value; progenitor \
              ignores everything next to `allOf`",
    work: Work::Whole { find, apply },
};

const CHOICES: [&str; 2] = ["anyOf", "oneOf"];

/// The maximum number of rounds. A merged schema can contain schemas that have to be merged. Known documents need two.
const ROUNDS: usize = 6;

/// Returns `true` if a schema describes values by keywords other than `allOf` and choices.
fn describes_values(schema: &Map<String, Value>) -> bool {
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
        || has_choice && describes_values(object)
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
    // Equal expressions become the same type. Otherwise, a component that extends itself would never end.
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
                *schema = reference_with_annotations(schema, name);
                return Vec::new();
            }
            let name = names.take(&place_name(&snapshot, pointer));
            changes.moved(pointer, &component_pointer(&name));
            *schema = reference_with_annotations(schema, &name);
            known.insert(expression, name.clone());
            // The schema around it may have to be merged with it before it is a component.
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
            changes.loss(&pointer, "any JSON: its parts refer back to themselves");
        }
    }
}

/// Returns a schema without its annotations, as a string.
fn essence(schema: &Value) -> String {
    let mut essence = schema.clone();
    if let Some(object) = essence.as_object_mut() {
        object.retain(|keyword, _| !is_annotation(keyword));
    }
    essence.to_string()
}
