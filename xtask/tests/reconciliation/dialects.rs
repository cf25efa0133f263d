//! A document of our own in each form, and the facts that it states.

use std::path::Path;

use xtask::facts::{Form, Reading};
use xtask::import::{self, Imported};
use xtask::variants;

use crate::support::{Project, document, read, unwrapped};

fn imported(name: &str, id: &str) -> Imported {
    import::read(&document(name), id, "2026-01").unwrap_or_else(|error| panic!("{error}"))
}

/// The facts stand beside the document, so that a reviewer sees both.
fn states(name: &str, id: &str) -> Imported {
    let imported = imported(name, id);
    let facts = variants::to_yaml(&imported.variant).expect("facts are YAML");
    assert_eq!(
        facts,
        read(&document(&format!("{id}.facts.yaml"))),
        "{name}"
    );
    assert_eq!(
        imported.rows_seen,
        imported.variant.rows() + imported.rows_reported,
        "{name}: every row is a fact or reported"
    );
    imported
}

#[test]
fn a_page_of_the_generator() {
    let imported = states("generated.md", "generated");
    assert_eq!(imported.variant.source.form, Form::GeneratedPage);
    assert_eq!((imported.rows_seen, imported.rows_reported), (33, 5));
}

#[test]
fn a_page_of_the_generators_prototype() {
    let imported = states("prototype.md", "prototype");
    assert_eq!(imported.variant.source.form, Form::GeneratedPage);
    assert_eq!(
        imported.variant.source.reading,
        Reading::RequiredMeansNotNullable
    );
}

#[test]
fn a_page_written_by_hand_of_which_the_text_is_left() {
    let imported = states("flattened.txt", "flattened");
    assert_eq!(imported.variant.source.form, Form::FlattenedPage);
}

#[test]
fn a_rendered_operation_of_which_the_text_is_left() {
    let imported = states("rendered.txt", "rendered");
    assert_eq!(imported.variant.source.form, Form::RenderedOpenapi);
    let lamp = imported
        .variant
        .schemas_called("Lamp")
        .next()
        .expect("a lamp");
    let doubtful: Vec<_> = lamp
        .properties
        .iter()
        .flatten()
        .filter(|row| row.perhaps_outside)
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(
        doubtful,
        ["IsLit", "Cursor"],
        "the example places only the identifier"
    );
}

#[test]
fn an_openapi_document_in_yaml_and_in_json() {
    let yaml = states("openapi.yaml", "openapi");
    let tree: serde_json::Value =
        serde_yaml::from_str(&read(&document("openapi.yaml"))).expect("the document is YAML");
    let text = serde_json::to_string_pretty(&tree).expect("the document as JSON");
    let mut json = import::parse(Path::new("openapi.json"), &text, "openapi", "2026-01")
        .expect("the document is read");
    json.variant
        .source
        .sha256
        .clone_from(&yaml.variant.source.sha256);
    assert_eq!(json.variant, yaml.variant);
}

#[test]
fn a_hand_written_page_means_required_when_it_says_so() {
    let page = read(&document("project/page.md"))
        .replace("<!-- AUTOMATICALLY GENERATED, DO NOT MODIFY -->\n", "");
    let imported =
        import::parse(Path::new("page.md"), &page, "page", "2023-01").expect("the page is read");
    assert_eq!(imported.variant.source.form, Form::HandWrittenPage);
    let request = imported.variant.operations[0]
        .request
        .as_ref()
        .expect("a request");
    let client = &request.properties.as_ref().expect("a table")[0];
    assert_eq!((client.required, client.nullable), (Some(true), None));
}

#[test]
fn an_operation_without_an_address_is_reported_with_all_its_rows() {
    let page =
        read(&document("project/page.md")).replace("/api/connector/v1/lamps/getAll", "/lamps");
    let imported =
        import::parse(Path::new("page.md"), &page, "page", "2026-01").expect("the page is read");
    assert!(imported.variant.operations.is_empty());
    assert_eq!(
        imported.variant.reported[0].what,
        "the operation `Get all lamps` has no address"
    );
    assert_eq!(
        imported.rows_seen,
        imported.variant.rows() + imported.rows_reported
    );
}

