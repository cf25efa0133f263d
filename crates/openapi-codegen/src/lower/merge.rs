//! What holds together stands together.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::hoist::{Names, beside_reference, place_name, rewrite};
use super::{
    Changes, Pass, Work, any_json, component_pointer, is_annotation, is_any_json, reference_to,
};
use crate::constraints::is_constraint;
use openapi_tree::schemas::{
    COMPONENTS, each_schema, inside_mut, named_component, referenced_component,
};

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

/// A document whose merged objects have more properties than this is made to blow up.
const MOST_PROPERTIES: usize = 200_000;

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
        let mut merger = Merger {
            schemas: snapshot
                .pointer(COMPONENTS)
                .and_then(Value::as_object)
                .unwrap_or(&none),
            flat: BTreeMap::new(),
            spent: 0,
            left_out: Vec::new(),
            implied: Vec::new(),
        };
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

struct Merger<'a> {
    schemas: &'a Map<String, Value>,
    /// Components without references at their top; none while one is being worked on.
    flat: BTreeMap<String, Option<Value>>,
    spent: usize,
    /// What the merged schema does not say, each with its place in the schema that is merged.
    left_out: Vec<(String, String)>,
    /// The constraints that another one implies.
    implied: Vec<String>,
}

impl Merger<'_> {
    /// One schema for one with `allOf` or choices beside something, and what was lost, if anything.
    fn merged(&mut self, schema: &Value) -> (Value, Option<String>) {
        let Some(object) = schema.as_object() else {
            return (schema.clone(), None);
        };
        let mut own = object.clone();
        let mut members = list(own.remove("allOf"));
        let mut choices = Vec::new();
        for keyword in CHOICES {
            let mut choice = list(own.remove(keyword));
            if choice.len() == 1 {
                members.append(&mut choice);
            } else if !choice.is_empty() {
                choices.push((keyword, choice));
            }
        }
        members.retain(|member| !is_any_json(member));
        let mut distinct: Vec<Value> = Vec::new();
        for member in members {
            if !distinct.contains(&member) {
                distinct.push(member);
            }
        }
        let says_something = says_something(&own);
        let reference = distinct
            .iter()
            .filter_map(|member| referenced_component(member))
            .find(|name| distinct.len() == 1 || is_no_object(&self.component(name)));
        if let Some(name) = reference
            && !says_something
            && (choices.is_empty() || distinct.len() == 1 || is_no_object(&self.component(name)))
        {
            // A value fits what the reference says, whatever else is asked of it.
            let name = name.to_owned();
            let target = self.component(&name);
            let mut unchecked = constraints_of(&own);
            let others = distinct
                .iter()
                .filter(|member| referenced_component(member) != Some(&name));
            for other in others {
                let mut other = self.flatten(other);
                if self.combine(&target, &other).is_none() {
                    return self.lost(schema);
                }
                unchecked.extend(without_constraints(&mut other));
                for keyword in CHOICES
                    .iter()
                    .filter(|keyword| other.get(keyword).is_some())
                {
                    self.described_twice(keyword);
                }
            }
            for (keyword, choice) in choices {
                for (index, alternative) in choice.iter().enumerate() {
                    let constraints = without_constraints(&mut self.flatten(alternative));
                    let what = kind_left_out(&constraints);
                    self.left_out.push((format!("/{keyword}/{index}"), what));
                }
            }
            self.not_checked("beside a reference", &unchecked);
            return (
                with_annotations(&own, json!({ "allOf": [reference_to(&name)] })),
                None,
            );
        }
        if distinct.is_empty() && !says_something && choices.len() == 1 {
            let (keyword, choice) = choices.remove(0);
            own.remove("type");
            self.not_checked("beside a choice", &constraints_of(&own));
            return (with_annotations(&own, json!({ keyword: choice })), None);
        }
        let mut merged = Value::Object(own);
        for member in &distinct {
            let member = self.flatten(member);
            match self.combine(&merged, &member) {
                Some(both) => merged = both,
                None => return self.lost(schema),
            }
        }
        let merged = self.with_choices(merged, choices);
        if self.spent > MOST_PROPERTIES {
            return self.lost(schema);
        }
        (merged, None)
    }

    /// Adds the properties of each alternative to a schema, as optional ones.
    fn with_choices(&mut self, mut merged: Value, choices: Vec<(&str, Vec<Value>)>) -> Value {
        for (keyword, choice) in choices {
            for (index, alternative) in choice.iter().enumerate() {
                let mut optional = self.flatten(alternative);
                // A value need not be what each of them describes.
                let constraints = without_constraints(&mut optional);
                if let Some(optional) = optional.as_object_mut() {
                    optional.remove("required");
                    optional.remove("additionalProperties");
                }
                let both = (is_object(&merged) && is_object(&optional))
                    .then(|| self.combine(&merged, &optional))
                    .flatten();
                let what = if both.is_none() {
                    kind_left_out(&constraints)
                } else if constraints.is_empty() {
                    String::new()
                } else {
                    format!(
                        "not checked of one kind of several: {}",
                        constraints.join(", ")
                    )
                };
                if !what.is_empty() {
                    self.left_out.push((format!("/{keyword}/{index}"), what));
                }
                merged = both.unwrap_or(merged);
            }
        }
        merged
    }

    fn described_twice(&mut self, name: &str) {
        let what = format!("`{name}` is described twice: the first description is kept");
        self.left_out.push((String::new(), what));
    }

    fn not_checked(&mut self, place: &str, constraints: &[String]) {
        if !constraints.is_empty() {
            let what = format!("not checked {place}: {}", constraints.join(", "));
            self.left_out.push((String::new(), what));
        }
    }

    fn lost(&self, schema: &Value) -> (Value, Option<String>) {
        let why = if self.spent > MOST_PROPERTIES {
            format!(
                "any JSON: merged, the document would have more than {MOST_PROPERTIES} properties"
            )
        } else {
            "any JSON: its parts ask for different types".to_owned()
        };
        (any_json(schema), Some(why))
    }

    fn component(&mut self, name: &str) -> Value {
        match self.flat.get(name) {
            Some(flat) => return flat.clone().unwrap_or_else(|| json!({})),
            None => self.flat.insert(name.to_owned(), None),
        };
        let flat = self
            .schemas
            .get(name)
            .map_or_else(|| json!({}), |schema| self.flatten(schema));
        self.flat.insert(name.to_owned(), Some(flat.clone()));
        flat
    }

    /// A schema without a reference or `allOf` at its top, and without what it says for readers.
    fn flatten(&mut self, schema: &Value) -> Value {
        // What is left out of a schema inside is reported where that one is merged itself.
        let left_out = std::mem::take(&mut self.left_out);
        let implied = std::mem::take(&mut self.implied);
        let mut lost = None;
        let mut flat = if let Some(name) = named_component(schema) {
            self.component(name)
        } else if needs(schema) {
            let (merged, why) = self.merged(schema);
            lost = why;
            match named_component(&merged) {
                Some(name) => self.component(name),
                None => merged,
            }
        } else if let Some(member) = only_kind(schema) {
            self.flatten(member)
        } else {
            schema.clone()
        };
        if let Some(object) = flat.as_object_mut() {
            object.retain(|keyword, _| !is_annotation(keyword));
        }
        self.left_out = left_out;
        self.implied = implied;
        self.left_out.extend(lost.map(|why| (String::new(), why)));
        flat
    }

    /// What fits both; where they say different things of one thing, the first is believed. None if they are of
    /// different types.
    fn combine(&mut self, first: &Value, second: &Value) -> Option<Value> {
        let (one, other) = (first.as_object()?, second.as_object()?);
        if is_any_json(second) || self.spent > MOST_PROPERTIES {
            return Some(first.clone());
        }
        let speaks = |schema: &Map<String, Value>| schema.keys().any(|key| !is_annotation(key));
        if !speaks(one) {
            return Some(with_annotations(one, second.clone()));
        }
        let kind = match (kind_of(one), kind_of(other)) {
            (Some("integer"), Some("number")) | (Some("number"), Some("integer")) => {
                Some("integer")
            }
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.or(other),
        };
        let mut both = one.clone();
        if let Some(kind) = kind {
            both.insert("type".to_owned(), json!(kind));
        }
        for (keyword, value) in other {
            let mine = both.get(keyword).cloned();
            let value = match (keyword.as_str(), mine) {
                ("properties", mine) => self.properties(mine.as_ref(), value),
                ("required", Some(mine)) => union(&mine, value),
                (keyword, Some(mine)) if is_constraint(keyword) && mine != *value => {
                    if let Some(tighter) = tighter(one, other, keyword) {
                        let implied = if tighter == mine { value } else { &mine };
                        let what =
                            format!("implied by what it is merged with: {keyword} {implied}");
                        self.implied.push(what);
                        tighter
                    } else {
                        let what = format!("not checked in what is merged: {keyword} {value}");
                        self.left_out.push((String::new(), what));
                        mine
                    }
                }
                // Of parts that each know only their own properties, none can close the whole.
                ("additionalProperties", None) if value == &Value::Bool(false) => continue,
                (
                    "items" | "additionalProperties" | "anyOf" | "oneOf" | "enum" | "format",
                    Some(mine),
                ) => {
                    let says_less = value.is_boolean() || is_any_json(value);
                    if !says_less && essence(&mine) != essence(value) {
                        self.described_twice(keyword);
                    }
                    mine
                }
                (_, Some(mine)) => mine,
                (_, None) => value.clone(),
            };
            both.insert(keyword.clone(), value);
        }
        Some(Value::Object(both))
    }

    fn properties(&mut self, mine: Option<&Value>, others: &Value) -> Value {
        let mut properties = mine.and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, other) in others.as_object().into_iter().flatten() {
            self.spent += 1;
            let property = match properties.get(name) {
                None => other.clone(),
                Some(mine) if is_any_json(mine) => other.clone(),
                Some(mine) => {
                    let is_plain = mine.get("$ref").is_none() && other.get("$ref").is_none();
                    let both = is_plain.then(|| self.combine(mine, other)).flatten();
                    if both.is_none() && essence(mine) != essence(other) {
                        self.described_twice(name);
                    }
                    both.unwrap_or_else(|| mine.clone())
                }
            };
            properties.insert(name.clone(), property);
        }
        Value::Object(properties)
    }
}

