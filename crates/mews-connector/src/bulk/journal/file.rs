//! A journal in a file.

use std::error::Error as StdError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use super::Journal;
use crate::lock::lock;

/// A [`Journal`] in a file.
///
/// Every line is passed to the operating system before the request that it announces is sent, so the journal survives a
/// killed process. With [`Self::sync_data`] it also survives a power failure. A last line that was not written
/// completely is dropped when the file is opened.
///
/// The file is locked while it is open, so that two processes cannot run the same job. It contains the inputs, such as
/// code values, and the resulting records, but no token. If the operating system supports permissions, only the user
/// can read the file.
///
/// ```
#[doc = include_str!("../../../doc/sandbox.rs")]
/// use mews_connector::NewVoucherCode;
/// use mews_connector::bulk::FileJournal;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("codes.journal");
/// let voucher = builtin::VOUCHER_ID.parse()?;
/// let codes = (0..20).map(|n| NewVoucherCode::new(voucher, format!("SAFE-{n}")));
/// let journal = FileJournal::open(&path)?.sync_data(true);
/// let report = client.bulk().journal(journal).add_voucher_codes(codes).await;
/// assert!(report.is_complete());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct FileJournal {
    file: Mutex<Open>,
    sync: bool,
}

/// The beginning of every journal.
const START: &[u8] = b"{\"job\":";

#[derive(Debug)]
struct Open {
    file: File,
    /// The length of the complete lines.
    length: u64,
}

impl FileJournal {
    /// Opens a journal, or creates an empty one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read and written, if it is open elsewhere
    /// ([`io::ErrorKind::WouldBlock`]), or if it is not a journal ([`io::ErrorKind::InvalidData`]).
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::new(
                io::ErrorKind::WouldBlock,
                "the journal is in use; wait for the other job to end",
            ),
            TryLockError::Error(error) => error,
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n');
        let length = complete.map_or(0, |end| end as u64 + 1);
        // An end of the process can cut the first line off.
        if bytes.iter().zip(START).any(|(byte, start)| byte != start) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file is not a journal; use another file",
            ));
        }
        Ok(Self {
            file: Mutex::new(Open { file, length }),
            sync: false,
        })
    }

    /// Sets whether each line is also forced to the disk (`fdatasync`), which takes milliseconds. The default is
    /// `false`.
    #[must_use]
    pub fn sync_data(self, sync: bool) -> Self {
        Self { sync, ..self }
    }
}

impl Journal for FileJournal {
    fn read(&self) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>> {
        let mut open = lock(&self.file);
        let mut text = String::new();
        // An incomplete last line is not part of the journal, and is replaced when lines are appended.
        let length = open.length;
        open.file.seek(SeekFrom::Start(0))?;
        (&open.file).take(length).read_to_string(&mut text)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn append(&self, lines: &[String]) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let mut text = String::new();
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        let mut open = lock(&self.file);
        let length = open.length;
        // A write that failed half-way, for example on a full disk, must not join the next line.
        open.file.set_len(length)?;
        open.file.seek(SeekFrom::Start(length))?;
        open.file.write_all(text.as_bytes())?;
        if self.sync {
            open.file.sync_data()?;
        }
        open.length += text.len() as u64;
        Ok(())
    }
}
