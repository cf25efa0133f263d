//! Files that only the user can read, because a code is worth money.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Opens a file for writing. A new file can be read only by the user, where the operating system supports that.
pub(crate) fn open(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    file.with_context(|| format!("cannot open {}", path.display()))
}

/// Replaces a file as a whole: after a kill, it has the old or the new content.
pub(crate) fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let mut file = open(&new)?;
    let mut write = || {
        file.set_len(0)?;
        file.write_all(content)?;
        file.sync_data()?;
        fs::rename(&new, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