fn kind_left_out(constraints: &[String]) -> String {
    let what = "left out: nothing says whether a value is of this kind";
    if constraints.is_empty() {
        return what.to_owned();
    }
    format!("{what}, nor checks {}", constraints.join(", "))
}

fn constraints_of(schema: &Map<String, Value>) -> Vec<String> {
    schema
        .iter()
        .filter(|(keyword, _)| is_constraint(keyword))
        .map(|(keyword, value)| format!("{keyword} {value}"))
        .collect()
}

/// Takes the constraints of a schema out, and of those inside it; returns them.
fn without_constraints(schema: &mut Value) -> Vec<String> {
    let mut taken = Vec::new();
    inside_mut(schema, &mut String::new(), &mut |_, schema| {
        if let Some(object) = schema.as_object_mut() {
            taken.extend(constraints_of(object));
            object.retain(|keyword, _| !is_constraint(keyword));
        }
    });
    taken
}

/// The constraint that is true of values of both schemas, if one of theirs is.
fn tighter(one: &Map<String, Value>, other: &Map<String, Value>, keyword: &str) -> Option<Value> {
    let (mine, others) = (one.get(keyword)?, other.get(keyword)?);
    let is_exclusive = |schema: &Map<String, Value>| {
        schema
            .keys()
            .any(|keyword| keyword.starts_with("exclusive"))
    };
    if is_exclusive(one) || is_exclusive(other) || keyword == "multipleOf" {
        return None;
    }
    if keyword == "uniqueItems" {
        return Some(Value::Bool(true));
    }
    let (first, second) = (mine.as_f64()?, others.as_f64()?);
    let is_mine = (first > second) == keyword.starts_with("min");
    Some(if is_mine {
        mine.clone()
    } else {
        others.clone()
    })
}

