//! Defaults of the server.

use serde_json::Value;

use super::{Edit, Pass, Work};

/// A default is the value that the server assumes for an omitted property. The client omits the property.
pub(super) const PASS: Pass = Pass {
    name: "no-defaults",
    reason: "typify sends the default of an omitted property, decodes a missing property as the default, and rejects a \
              default of another type",
    work: Work::Schemas(edits),
};

fn edits(pointer: &str, schema: &Value) -> Vec<Edit> {
    let place = format!("{pointer}/default");
    let default = schema.get("default").into_iter();
    default
        .map(|value| Edit::remove(&place).note(&place, format!("left to the server: {value}")))
        .collect()
}
