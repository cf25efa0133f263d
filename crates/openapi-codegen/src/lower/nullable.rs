//! `nullable` moves from components to their uses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass, Work, is_any_json, is_nullable, make_nullable};
use openapi_tree::schemas::{component_pointer, components, each_schema_mut, named_component};

/// Moves `nullable` from a component to each of its uses.
pub(super) const PASS: Pass = Pass {
    name: "null-at-use",
    reason: "typify wraps a nullable component twice: a type around an option of a type",
    work: Work::Whole { find, apply },
};

/// Runs again, because the passes in between can make components nullable.
pub(super) const AGAIN: Pass = Pass {
    name: "null-at-use-again",
    ..PASS
};

fn find(tree: &Value) -> Vec<String> {
    components(tree)
        .filter(|(_, schema)| schema.get("nullable").is_some())
        .map(|(name, _)| component_pointer(name))
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let mut done: BTreeSet<String> = BTreeSet::new();
    loop {
        let here: Vec<(String, bool)> = components(tree)
            .filter(|(_, schema)| schema.get("nullable").is_some())
            .map(|(name, schema)| (name.clone(), is_nullable(schema) && !is_any_json(schema)))
            .collect();
        if here.is_empty() {
            return;
        }
        let mut nullable = BTreeSet::new();
        for (name, is_nullable) in here {
            let pointer = component_pointer(&name);
            if let Some(schema) = tree.pointer_mut(&pointer).and_then(Value::as_object_mut) {
                schema.remove("nullable");
            }
            changes.note(&pointer, "nullable where it is used");
            // Components that refer to each other would never end.
            if is_nullable && done.insert(name.clone()) {
                nullable.insert(name);
            }
        }
        each_schema_mut(tree, &mut |pointer, schema| {
            if !is_member(pointer)
                && !is_nullable(schema)
                && named_component(schema).is_some_and(|name| nullable.contains(name))
            {
                make_nullable(schema);
            }
        });
    }
}

/// Returns `true` if a location is a member of `allOf`, `anyOf` or `oneOf`. The schema around it is visited too.
fn is_member(pointer: &str) -> bool {
    let mut steps = pointer.rsplit('/');
    let is_index = steps
        .next()
        .is_some_and(|step| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()));
    is_index && matches!(steps.next(), Some("allOf" | "anyOf" | "oneOf"))
}
