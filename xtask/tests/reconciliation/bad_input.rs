//! Input that is not a document is rejected with its location, and no file changes.

use std::fs::File;

use crate::support::{Project, unwrapped};

/// A page up to its table.
const PAGE: &str = "# A\n\n## B\n\n### Request\n\n`[PlatformAddress]/api/v1/a/b`\n\n";

/// Expects that both commands that read documents reject one with these parts of a message, and change no file.
fn rejected(project: &Project, name: &str, parts: &[&str]) {
    let before = project.files();
    let path = project.path(name).display().to_string();
    for arguments in [&["import", &path, "--as", "x"][..], &["drift", &path]] {
        let printed = unwrapped(&project.ends(arguments, 1));
        for text in parts {
            assert!(printed.contains(text), "{name}: no `{text}` in {printed}");
        }
    }
    assert_eq!(project.files(), before, "{name}");
}

#[test]
fn each_is_rejected_with_its_location() {
    let project = Project::new();
    let nines = "*a, ".repeat(8) + "*a";
    let bomb = ["b", "c", "d", "e", "f", "g", "h"]
        .iter()
        .fold(
            (
                format!("openapi: 3.0.3\na: &a [{}]\n", "x, ".repeat(9)),
                'a',
            ),
            |(text, last), name| {
                let aliases = nines.replace("*a", &format!("*{last}"));
                (
                    format!("{text}{name}: &{name} [{aliases}]\n"),
                    name.chars().next().unwrap_or('a'),
                )
            },
        )
        .0;
    let missing = format!(
        "{PAGE}| Property | Type | Description |\n| :-- | :-- | :-- |\n| `A` | string | x |\n"
    );
    let separator = format!(
        "{PAGE}| Property | Type | Contract | Description |\n| :-- | :-- | :-- |\n| `A` | string |\n"
    );
    let brackets = "[".repeat(100_000);
    for (name, text, parts) in [
        ("empty.md", String::new(), vec!["empty.md: expected a document, found an empty file"]),
        ("blank.md", " \n\n".to_owned(), vec!["blank.md: expected a document, found an empty file"]),
        ("page.html", "<!DOCTYPE html>\n<html></html>".to_owned(), vec!["page.html: unsupported format: HTML"]),
        ("prose.md", "# Lamps\n\nLamps give light.\n".to_owned(), vec!["prose.md: unknown format", "rendered OpenAPI"]),
        (
            "other.md",
            format!("{PAGE}| Name | Meaning |\n| :-- | :-- |\n| A | B |\n").replace("/api/v1/a/b", "/a/b"),
            vec!["other.md:11:1: missing facts"],
        ),
        ("nothing.yaml", "openapi: 3.0.3\npaths: {}\n".to_owned(), vec!["nothing.yaml: missing facts"]),
        ("missing.md", missing, vec!["missing.md:9:1:", "its columns are Property, Type, Description", "use the columns"]),
        ("separator.md", separator, vec!["separator.md:9:1:", "another number of columns"]),
        ("quotes.md", format!("{PAGE}{}x\n", ">".repeat(50_000)), vec!["quotes.md:9:257: unsupported depth of nesting"]),
        ("lists.md", format!("{PAGE}{}x\n", "- ".repeat(50_000)), vec!["lists.md:9:257: unsupported depth of nesting"]),
        ("bomb.yaml", bomb, vec!["bomb.yaml", "repetition limit exceeded"]),
        ("deep.yaml", format!("openapi: 3.0.3\nx: {brackets}"), vec!["deep.yaml:2:1004: unsupported depth of nesting"]),
        ("deep.json", format!("{{\"openapi\": {brackets}"), vec!["deep.json:1:", "recursion limit exceeded"]),
        ("broken.yaml", "openapi: 3.0.3\npaths: {a: [}\n".to_owned(), vec!["broken.yaml:2:", "invalid YAML"]),
        ("broken.json", "{\"openapi\": \"3.0.3\",\n \"paths\": }\n".to_owned(), vec!["broken.json:2:11: invalid JSON"]),
        ("newer.yaml", "openapi: 3.1.0\n".to_owned(), vec!["newer.yaml#/openapi: unsupported version of OpenAPI `3.1.0`"]),
        ("other.json", "{}".to_owned(), vec!["other.json#/openapi:", "missing version of OpenAPI"]),
        ("odd.yaml", "openapi: 3.0.3\npaths: [1]\n".to_owned(), vec!["odd.yaml#/paths:", "expected an object"]),
        (
            "lost.yaml",
            "openapi: 3.0.3\ncomponents:\n  schemas:\n    A: {properties: {x: {$ref: '#/components/schemas/B'}}}\n".to_owned(),
            vec!["lost.yaml#/components/schemas/A/properties/x/$ref:", "unknown reference target"],
        ),
        (
            "circle.yaml",
            "openapi: 3.0.3\ncomponents:\n  schemas:\n    A: {allOf: [{$ref: '#/components/schemas/A'}]}\n".to_owned(),
            vec!["circle.yaml#/components/schemas/A: unsupported references: circular"],
        ),
    ] {
        project.write(name, &text);
        rejected(&project, name, &parts);
    }
}

