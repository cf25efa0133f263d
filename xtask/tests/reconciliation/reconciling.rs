//! `cargo xtask reconcile`: each finding, in a small project.

use crate::support::{Project, read};

#[test]
fn a_project_without_findings_is_fresh() {
    let project = Project::new();
    let printed = project.done(&["reconcile", "--check"]);
    assert!(
        printed.contains("4 overruled by 2 rulings, 0 unexplained"),
        "{printed}"
    );
    let page = read(&project.path("openapi/RECONCILIATION.md"));
    for text in [
        "| A | `2024-page` | 2024-01 | generated page |",
        "| `RoomIds` | 2: AB | `array of string` · 2: AB | `uuid` · 1: B | yes · 1: B | no · 1: B ≠ 1: A | \
         maxItems 100 · 1: B ≠ 1: A | no | [R1](#r1) |\n",
        "### R1\n\n- [`lamps/getAll · RoomIds`](#lampsgetall)\n\n\
         **Decision:** not nullable; maxItems 100.\n\n\
         **Reason:** The younger document requires rooms, and takes more of them.\n\n\
         - 2025-01 `2025-openapi`: not nullable; maxItems 100\n\
         - 2024-01 `2024-page`: nullable — overruled; maxItems 50 — overruled\n",
        "- [LampState](#lampstate) is `StateOfLamp` in `2025-openapi`. Both have",
        "- lamps/getAll response, missing: `Lamp · Id`\n",
        "### lamps/getAll · samples\n",
    ] {
        assert!(page.contains(text), "no `{text}` in:\n{page}");
    }
}

#[test]
fn check_prints_a_stale_page_as_a_diff_and_does_not_change_it() {
    let project = Project::new();
    project.change(
        "openapi/rulings.yaml",
        "takes more of them",
        "takes twice as many",
    );
    let before = project.files();
    let printed = project.ends(&["reconcile", "--check"], 4);
    assert!(
        printed
            .contains("-**Reason:** The younger document requires rooms, and takes more of them."),
        "{printed}"
    );
    assert!(
        printed.contains("run `cargo xtask reconcile` and commit what it writes"),
        "{printed}"
    );
    assert_eq!(project.files(), before);
    project.done(&["reconcile"]);
    project.done(&["reconcile", "--check"]);
    let before = project.files();
    project.done(&["reconcile"]);
    assert_eq!(project.files(), before, "rendering again changes nothing");
}

/// Changes a part of a file, and expects a finding.
fn finds(file: &str, from: &str, to: &str, message: &str) {
    let project = Project::new();
    project.change(&format!("openapi/{file}"), from, to);
    let printed = project.ends(&["reconcile"], 4);
    assert!(printed.contains(message), "no `{message}` in:\n{printed}");
    let printed = project.ends(&["reconcile", "--check"], 4);
    assert!(!printed.contains("stale "), "{printed}");
    let page = read(&project.path("openapi/RECONCILIATION.md"));
    assert!(page.contains("## Not settled"), "{page}");
}

#[test]
fn a_difference_without_a_ruling() {
    finds(
        "variants/2024-page.yaml",
        "    - name: Client\n      type: string\n",
        "    - name: Client\n      type: integer\n",
        "lamps/getAll · Client: 2024-page states type `integer`, and the spec states `string`; no ruling decides between them",
    );
    finds(
        "rulings.yaml",
        "{nullable: true, maxItems: 50}",
        "{nullable: true}",
        "lamps/getAll · RoomIds: 2024-page states maxItems `50`, and the spec states `100`; the ruling does not name this value",
    );
}

#[test]
fn an_omitted_property_or_operation_is_a_statement() {
    finds(
        "variants/2024-page.yaml",
        "    - name: States\n      type: array of <Lamp state>\n      nullable: true\n",
        "",
        "lamps/getAll · States: 2024-page states presence `absent`",
    );
    finds(
        "variants/2024-page.yaml",
        "- path: lamps/getAll\n",
        "- path: lamps/list\n",
        "lamps/getAll: 2024-page states presence `absent`",
    );
    finds(
        "variants/2024-page.yaml",
        "- path: lamps/getAll\n",
        "- path: lamps/list\n",
        "lamps/list: 2024-page states presence `present`, and the spec states `absent`",
    );
}

#[test]
fn a_ruling_that_overrules_nothing() {
    finds(
        "variants/2024-page.yaml",
        "maxItems: 50",
        "maxItems: 100",
        "lamps/getAll · RoomIds: the ruling overrules 2024-page, which does not state maxItems `50` (any more); \
         it states `100`",
    );
    finds(
        "rulings.yaml",
        "maxItems: 50",
        "maxItems: 51",
        "lamps/getAll · RoomIds: the ruling overrules 2024-page, which does not state maxItems `51` (any more); \
         it states `50`",
    );
    finds(
        "rulings.yaml",
        "  2024-page: {nullable",
        "  2023-page: {nullable",
        "there is no such variant file",
    );
    finds(
        "rulings.yaml",
        "subject: Lamp · Id",
        "subject: [Lamp · Id, Lamp · State]",
        "Lamp · State: the ruling decides nothing here (any more)",
    );
}

#[test]
fn a_ruling_against_the_spec() {
    finds(
        "connector.yaml",
        "maxItems: 100",
        "maxItems: 200",
        "lamps/getAll · RoomIds: the decision of the ruling is maxItems `100`, and the spec states `200`; change one of them",
    );
}

