//! Components that are only another name of a component.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Changes, Pass, Work, reference_to};
use openapi_tree::schemas::{
    component_pointer, components, each_schema_mut, named_component, referenced_component,
};

/// Removes each component that is only another name of a component. Its uses refer to that component.
pub(super) const PASS: Pass = Pass {
    name: "no-aliases",
    reason: "typify makes a second type around the first, which has neither its fields nor its values",
    work: Work::Whole { find, apply },
};

/// Runs again, because merging can leave a component that is only another name.
pub(super) const AGAIN: Pass = Pass {
    name: "no-aliases-again",
    ..PASS
};

/// Returns the component that a schema is only another name of.
fn target(schema: &Value) -> Option<&str> {
    let name = named_component(schema)?;
    let says_more = schema.get("$ref").is_none()
        && schema.as_object()?.keys().any(|keyword| {
            !super::is_annotation(keyword)
                && !["allOf", "anyOf", "oneOf", "type"].contains(&keyword.as_str())
        });
    (!says_more).then_some(name)
}

fn find(tree: &Value) -> Vec<String> {
    components(tree)
        .filter(|(_, schema)| target(schema).is_some())
        .map(|(name, _)| component_pointer(name))
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    let aliases: BTreeMap<String, String> = components(tree)
        .filter_map(|(name, schema)| Some((name.clone(), target(schema)?.to_owned())))
        .collect();
    if aliases.is_empty() {
        return;
    }
    let mut ends = BTreeMap::new();
    for name in aliases.keys() {
        let mut seen = BTreeSet::new();
        let mut end = name;
        while let Some(next) = aliases.get(end)
            && seen.insert(end)
        {
            end = next;
        }
        if !aliases.contains_key(end) {
            ends.insert(name.clone(), end.clone());
        }
    }
    if let Some(schemas) = tree
        .pointer_mut(openapi_tree::schemas::COMPONENTS)
        .and_then(Value::as_object_mut)
    {
        for (name, end) in &ends {
            schemas.remove(name);
            changes.note(
                component_pointer(name),
                format!("another name for `{end}`, which is used in its place"),
            );
        }
    }
    each_schema_mut(tree, &mut |_, schema| {
        if let Some(end) = referenced_component(schema).and_then(|name| ends.get(name)) {
            *schema = reference_to(end);
        }
    });
}
