//! Folders, processes, and a small project to run commands in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Returns the path of a test document of the library.
pub(crate) fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/openapi-evidence/tests/documents")
        .join(name)
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A project with a spec of one operation, a page, an OpenAPI document and rulings.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the project");
        let openapi = folder.path().join("openapi");
        fs::create_dir_all(openapi.join("variants")).expect("the folders of the project");
        for (name, target) in [
            ("spec.yaml", "connector.yaml"),
            ("rulings.yaml", "rulings.yaml"),
            ("settings.yaml", "settings.yaml"),
        ] {
            fs::copy(document("project").join(name), openapi.join(target))
                .expect("a file of the project");
        }
        let project = Self { folder };
        for (name, id, dated) in [
            ("project/page.md", "2024-page", "2024-01"),
            ("project/vendor.yaml", "2025-openapi", "2025-01"),
        ] {
            let file = document(name);
            project.done(&[
                "import",
                &file.display().to_string(),
                "--as",
                id,
                "--dated",
                dated,
            ]);
        }
        project.done(&["reconcile"]);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).expect("a file of the project");
        path.display().to_string()
    }

    /// Replaces a part of a file, which must exist.
    pub(crate) fn change(&self, name: &str, from: &str, to: &str) {
        let text = read(&self.path(name));
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, &text.replacen(from, to, 1));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", self.folder.path())
            .current_dir(self.folder.path())
            .output()
            .expect("xtask runs")
    }

    /// Runs a command that must exit with a status. Returns its output.
    pub(crate) fn ends(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}:\n{printed}"
        );
        printed
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        self.ends(arguments, 0)
    }

    /// Returns every file with its text, so that a test can check that nothing changed.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).expect("a folder of the project") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let text =
                        String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
                    found.push((path, text));
                }
            }
        }
        found.sort();
        found
    }
}

/// Returns a message without the line breaks for the terminal.
pub(crate) fn unwrapped(printed: &str) -> String {
    printed
        .replace(['│', '×', '╰', '─', '▶'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
