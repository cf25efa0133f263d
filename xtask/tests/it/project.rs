//! A copy of the files that `regenerate` reads and writes, in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;
use xtask::files::{CODE, DOCUMENT, SANDBOX_DOCUMENT, SETTINGS};

pub(crate) struct Project {
    folder: TempDir,
}

/// The output and the exit status of a command.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let root = xtask::files::workspace_root();
        for file in [DOCUMENT, SETTINGS, CODE, SANDBOX_DOCUMENT] {
            let to = folder.path().join(file);
            fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
            fs::copy(root.join(file), to).expect("a copy");
        }
        Self { folder }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("a file")
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).expect("a file");
    }

    /// Replaces a part of the spec, which must exist.
    pub(crate) fn edit(&self, before: &str, after: &str) {
        let text = self.read(DOCUMENT);
        assert!(text.contains(before), "the document holds {before:?}");
        self.write(DOCUMENT, &text.replacen(before, after, 1));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CARGO_MANIFEST_DIR", self.folder.path())
            .env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().expect("a process");
        Ended {
            status: status.code().expect("an exit status"),
            stdout: String::from_utf8(stdout).expect("text"),
            stderr: unwrapped(&String::from_utf8(stderr).expect("text")),
        }
    }

    /// Returns the files in the folders that `regenerate` writes to, with their contents.
    pub(crate) fn outputs(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        for file in [CODE, SANDBOX_DOCUMENT] {
            let folder = self.path(file);
            let folder = folder.parent().expect("a parent");
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                files.push((path.clone(), fs::read_to_string(&path).expect("a file")));
            }
        }
        files.sort();
        files
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Returns a report without the line breaks and bars of its frame.
fn unwrapped(report: &str) -> String {
    report
        .lines()
        .map(|line| line.trim_start_matches([' ', '│', '×', '╰', '─', '▶']))
        .collect::<Vec<_>>()
        .join(" ")
}
