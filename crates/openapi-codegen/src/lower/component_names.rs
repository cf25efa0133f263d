//! Names of components that are names of types.

use openapi_tree::document::unescape;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Changes, Pass, Work, reference_to};
use crate::rust_names::{type_name, unique};
use openapi_tree::schemas::{
    COMPONENT_REFERENCE, COMPONENTS, component_pointer, components, each_schema, each_schema_mut,
    pointer_of,
};

/// Gives every component the name of its type, and makes a component of every other target of a reference.
pub(super) const PASS: Pass = Pass {
    name: "component-names",
    reason: "typify creates the same name for `list-item` and `ListItem`, and panics if the target of a reference is not a \
              component",
    work: Work::Whole { find, apply },
};

/// The names that generated code uses for something else.
pub(super) const RESERVED: [&str; 15] = [
    "Box",
    "Default",
    "Err",
    "From",
    "Into",
    "None",
    "Ok",
    "Option",
    "PhantomData",
    "Result",
    "Some",
    "String",
    "TextVisitor",
    "ToString",
    "Vec",
];

fn is_type_name(name: &str) -> bool {
    type_name(name) == name && !RESERVED.contains(&name)
}

fn find(tree: &Value) -> Vec<String> {
    let (plain, others): (BTreeSet<&str>, BTreeSet<&str>) = components(tree)
        .map(|(name, _)| name.as_str())
        .partition(|name| is_type_name(name));
    let mut found: Vec<String> = others.into_iter().map(component_pointer).collect();
    each_schema(tree, &mut |pointer, schema| {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && !reference
                .strip_prefix(COMPONENT_REFERENCE)
                .is_some_and(|name| plain.contains(name))
        {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    if find(tree).is_empty() {
        return;
    }
    let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| (*name).to_owned()).collect();
    // The keys are the pointers of schemas. Names that can stay come first.
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let (stay, go): (Vec<&String>, Vec<&String>) = components(tree)
        .map(|(name, _)| name)
        .partition(|name| is_type_name(name));
    for name in stay {
        taken.insert(name.clone());
        names.insert(component_pointer(name), name.clone());
    }
    for name in go {
        let new = unique(&type_name(name), &mut taken);
        names.insert(component_pointer(name), new);
    }
    let mut elsewhere = BTreeSet::new();
    each_schema(tree, &mut |_, schema| {
        if let Some(target) = target_of(schema)
            && !names.contains_key(&target)
            && tree.pointer(&target).is_some()
        {
            elsewhere.insert(target);
        }
    });
    for target in elsewhere {
        let new = unique(&type_name(&words_of(&target)), &mut taken);
        changes.note(&target, format!("becomes the component `{new}`"));
        changes.moved(&target, &component_pointer(&new));
        names.insert(target, new);
    }
    let added: Vec<(String, Value)> = names
        .iter()
        .filter_map(|(target, name)| Some((name.clone(), tree.pointer(target)?.clone())))
        .collect();
    if added.is_empty() {
        return;
    }
    for (target, name) in &names {
        if target.starts_with(COMPONENTS) && component_pointer(name) != *target {
            changes.note(target, format!("called `{name}`"));
            changes.moved(target, &component_pointer(name));
        }
    }
    let schemas: Map<String, Value> = added.into_iter().collect();
    tree["components"]["schemas"] = Value::Object(schemas);
    each_schema_mut(tree, &mut |_, schema| {
        if let Some(name) = target_of(schema).and_then(|target| names.get(&target)) {
            *schema = reference_to(name);
        }
    });
}

fn target_of(schema: &Value) -> Option<String> {
    pointer_of(schema.get("$ref")?.as_str()?)
}

/// Returns a pointer as words, without the steps that every document has.
fn words_of(pointer: &str) -> String {
    pointer
        .trim_start_matches("/components/schemas")
        .trim_start_matches("/components")
        .split('/')
        .filter(|step| *step != "properties" && *step != "schema")
        .map(unescape)
        .collect::<Vec<_>>()
        .join(" ")
}
