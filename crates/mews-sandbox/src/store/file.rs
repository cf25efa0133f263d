//! Data files.

use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::APPLICATION_ID;

/// The part of an SQLite file that describes it.
const HEADER_LEN: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const APPLICATION_ID_AT: usize = 68;

/// Returns `true` if a file exists and has anything but the data of a sandbox. The file does not change.
pub(super) fn is_foreign(path: &Path) -> rusqlite::Result<bool> {
    let mut header = Vec::with_capacity(HEADER_LEN);
    let read =
        File::open(path).and_then(|file| file.take(HEADER_LEN as u64).read_to_end(&mut header));
    match read {
        // A new file; or SQLite reports the reason when it opens the file.
        Err(_) | Ok(0) => return Ok(false),
        Ok(_) => {}
    }
    if header.len() < HEADER_LEN || !header.starts_with(MAGIC) {
        return Ok(true);
    }
    let mut id = [0; 4];
    id.copy_from_slice(&header[APPLICATION_ID_AT..APPLICATION_ID_AT + 4]);
    match i32::from_be_bytes(id) {
        APPLICATION_ID => return Ok(false),
        0 => {}
        _ => return Ok(true),
    }
    // A sandbox that was killed at its very first start has written its mark to the log only.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = match path.to_str().filter(|_| !next_to(path, "-wal").exists()) {
        // Reading a file with a write-ahead log would otherwise create files next to it.
        Some(path) => {
            Connection::open_with_flags(format!("file:{}?immutable=1", escaped(path)), flags)?
        }
        None => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(Duration::ZERO)?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id != APPLICATION_ID && !is_empty(&connection)?)
}

/// Writes a path as a part of a URI.
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

/// Returns the path of a file next to a data file.
fn next_to(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Excludes other sandboxes from a data file, in this process and in others.
///
/// The lock is on a file next to it, because SQLite uses its own locks on the data file for each of the connections of
/// a sandbox. The system releases the lock of a process that is killed.
pub(super) struct FileLock {
    path: PathBuf,
    _file: File,
}

impl FileLock {
    pub(super) fn acquire(path: &Path) -> Result<Self, TryLockError> {
        let path = next_to(path, "-lock");
        loop {
            let mut options = File::options();
            let file = options.create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(TryLockError::Error)?;
            file.try_lock()?;
            // The previous owner may have removed the file after it was opened here.
            if path.exists() {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Returns `true` if a file has no tables.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

/// Makes a file ready for use.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    let _: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    // With a write-ahead log, a process that is killed leaves whole transactions behind. Waiting for the disk in
    // addition would only help against a power failure, and takes most of the time of a write.
    connection.pragma_update(None, "synchronous", "OFF")?;
    // A file that another program has locked fails now and not with the first request.
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT")
}

/// Moves what the log has into the file, so that the file carries the mark of the sandbox from the start.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
