//! What a server assumes is not what a client sends.

use serde_json::Value;

use super::{Changes, Pass};
use openapi_tree::schemas::{each_schema, each_schema_mut};

/// A default says what the server does when a property is left out; the client leaves it out.
pub(super) const PASS: Pass = Pass {
    name: "no-defaults",
    answers: "typify sends the default in place of nothing, reads it where nothing came, and refuses the document \
              for one that does not fit its type",
    find,
    apply,
};

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(tree, &mut |pointer, schema| {
        if schema.get("default").is_some() {
            found.push(format!("{pointer}/default"));
        }
    });
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    each_schema_mut(tree, &mut |pointer, schema| {
        if let Some(default) = schema
            .as_object_mut()
            .and_then(|object| object.remove("default"))
        {
            changes.note(
                format!("{pointer}/default"),
                format!("left to the server: {default}"),
            );
        }
    });
}
