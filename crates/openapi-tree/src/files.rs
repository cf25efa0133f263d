//! The reading of files up to a maximum size.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The maximum size of a file in bytes. The complete vendor document has 2 MB.
pub const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// Reads a text file of at most [`LARGEST_FILE`] bytes. Line ends become `\n`, and a byte order mark is removed.
///
/// # Errors
/// Returns an error if the file cannot be read, is larger, or is not UTF-8.
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
            format!("cannot be read: {source}"),
            "check that the folder is there and readable",
        )
        .because(source)
    })
}
