//! Properties that exclude each other.

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use crate::constraints::EXCLUSIVE;
use openapi_tree::schemas::{named_component, properties, referenced_component, required};

/// `not` with `required`, or with `anyOf` of several such schemas, becomes a constraint.
pub(super) const PASS: Pass = Pass {
    name: "exclusive-properties",
    reason: "typify panics over most uses of `not`, and checks none",
    work: Work::Schemas(edits),
};

fn edits(pointer: &str, schema: &Value) -> Vec<Edit> {
    let Some(groups) = groups(schema) else {
        return Vec::new();
    };
    let what: Vec<String> = groups
        .iter()
        .map(|names| format!("not all of {} at once", names.join(", ")))
        .collect();
    vec![
        Edit::remove(format!("{pointer}/not")),
        Edit::set(format!("{pointer}/{EXCLUSIVE}"), json!(groups)).note(pointer, what.join("; ")),
    ]
}

/// Returns the groups of properties that a value must not have at once, if `not` states nothing else.
fn groups(schema: &Value) -> Option<Vec<Vec<&str>>> {
    let not = schema.get("not")?;
    let alternatives = match not.as_object()?.iter().collect::<Vec<_>>()[..] {
        [(keyword, alternatives)] if keyword == "anyOf" => alternatives.as_array()?,
        _ => std::slice::from_ref(not),
    };
    let groups = alternatives.iter().map(|other| group(schema, other));
    groups
        .collect::<Option<Vec<_>>>()
        .filter(|groups| !groups.is_empty())
}

/// Returns the properties that an alternative requires, if every valid value with these properties fits it.
fn group<'a>(schema: &Value, alternative: &'a Value) -> Option<Vec<&'a str>> {
    let names = required(alternative);
    let mut keywords = alternative.as_object()?.iter();
    let states_nothing_else = keywords.all(|(keyword, value)| match keyword.as_str() {
        "required" | "description" => true,
        "type" => value == "object",
        "properties" => properties(alternative).all(|(name, property)| {
            names.contains(&name.as_str()) && is_not_null(property, &schema["properties"][name])
        }),
        _ => false,
    });
    (names.len() > 1 && states_nothing_else).then_some(names)
}

/// Returns `true` if a schema accepts every value of a declared property, except null. The generated types omit a
/// property instead of sending null.
fn is_not_null(schema: &Value, declared: &Value) -> bool {
    match referenced_component(schema) {
        Some(name) => named_component(declared) == Some(name),
        None => schema.get("type").is_some_and(|kind| {
            *schema == json!({ "type": kind }) && declared.get("type") == Some(kind)
        }),
    }
}
