//! The test documents.

use std::fs;
use std::path::{Path, PathBuf};

use openapi_evidence::conventions::Conventions;
use openapi_tree::document::Document;

/// Returns the path of a test document.
pub(crate) fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/documents")
        .join(name)
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the conventions of the test documents.
pub(crate) fn conventions() -> Conventions {
    let settings = Document::read(&document("project/settings.yaml")).expect("the settings");
    Conventions::from_settings(&settings).expect("the conventions")
}
