//! Reading documents and files.

use std::fs;
use std::path::Path;

use openapi_tree::document::{Document, each_object, escape, sha256_hex};
use openapi_tree::error::Location;
use openapi_tree::files::{MAX_FILE_BYTES, entries, read_text};
use serde_json::json;

fn parse(text: &str) -> Result<Document, openapi_tree::error::Error> {
    Document::parse(Path::new("a.yaml"), text)
}

#[test]
fn yaml_and_json_are_the_same_tree() {
    let yaml = parse("a: [1, true, null, x]\n200: {b: 1.5}\n").expect("YAML");
    let json = parse(r#"{ "a": [1, true, null, "x"], "200": { "b": 1.5 } }"#).expect("JSON");
    assert_eq!(yaml.tree, json.tree);
    assert_eq!(
        yaml.sha256,
        sha256_hex(b"a: [1, true, null, x]\n200: {b: 1.5}\n")
    );
}

#[test]
fn syntax_errors_have_a_line_and_a_column() {
    for text in ["{\n  \"a\": }", "a:\n  b: [1\n"] {
        let error = parse(text).expect_err("invalid syntax");
        assert!(
            matches!(error.location(), Location::LineColumn { .. }),
            "{error}"
        );
        assert!(!error.help().is_empty());
    }
}

#[test]
fn values_that_json_lacks_have_a_pointer() {
    for (text, pointer) in [("a: {b: .nan}", "/a/b"), ("a: [!x y]", "/a/0")] {
        let error = parse(text).expect_err("no JSON value");
        assert_eq!(
            error.location(),
            &Location::Pointer(pointer.to_owned()),
            "{error}"
        );
    }
}

#[test]
fn nesting_is_limited() {
    for text in [
        format!("a: {}", "[".repeat(2_000)),
        format!("{}a: 1", " ".repeat(300)),
        format!("{{\"a\": {}", "[".repeat(200_000)),
    ] {
        parse(&text).expect_err("nested too deeply");
    }
}

#[test]
fn every_object_is_visited_with_its_pointer() {
    let tree = json!({ "a/b": [{ "~": {} }] });
    let mut pointers = Vec::new();
    each_object(&tree, &mut |pointer, object| {
        assert_eq!(
            tree.pointer(pointer).and_then(|value| value.as_object()),
            Some(object)
        );
        pointers.push(pointer.to_owned());
    });
    assert_eq!(pointers, ["", "/a~1b/0", "/a~1b/0/~0"]);
    assert_eq!(escape("a/~"), "a~1~0");
}

#[test]
fn files_are_read_with_unix_line_ends_and_up_to_a_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("b.txt");
    fs::write(&path, "\u{feff}one\r\ntwo\r\n").expect("a file");
    assert_eq!(read_text(&path).expect("the text"), "one\ntwo\n");
    let large = folder.path().join("a.txt");
    fs::File::create(&large)
        .and_then(|file| file.set_len(MAX_FILE_BYTES + 1))
        .expect("a file");
    assert!(
        read_text(&large)
            .expect_err("too large")
            .to_string()
            .contains("bytes")
    );
    assert_eq!(entries(folder.path()).expect("the folder"), [large, path]);
    entries(&folder.path().join("missing")).expect_err("a missing folder");
}
