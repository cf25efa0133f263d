//! Merging of several schemas into one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{CHOICES, describes_values, essence, needs};
use crate::constraints::{EXCLUSIVE, is_constraint};
use crate::lower::{any_json, is_annotation, is_any_json, reference_to};
use openapi_tree::schemas::{inside_mut, named_component, referenced_component};

/// The maximum number of properties of merged objects. A document with more is built to exhaust memory.
const MAX_PROPERTIES: usize = 200_000;

/// The keyword of a choice, and its alternatives.
type Choice = (&'static str, Vec<Value>);

/// Merges the schemas of one document, and collects everything that the merged schemas do not contain.
pub(super) struct Merger<'a> {
    schemas: &'a Map<String, Value>,
    /// The flattened components. `None` is a component that is being flattened.
    pub(super) flat: BTreeMap<String, Option<Value>>,
    spent: usize,
    /// Everything that the merged schema does not contain, each with its location in the original schema.
    pub(super) left_out: Vec<(String, String)>,
    /// The constraints that another one implies.
    pub(super) implied: Vec<String>,
}

impl<'a> Merger<'a> {
    pub(super) fn new(schemas: &'a Map<String, Value>) -> Self {
        Self {
            schemas,
            flat: BTreeMap::new(),
            spent: 0,
            left_out: Vec::new(),
            implied: Vec::new(),
        }
    }

    /// Returns one schema for a composition, and what was lost, if anything.
    pub(super) fn merged(&mut self, schema: &Value) -> (Value, Option<String>) {
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
        let describes_values = describes_values(&own);
        let reference = distinct
            .iter()
            .filter_map(|member| referenced_component(member))
            .find(|name| distinct.len() == 1 || is_no_object(&self.component(name)));
        if let Some(name) = reference
            && !describes_values
            && (choices.is_empty() || distinct.len() == 1 || is_no_object(&self.component(name)))
        {
            let name = name.to_owned();
            return self.referring(&name, schema, &own, &distinct, &choices);
        }
        if distinct.is_empty() && !describes_values && choices.len() == 1 {
            let (keyword, choice) = choices.remove(0);
            own.remove("type");
            self.not_checked("next to a choice", &constraints_of(&own));
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
        let merged = self.with_choices(merged, &choices);
        if self.spent > MAX_PROPERTIES {
            return self.lost(schema);
        }
        (merged, None)
    }

    /// Returns the reference of a composition with a scalar component. The other members are not kept.
    fn referring(
        &mut self,
        name: &str,
        schema: &Value,
        own: &Map<String, Value>,
        members: &[Value],
        choices: &[Choice],
    ) -> (Value, Option<String>) {
        let target = self.component(name);
        let mut unchecked = constraints_of(own);
        let others = members
            .iter()
            .filter(|member| referenced_component(member) != Some(name));
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
        self.not_checked("next to a reference", &unchecked);
        let reference = json!({ "allOf": [reference_to(name)] });
        (with_annotations(own, reference), None)
    }

    /// Adds the properties of the alternatives to an object as optional ones.
    fn with_choices(&mut self, mut merged: Value, choices: &[Choice]) -> Value {
        for (keyword, choice) in choices {
            for (index, alternative) in choice.iter().enumerate() {
                let mut optional = self.flatten(alternative);
                // A value does not have to fit each alternative.
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
                        "not checked for one of several alternatives: {}",
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
        let why = if self.spent > MAX_PROPERTIES {
            format!(
                "any JSON: merged, the document would have more than {MAX_PROPERTIES} properties"
            )
        } else {
            "any JSON: its parts have different types".to_owned()
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

    /// Returns a schema without a reference or `allOf` at its top, and without annotations.
    fn flatten(&mut self, schema: &Value) -> Value {
        // Losses of an inner schema are reported where that schema is merged.
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

    /// Returns the schema of values that fit both. The first schema wins where the two differ. Returns `None` if they have
    /// different types.
    fn combine(&mut self, first: &Value, second: &Value) -> Option<Value> {
        let (one, other) = (first.as_object()?, second.as_object()?);
        if is_any_json(second) || self.spent > MAX_PROPERTIES {
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
                ("required" | EXCLUSIVE, Some(mine)) => union(&mine, value),
                (keyword, Some(mine)) if is_constraint(keyword) && mine != *value => {
                    if let Some(tighter) = tighter(one, other, keyword) {
                        let implied = if tighter == mine { value } else { &mine };
                        let what = format!("implied by the other part: {keyword} {implied}");
                        self.implied.push(what);
                        tighter
                    } else {
                        self.not_checked("after merging", &[format!("{keyword} {value}")]);
                        mine
                    }
                }
                // A part does not contain the properties of the others, so it cannot close the merged object.
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
    let what = "left out: nothing states whether a value is of this alternative";
    if constraints.is_empty() {
        return what.to_owned();
    }
    format!("{what}; not checked: {}", constraints.join(", "))
}

fn constraints_of(schema: &Map<String, Value>) -> Vec<String> {
    schema
        .iter()
        .filter(|(keyword, _)| is_constraint(keyword))
        .map(|(keyword, value)| format!("{keyword} {value}"))
        .collect()
}

/// Removes the constraints of a schema and of the schemas inside it, and returns them.
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

/// Returns the stricter constraint of two schemas, if one of them implies the other.
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

/// Returns the only member of a choice without other keywords.
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

/// Returns `true` if a schema is surely not an object. Any JSON can be one, and so can a component that extends itself.
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
