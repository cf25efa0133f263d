//! References that lead somewhere.

use serde_json::Value;

use super::{Findings, Rule};
use crate::document::{Document, each_object};

pub(super) const RULES: [Rule; 1] = [("reference", references)];

fn references(document: &Document, findings: &mut Findings) {
    each_object(&document.tree, &mut |pointer, object| {
        // Examples and extensions hold what they like.
        if pointer.contains("/example") || pointer.contains("/x-") {
            return;
        }
        let Some(Value::String(reference)) = object.get("$ref") else {
            return;
        };
        match reference.strip_prefix('#') {
            None => findings.add(
                pointer,
                format!("refers to `{reference}`, outside of the document"),
                "bring what it refers to into `components`",
            ),
            Some(target) if document.tree.pointer(target).is_none() => findings.add(
                pointer,
                format!("refers to `{reference}`, which is not there"),
                "add it, or mend the name",
            ),
            Some(_) => {}
        }
    });
}
