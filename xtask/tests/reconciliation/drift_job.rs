//! The weekly job of `openapi/README.md`, run without changes on local files.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{Project, document, read};

/// Returns the only shell script of the README.
fn script() -> String {
    let readme = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/README.md"));
    let mut scripts = readme.split("```sh\n").skip(1);
    let script = scripts.next().and_then(|text| text.split("```").next());
    assert_eq!(scripts.next(), None, "one shell script");
    script.expect("a shell script").to_owned()
}

/// Returns the names of the pages that a parser reads, from the first loop of the script.
fn pages() -> Vec<String> {
    let script = script();
    let (_, pages) = script.split_once("for page in ").expect("a loop");
    let (pages, _) = pages.split_once(';').expect("a list of pages");
    pages.split_whitespace().map(str::to_owned).collect()
}

const PROSE: [&str; 11] = [
    "connector-api/guidelines/authentication.md",
    "connector-api/guidelines/best-practices.md",
    "connector-api/guidelines/environments.md",
    "connector-api/guidelines/pagination.md",
    "connector-api/guidelines/requests.md",
    "connector-api/guidelines/responses.md",
    "connector-api/guidelines/serialization.md",
    "connector-api/concepts/multi-property.md",
    "connector-api/changelog/README.md",
    "connector-api/deprecations/README.md",
    "open-api/staying-up-to-date/deprecations/deprecations-policy.md",
];

struct Job {
    project: Project,
}

impl Job {
    fn new() -> Self {
        let job = Self {
            project: Project::new(),
        };
        let page = read(&document("project/page.md"));
        // All pages that the job reads are the same page here.
        for name in pages() {
            job.write(&format!("docs/connector-api/operations/{name}.md"), &page);
        }
        for name in PROSE {
            job.write(&format!("docs/{name}"), &format!("# {name}\n"));
        }
        job.write("docs/swagger.yaml", &read(&document("project/vendor.yaml")));
        // The job copies local files, and runs `cargo xtask` without a build.
        job.program(
            "curl",
            "for argument; do case \"$previous$argument\" in\n\
             --output*) to=$argument;;\n\
             *file://*) from=${argument#file://};;\n\
             esac; previous=; [ \"$argument\" = --output ] && previous=$argument; done\n\
             cp \"$from\" \"$to\" || exit 22\n",
        );
        job.program(
            "cargo",
            &format!("shift; exec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_xtask")),
        );
        job
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.project.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn program(&self, name: &str, script: &str) {
        self.write(
            &format!("bin/{name}"),
            &format!("#!/bin/sh\nprevious=\n{script}"),
        );
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.project.path(&format!("bin/{name}")), executable)
            .expect("a program");
    }

    /// Stores the documents as those of the last run.
    fn keep(&self) {
        for name in PROSE {
            let kept = match name {
                "connector-api/changelog/README.md" => "announcements/changelog.md".to_owned(),
                "connector-api/deprecations/README.md" => {
                    "announcements/deprecations.md".to_owned()
                }
                _ => {
                    let file = name.rsplit('/').next().unwrap_or_default();
                    let folder = if name.contains("deprecations-policy") {
                        "announcements"
                    } else {
                        "guidelines"
                    };
                    format!("{folder}/{file}")
                }
            };
            self.write(
                &format!("kept/{kept}"),
                &read(&self.project.path(&format!("docs/{name}"))),
            );
        }
    }

    /// Runs the script. Returns its exit status and its output.
    fn run(&self) -> (Option<i32>, String) {
        let folder = self.project.path("");
        let docs = format!("file://{}", self.project.path("docs").display());
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", &script()])
            .current_dir(&folder)
            .env("CARGO_MANIFEST_DIR", &folder)
            .env(
                "PATH",
                format!("{}:{path}", self.project.path("bin").display()),
            )
            .env("SWAGGER", format!("{docs}/swagger.yaml"))
            .env("DOCS", docs)
            .env("KEPT", self.project.path("kept"))
            .output()
            .expect("the script runs");
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.code(), printed)
    }
}

#[test]
fn reports_nothing_while_no_document_changes() {
    let job = Job::new();
    job.keep();
    let (status, printed) = job.run();
    assert_eq!(status, Some(0), "{printed}");
    assert!(printed.contains("openapi.yaml"), "{printed}");
}

#[test]
fn reports_a_changed_fact() {
    let job = Job::new();
    job.keep();
    let page = read(&document("project/page.md")).replace("max 50 items", "max 25 items");
    job.write("docs/connector-api/operations/companies.md", &page);
    let (status, printed) = job.run();
    assert_eq!(status, Some(4), "{printed}");
    assert!(printed.contains("lamps/getAll · RoomIds"), "{printed}");
}

#[test]
fn reports_changed_prose() {
    for name in PROSE {
        let job = Job::new();
        job.keep();
        job.write(&format!("docs/{name}"), "# Lamps are discontinued\n");
        let (status, printed) = job.run();
        assert_eq!(status, Some(4), "{name}: {printed}");
        assert!(printed.contains("+# Lamps are discontinued"), "{printed}");
    }
}

#[test]
fn fails_if_a_document_has_moved() {
    let job = Job::new();
    job.keep();
    fs::remove_file(
        job.project
            .path("docs/connector-api/operations/reservations.md"),
    )
    .expect("the page goes");
    let (status, printed) = job.run();
    assert!(!matches!(status, Some(0 | 4)), "{status:?}: {printed}");
}
