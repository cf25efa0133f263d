//! Generation of code from the text of a document.

use std::fmt::Write as _;
use std::path::Path;

use openapi_codegen::conventions::{Conventions, Interval};
use openapi_codegen::pipeline::{self, Generated};
use openapi_tree::document::Document;
use serde_json::Value;

/// Generates the code of a document in JSON or YAML. An error is a string with the location, the problem and the help.
pub(crate) fn generate(name: &str, text: &str) -> Result<Generated, String> {
    let document = Document::parse(Path::new(name), text).map_err(|error| in_words(&error))?;
    generate_tree(&document)
}

/// Generates code from a parsed document.
pub(crate) fn generate_tree(document: &Document) -> Result<Generated, String> {
    pipeline::generate(document, &conventions()).map_err(|error| in_words(&error))
}

/// Returns the conventions of the documents of these tests.
fn conventions() -> Conventions {
    Conventions {
        identifier: Some("Id".to_owned()),
        interval: Some(Interval {
            start: "StartUtc".to_owned(),
            end: "EndUtc".to_owned(),
            max_months: "x-max-interval-in-months".to_owned(),
        }),
        ..Conventions::default()
    }
}

fn in_words(error: &openapi_tree::error::Error) -> String {
    format!("{error}\nhelp: {}", error.help())
}

/// Returns the code of a document and the list of changes, each with its pointer.
pub(crate) fn code_of(document: &Value) -> (String, String) {
    let generated =
        generate("document.json", &document.to_string()).unwrap_or_else(|error| panic!("{error}"));
    let mut changes = String::new();
    for change in generated.lowered.changes.list() {
        let _ = writeln!(
            changes,
            "document.json#{}: {} [{}]",
            change.pointer, change.what, change.pass
        );
    }
    (generated.code, changes)
}
