//! `cargo xtask regenerate`: fresh and stale files, other documents, and writing.

use std::fs;

use xtask::files::{CODE, DOCUMENT, SANDBOX_DOCUMENT};

use crate::project::Project;

const NEW_PROPERTY: (&str, &str) = (
    "        ShortName:\n",
    "        Color:\n          type: string\n          nullable: true\n          description: The color.\n        ShortName:\n",
);

const IN_EXAMPLE: (&str, &str) = (
    "                        ShortName: CORP\n",
    "                        ShortName: CORP\n                        Color: red\n",
);

#[test]
fn fresh_files_do_not_change() {
    let project = Project::new();
    let before = project.outputs();
    for arguments in [
        &["regenerate", "--check"][..],
        &["regenerate", "--dry-run"],
        &["regenerate"],
    ] {
        let ended = project.run(arguments);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_eq!(ended.stdout.matches("up to date").count(), 2, "{ended:?}");
        assert_eq!(project.outputs(), before);
    }
}

#[test]
fn an_edit_makes_files_stale_until_they_are_regenerated() {
    let project = Project::new();
    let before = project.outputs();
    project.edit(NEW_PROPERTY.0, NEW_PROPERTY.1);
    project.edit(IN_EXAMPLE.0, IN_EXAMPLE.1);

    let check = project.run(&["regenerate", "--check"]);
    assert_eq!(check.status, 4, "{check:?}");
    assert!(
        check
            .stdout
            .contains("stale       crates/mews-connector-api/src/generated.rs"),
        "{check:?}"
    );
    assert!(
        check
            .stdout
            .contains("+        pub color: ::std::option::Option<::std::string::String>,"),
        "{check:?}"
    );
    assert!(
        check.stdout.contains("run `cargo xtask regenerate`"),
        "{check:?}"
    );
    assert_eq!(project.outputs(), before, "--check writes nothing");

    let dry = project.run(&["regenerate", "--dry-run"]);
    assert_eq!(dry.status, 0, "{dry:?}");
    assert!(
        dry.stdout
            .contains("would write crates/mews-connector-api/src/generated.rs"),
        "{dry:?}"
    );
    assert_eq!(project.outputs(), before, "--dry-run writes nothing");

    let write = project.run(&["regenerate"]);
    assert_eq!(write.status, 0, "{write:?}");
    assert!(project.read(CODE).contains("pub color:"));
    assert!(project.read(SANDBOX_DOCUMENT).contains("\"Color\""));
    assert_eq!(project.run(&["regenerate", "--check"]).status, 0);
}

#[test]
fn files_with_other_line_ends_are_not_stale() {
    let project = Project::new();
    project.write(CODE, &project.read(CODE).replace('\n', "\r\n"));
    assert_eq!(project.run(&["regenerate", "--check"]).status, 0);
}

#[test]
fn a_missing_file_is_written_again() {
    let project = Project::new();
    let code = project.read(CODE);
    fs::remove_file(project.path(CODE)).expect("a file");
    assert_eq!(project.run(&["regenerate", "--check"]).status, 4);
    assert_eq!(project.run(&["regenerate"]).status, 0);
    assert_eq!(project.read(CODE), code);
}

#[test]
fn another_document_needs_no_settings_and_no_house_rules() {
    let project = Project::new();
    project.write(
        "pets.yaml",
        "openapi: 3.0.0\n\
         info: {title: Pets, version: '1'}\n\
         paths:\n  /pets:\n    post:\n      operationId: listPets\n\
         \x20     requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Query'}}}}\n\
         \x20     responses: {'200': {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Pets'}}}}}\n\
         components:\n  schemas:\n    Query: {type: object, required: [count], properties: {count: {type: integer, minimum: 1}}}\n\
         \x20   Pets: {type: object, properties: {Names: {type: array, items: {type: string}}}}\n",
    );
    let before = project.outputs();
    let ended = project.run(&["regenerate", "--spec", "pets.yaml", "--out", "pets.rs"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let code = project.read("pets.rs");
    assert!(code.contains("pub async fn list_pets"), "{code}");
    assert!(code.contains("from pets.yaml"), "{code}");
    assert!(code.contains("constraints::number(\"count\""), "{code}");
    assert!(
        !code.contains("crate::"),
        "the code does not depend on the crate"
    );
    assert_eq!(project.outputs(), before);
    let check = project.run(&[
        "regenerate",
        "--check",
        "--spec",
        "pets.yaml",
        "--out",
        "pets.rs",
    ]);
    assert_eq!(check.status, 0, "{check:?}");
}

#[test]
fn a_document_is_not_overwritten_by_its_own_code() {
    let project = Project::new();
    let before = project.read(DOCUMENT);
    for out in [DOCUMENT, "./openapi/../openapi/connector.yaml"] {
        let ended = project.run(&["regenerate", "--spec", DOCUMENT, "--out", out]);
        assert_eq!(ended.status, 1, "{ended:?}");
        assert!(
            ended.stderr.contains("expected a file for the code"),
            "{ended:?}"
        );
        assert_eq!(project.read(DOCUMENT), before);
    }
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions_and_its_link() {
    use std::os::unix::fs::PermissionsExt;

    let project = Project::new();
    let old = project.read(CODE);
    // Another name of the old file. A rename does not change it, but writing into the file would.
    fs::hard_link(project.path(CODE), project.path("old.rs")).expect("a link");
    fs::set_permissions(project.path(CODE), fs::Permissions::from_mode(0o640))
        .expect("permissions");
    let real = project.path("real.json");
    fs::rename(project.path(SANDBOX_DOCUMENT), &real).expect("moved");
    std::os::unix::fs::symlink(&real, project.path(SANDBOX_DOCUMENT)).expect("a link");
    project.edit(
        "title: Mews Connector API, vouchers and voucher codes",
        "title: Another title",
    );

    assert_eq!(project.run(&["regenerate"]).status, 0);
    assert_eq!(
        project.read("old.rs"),
        old,
        "the old file was not written into"
    );
    assert_ne!(project.read(CODE), old);
    let mode = fs::metadata(project.path(CODE))
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    let link = fs::symlink_metadata(project.path(SANDBOX_DOCUMENT)).expect("a link");
    assert!(link.is_symlink(), "a link stays a link");
    assert!(project.read("real.json").contains("Another title"));
}

#[test]
fn usage_errors_exit_with_two() {
    let project = Project::new();
    for arguments in [
        &["regenerate", "--spec", "a.yaml"][..],
        &["regenerate", "--out", "a.rs"],
        &["regenerate", "--check", "--dry-run"],
        &["regenrate"],
        &[],
    ] {
        assert_eq!(project.run(arguments).status, 2, "{arguments:?}");
    }
}

/// Runs git in the project.
fn git(project: &Project, arguments: &[&str]) {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(project.folder())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

#[test]
fn regenerate_compares_the_document_with_the_last_commit() {
    let project = Project::new();
    let document = project.read(DOCUMENT);
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "one"]);
    project.edit("maxLength: 128", "maxLength: 64");
    let ended = project.run(&["regenerate", "--dry-run"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended
            .stdout
            .contains("since the last commit: responses: 0 breaking, 1 additive"),
        "{ended:?}"
    );

    project.edit("openapi: 3.0.3", "openapi: 2.0.0");
    git(
        &project,
        &["commit", "--quiet", "--all", "--message", "two"],
    );
    project.write(DOCUMENT, &document);
    let ended = project.run(&["regenerate", "--check"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.stdout.contains(
            "not compared, because the committed version cannot be generated: HEAD:openapi/connector.yaml#"
        ),
        "{ended:?}"
    );
}
