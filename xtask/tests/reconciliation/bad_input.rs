//! What is no document: refused with its place, and nothing written.

use std::fs::File;

use crate::support::{Project, unwrapped};

/// A page up to the place where its table belongs.
const PAGE: &str = "# A\n\n## B\n\n### Request\n\n`[PlatformAddress]/api/v1/a/b`\n\n";

/// Both commands that read documents refuse one, say where and why, and leave every file as it was.
fn refused(project: &Project, name: &str, says: &[&str]) {
    let before = project.files();
    let path = project.path(name).display().to_string();
    for arguments in [&["import", &path, "--as", "x"][..], &["drift", &path]] {
        let printed = unwrapped(&project.ends(arguments, 1));
        for text in says {
            assert!(printed.contains(text), "{name}: no `{text}` in {printed}");
        }
    }
    assert_eq!(project.files(), before, "{name}");
}

#[test]
fn each_is_refused_with_its_place() {
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
    for (name, text, says) in [
        ("empty.md", String::new(), vec!["empty.md: is empty"]),
        ("blank.md", " \n\n".to_owned(), vec!["blank.md: is empty"]),
        ("page.html", "<!DOCTYPE html>\n<html></html>".to_owned(), vec!["page.html: is HTML"]),
        ("prose.md", "# Lamps\n\nLamps give light.\n".to_owned(), vec!["prose.md: has none of the forms", "rendered OpenAPI"]),
        (
            "other.md",
            format!("{PAGE}| Name | Meaning |\n| :-- | :-- |\n| A | B |\n").replace("/api/v1/a/b", "/a/b"),
            vec!["other.md:11:1: states no fact that can be read"],
        ),
        ("nothing.yaml", "openapi: 3.0.3\npaths: {}\n".to_owned(), vec!["nothing.yaml: states no fact"]),
        ("missing.md", missing, vec!["missing.md:9:1:", "its columns are Property, Type, Description", "give it the columns"]),
        ("separator.md", separator, vec!["separator.md:9:1:", "another number of columns"]),
        ("quotes.md", format!("{PAGE}{}x\n", ">".repeat(50_000)), vec!["quotes.md:9:257: is nested too deeply"]),
        ("lists.md", format!("{PAGE}{}x\n", "- ".repeat(50_000)), vec!["lists.md:9:257: is nested too deeply"]),
        ("bomb.yaml", bomb, vec!["bomb.yaml", "repetition limit exceeded"]),
        ("deep.yaml", format!("openapi: 3.0.3\nx: {brackets}"), vec!["deep.yaml:2:1004: is nested too deeply"]),
        ("deep.json", format!("{{\"openapi\": {brackets}"), vec!["deep.json:1:", "recursion limit exceeded"]),
        ("broken.yaml", "openapi: 3.0.3\npaths: {a: [}\n".to_owned(), vec!["broken.yaml:2:", "is not YAML"]),
        ("broken.json", "{\"openapi\": \"3.0.3\",\n \"paths\": }\n".to_owned(), vec!["broken.json:2:11: is not JSON"]),
        ("newer.yaml", "openapi: 3.1.0\n".to_owned(), vec!["newer.yaml#/openapi: is OpenAPI 3.1.0"]),
        ("other.json", "{}".to_owned(), vec!["other.json#/openapi:", "no OpenAPI document"]),
        ("odd.yaml", "openapi: 3.0.3\npaths: [1]\n".to_owned(), vec!["odd.yaml#/paths:", "something else than an object"]),
        (
            "lost.yaml",
            "openapi: 3.0.3\ncomponents:\n  schemas:\n    A: {properties: {x: {$ref: '#/components/schemas/B'}}}\n".to_owned(),
            vec!["lost.yaml#/components/schemas/A/properties/x/$ref:", "leads nowhere"],
        ),
        (
            "circle.yaml",
            "openapi: 3.0.3\ncomponents:\n  schemas:\n    A: {allOf: [{$ref: '#/components/schemas/A'}]}\n".to_owned(),
            vec!["circle.yaml#/components/schemas/A: has references that lead in a circle"],
        ),
    ] {
        project.write(name, &text);
        refused(&project, name, &says);
    }
}

#[test]
fn references_that_multiply_are_not_followed_to_the_end() {
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
    refused(
        &project,
        "fan.yaml",
        &["fan.yaml#/components/schemas/", "through too many schemas"],
    );
}

#[test]
fn bytes_that_are_no_text() {
    let project = Project::new();
    for (name, bytes) in [
        ("binary.md", &[0x7f, b'E', b'L', b'F', 0xff, 0, 1][..]),
        ("latin.md", b"# Caf\xe9\n"),
    ] {
        std::fs::write(project.path(name), bytes).expect("a file");
        refused(&project, name, &["is not UTF-8 text, from byte"]);
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read_to_its_end() {
    let project = Project::new();
    let file = File::create(project.path("huge.md")).expect("a file");
    file.set_len(100 * 1024 * 1024).expect("a large file");
    let path = project.path("huge.md").display().to_string();
    let printed = unwrapped(&project.ends(&["import", &path, "--as", "x"], 1));
    assert!(
        printed.contains("huge.md: has more than 33554432 bytes"),
        "{printed}"
    );
    assert!(!project.path("openapi/variants/x.yaml").exists());
}

#[test]
fn a_file_that_is_not_there() {
    let project = Project::new();
    refused(&project, "nowhere.md", &["nowhere.md: cannot be read"]);
}

#[test]
fn an_example_too_deep_is_reported_and_the_rest_read() {
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
