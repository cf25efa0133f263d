//! References with something beside them.

use serde_json::{Value, json};

use super::{Edit, Pass, Work};
use crate::constraints::is_constraint;
use openapi_tree::document::escape;
use openapi_tree::schemas::named_component;

/// A reference keeps its description and whether it may be null; a type, a format or a limit beside it belongs to
/// what it refers to.
pub(super) const PASS: Pass = Pass {
    name: "plain-references",
    answers: "typify panics over a format beside a reference, and makes a second type for a limit beside one",
    work: Work::Schemas(edits),
};

/// What may stand beside a reference: what it says for readers, and whether it may be null.
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
                    format!("not checked beside a reference: {keyword} {value}"),
                )
            } else {
                edit.note(pointer, format!("left out beside the reference: {keyword}"))
            }
        })
        .collect();
    if !edits.is_empty() {
        let reference = json!([super::reference_to(name)]);
        edits.push(Edit::set(format!("{pointer}/allOf"), reference));
    }
    edits
}
