//! Texts that the generator would take for something else.

use serde_json::Value;

use super::{Changes, Pass};
use openapi_tree::schemas::{each_schema, each_schema_mut};

/// A title names things for readers; several schemas may share one.
pub(super) const PASS: Pass = Pass {
    name: "no-titles",
    answers: "typify takes the title of an inline schema for the name of its type, also when two schemas share it",
    find,
    apply,
};

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if schema.get("title").is_some() {
            found.push(format!("{pointer}/title"));
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    each_schema_mut(tree, &mut |pointer, schema| {
        if let Some(Value::String(title)) = schema
            .as_object_mut()
            .and_then(|object| object.remove("title"))
        {
            changes.note(format!("{pointer}/title"), format!("left out: `{title}`"));
        }
    });
}
