//! What lowering did to a document, told to who runs the command.

use std::collections::BTreeMap;
use std::io::Write;

use openapi_codegen::lower::{Changes, Effect};
use openapi_tree::document::Document;

/// Tells every change by which the types promise less than the document, each with its pointer, and counts the
/// others by pass; `all` tells these one by one too.
pub(super) fn tell(document: &Document, changes: &Changes, all: bool, out: &mut dyn Write) {
    let file = document.file.display();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes.list() {
        if all || change.effect == Effect::Loss {
            let _ = writeln!(
                out,
                "{file}#{}: {} [{}]",
                change.pointer, change.what, change.pass
            );
        } else {
            *counts.entry(change.pass).or_default() += 1;
        }
    }
    if !counts.is_empty() {
        let counts: Vec<String> = counts
            .iter()
            .map(|(pass, count)| format!("{pass} {count}"))
            .collect();
        let _ = writeln!(
            out,
            "{file}: brought into other forms of the same meaning (--verbose shows each): {}",
            counts.join(", ")
        );
    }
}
