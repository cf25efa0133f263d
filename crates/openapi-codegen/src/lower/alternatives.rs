//! Values with several alternatives: `anyOf` and `oneOf`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::hoist::{Names, is_struct, place_name, rewrite};
use super::{
    Changes, Pass, Work, any_json, component_of, is_annotation, is_any_json, is_nullable,
    reference_to,
};
use crate::constraints::is_constraint;
use openapi_tree::schemas::{
    component, component_or_self, each_schema, named_component, referenced_component,
    response_components,
};

/// A choice of scalars becomes their common scalar. A choice of objects stays a choice if only requests contain it. A
/// response does not state which alternative it contains, and the client accepts missing and unknown properties, so the
/// form does not show it either. Such a choice, and one of different types, becomes any JSON, which the caller decodes.
pub(super) const PASS: Pass = Pass {
    name: "choices",
    reason: "typify makes a struct that cannot be decoded of `anyOf`, and takes the first object of `oneOf` that \
              fits, which is the first one always",
    work: Work::Whole { find, apply },
};

const CHOICES: [&str; 2] = ["anyOf", "oneOf"];

fn is_choice(schema: &Value) -> bool {
    schema.get("$ref").is_none() && CHOICES.iter().any(|keyword| schema.get(keyword).is_some())
}

/// Returns `true` if the generator supports a choice: several objects, each a component, and no other keyword.
fn is_simple(tree: &Value, schema: &Value) -> bool {
    let Some(members) = schema.get("oneOf").and_then(Value::as_array) else {
        return named_component(schema).is_some();
    };
    let is_object = |member: &Value| {
        referenced_component(member)
            .and_then(|name| component(tree, name))
            .is_some_and(is_struct)
    };
    let is_only_keyword = schema.as_object().is_some_and(|object| {
        object
            .keys()
            .all(|keyword| keyword == "oneOf" || is_annotation(keyword))
    });
    named_component(schema).is_some()
        || is_only_keyword
            && members.len() > 1
            && members.iter().all(is_object)
            && members
                .iter()
                .enumerate()
                .all(|(index, member)| !members[..index].contains(member))
}

/// Returns `true` if a response can contain the schema at a location.
fn in_response(pointer: &str, responses: &BTreeSet<String>) -> bool {
    pointer.contains("/responses/") && pointer.starts_with("/paths/")
        || component_of(pointer).is_some_and(|name| responses.contains(&name))
}

