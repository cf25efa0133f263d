//! `cargo xtask drift`: new statements of documents, and statements that are known already.

use serde_json::Value;

use crate::support::{Project, document, read};

fn page() -> String {
    read(&document("project/page.md"))
}

fn vendor() -> String {
    read(&document("project/vendor.yaml"))
}

/// Returns the reported differences of a document: subject, dimension, value, and whether a client breaks.
fn differences(text: &str) -> Vec<(String, String, String, bool)> {
    let project = Project::new();
    let before = project.files();
    let path = project.path("new");
    std::fs::write(&path, text).expect("a document");
    let output = project.run(&["drift", &path.display().to_string(), "--format", "json"]);
    std::fs::remove_file(&path).expect("the document is deleted");
    assert_eq!(project.files(), before, "drift writes nothing");
    let reports: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let found: Vec<_> = reports[0]["differences"]
        .as_array()
        .expect("differences")
        .iter()
        .map(|difference| {
            let text = |name: &str| match &difference[name] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            (
                text("subject"),
                text("dimension"),
                text("documentValue"),
                difference["breaks"] == true,
            )
        })
        .collect();
    let status = if found.is_empty() { 0 } else { 4 };
    assert_eq!(output.status.code(), Some(status));
    found
}

fn changes(text: &str, from: &str, to: &str, expected: &[(&str, &str, &str, bool)]) {
    assert!(text.contains(from), "no `{from}`");
    let found = differences(&text.replacen(from, to, 1));
    let found: Vec<_> = found
        .iter()
        .map(|(subject, dimension, value, breaks)| {
            (
                subject.as_str(),
                dimension.as_str(),
                value.as_str(),
                *breaks,
            )
        })
        .collect();
    assert_eq!(found, expected, "`{from}` to `{to}`");
}

#[test]
fn an_imported_document_has_no_differences() {
    assert_eq!(differences(&page()), []);
    assert_eq!(differences(&vendor()), []);
}

#[test]
fn a_page_that_repeats_overruled_values_has_no_differences() {
    let project = Project::new();
    let path = project.write(
        "page.md",
        &page().replace("What it does.", "What it is at."),
    );
    let printed = project.done(&["drift", &path, "--dated", "2030-01", "--all"]);
    assert!(printed.contains("0 differences"), "{printed}");
    assert!(
        printed.contains("overruled already: lamps/getAll · RoomIds maxItems 50"),
        "{printed}"
    );
}

#[test]
fn a_new_value_is_a_difference_if_a_ruling_overrules_another_value() {
    let project = Project::new();
    let path = project.write("page.md", &page().replace("max 50 items", "max 25 items"));
    let printed = project.ends(&["drift", &path, "--dated", "2030-01"], 4);
    for text in [
        "page.md (generated page, 2030-01): 1 differences",
        "  lamps/getAll · RoomIds\n",
        "    document: maxItems 25\n",
        "    spec:     maxItems 100\n",
        "    ruling:   The younger document requires rooms, and takes more of them.\n",
        "    a client breaks: the client may send more than the server accepts\n",
    ] {
        assert!(printed.contains(text), "no `{text}` in:\n{printed}");
    }
}

#[test]
fn each_difference_is_classified_by_its_effect_on_clients() {
    let page = page();
    let vendor = vendor();
    changes(
        &page,
        "max 50 items",
        "max 500 items",
        &[("lamps/getAll · RoomIds", "maxItems", "500", false)],
    );
    changes(
        &page,
        "| `Client` | string | required | Who asks. |\n",
        "| `Client` | string | required | Who asks. |\n| `Floor` | integer | required | Which floor. |\n",
        &[("lamps/getAll · Floor", "presence", "present", true)],
    );
    changes(
        &page,
        "| `Client` | string | required | Who asks. |\n",
        "| `Client` | string | required | Who asks. |\n| `Floor` | integer | optional | Which floor. |\n",
        &[("lamps/getAll · Floor", "presence", "present", false)],
    );
    changes(
        &page,
        "| `Id` | string | required | Which lamp. |\n",
        "| `Id` | string | required | Which lamp. |\n| `Watts` | number | required | How bright. |\n",
        &[("Lamp · Watts", "presence", "present", false)],
    );
    changes(
        &page,
        "| `Id` | string | required | Which lamp. |\n",
        "",
        &[("Lamp · Id", "presence", "absent", true)],
    );
    changes(
        &page,
        "| `Id` | string |",
        "| `Id` | integer |",
        &[("Lamp · Id", "type", "integer", true)],
    );
    changes(
        &page,
        "| `Id` | string | required |",
        "| `Id` | string | optional |",
        &[("Lamp · Id", "nullable", "true", true)],
    );
    changes(
        &page,
        "| `State` | [Lamp state](lamps.md#lamp-state) | optional | What it does. |",
        "| ~~`State`~~ | ~~[Lamp state](lamps.md#lamp-state)~~ | ~~optional~~ | ~~What it does.~~ **Deprecated!** Use `Mood`.|",
        &[("Lamp · State", "deprecated", "use Mood", false)],
    );
    changes(
        &page,
        "* `Dark`\n",
        "* `Dark`\n* `Broken`\n",
        &[("LampState", "enum", r#"["Broken","Dark","Lit"]"#, false)],
    );
    changes(
        &page,
        "* `Dark`\n",
        "",
        &[("LampState", "enum", r#"["Lit"]"#, true)],
    );
    changes(
        &page,
        "Lists lamps.\n",
        "Lists lamps. It uses [Pagination](../guidelines/pagination.md).\n",
        &[("lamps/getAll", "paginated", "true", true)],
    );
    changes(
        &vendor,
        "required: [Client, RoomIds]",
        "required: [Client]",
        &[("lamps/getAll · RoomIds", "required", "false", false)],
    );
    changes(
        &vendor,
        "        Id: {type: string, format: uuid}\n",
        "        Id: {type: string}\n",
        &[("Lamp · Id", "format", "none", true)],
    );
    changes(
        &vendor,
        "        '200':\n",
        "        '402': {description: pay}\n        '200':\n",
        &[("lamps/getAll · status 402", "presence", "present", false)],
    );
}

#[test]
fn new_and_removed_operations_are_differences() {
    changes(
        &vendor(),
        "/api/v1/lamps/getAll:",
        "/api/v1/lamps/list:",
        &[
            ("lamps/getAll", "presence", "absent", true),
            ("lamps/list", "presence", "present", false),
        ],
    );
}

#[test]
fn operations_and_schemas_of_other_resources_are_counted() {
    let project = Project::new();
    let vendor = document("project/vendor.yaml").display().to_string();
    let other = document("openapi.yaml").display().to_string();
    let printed = project.done(&["drift", &vendor]);
    assert!(
        printed.contains("1 operations and 1 schemas of other resources"),
        "{printed}"
    );
    let printed = project.ends(&["drift", &vendor, &other, "--format", "json"], 4);
    let reports: Value = serde_json::from_str(&printed).expect("a report in JSON");
    assert_eq!(reports[1]["differences"][0]["subject"], "lamps/add");
    assert_eq!(reports[1]["reported"][0]["line"], 0);
}

#[test]
fn the_default_date_is_today() {
    let project = Project::new();
    let page = document("project/page.md").display().to_string();
    let (before, printed, after) = (
        xtask::import::today(),
        project.done(&["drift", &page]),
        xtask::import::today(),
    );
    assert!(
        printed.contains(&before) || printed.contains(&after),
        "{printed}"
    );
}
