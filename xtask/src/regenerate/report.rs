//! The report of the lowering changes to a document.

use std::collections::BTreeMap;
use std::io::Write;

use openapi_codegen::lower::{Changes, Effect};
use openapi_tree::document::Document;

/// Prints every lossy change with its JSON Pointer, and the number of other changes for each pass. If `all` is set, the
/// other changes are printed too.
pub(super) fn print(document: &Document, changes: &Changes, all: bool, out: &mut dyn Write) {
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
            "{file}: changes that keep the meaning (--verbose lists them): {}",
            counts.join(", ")
        );
    }
}
