//! What a server assumes is not what a client sends.

use serde_json::Value;

use super::{Edit, Pass, Work};

/// A default says what the server does when a property is left out; the client leaves it out.
pub(super) const PASS: Pass = Pass {
    name: "no-defaults",
    answers: "typify sends the default in place of nothing, reads it where nothing came, and refuses the document \
              for one that does not fit its type",
    work: Work::Schemas(edits),
};

fn edits(pointer: &str, schema: &Value) -> Vec<Edit> {
    let place = format!("{pointer}/default");
    let default = schema.get("default").into_iter();
    default
        .map(|value| Edit::remove(&place).note(&place, format!("left to the server: {value}")))
        .collect()
}
