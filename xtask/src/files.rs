//! The paths of the project's files, and writing of files, all or none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};
use openapi_tree::files::read_text;
use tempfile::NamedTempFile;

/// The spec. All paths are relative to the root of the workspace.
pub const DOCUMENT: &str = "openapi/connector.yaml";
/// The settings.
pub const SETTINGS: &str = "openapi/settings.yaml";
/// The generated code.
pub const CODE: &str = "crates/mews-connector-api/src/generated.rs";
/// The copy of the spec that the sandbox serves.
pub const SANDBOX_DOCUMENT: &str = "crates/mews-sandbox/src/connector.json";
/// The folder of variant files.
pub const VARIANTS: &str = "openapi/variants";
/// The rulings.
pub const RULINGS: &str = "openapi/rulings.yaml";
/// The page for reviewers, which `reconcile` writes.
pub const RECONCILIATION: &str = "openapi/RECONCILIATION.md";

/// Files to write together. No file is replaced before all of them are on disk under a temporary name.
#[derive(Debug, Default)]
pub struct Writes {
    staged: Vec<Staged>,
}

#[derive(Debug)]
struct Staged {
    file: NamedTempFile,
    path: PathBuf,
    /// The previous content of `path`, if the file existed.
    before: Option<Vec<u8>>,
}

impl Writes {
    /// Writes `text` to a temporary file next to `path` until [`Writes::commit`]. If `path` is a link, its target is
    /// replaced.
    ///
    /// # Errors
    /// Returns an error if the folder of `path` is missing or not writable.
    pub fn stage(&mut self, path: &Path, text: &str) -> Result<()> {
        let cannot_write = |source| failed_to("write", path, source);
        if path.is_dir() {
            let what = "expected a file, found a folder";
            return Err(Error::new(path, what, "name a file"));
        }
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = match fs::read(&target) {
            Ok(bytes) => Some(bytes),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(cannot_write(source)),
        };
        let file = staged_next_to(&target, text.as_bytes()).map_err(cannot_write)?;
        self.staged.push(Staged {
            file,
            path: target,
            before,
        });
        Ok(())
    }

    /// Replaces every file by one rename each. If a rename fails, the files already replaced are restored. A kill between
    /// two renames leaves each file complete, old or new.
    ///
    /// # Errors
    /// Returns an error if a rename fails.
    pub fn commit(self) -> Result<()> {
        let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
        for Staged { file, path, before } in self.staged {
            match file.persist(&path) {
                Ok(_) => done.push((path, before)),
                Err(failed) => {
                    for (path, before) in done {
                        put_back(&path, before.as_deref());
                    }
                    return Err(failed_to("replace", &path, failed.error));
                }
            }
        }
        Ok(())
    }
}

fn failed_to(action: &str, path: &Path, source: std::io::Error) -> Error {
    Error::new(
        path,
        format!("failed to {action} the file: {source}"),
        "check that the folder exists and is writable",
    )
    .because(source)
}

fn staged_next_to(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".xtask-").suffix(".tmp");
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    copy_permissions(path, file.path())?;
    Ok(file)
}

/// Restores a file. Errors are ignored, because the error that led here is reported.
fn put_back(path: &Path, before: Option<&[u8]>) {
    match before {
        None => drop(fs::remove_file(path)),
        Some(bytes) => {
            if let Ok(file) = staged_next_to(path, bytes) {
                drop(file.persist(path));
            }
        }
    }
}

/// Gives a staged file the permissions of the file it replaces, or those of any new file.
fn copy_permissions(from: &Path, to: &Path) -> std::io::Result<()> {
    match fs::metadata(from) {
        Ok(metadata) => fs::set_permissions(to, metadata.permissions()),
        Err(_) => set_new_file_permissions(to),
    }
}

#[cfg(unix)]
fn set_new_file_permissions(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_new_file_permissions(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Returns the root of the workspace.
pub fn workspace_root() -> PathBuf {
    // `cargo run` and `cargo test` set the variable, so that a moved checkout is found.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors()
        .find(|folder| folder.join("openapi/connector.yaml").is_file())
        .map_or(here.clone(), Path::to_path_buf)
}

/// Returns the path in messages, which is relative to the root of the workspace for a file in the workspace.
pub fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(workspace_root())
        .map_or_else(|_| path.to_owned(), Path::to_path_buf)
}

/// Reads a document.
///
/// # Errors
/// Returns an error with line and column if the file cannot be read, or is neither YAML nor JSON.
pub fn read_document(path: &Path) -> Result<Document> {
    Document::parse(&shown(path), &read_text(path)?)
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl ReportFormat {
    /// Prints a report as JSON, or its lines for people.
    ///
    /// # Errors
    /// Returns an error if the report cannot be written as JSON, or if the output is closed.
    pub fn print(
        self,
        out: &mut dyn Write,
        report: &impl serde::Serialize,
        lines: impl FnOnce() -> Vec<String>,
    ) -> Result<()> {
        match self {
            Self::Text => print(out, &lines()),
            Self::Json => print(out, &[to_json(report)?]),
        }
    }
}

/// Returns a value as JSON.
///
/// # Errors
/// Returns an error if the value cannot be written as JSON.
pub fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|source| {
        let what = format!("failed to write JSON: {source}");
        Error::new(Path::new("standard output"), what, "report this defect").because(source)
    })
}

/// Prints lines.
///
/// # Errors
/// Returns an error if the output is closed.
pub fn print(out: &mut dyn Write, lines: &[String]) -> Result<()> {
    let mut lines = lines.iter();
    let printed = lines.try_for_each(|line| writeln!(out, "{line}"));
    printed.map_err(|source| {
        let what = format!("failed to write: {source}");
        let help = "check the program that reads the output";
        Error::new(Path::new("standard output"), what, help).because(source)
    })
}