#[test]
fn no_token_gets_through() {
    for (name, id) in [
        ("generated.md", "generated"),
        ("flattened.txt", "flattened"),
        ("rendered.txt", "rendered"),
        ("openapi.yaml", "openapi"),
    ] {
        let facts = variants::to_yaml(&imported(name, id).variant).expect("facts are YAML");
        assert!(facts.contains("sandbox-client-token"), "{name}");
        assert!(!facts.contains("0123456789ABCDEF"), "{name}");
    }
    let odd = r#"# A

## B

### Request

`[PlatformAddress]/api/connector/v1/a/b`

```javascript
{ "Note": "say REAL_TOKEN!", "ApiToken": "short" }
```
"#;
    // Put together here, so that nothing of a real token's shape stands in the project.
    let token = format!(
        "{}-{}",
        "0123456789ABCDEF".repeat(2),
        "01234567".repeat(4).split_off(1)
    );
    let odd = &odd.replace("REAL_TOKEN", &token);
    let imported =
        import::parse(Path::new("odd.md"), odd, "odd", "2026-01").expect("the page is read");
    let request = imported.variant.operations[0]
        .request
        .as_ref()
        .expect("a request");
    let example = request.example.as_ref().expect("an example");
    assert_eq!(example["Note"], "say sandbox-token!");
    assert_eq!(example["ApiToken"], "sandbox-token");
}

#[test]
fn the_command_says_what_it_read_and_what_it_could_not() {
    let project = Project::new();
    let file = document("generated.md").display().to_string();
    let out = project.path("facts.yaml").display().to_string();
    let arguments = [
        "import",
        &file,
        "--as",
        "generated",
        "--dated",
        "2026-01",
        "--out",
        &out,
    ];
    let printed = project.done(&arguments);
    assert!(
        printed.contains("33 rows seen, 28 facts written, 5 reported"),
        "{printed}"
    );
    assert!(
        printed.contains("generated.md:143: a row of the unknown type `frobnicate`"),
        "{printed}"
    );
    assert_eq!(
        read(&project.path("facts.yaml")),
        read(&document("generated.facts.yaml"))
    );
    let strict = [&arguments[..], &["--strict"]].concat();
    project.ends(&strict, 4);
}

#[test]
fn verify_compares_a_folder_with_the_facts() {
    let project = Project::new();
    let folder = project.path("evidence");
    std::fs::create_dir(&folder).expect("a folder");
    for name in ["page.md", "vendor.yaml"] {
        std::fs::copy(document("project").join(name), folder.join(name)).expect("a document");
    }
    let folder = folder.display().to_string();
    let printed = project.done(&["import", "--verify", &folder]);
    assert!(
        printed.contains("2 documents, 2 variant files, 0 differences"),
        "{printed}"
    );

    project.change(
        "openapi/variants/2024-page.yaml",
        "maxItems: 50",
        "maxItems: 51",
    );
    let printed = project.ends(&["import", "--verify", &folder], 4);
    assert!(printed.contains("page.md: DIFFERS from"), "{printed}");

    project.change(
        "openapi/variants/2024-page.yaml",
        "maxItems: 51",
        "maxItems: 50",
    );
    project.change("evidence/page.md", "max 50", "max 49");
    project.change("evidence/vendor.yaml", "somebody else", "nobody");
    let printed = project.ends(&["import", "--verify", &folder], 4);
    assert!(
        printed.contains("page.md: DIFFERS: no variant file was made from it"),
        "{printed}"
    );
    assert!(
        printed.contains("2025-openapi.yaml: DIFFERS: its document is not in the folder"),
        "{printed}"
    );
}

#[test]
fn names_and_dates_that_can_not_be() {
    let project = Project::new();
    let file = document("project/page.md").display().to_string();
    let printed = unwrapped(&project.ends(&["import", &file, "--as", "../escape"], 1));
    assert!(
        printed.contains("can't be the name of a variant file"),
        "{printed}"
    );
    for wrong in ["2026-13", "yesterday", "2026-1-1", "12026-01"] {
        project.ends(&["import", &file, "--as", "page", "--dated", wrong], 2);
    }
    project.ends(&["import"], 2);
}
