//! Fields and variants that differ by more than their case.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Changes, Pass, component_pointer};
use crate::rust_names::{pascal, snake};
use openapi_tree::schemas::components;

/// Where two properties, or two values of an enum, would have one name in Rust, the second gets a number. The
/// finishing pass `wire-names` puts its own name back on the wire.
pub(super) const PASS: Pass = Pass {
    name: "distinct-names",
    answers: "typify makes one field of `fooBar` and `foo_bar`, and refuses an enum with `active` and `Active`",
    find,
    apply,
};

/// Where the names that are sent are kept, by the names that the generator gets.
const WIRE: &str = "x-wire-names";

/// What typify calls the field for properties that the document does not list.
const EXTRA: &str = "extra";

/// The names that have to change, with what they are to be.
fn clashes<'a>(
    names: impl Iterator<Item = &'a str>,
    rust_name: fn(&str) -> String,
    reserved: Option<&str>,
) -> BTreeMap<String, String> {
    let names: Vec<&str> = names.collect();
    let mut taken: BTreeSet<String> = reserved.map(str::to_owned).into_iter().collect();
    let mut late = Vec::new();
    for name in &names {
        // typify has small letters for these two, whatever they name.
        if matches!(*name, "+1" | "-1") || !taken.insert(rust_name(name)) {
            late.push(*name);
        }
    }
    let mut clashes = BTreeMap::new();
    for name in late {
        let mut number = 2_usize;
        // A hyphen is in no Rust name, so that the generator always notes what is sent.
        let new = loop {
            let new = format!("{name}-{number}");
            if taken.insert(rust_name(&new)) && !names.contains(&new.as_str()) {
                break new;
            }
            number += 1;
        };
        clashes.insert(name.to_owned(), new);
    }
    clashes
}

fn clashes_of(schema: &Value) -> BTreeMap<String, String> {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let has_extra = schema
            .get("additionalProperties")
            .is_some_and(Value::is_object);
        return clashes(
            properties.keys().map(String::as_str),
            snake,
            has_extra.then_some(EXTRA),
        );
    }
    let values = schema.get("enum").and_then(Value::as_array);
    values.map_or_else(BTreeMap::new, |values| {
        clashes(values.iter().filter_map(Value::as_str), pascal, None)
    })
}

fn find(tree: &Value) -> Vec<String> {
    components(tree)
        .filter(|(_, schema)| !clashes_of(schema).is_empty())
        .map(|(name, _)| component_pointer(name))
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for pointer in find(tree) {
        let Some(schema) = tree.pointer_mut(&pointer) else {
            continue;
        };
        let clashes = clashes_of(schema);
        let rename = |name: &str| {
            clashes
                .get(name)
                .cloned()
                .unwrap_or_else(|| name.to_owned())
        };
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            *properties = std::mem::take(properties)
                .into_iter()
                .map(|(name, property)| (rename(&name), property))
                .collect();
        }
        for list in ["required", "enum"] {
            for name in schema
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if let Some(text) = name.as_str() {
                    *name = json!(rename(text));
                }
            }
        }
        for (name, new) in &clashes {
            changes.note(
                &pointer,
                format!("`{name}` is called `{new}` in Rust: another one has its name"),
            );
        }
        let wire: Map<String, Value> = clashes
            .into_iter()
            .map(|(name, new)| (new, Value::String(name)))
            .collect();
        schema[WIRE] = Value::Object(wire);
    }
}

/// For each component, the names that are sent, by those that the generator got.
pub fn wire_names(tree: &Value) -> BTreeMap<String, BTreeMap<String, String>> {
    components(tree)
        .filter_map(|(name, schema)| {
            let wire = schema.get(WIRE)?.as_object()?;
            let wire = wire
                .iter()
                .filter_map(|(new, old)| Some((new.clone(), old.as_str()?.to_owned())))
                .collect();
            Some((name.clone(), wire))
        })
        .collect()
}
