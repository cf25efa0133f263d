//! Writing all or nothing, and where the project's own files lie.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};
use openapi_tree::files::read_text;
use tempfile::NamedTempFile;

/// The project's own document, from the workspace's root.
pub const DOCUMENT: &str = "openapi/connector.yaml";
/// What regenerate does beyond it.
pub const SETTINGS: &str = "openapi/settings.yaml";
/// The code that is made of it.
pub const CODE: &str = "crates/mews-connector-api/src/generated.rs";
/// The copy that the sandbox checks requests against.
pub const SANDBOX_DOCUMENT: &str = "crates/mews-sandbox/src/connector.json";
/// The folder of variant files.
pub const VARIANTS: &str = "openapi/variants";
/// What holds where documents disagree.
pub const RULINGS: &str = "openapi/rulings.yaml";
/// The page for reviewers.
pub const RECONCILIATION: &str = "openapi/RECONCILIATION.md";

/// Files to be written together: none of them is touched before all of them are on disk under another name.
#[derive(Debug, Default)]
pub struct Writes {
    staged: Vec<Staged>,
}

#[derive(Debug)]
struct Staged {
    file: NamedTempFile,
    path: PathBuf,
    /// What was at `path` before, if anything.
    before: Option<Vec<u8>>,
}

impl Writes {
    /// Writes `text` beside `path`, where it waits for [`Writes::commit`]. Where `path` is a link, the file that it
    /// leads to is meant.
    ///
    /// # Errors
    /// When the folder of `path` is missing or can't be written to.
    pub fn stage(&mut self, path: &Path, text: &str) -> Result<()> {
        let cannot_write = |source: std::io::Error| cannot(path, "written", source);
        if path.is_dir() {
            return Err(Error::new(path, "is a folder", "name a file"));
        }
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = match fs::read(&target) {
            Ok(bytes) => Some(bytes),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(cannot_write(source)),
        };
        let file = staged_beside(&target, text.as_bytes()).map_err(cannot_write)?;
        self.staged.push(Staged {
            file,
            path: target,
            before,
        });
        Ok(())
    }

    /// Puts every staged file into its place, each by one rename. Where one can't be, those before it get back what
    /// was there; only a kill between two renames leaves some files new and some old, each of them whole.
    ///
    /// # Errors
    /// When a rename fails.
    pub fn commit(self) -> Result<()> {
        let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
        for Staged { file, path, before } in self.staged {
            match file.persist(&path) {
                Ok(_) => done.push((path, before)),
                Err(failed) => {
                    for (path, before) in done {
                        put_back(&path, before.as_deref());
                    }
                    return Err(cannot(&path, "replaced", failed.error));
                }
            }
        }
        Ok(())
    }
}

fn cannot(path: &Path, be: &str, source: std::io::Error) -> Error {
    Error::new(
        path,
        format!("cannot be {be}: {source}"),
        "check that its folder is there and may be written to",
    )
    .because(source)
}

fn staged_beside(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".xtask-")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    copy_permissions(path, file.path())?;
    Ok(file)
}

/// As far as it goes: the error that led here is the one to be told.
fn put_back(path: &Path, before: Option<&[u8]>) {
    match before {
        None => drop(fs::remove_file(path)),
        Some(bytes) => {
            if let Ok(file) = staged_beside(path, bytes) {
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

/// The workspace's root, from which the project's own files are found.
pub fn workspace_root() -> PathBuf {
    // `cargo run` and `cargo test` set it anew each time, so a moved checkout finds itself.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors()
        .find(|folder| folder.join("openapi/connector.yaml").is_file())
        .map_or(here.clone(), Path::to_path_buf)
}

/// A path as messages name it: from the workspace's root where it lies below it.
pub fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(workspace_root())
        .map_or_else(|_| path.to_owned(), Path::to_path_buf)
}

/// Reads a document, which messages name from the workspace's root where it lies below it.
///
/// # Errors
/// When it can't be read, or is neither YAML nor JSON; with line and column.
pub fn read_document(path: &Path) -> Result<Document> {
    Document::parse(&shown(path), &read_text(path)?)
}

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Returns a report as JSON.
///
/// # Errors
/// Returns an error if the report cannot be written as JSON.
pub fn to_json(report: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string_pretty(report).map_err(|source| {
        Error::new(
            Path::new("standard output"),
            format!("failed to write the report as JSON: {source}"),
            "report this defect",
        )
        .because(source)
    })
}

/// Prints lines to where a command prints.
///
/// # Errors
/// When nobody takes the output any more.
pub fn print(out: &mut dyn Write, lines: &[String]) -> Result<()> {
    lines
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
        .map_err(|source| {
            Error::new(
                Path::new("standard output"),
                format!("cannot be written to: {source}"),
                "check where the output goes",
            )
            .because(source)
        })
}
