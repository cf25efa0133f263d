//! Distinct names in Rust.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Changes, Pass, Work};
use crate::rust_names::{argument, pascal, snake};
use openapi_tree::schemas::{component_pointer, components, operations};

/// Adds a number to the second of two properties, enum values or parameters that have the same name in Rust. The
/// finishing passes `wire-names` and `written-parameters` restore the name on the wire.
pub(super) const PASS: Pass = Pass {
    name: "distinct-names",
    reason: "typify creates one field for `fooBar` and `foo_bar`, and rejects an enum with `active` and `Active`",
    work: Work::Whole { find, apply },
};

/// The extension with the names on the wire, by the names that the generator gets.
const WIRE: &str = "x-wire-names";

/// The name of typify's field for unknown properties.
const EXTRA: &str = "extra";

/// Returns the names that have to change, with the new names.
fn clashes<'a>(
    names: impl Iterator<Item = &'a str>,
    rust_name: fn(&str) -> String,
    reserved: Option<&str>,
) -> BTreeMap<String, String> {
    let names: Vec<&str> = names.collect();
    let mut taken: BTreeSet<String> = reserved.map(str::to_owned).into_iter().collect();
    let mut late = Vec::new();
    for name in &names {
        // typify writes these two in lower case, for types too.
        if matches!(*name, "+1" | "-1") || !taken.insert(rust_name(name)) {
            late.push(*name);
        }
    }
    let mut clashes = BTreeMap::new();
    for name in late {
        let mut number = 2_usize;
        // No Rust name has a hyphen, so the generator always writes the name on the wire.
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
    let parameters = parameters(tree).into_iter().map(|(pointer, _)| pointer);
    schemas(tree).chain(parameters).collect()
}

fn schemas(tree: &Value) -> impl Iterator<Item = String> {
    components(tree)
        .filter(|(_, schema)| !clashes_of(schema).is_empty())
        .map(|(name, _)| component_pointer(name))
}

/// The names of arguments that generated methods use for something else.
const TAKEN: [&str; 2] = ["body", "header_map"];

/// Returns the locations of the names of parameters that have to change, with the new names. The names of path parameters
/// stay.
fn parameters(tree: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for operation in operations(tree) {
        let parameters = operation.node.get("parameters").and_then(Value::as_array);
        let mut names: Vec<(usize, &str, bool)> = parameters
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(index, parameter)| {
                let is_free = parameter.get("in").and_then(Value::as_str) != Some("path");
                Some((index, parameter.get("name")?.as_str()?, is_free))
            })
            .collect();
        names.sort_by_key(|(_, _, is_free)| *is_free);
        let mut taken: BTreeSet<String> = TAKEN.map(str::to_owned).into();
        for (index, name, _) in names {
            let mut new = name.to_owned();
            let mut number = 2_usize;
            while !taken.insert(argument(&new)) {
                new = format!("{name}-{number}");
                number += 1;
            }
            if new != name {
                found.push((
                    format!("{}/parameters/{index}/name", operation.pointer),
                    new,
                ));
            }
        }
    }
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for (pointer, new) in parameters(tree) {
        if let Some(place) = tree.pointer_mut(&pointer) {
            changes.note(
                &pointer,
                format!("{place} is called `{new}` in Rust, because another one has the same name"),
            );
            *place = Value::String(new);
        }
    }
    for pointer in schemas(tree).collect::<Vec<_>>() {
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
                format!(
                    "`{name}` is called `{new}` in Rust, because another one has the same name"
                ),
            );
        }
        let wire: Map<String, Value> = clashes
            .into_iter()
            .map(|(name, new)| (new, Value::String(name)))
            .collect();
        schema[WIRE] = Value::Object(wire);
    }
}

/// Returns, for each component, the names on the wire by the names that the generator got.
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