fn find(tree: &Value) -> Vec<String> {
    let responses = response_components(tree);
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if is_choice(schema)
            && named_component(schema).is_none()
            && (in_response(pointer, &responses) || !is_simple(tree, schema))
        {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let snapshot = tree.clone();
    let responses = response_components(&snapshot);
    let mut names = Names::of(tree);
    rewrite(tree, &mut |pointer, schema| {
        if !is_choice(schema) || named_component(schema).is_some() {
            return Vec::new();
        }
        let mut added = Vec::new();
        let (simple, nullable) = simplify(
            &snapshot,
            schema,
            !in_response(pointer, &responses),
            &mut |index, member| {
                let name = names.take(&place_name(&snapshot, &format!("{pointer}/oneOf/{index}")));
                let reference = reference_to(&name);
                added.push((name, member));
                reference
            },
        );
        if is_any_json(&simple) {
            changes.loss(
                pointer,
                "any JSON: only the caller can determine the alternative",
            );
        } else if let Some(constraints) = constraints_left_out(&snapshot, schema, &simple) {
            changes.loss(
                pointer,
                format!("not checked of several kinds: {constraints}"),
            );
        } else {
            changes.note(pointer, "written in one form");
        }
        *schema = simple;
        if nullable && !is_any_json(schema) {
            super::make_nullable(schema);
        }
        added
    });
}

/// Returns a choice in a form that the generator supports, and whether null is one of the alternatives. `name` makes a
/// component of an object.
fn simplify(
    tree: &Value,
    schema: &Value,
    only_sent: bool,
    name: &mut impl FnMut(usize, Value) -> Value,
) -> (Value, bool) {
    let empty = Map::new();
    let object = schema.as_object().unwrap_or(&empty);
    let mut nullable = is_nullable(schema);
    let mut members: Vec<Value> = Vec::new();
    for keyword in CHOICES {
        for member in object
            .get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            nullable |= is_nullable(member);
            let plain = named_component(member).map_or_else(|| member.clone(), reference_to);
            if !is_null_alone(member) && !members.contains(&plain) {
                members.push(plain);
            }
        }
    }
    let annotated = |simple: Value| {
        let mut simple = simple;
        if let Some(simple) = simple.as_object_mut() {
            for (keyword, value) in object.iter().filter(|(keyword, _)| is_annotation(keyword)) {
                simple.insert(keyword.clone(), value.clone());
            }
        }
        simple
    };
    if let [member] = &members[..] {
        let simple = match referenced_component(member) {
            Some(_) => json!({ "allOf": [member] }),
            None => member.clone(),
        };
        return (annotated(simple), nullable);
    }
    if members.is_empty() {
        return (any_json(schema), nullable);
    }
    let targets: Vec<&Value> = members
        .iter()
        .map(|member| component_or_self(tree, member))
        .collect();
    if let Some(scalar) = common_scalar(&targets) {
        return (annotated(scalar), nullable);
    }
    if only_sent && targets.iter().all(|target| is_struct(target)) {
        let members: Vec<Value> = members
            .into_iter()
            .enumerate()
            .map(|(index, member)| match named_component(&member) {
                Some(name) => reference_to(name),
                None => name(index, member),
            })
            .collect();
        return (annotated(json!({ "oneOf": members })), nullable);
    }
    (any_json(schema), nullable)
}

/// Returns the constraints of a choice and of its members that the simple schema does not contain.
fn constraints_left_out(tree: &Value, schema: &Value, simple: &Value) -> Option<String> {
    let mut left_out = Vec::new();
    let members = CHOICES
        .iter()
        .filter_map(|keyword| schema.get(keyword)?.as_array());
    // The objects of a choice stay components, with their constraints.
    let is_scalar = simple.get("oneOf").is_none() && simple.get("allOf").is_none();
    let members = members
        .flatten()
        .filter(|_| is_scalar)
        .map(|member| component_or_self(tree, member));
    for schema in std::iter::once(schema).chain(members) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            if is_constraint(keyword) && simple.get(keyword) != Some(value) {
                left_out.push(format!("{keyword} {value}"));
            }
        }
    }
    (!left_out.is_empty()).then(|| left_out.join(", "))
}

fn is_null_alone(schema: &Value) -> bool {
    schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
}

/// Returns the scalar that includes all of these schemas.
fn common_scalar(schemas: &[&Value]) -> Option<Value> {
    let kinds: BTreeSet<&str> = schemas
        .iter()
        .map(|schema| {
            schema
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default()
        })
        .collect();
    let kind = match kinds.into_iter().collect::<Vec<_>>()[..] {
        [kind @ ("string" | "integer" | "number" | "boolean")] => kind,
        ["integer", "number"] => "number",
        _ => return None,
    };
    let mut scalar = json!({ "type": kind });
    let values: Option<Vec<&Value>> = schemas
        .iter()
        .map(|schema| schema.get("enum").and_then(Value::as_array))
        .collect::<Option<Vec<_>>>()
        .map(|lists| lists.into_iter().flatten().collect());
    if let Some(values) = values {
        let mut distinct: Vec<&Value> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        scalar["enum"] = json!(distinct);
    }
    let format = schemas.first().and_then(|schema| schema.get("format"));
    if let Some(format) = format
        && kind != "number"
        && schemas
            .iter()
            .all(|schema| schema.get("format") == Some(format))
    {
        scalar["format"] = format.clone();
    }
    Some(scalar)
}
