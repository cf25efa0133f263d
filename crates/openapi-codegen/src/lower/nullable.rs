//! Null is said where a component is used.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Changes, Pass, Work, component_pointer, is_any_json, is_nullable, make_nullable};
use openapi_tree::schemas::{components, each_schema_mut, named_component};

/// What a component says of null is said at each of its uses.
pub(super) const PASS: Pass = Pass {
    name: "null-at-use",
    answers: "typify wraps a nullable component twice: a type around an option of a type",
    work: Work::Whole { find, apply },
};

/// The same, once more: passes between have made components nullable.
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
            changes.note(&pointer, "may be null where it is used");
            // A circle of components that refer to each other would go on for ever.
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

/// A member of `allOf` and the like speaks for the schema around it, which is visited too.
fn is_member(pointer: &str) -> bool {
    let mut steps = pointer.rsplit('/');
    let is_index = steps
        .next()
        .is_some_and(|step| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()));
    is_index && matches!(steps.next(), Some("allOf" | "anyOf" | "oneOf"))
}