#[test]
fn the_number_of_followed_references_is_limited() {
    use std::fmt::Write as _;
    let project = Project::new();
    let mut text =
        "openapi: 3.0.3\ncomponents:\n  schemas:\n    A30: {properties: {x: {type: string}}}\n"
            .to_owned();
    for level in 0..30 {
        let next = level + 1;
        let _ = writeln!(
            text,
            "    A{level}: {{allOf: [{{$ref: '#/components/schemas/A{next}'}}, {{$ref: '#/components/schemas/A{next}'}}]}}"
        );
    }
    project.write("fan.yaml", &text);
    rejected(
        &project,
        "fan.yaml",
        &["fan.yaml#/components/schemas/", "to too many schemas"],
    );
}

#[test]
fn rejects_bytes_that_are_not_utf_8() {
    let project = Project::new();
    for (name, bytes) in [
        ("binary.md", &[0x7f, b'E', b'L', b'F', 0xff, 0, 1][..]),
        ("latin.md", b"# Caf\xe9\n"),
    ] {
        std::fs::write(project.path(name), bytes).expect("a file");
        rejected(&project, name, &["invalid UTF-8 at byte"]);
    }
}

#[test]
fn a_file_that_is_too_large_is_rejected() {
    let project = Project::new();
    let file = File::create(project.path("huge.md")).expect("a file");
    file.set_len(100 * 1024 * 1024).expect("a large file");
    let path = project.path("huge.md").display().to_string();
    let printed = unwrapped(&project.ends(&["import", &path, "--as", "x"], 1));
    assert!(
        printed.contains("huge.md: expected at most 33554432 bytes"),
        "{printed}"
    );
    assert!(!project.path("openapi/variants/x.yaml").exists());
}

#[test]
fn a_missing_file_is_rejected() {
    let project = Project::new();
    rejected(
        &project,
        "nowhere.md",
        &["nowhere.md: failed to read the file"],
    );
}

#[test]
fn an_example_that_is_nested_too_deeply_is_reported_and_the_rest_is_read() {
    let project = Project::new();
    let path = project.write(
        "deep.md",
        &format!("{PAGE}```javascript\n{}\n```\n", "[".repeat(100_000)),
    );
    let printed = project.done(&["import", &path, "--as", "x"]);
    assert!(
        printed.contains("deep.md:9: an example that is not JSON"),
        "{printed}"
    );
}

#[test]
fn a_line_that_is_long_is_not_deep() {
    let project = Project::new();
    let rule = "-".repeat(300);
    let row = "| `A` | string | required | x |";
    let path = project.write(
        "wide.md",
        &format!("{PAGE}| Property | Type | Contract | Description |\n| {rule} | --- | --- | --- |\n{row}\n\n{rule}\n"),
    );
    let printed = project.done(&["import", &path, "--as", "x", "--strict"]);
    assert!(
        printed.contains("1 rows seen, 1 facts written"),
        "{printed}"
    );
}
