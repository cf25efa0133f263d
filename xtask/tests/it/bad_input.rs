//! Invalid input: every error has a location and help, and no file changes.

use std::fs;

use xtask::files::{CODE, DOCUMENT, SETTINGS};

use crate::project::Project;

/// Runs `regenerate` on a project that `change` makes invalid, and expects every part in the report.
fn rejects(change: impl Fn(&Project), parts: &[&str]) {
    let project = Project::new();
    change(&project);
    let before = project.outputs();
    for arguments in [&["regenerate"][..], &["regenerate", "--check"]] {
        let ended = project.run(arguments);
        assert_eq!(ended.status, 1, "{ended:?}");
        for part in parts {
            assert!(
                ended.stderr.contains(part),
                "{part:?} is not in {}",
                ended.stderr
            );
        }
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        assert_eq!(
            project.outputs(),
            before,
            "no file changes, and no new file remains"
        );
    }
}

#[test]
fn invalid_yaml_is_reported_with_line_and_column() {
    rejects(
        |project| project.edit("info:\n", "info:\n  title: one: two\n"),
        &[
            "openapi/connector.yaml:5:13",
            "invalid YAML",
            "fix the YAML",
        ],
    );
}

#[test]
fn rejects_a_duplicate_key() {
    rejects(
        |project| project.edit("security: []\n", "security: []\nsecurity: []\n"),
        &[
            "openapi/connector.yaml:",
            "duplicate entry with key \"security\"",
        ],
    );
}

#[test]
fn a_dangling_reference_is_named() {
    rejects(
        |project| {
            project.edit(
                "$ref: '#/components/schemas/VoucherExtent'",
                "$ref: '#/components/schemas/Extent'",
            );
        },
        &[
            "properties/Extent/allOf/0",
            "unknown reference target",
            "correct the name",
        ],
    );
}

#[test]
fn rejects_a_reference_to_another_file() {
    rejects(
        |project| {
            project.edit(
                "$ref: '#/components/schemas/VoucherExtent'",
                "$ref: 'other.yaml#/Extent'",
            );
        },
        &[
            "reference to `other.yaml#/Extent`, outside of the document",
            "copy the target",
        ],
    );
}

#[test]
fn rejects_openapi_3_1() {
    rejects(
        |project| project.edit("openapi: 3.0.3", "openapi: 3.1.0"),
        &[
            "openapi/connector.yaml#/openapi",
            "unsupported version: OpenAPI 3.1.0",
            "write the document as OpenAPI 3.0.3",
        ],
    );
}

#[test]
fn rejects_a_duplicate_operation_id() {
    rejects(
        |project| project.edit("operationId: vouchers_add", "operationId: vouchers_GetAll"),
        &[
            "/paths/~1api~1connector~1v1~1vouchers~1getAll/post",
            "duplicate operationId",
            "another operationId",
        ],
    );
}

#[test]
fn reports_the_location_of_an_invalid_schema() {
    rejects(
        |project| {
            project.edit(
                "          format: int64\n",
                "          format: int64\n          minimum: few\n",
            );
        },
        &[
            "#/components/schemas/Company/properties/Number",
            "invalid OpenAPI 3.0",
        ],
    );
}

#[test]
fn rejects_alternatives_of_scalars() {
    rejects(
        |project| {
            project.edit(
                "        Iata:\n          type: string\n          nullable: true\n",
                "        Iata:\n          anyOf:\n            - type: string\n            - type: integer\n",
            );
        },
        &[
            "#/components/schemas/Company/properties/Iata/anyOf",
            "uses `anyOf`",
            "write one schema",
        ],
    );
}

#[test]
fn rejects_invalid_settings() {
    rejects(
        |project| {
            let settings = project.read(SETTINGS);
            project.write(
                SETTINGS,
                &settings.replace("\n  AccessToken: crate::", "\n  AcessToken: crate::"),
            );
        },
        &[
            "openapi/settings.yaml#/replaced/AcessToken",
            "the document does not have it",
        ],
    );
    rejects(
        |project| {
            let settings = project.read(SETTINGS);
            project.write(
                SETTINGS,
                &settings.replace("  ClientToken: crate::secret::ClientToken\n", ""),
            );
        },
        &[
            "the generated type of the secret `ClientToken`",
            "name a hand-written type that hides it",
        ],
    );
    rejects(
        |project| project.write(SETTINGS, "- a\n"),
        &["openapi/settings.yaml", "expected a settings file"],
    );
    rejects(
        |project| {
            let settings = project.read(SETTINGS);
            project.write(
                SETTINGS,
                &settings.replace("crate::transport::SharedTransport", "'not a path'"),
            );
        },
        &["openapi/settings.yaml#/transport", "invalid path of a type"],
    );
    rejects(
        |project| project.write(SETTINGS, "hooks: none\n"),
        &["openapi/settings.yaml", "unknown field `hooks`"],
    );
}

#[test]
fn rejects_input_that_is_not_a_document() {
    for bytes in [&b"\xff\xfe\x00"[..], b"", b"- 1\n- 2\n", b"<html></html>"] {
        let project = Project::new();
        fs::write(project.path(DOCUMENT), bytes).expect("a file");
        let before = project.outputs();
        let ended = project.run(&["regenerate"]);
        assert_eq!(ended.status, 1, "{ended:?}");
        assert!(ended.stderr.contains("openapi/connector.yaml"), "{ended:?}");
        assert_eq!(project.outputs(), before);
    }
}

#[test]
fn accepts_a_byte_order_mark() {
    let project = Project::new();
    project.write(DOCUMENT, &format!("\u{feff}{}", project.read(DOCUMENT)));
    let ended = project.run(&["lint"]);
    assert_eq!(ended.status, 0, "{ended:?}");
}

#[test]
fn a_missing_document_is_reported_by_name() {
    let project = Project::new();
    let ended = project.run(&["regenerate", "--spec", "nowhere.yaml", "--out", "out.rs"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("nowhere.yaml: failed to read the file"),
        "{ended:?}"
    );
    assert!(!project.path("out.rs").exists());
}

#[test]
fn an_unwritable_target_leaves_the_other_file_unchanged() {
    let project = Project::new();
    project.edit(
        "title: Mews Connector API, vouchers and voucher codes",
        "title: Another title",
    );
    // Not even root can replace a folder by a file.
    fs::remove_file(project.path("crates/mews-sandbox/src/connector.json")).expect("a file");
    fs::create_dir(project.path("crates/mews-sandbox/src/connector.json")).expect("a folder");
    let code = project.read(CODE);
    let ended = project.run(&["regenerate"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("crates/mews-sandbox/src/connector.json: expected a file, found a folder"),
        "{ended:?}"
    );
    assert_eq!(project.read(CODE), code, "both or neither");

    let ended = project.run(&[
        "regenerate",
        "--spec",
        DOCUMENT,
        "--out",
        "no/such/folder/out.rs",
    ]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("no/such/folder/out.rs: failed to write the file"),
        "{ended:?}"
    );
}
