//! `cargo xtask diff`: the classification of changes.

use serde_json::{Value, json};
use xtask::files::DOCUMENT;

use crate::builder::{exchange, reference};
use crate::project::Project;
use crate::run::{Ended, Folder, xtask};

fn before() -> Value {
    exchange(
        &json!({
            "State": { "type": "string", "enum": ["On", "Off"] },
            "Shared": {
                "type": "object",
                "required": ["Id"],
                "properties": { "Id": { "type": "string" }, "Name": { "type": "string", "maxLength": 9 } },
            },
            "Question": {
                "type": "object",
                "properties": {
                    "State": reference("State"),
                    "Count": { "type": "integer", "minimum": 1, "maximum": 9 },
                    "Shared": reference("Shared"),
                },
                "additionalProperties": false,
            },
            "Reply": {
                "type": "object",
                "required": ["Total"],
                "properties": {
                    "State": reference("State"),
                    "Total": { "type": "integer" },
                    "Shared": { "type": "array", "items": reference("Shared") },
                },
            },
        }),
        &json!({}),
        &json!({}),
    )
}

fn diff(old: &Value, new: &Value) -> Ended {
    let folder = Folder::new();
    let (old, new) = (folder.write("old.json", old), folder.write("new.json", new));
    let text = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    xtask(&["diff", "--against", &text(&old), "--spec", &text(&new)])
}

#[test]
fn the_same_document_has_no_changes() {
    let mut reworded = before();
    reworded["components"]["schemas"]["Shared"]["description"] = json!("In other words.");
    let said = diff(&before(), &reworded);
    assert_eq!(said.status, Some(0), "{}{}", said.out, said.err);
    assert_eq!(said.out, "no change on the wire or for Rust callers\n");
}

/// A change to the schemas of a document.
type Edit = fn(&mut Value);

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one table, a row for each kind of change"
)]
fn each_change_is_classified_for_each_side() {
    let schemas = "/components/schemas";
    let cases: [(&str, Edit, i32, &[&str]); 12] = [
        (
            "optional property",
            |schemas| schemas["Question"]["properties"]["More"] = json!({ "type": "string" }),
            0,
            &[
                "additive  request   /components/schemas/Question/properties/More: `More` is new",
                "additive  rust      types::Question.more: is new: Option<String>",
            ],
        ),
        (
            "required property",
            |schemas| schemas["Question"]["required"] = json!(["Count"]),
            4,
            &[
                "breaking  request   /components/schemas/Question/properties/Count: is required now",
                "breaking  rust      types::Question::new",
            ],
        ),
        (
            "property gone",
            |schemas| {
                schemas["Reply"]["properties"]
                    .as_object_mut()
                    .expect("properties")
                    .remove("Total");
                schemas["Reply"]["required"] = json!([]);
            },
            4,
            &[
                "breaking  response  /components/schemas/Reply/properties/Total: `Total` is gone",
                "breaking  rust      types::Reply.total: is gone",
            ],
        ),
        (
            "may be missing",
            |schemas| schemas["Reply"]["required"] = json!([]),
            4,
            &["breaking  response  /components/schemas/Reply/properties/Total: may be missing now"],
        ),
        (
            "value added",
            |schemas| schemas["State"]["enum"] = json!(["On", "Off", "Dim"]),
            0,
            &[
                "additive  request   /components/schemas/State: has the value `Dim` too",
                "additive  response  /components/schemas/State: has the value `Dim` too",
                "additive  rust      types::State::Dim",
            ],
        ),
        (
            "value gone",
            |schemas| schemas["State"]["enum"] = json!(["On"]),
            4,
            &[
                "breaking  request   /components/schemas/State: no longer has the value `Off`",
                "additive  response  /components/schemas/State: no longer has the value `Off`",
                "breaking  rust      types::State::Off: is gone",
            ],
        ),
        (
            "tighter",
            |schemas| schemas["Question"]["properties"]["Count"]["maximum"] = json!(5),
            4,
            &[
                "breaking  request   /components/schemas/Question/properties/Count: has a maximum of 5; it was 9",
            ],
        ),
        (
            "looser",
            |schemas| schemas["Question"]["properties"]["Count"]["minimum"] = json!(0),
            0,
            &[
                "additive  request   /components/schemas/Question/properties/Count: has a minimum of 0; it was 1",
            ],
        ),
        (
            "wider",
            |schemas| schemas["Reply"]["properties"]["Total"] = json!({ "type": "number" }),
            4,
            &[
                "breaking  response  /components/schemas/Reply/properties/Total: is number; it was integer",
                "breaking  rust      types::Reply.total",
            ],
        ),
        (
            "shared limit",
            |schemas| schemas["Shared"]["properties"]["Name"]["maxLength"] = json!(3),
            4,
            &[
                "breaking  request   /components/schemas/Shared/properties/Name: has a maxLength of 3; it was 9",
                "additive  response  /components/schemas/Shared/properties/Name: has a maxLength of 3; it was 9",
            ],
        ),
        (
            "exclusive properties",
            |schemas| schemas["Question"]["not"] = json!({ "required": ["State", "Count"] }),
            4,
            &[
                "breaking  request   /components/schemas/Question: has the exclusiveProperties [[\"State\",\"Count\"]] now",
            ],
        ),
        (
            "deprecated",
            |schemas| schemas["Question"]["properties"]["Count"]["deprecated"] = json!(true),
            0,
            &[
                "additive  request   /components/schemas/Question/properties/Count: is deprecated",
                "additive  rust      types::Question.count: is deprecated",
            ],
        ),
    ];
    for (what, edit, status, lines) in cases {
        let mut after = before();
        edit(after.pointer_mut(schemas).expect("the schemas"));
        let said = diff(&before(), &after);
        assert_eq!(
            said.status,
            Some(status),
            "{what}: {}{}",
            said.out,
            said.err
        );
        for line in lines {
            assert!(said.out.contains(line), "{what}: {line}\n{}", said.out);
        }
    }
}

