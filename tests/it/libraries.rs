//! The boundaries between the crates, and the map of the workspace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::document::root;

/// Words that belong to this API only.
const WORDS: [&str; 3] = ["mews", "voucher", "connector"];

/// The libraries for any API.
const LIBRARIES: [&str; 3] = [
    "crates/openapi-tree",
    "crates/openapi-codegen",
    "crates/openapi-evidence",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the library") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn libraries_do_not_name_this_api() {
    let mut found = Vec::new();
    for library in LIBRARIES {
        files(&root().join(library), &mut found);
    }
    assert!(found.len() > 50, "{} files", found.len());
    for path in found {
        let text = fs::read_to_string(&path).expect("a text file");
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            let word = WORDS.iter().find(|word| line.contains(*word));
            assert_eq!(word, None, "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

/// Returns the names of the crates that a crate of the workspace depends on.
fn dependencies(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal"])
        .args(["--prefix", "none", "--package", package])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let tree = String::from_utf8(output.stdout).expect("text");
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_client_needs_no_generator() {
    let names = dependencies("mews-connector");
    assert!(names.iter().any(|name| name == "mews-connector-api"));
    for name in names {
        let is_generator = name.starts_with("openapi")
            || name.starts_with("typify")
            || name.starts_with("progenitor") && name != "progenitor-client"
            || ["serde_yaml", "yaml_serde"].contains(&name.as_str());
        assert!(!is_generator, "mews-connector depends on {name}");
    }
}

#[test]
fn the_sandbox_does_not_depend_on_the_client() {
    let names = dependencies("mews-sandbox");
    assert!(names.iter().any(|name| name == "jsonschema"), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("mews-connector")));
}

#[test]
fn the_architecture_names_files_and_tests_that_exist() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let mut tests = 0;
    for name in page.split('`').skip(1).step_by(2) {
        let is_path = ["crates/", "openapi/", "tests/", "xtask/"]
            .iter()
            .any(|folder| name.starts_with(folder));
        if !is_path {
            continue;
        }
        let (file, test) = match name.split_once("::") {
            Some((file, test)) => (file, Some(test)),
            None => (name, None),
        };
        let path = root().join(file.trim_end_matches("*.yaml"));
        assert!(
            path.exists(),
            "ARCHITECTURE.md names the missing file {file}"
        );
        if let Some(test) = test {
            let text = fs::read_to_string(path).expect("a file");
            assert!(
                text.contains(&format!("fn {test}(")),
                "ARCHITECTURE.md names the missing test {name}"
            );
            tests += 1;
        }
    }
    assert!(tests >= 5, "{tests} tests");
}
