//! A test document in each format, with its facts.

use std::path::Path;

use openapi_evidence::facts::Reading;
use openapi_evidence::import::{self, Imported};
use openapi_evidence::variants;

use crate::support::{conventions, document, read};

fn imported(name: &str, id: &str) -> Imported {
    let file = document(name);
    import::parse(&file, &read(&file), id, "2026-01", &conventions())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Compares the facts of a document with the file next to it.
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
        imported.variant.rows() + imported.rows_reported + imported.rows_omitted,
        "{name}: every row is a fact, reported or omitted"
    );
    imported
}

#[test]
fn a_page_of_the_generator() {
    let imported = states("generated.md", "generated");
    assert_eq!(imported.variant.source.form.id, "generated-page");
    assert_eq!((imported.rows_seen, imported.rows_reported), (33, 5));
}

#[test]
fn a_page_of_the_generators_prototype() {
    let imported = states("prototype.md", "prototype");
    assert_eq!(imported.variant.source.form.id, "generated-page");
    assert_eq!(
        imported.variant.source.reading,
        Reading::RequiredMeansNotNullable
    );
}

#[test]
fn a_hand_written_page() {
    let imported = states("handwritten.md", "handwritten");
    assert_eq!(imported.variant.source.form.id, "hand-written-page");
    assert!(imported.variant.reported.is_empty());
    // The older version of the operation is omitted, and so are the schemas that only this version has.
    assert_eq!((imported.operations_omitted, imported.rows_omitted), (1, 4));
}

#[test]
fn the_text_of_a_hand_written_page() {
    let imported = states("flattened.txt", "flattened");
    assert_eq!(imported.variant.source.form.id, "flattened-page");
}

#[test]
fn the_text_of_a_rendered_operation() {
    let imported = states("rendered.txt", "rendered");
    assert_eq!(imported.variant.source.form.id, "rendered-openapi");
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
    let mut json = import::parse(
        Path::new("openapi.json"),
        &text,
        "openapi",
        "2026-01",
        &conventions(),
    )
    .expect("the document is read");
    json.variant
        .source
        .sha256
        .clone_from(&yaml.variant.source.sha256);
    assert_eq!(json.variant, yaml.variant);
}

#[test]
fn required_means_required_on_a_hand_written_page() {
    let page = read(&document("project/page.md"))
        .replace("<!-- AUTOMATICALLY GENERATED, DO NOT MODIFY -->\n", "");
    let imported = import::parse(
        Path::new("page.md"),
        &page,
        "page",
        "2023-01",
        &conventions(),
    )
    .expect("the page is read");
    assert_eq!(imported.variant.source.form.id, "hand-written-page");
    let request = imported.variant.operations[0]
        .request
        .as_ref()
        .expect("a request");
    let client = &request.properties.as_ref().expect("a table")[0];
    assert_eq!((client.required, client.nullable), (Some(true), None));
}

#[test]
fn an_operation_without_a_url_is_reported_with_all_its_rows() {
    let page = read(&document("project/page.md")).replace("/api/v1/lamps/getAll", "/lamps");
    let imported = import::parse(
        Path::new("page.md"),
        &page,
        "page",
        "2026-01",
        &conventions(),
    )
    .expect("the page is read");
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
fn facts_contain_no_token() {
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

`[PlatformAddress]/api/v1/a/b`

```javascript
{ "Note": "say REAL_TOKEN!", "ApiToken": "short" }
```
"#;
    // Composed here, so that the project does not contain a string that looks like a real token.
    let token = format!(
        "{}-{}",
        "0123456789ABCDEF".repeat(2),
        "01234567".repeat(4).split_off(1)
    );
    let odd = &odd.replace("REAL_TOKEN", &token);
    let imported = import::parse(Path::new("odd.md"), odd, "odd", "2026-01", &conventions())
        .expect("the page is read");
    let request = imported.variant.operations[0]
        .request
        .as_ref()
        .expect("a request");
    let example = request.example.as_ref().expect("an example");
    assert_eq!(example["Note"], "say sandbox-token!");
    assert_eq!(example["ApiToken"], "sandbox-api-token");
}
