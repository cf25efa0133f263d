//! References with other keywords next to them.

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use crate::constraints::is_constraint;
use openapi_tree::document::escape;
use openapi_tree::schemas::named_component;

/// A reference keeps its description and `nullable`. A type, a format or a constraint next to it belongs to the target.
pub(super) const PASS: Pass = Pass {
    name: "plain-references",
    reason: "typify panics if a format is next to a reference, and creates a second type for a constraint next to one",
    work: Work::Schemas(edits),
};

/// Returns `true` if a keyword can be next to a reference: an annotation, or `nullable`.
fn is_extra(key: &str) -> bool {
    key != "allOf" && !super::is_annotation(key)
}

fn edits(pointer: &str, schema: &Value) -> Vec<Edit> {
    let (None, Some(name), Some(object)) = (
        schema.get("$ref"),
        named_component(schema),
        schema.as_object(),
    ) else {
        return Vec::new();
    };
    let mut edits: Vec<Edit> = object
        .iter()
        .filter(|(keyword, _)| is_extra(keyword))
        .map(|(keyword, value)| {
            let edit = Edit::remove(format!("{pointer}/{}", escape(keyword)));
            if is_constraint(keyword) {
                edit.loss(
                    pointer,
                    format!("not checked next to a reference: {keyword} {value}"),
                )
            } else {
                edit.note(pointer, format!("removed next to the reference: {keyword}"))
            }
        })
        .collect();
    if !edits.is_empty() {
        let reference = json!([super::reference_to(name)]);
        edits.push(Edit::set(format!("{pointer}/allOf"), reference));
    }
    edits
}
