//! Reading with a limit, and writing all or nothing.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// The largest file that a command reads. The vendor's whole document has 2 MB.
pub const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// Reads a text file of at most [`LARGEST_FILE`] bytes, its line ends made `\n`.
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
    Ok(if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    })
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
    staged: Vec<(NamedTempFile, PathBuf)>,
}

impl Writes {
    /// Writes `text` beside `path`, where it waits for [`Writes::commit`].
    ///
    /// # Errors
    /// When the folder of `path` is missing or can't be written to.
    pub fn stage(&mut self, path: &Path, text: &str) -> Result<()> {
        let cannot_write = |source: std::io::Error| {
            Error::new(
                path,
                format!("cannot be written: {source}"),
                "check that its folder is there and may be written to",
            )
            .because(source)
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if path.is_dir() {
            return Err(Error::new(path, "is a folder", "name a file"));
        }
        let mut file = tempfile::Builder::new()
            .prefix(".xtask-")
            .suffix(".tmp")
            .tempfile_in(folder)
            .map_err(cannot_write)?;
        file.write_all(text.as_bytes()).map_err(cannot_write)?;
        file.as_file().sync_all().map_err(cannot_write)?;
        copy_permissions(path, file.path()).map_err(cannot_write)?;
        self.staged.push((file, path.to_owned()));
        Ok(())
    }

    /// Puts every staged file into its place, each by one rename.
    ///
    /// # Errors
    /// When a rename fails; the files before it are in place then, those after it are not.
    pub fn commit(self) -> Result<()> {
        for (file, path) in self.staged {
            file.persist(&path).map_err(|source| {
                Error::new(
                    &path,
                    format!("cannot be replaced: {}", source.error),
                    "check that it may be written to",
                )
                .because(source.error)
            })?;
        }
        Ok(())
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
