//! Reading of files and folders, with a maximum size.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The maximum size of a file. The OpenAPI documents of large APIs have a few megabytes.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Reads a text file of at most [`MAX_FILE_BYTES`] bytes. Line ends become `\n`, and a byte order mark is removed.
///
/// # Errors
/// Returns an error if the file cannot be read, is larger, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let cannot_read = |source: std::io::Error| {
        Error::new(
            path,
            format!("failed to read the file: {source}"),
            "check that the file exists and is readable",
        )
        .because(source)
    };
    let file = fs::File::open(path).map_err(cannot_read)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot_read)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::new(
            path,
            format!("expected at most {MAX_FILE_BYTES} bytes"),
            "pass the document without embedded content",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|source| {
        Error::new(
            path,
            format!(
                "invalid UTF-8 at byte {}",
                source.utf8_error().valid_up_to()
            ),
            "save the file as UTF-8",
        )
        .because(source)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n"))
}

/// Returns the paths of the entries of a folder, sorted by name.
///
/// # Errors
/// Returns an error if the folder cannot be read.
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
            format!("failed to read the folder: {source}"),
            "check that the folder exists and is readable",
        )
        .because(source)
    })
}