/// The only member of a choice with nothing beside it.
fn only_kind(schema: &Value) -> Option<&Value> {
    let mut says = schema
        .as_object()?
        .iter()
        .filter(|(keyword, _)| !is_annotation(keyword));
    match (says.next(), says.next()) {
        (Some((keyword, Value::Array(members))), None) if CHOICES.contains(&keyword.as_str()) => {
            (members.len() == 1).then(|| &members[0])
        }
        _ => None,
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn is_object(schema: &Value) -> bool {
    schema.as_object().and_then(kind_of) == Some("object")
}

/// Of any JSON, as of a component that extends itself, nobody knows.
fn is_no_object(schema: &Value) -> bool {
    let is_choice = CHOICES.iter().any(|keyword| schema.get(keyword).is_some());
    !is_object(schema) && !is_any_json(schema) && !is_choice
}

fn kind_of(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) => Some(kind),
        None if schema.contains_key("properties") || schema.contains_key("required") => {
            Some("object")
        }
        None => None,
    }
}

fn with_annotations(annotated: &Map<String, Value>, mut schema: Value) -> Value {
    if let Some(object) = schema.as_object_mut() {
        for (keyword, value) in annotated
            .iter()
            .filter(|(keyword, _)| is_annotation(keyword))
        {
            object.insert(keyword.clone(), value.clone());
        }
    }
    schema
}

fn union(one: &Value, other: &Value) -> Value {
    let mut union = one.as_array().cloned().unwrap_or_default();
    for name in other.as_array().into_iter().flatten() {
        if !union.contains(name) {
            union.push(name.clone());
        }
    }
    Value::Array(union)
}