#[test]
fn a_property_of_the_spec_without_support() {
    finds(
        "connector.yaml",
        "        Client: {type: string}\n",
        "        Client: {type: string}\n        Color: {type: string}\n",
        "lamps/getAll · Color: the spec states presence `present`, which no document and no ruling supports",
    );
    finds(
        "connector.yaml",
        "        Client: {type: string}\n",
        "        Client: {type: string, minLength: 1}\n",
        "lamps/getAll · Client: the spec states minLength `1`, which no document and no ruling supports",
    );
}

#[test]
fn additional_properties_bodies_ranges_and_headers_are_compared() {
    finds(
        "connector.yaml",
        "    Lamp:\n      type: object\n",
        "    Lamp:\n      type: object\n      additionalProperties: false\n",
        "Lamp: 2025-openapi states additionalProperties `true`, and the spec states `false`; no ruling decides between them",
    );
    finds(
        "connector.yaml",
        "    LampResult:\n      type: object\n",
        "    LampResult:\n      type: object\n      additionalProperties: false\n",
        "lamps/getAll response: 2025-openapi states additionalProperties `true`",
    );
    finds(
        "connector.yaml",
        "      requestBody:\n",
        "      requestBody:\n        required: true\n",
        "lamps/getAll: 2025-openapi states required `false`, and the spec states `true`; no ruling decides between them",
    );
    finds(
        "connector.yaml",
        "        '200':\n",
        "        2XX:\n",
        "lamps/getAll · status 2XX: 2025-openapi states status `200`, and the spec states `2XX`",
    );
    finds(
        "connector.yaml",
        "        '200':\n",
        "        '200':\n          headers: {Request-Id: {schema: {type: string}}}\n",
        "lamps/getAll · status 200: the spec states headers `Request-Id`, which no document and no ruling supports",
    );
    finds(
        "variants/2025-openapi.yaml",
        "  - status: '200'\n    body: LampResult\n",
        "  - status: '200'\n    body: LampResult\n    headers: [Request-Id]\n",
        "lamps/getAll · status 200: 2025-openapi states headers `Request-Id`",
    );
}

#[test]
fn an_example_that_the_spec_rejects() {
    finds(
        "variants/2025-openapi.yaml",
        "RoomIds:\n      - 11111111-2222-4333-8444-555555555555\n",
        "RoomIds:\n      - the hall\n",
        "lamps/getAll · RoomIds: an example of 2025-openapi violates the spec (no uuid); no ruling",
    );
    finds(
        "variants/2025-openapi.yaml",
        "State: Lit",
        "State: Broken",
        "Lamp · State: an example of 2025-openapi violates the spec (the value \"Broken\")",
    );
}

#[test]
fn an_enum_with_other_values() {
    finds(
        "variants/2024-page.yaml",
        "  - Dark\n",
        "  - Broken\n",
        "LampState: 2024-page states enum `Broken, Lit`, and the spec states `Dark, Lit`",
    );
}

#[test]
fn a_name_or_an_observation_that_is_no_longer_valid() {
    finds(
        "rulings.yaml",
        "schema: StateOfLamp",
        "schema: State",
        "2025-openapi has no schema `State`",
    );
    finds(
        "rulings.yaml",
        "schema: StateOfLamp\n    is: LampState",
        "schema: StateOfLamp\n    is: Lamp2",
        "unknown schema in the spec",
    );
    finds(
        "rulings.yaml",
        "value: Lit",
        "value: Dark",
        "lamps/getAll: expected the observed value `Dark` at /Lamps/0/State of 2024-page, found `Lit`",
    );
}

#[test]
fn unreadable_files_are_reported_with_their_location() {
    for (file, from, to, message) in [
        (
            "openapi/rulings.yaml",
            "maxItems: 100",
            "maxSockets: 100",
            "openapi/rulings.yaml#/rulings/0/decision/maxSockets",
        ),
        (
            "openapi/rulings.yaml",
            "overrules:",
            "overrule:",
            "openapi/rulings.yaml",
        ),
        (
            "openapi/rulings.yaml",
            "number: 2",
            "number: 1",
            "openapi/rulings.yaml#/rulings/1/number: duplicate number 1; the next free number is 2",
        ),
        (
            "openapi/rulings.yaml",
            "number: 1\n    ",
            "",
            "openapi/rulings.yaml#/rulings/0/number: missing `number`; the next free number is 3",
        ),
        (
            "openapi/rulings.yaml",
            "decision: {nullable: false, maxItems: 100}",
            "decision: {nullable: false}",
            "openapi/rulings.yaml#/rulings/0/overrules/2024-page",
        ),
        (
            "openapi/rulings.yaml",
            "because: The younger document requires rooms, and takes more of them.",
            "because: ' '",
            "openapi/rulings.yaml#/rulings/0/because",
        ),
        (
            "openapi/variants/2024-page.yaml",
            "id: 2024-page",
            "id: page",
            "openapi/variants/2024-page.yaml#/source/id",
        ),
        (
            "openapi/variants/2024-page.yaml",
            "dated: 2024-01",
            "dated: early",
            "openapi/variants/2024-page.yaml#/source/dated",
        ),
        (
            "openapi/variants/2024-page.yaml",
            "type: string",
            "type: text",
            "unknown type `text`",
        ),
        (
            "openapi/variants/2024-page.yaml",
            "form: generated-page",
            "form: read-by-hand",
            "openapi/variants/2024-page.yaml#/source",
        ),
        (
            "openapi/connector.yaml",
            "openapi: 3.0.3",
            "openapi: 3.1.0",
            "openapi/connector.yaml#/openapi",
        ),
    ] {
        let project = Project::new();
        project.change(file, from, to);
        let before = project.files();
        let printed = crate::support::unwrapped(&project.ends(&["reconcile"], 1));
        assert!(
            printed.replace("/ ", "/").contains(message),
            "no `{message}` in {printed}"
        );
        assert_eq!(project.files(), before);
    }
}