#[test]
fn operations_and_statuses_come_and_go() {
    let mut after = before();
    let operation = after["paths"]["/do"]["post"].take();
    after["paths"] = json!({ "/do": { "put": operation } });
    let said = diff(&before(), &after);
    assert_eq!(said.status, Some(4), "{}{}", said.out, said.err);
    assert!(
        said.out
            .contains("breaking  request   /paths/~1do/post: the operation POST /do is gone"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("additive  request   /paths/~1do/put: the operation PUT /do is new"),
        "{}",
        said.out
    );
    let mut after = before();
    after["paths"]["/do"]["post"]["responses"]["404"] = json!({ "description": "Not there." });
    let said = diff(&before(), &after);
    assert_eq!(said.status, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("the status 404 is new"), "{}", said.out);
}

#[test]
fn rejects_an_unknown_revision() {
    let said = xtask(&["diff", "--against", "no-such-revision"]);
    assert_eq!(said.status, Some(1), "{}{}", said.out, said.err);
    assert!(said.err.contains("no-such-revision"), "{}", said.err);
    let said = xtask(&["diff", "--against", "HEAD"]);
    assert!(
        matches!(said.status, Some(0 | 4)),
        "{}{}",
        said.out,
        said.err
    );
}

#[test]
fn a_change_of_the_envelope_is_a_change_of_requests() {
    let project = Project::new();
    let before = project.read(DOCUMENT);
    project.write("before.yaml", &before);
    let client = "        Client:\n          type: string\n          minLength: 1\n";
    let after = before.replace(client, &client.replace("minLength: 1", "minLength: 2"));
    assert_ne!(before, after);
    project.write(DOCUMENT, &after);
    let ended = project.run(&["diff", "--against", "before.yaml"]);
    assert_eq!(ended.status, 4, "{ended:?}");
    let line = ended
        .stdout
        .lines()
        .find(|line| line.contains("has a minLength of 2; it was 1"))
        .unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(line.starts_with("breaking  request"), "{line}");
    assert!(line.contains("/properties/Client"), "{line}");
}
