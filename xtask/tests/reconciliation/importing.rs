//! `cargo xtask import`: its report, its comparison, and the arguments that it rejects.

use crate::support::{Project, document, read, unwrapped};

#[test]
fn import_reports_the_facts_and_the_unreadable_rows() {
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
    project.change("evidence/vendor.yaml", "another vendor", "a third vendor");
    let printed = project.ends(&["import", "--verify", &folder], 4);
    assert!(
        printed.contains("page.md: not used by any variant file"),
        "{printed}"
    );
    assert!(
        printed.contains("2025-openapi.yaml: DIFFERS: its document is not in the folder"),
        "{printed}"
    );
}

#[test]
fn verify_lists_documents_that_no_variant_file_uses() {
    let project = Project::new();
    for name in ["page.md", "vendor.yaml"] {
        std::fs::copy(document("project").join(name), project.path(name)).expect("a document");
    }
    project.write("changelog.md", "# Changelog\n\nA lamp is new.\n");
    let folder = project.path("").display().to_string();
    let printed = project.done(&["import", "--verify", &folder]);
    assert!(
        printed.contains("changelog.md: not used by any variant file"),
        "{printed}"
    );
    assert!(printed.contains("0 differences"), "{printed}");
    project.ends(&["import", "--verify", &folder, "--strict"], 4);
}

#[test]
fn a_part_of_a_document_does_not_deny_other_resources() {
    let project = Project::new();
    let text = read(&document("project/vendor.yaml")).replace("lamps/getAll", "rooms/list");
    let file = project.write("part.yaml", &text);
    let import = ["import", &file, "--as", "part", "--dated", "2026-01"];
    project.done(&import);
    let printed = project.ends(&["reconcile", "--check"], 4);
    let denied = "lamps/getAll: part states presence `absent`";
    assert!(printed.contains(denied), "{printed}");
    assert!(printed.contains("import it with --partial"), "{printed}");
    project.done(&[&import[..], &["--partial"]].concat());
    let printed = project.ends(&["reconcile", "--check"], 4);
    assert!(!printed.contains(denied), "{printed}");
    // The comparison ignores `partial`, which is not in the document.
    let folder = project.path("documents");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::rename(&file, folder.join("part.yaml")).expect("a document");
    let folder = folder.display().to_string();
    let printed = project.ends(&["import", "--verify", &folder], 4);
    assert!(printed.contains("part.yaml: agrees with"), "{printed}");
}

#[test]
fn rejects_invalid_ids_and_dates() {
    let project = Project::new();
    let file = document("project/page.md").display().to_string();
    let printed = unwrapped(&project.ends(&["import", &file, "--as", "../escape"], 1));
    assert!(
        printed.contains("invalid ID of a variant file"),
        "{printed}"
    );
    for wrong in ["2026-13", "yesterday", "2026-1-1", "12026-01"] {
        project.ends(&["import", &file, "--as", "page", "--dated", wrong], 2);
    }
    project.ends(&["import"], 2);
}
