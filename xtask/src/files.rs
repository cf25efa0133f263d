//! Reading with a limit, and writing all or nothing.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// The largest file that a command reads. The vendor's whole document has 2 MB.
pub const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// Reads a text file of at most [`LARGEST_FILE`] bytes, its line ends made `\n`, without a byte order mark.
///
/// # Errors
/// When the file can't be read, is larger, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let cannot_read = |source: std::io::Error| {
        Error::new(
            path,
            format!("cannot be read: {source}"),
            "check that the file is there and readable",
        )
        .because(source)
    };
    let file = fs::File::open(path).map_err(cannot_read)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot_read)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Error::new(
            path,
            format!("has more than {LARGEST_FILE} bytes"),
            "give the document alone, without anything packed into it",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|source| {
        Error::new(
            path,
            format!(
                "is not UTF-8 text, from byte {} on",
                source.utf8_error().valid_up_to()
            ),
            "save it as UTF-8",
        )
        .because(source)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n"))
}

/// What lies in a folder, in order of its names.
///
/// # Errors
/// When the folder can't be read.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    read().map_err(|source| {
        Error::new(
            folder,
            format!("cannot be read: {source}"),
            "check that the folder is there and readable",
        )
        .because(source)
    })
}

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
