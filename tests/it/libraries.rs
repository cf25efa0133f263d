//! The libraries are about any API.

use std::fs;
use std::path::{Path, PathBuf};

use crate::document::root;

/// Words that belong to this API only.
const WORDS: [&str; 3] = ["mews", "voucher", "connector"];

/// The libraries for any API.
const LIBRARIES: [&str; 2] = ["crates/openapi-tree", "crates/openapi-codegen"];

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
