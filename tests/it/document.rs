//! The spec and its generated files.

use std::path::PathBuf;
use std::sync::LazyLock;

use openapi_codegen::conventions::Conventions;
use openapi_codegen::lower::{self, Lowered};
use openapi_tree::document::Document;
use serde_json::Value;
use xtask::files::{self, CODE, DOCUMENT, SETTINGS};
use xtask::regenerate::{outputs, own_version};

pub(crate) fn root() -> PathBuf {
    files::workspace_root()
}

/// The spec.
pub(crate) static CONNECTOR: LazyLock<Document> =
    LazyLock::new(|| files::read_document(&root().join(DOCUMENT)).expect("the document is read"));

/// The conventions of the spec.
pub(crate) static CONVENTIONS: LazyLock<Conventions> = LazyLock::new(|| {
    let settings = files::read_document(&root().join(SETTINGS)).expect("the settings are read");
    Conventions::for_document(&settings, &CONNECTOR.tree).expect("the settings are valid")
});

/// The lowered spec.
pub(crate) static LOWERED: LazyLock<Lowered> = LazyLock::new(|| {
    lower::lower(&CONNECTOR.file, &CONNECTOR.tree, &CONVENTIONS).expect("the document is lowered")
});

/// Returns the checked-in code.
pub(crate) fn code() -> String {
    openapi_tree::files::read_text(&root().join(CODE)).expect("the generated code is read")
}

/// Returns an example by its name: of the request if `status` is `None`, else of the response with that status.
pub(crate) fn example(operation_id: &str, status: Option<&str>, name: &str) -> Value {
    let operations = openapi_tree::schemas::operations(&CONNECTOR.tree);
    let operation = operations
        .iter()
        .find(|operation| operation.id() == Some(operation_id))
        .unwrap_or_else(|| panic!("no operation {operation_id}"));
    let holder = status.map_or_else(
        || "/requestBody".to_owned(),
        |status| format!("/responses/{status}"),
    );
    operation
        .node
        .pointer(&format!(
            "{holder}/content/application~1json/examples/{name}/value"
        ))
        .unwrap_or_else(|| panic!("{operation_id} has no example {name}"))
        .clone()
}

#[test]
fn the_checked_in_files_are_fresh() {
    let version = own_version(&root()).expect("the document becomes code");
    for target in outputs(&root(), &version).expect("the files") {
        let text = openapi_tree::files::read_text(&target.path).unwrap_or_default();
        assert!(
            text == target.text,
            "{} is stale: run `cargo xtask regenerate`",
            files::shown(&target.path).display()
        );
    }
}

#[test]
fn the_spec_follows_the_house_rules() {
    let findings = xtask::lint::house(&CONNECTOR, &CONVENTIONS);
    assert!(findings.is_empty(), "{findings:#?}");
}
