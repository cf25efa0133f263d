//! `cargo xtask explain`: everything that is known about one subject.

use serde_json::{Value, json};

use crate::support::{Project, unwrapped};

#[test]
fn prints_decisions_statements_and_rulings_newest_first() {
    let project = Project::new();
    let printed = project.done(&["explain", "lamps/getAll · RoomIds"]);
    for text in [
        "lamps/getAll · RoomIds\n",
        "type: `array of string` (stated by 2 documents)\n",
        "nullable: no (stated by 1 document)\n  \
         2025-01     2025-openapi  no\n  \
         2024-01     2024-page     yes, overruled by R1\n",
        "R1: not nullable; maxItems 100\n  for lamps/getAll · RoomIds\n  \
         The younger document requires rooms, and takes more of them.\n",
    ] {
        assert!(printed.contains(text), "no `{text}` in:\n{printed}");
    }
    let printed = project.done(&["explain", "lamps/getAll · Client"]);
    assert!(
        printed.contains("No ruling is about this subject."),
        "{printed}"
    );
}

#[test]
fn finds_a_subject_without_regard_to_case_and_punctuation() {
    let project = Project::new();
    for text in ["lamp.id", "Lamp Id", "LAMP · ID"] {
        let printed = project.done(&["explain", text]);
        assert!(printed.starts_with("Lamp · Id\n"), "{printed}");
    }
}

#[test]
fn lists_the_properties_of_an_operation_and_of_a_schema() {
    let project = Project::new();
    let printed = project.done(&["explain", "lamps/getAll"]);
    for text in [
        "Explain one of these",
        "  lamps/getAll · RoomIds\n",
        "  lamps/getAll response · Lamps\n",
        "  lamps/getAll · status 200\n",
    ] {
        assert!(printed.contains(text), "no `{text}` in:\n{printed}");
    }
}

#[test]
fn prints_json_for_programs() {
    let project = Project::new();
    let printed = project.done(&["explain", "Lamp · Id", "--format", "json"]);
    let explanation: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(explanation["subject"], "Lamp · Id");
    let required = explanation["facts"]
        .as_array()
        .and_then(|facts| facts.iter().find(|fact| fact["dimension"] == "required"))
        .expect("the fact `required`");
    assert_eq!(required["decision"], true);
    assert_eq!(
        required["statements"],
        json!([{
            "document": "2025-openapi",
            "dated": "2025-01",
            "value": false,
            "implied": false,
            "agrees": false,
            "overruledBy": [2],
        }])
    );
    assert_eq!(explanation["rulings"][0]["number"], 2);
    assert_eq!(explanation["rulings"][0]["decision"]["required"], true);
}

#[test]
fn suggests_similar_subjects_for_an_unknown_one() {
    let project = Project::new();
    let before = project.files();
    let printed = unwrapped(&project.ends(&["explain", "Lmap · Id"], 1));
    assert!(printed.contains("unknown subject `Lmap · Id`"), "{printed}");
    assert!(printed.contains("did you mean `Lamp · Id`"), "{printed}");
    let printed = unwrapped(&project.ends(&["explain", "xyzzy"], 1));
    assert!(
        printed.contains("name a subject as openapi/RECONCILIATION.md does"),
        "{printed}"
    );
    project.ends(&["explain"], 2);
    assert_eq!(project.files(), before);
}

#[test]
fn a_statement_may_have_a_separate_date_and_location() {
    let project = Project::new();
    project.change(
        "openapi/variants/2024-page.yaml",
        "    - name: RoomIds\n",
        "    - name: RoomIds\n      dated: 2026-03-01\n      from: rooms.md, Rooms\n",
    );
    let printed = project.done(&["explain", "lamps/getAll · RoomIds"]);
    assert!(
        printed.contains(
            "  2026-03-01  2024-page     yes (rooms.md, Rooms), overruled by R1\n  \
             2025-01     2025-openapi  no\n"
        ),
        "{printed}"
    );
    project.change("openapi/variants/2024-page.yaml", "2026-03-01", "March");
    let printed = unwrapped(&project.ends(&["explain", "Lamp"], 1));
    assert!(
        printed
            .replace("/ ", "/")
            .contains("2024-page.yaml#/operations/0/request/properties/1/dated"),
        "{printed}"
    );
}
