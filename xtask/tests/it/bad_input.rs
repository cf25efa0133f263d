//! Each error says where and what to do, and leaves every file as it was.

use std::fs;

use xtask::files::{CODE, DOCUMENT, SETTINGS};

use crate::project::Project;

/// Runs regenerate on a project that `spoil` has spoilt; every text of `says` has to be in the report.
fn refuses(spoil: impl Fn(&Project), says: &[&str]) {
    let project = Project::new();
    spoil(&project);
    let before = project.outputs();
    for arguments in [&["regenerate"][..], &["regenerate", "--check"]] {
        let ended = project.run(arguments);
        assert_eq!(ended.status, 1, "{ended:?}");
        for text in says {
            assert!(
                ended.stderr.contains(text),
                "{text:?} is not in {}",
                ended.stderr
            );
        }
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        assert_eq!(
            project.outputs(),
            before,
            "no file is touched, none is left behind"
        );
    }
}

#[test]
fn broken_yaml_has_a_line_and_a_column() {
    refuses(
        |project| project.edit("info:\n", "info:\n  title: one: two\n"),
        &[
            "openapi/connector.yaml:5:13",
            "is not YAML",
            "mend the YAML",
        ],
    );
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    refuses(
        |project| project.edit("security: []\n", "security: []\nsecurity: []\n"),
        &[
            "openapi/connector.yaml:",
            "duplicate entry with key \"security\"",
        ],
    );
}

#[test]
fn a_dangling_reference_is_named() {
    refuses(
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
fn a_reference_to_another_file_is_refused() {
    refuses(
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
fn openapi_3_1_is_refused() {
    refuses(
        |project| project.edit("openapi: 3.0.3", "openapi: 3.1.0"),
        &[
            "openapi/connector.yaml#/openapi",
            "unsupported version: OpenAPI 3.1.0",
            "write the document as OpenAPI 3.0.3",
        ],
    );
}

#[test]
fn an_operation_id_that_stands_twice_is_refused() {
    refuses(
        |project| project.edit("operationId: vouchers_add", "operationId: vouchers_GetAll"),
        &[
            "/paths/~1api~1connector~1v1~1vouchers~1getAll/post",
            "duplicate operationId",
            "another operationId",
        ],
    );
}

#[test]
fn a_schema_of_no_known_form_is_found_where_it_stands() {
    refuses(
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
fn alternatives_of_scalars_are_refused() {
    refuses(
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
fn a_setting_for_a_type_that_is_not_there_is_refused() {
    refuses(
        |project| {
            project.write(
                SETTINGS,
                "replaced:\n  AcessToken: crate::secret::AccessToken\n",
            );
        },
        &[
            "openapi/settings.yaml#/replaced/AcessToken",
            "the document does not have it",
        ],
    );
    refuses(
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
    refuses(
        |project| project.write(SETTINGS, "- a\n"),
        &["openapi/settings.yaml", "expected a settings file"],
    );
    refuses(
        |project| {
            let settings = project.read(SETTINGS);
            project.write(
                SETTINGS,
                &settings.replace("crate::transport::SharedTransport", "'not a path'"),
            );
        },
        &["openapi/settings.yaml#/transport", "invalid path of a type"],
    );
    refuses(
        |project| project.write(SETTINGS, "hooks: none\n"),
        &["openapi/settings.yaml", "unknown field `hooks`"],
    );
}

#[test]
fn what_is_no_text_is_refused() {
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
fn a_byte_order_mark_does_no_harm() {
    let project = Project::new();
    project.write(DOCUMENT, &format!("\u{feff}{}", project.read(DOCUMENT)));
    let ended = project.run(&["lint"]);
    assert_eq!(ended.status, 0, "{ended:?}");
}

#[test]
fn a_missing_document_is_named() {
    let project = Project::new();
    let ended = project.run(&["regenerate", "--spec", "nowhere.yaml", "--out", "out.rs"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("nowhere.yaml: cannot be read"),
        "{ended:?}"
    );
    assert!(!project.path("out.rs").exists());
}

#[test]
fn a_target_that_cannot_be_written_leaves_the_other_alone() {
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
            .contains("crates/mews-sandbox/src/connector.json: is a folder"),
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
            .contains("no/such/folder/out.rs: cannot be written"),
        "{ended:?}"
    );
}
