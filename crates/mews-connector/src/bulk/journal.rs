//! Journals, with which a job survives its process.

mod file;
mod lines;

use std::error::Error as StdError;
use std::sync::Arc;

pub use file::FileJournal;
pub(super) use lines::{Line, RejectedLine, Start, parse};

/// A record of a job that survives the process. [`FileJournal`] keeps it in a file.
///
/// A journal is a list of lines, to which lines are only appended. Each line is one JSON value. The lines contain the
/// inputs of the job, such as code values, and the resulting records. They never contain a token.
///
/// An implementation may store the lines anywhere. It must return them in the order in which they were appended. It may
/// lose only lines whose [`append`](Self::append) did not return `Ok`.
pub trait Journal: Send + Sync {
    /// Returns all lines.
    ///
    /// # Errors
    /// Return an error if the lines cannot be read. Nothing is sent then.
    fn read(&self) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>>;

    /// Appends lines, none of which contains a line break. When it returns, they must survive the end of the process.
    ///
    /// # Errors
    /// Return an error if the lines may be lost. The job stops then, and sends nothing that was not recorded.
    fn append(&self, lines: &[String]) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn read(&self) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>> {
        (**self).read()
    }

    fn append(&self, lines: &[String]) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (**self).append(lines)
    }
}

/// A journal that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The lines cannot be read or appended.
    #[error("the journal cannot be read or written")]
    Storage(#[source] Box<dyn StdError + Send + Sync>),
    /// There is no job in the journal to resume.
    #[error("the journal is empty; start the job with `Bulk::journal`")]
    Empty,
    /// The journal was written by another version of this crate.
    #[error(
        "unknown journal version {version}; resume the job with the version of the crate that started it"
    )]
    Version {
        /// The version of the journal.
        version: u64,
    },
    /// A line is not one that a job has written.
    #[error(
        "invalid journal: line {line}: {reason}; restore the journal, or start a new one and check the server first"
    )]
    Invalid {
        /// The number of the line, counted from 1.
        line: usize,
        /// The problem.
        reason: String,
    },
    /// The journal belongs to another job.
    #[error("the journal belongs to another job: {difference}; use one journal for each job")]
    OtherJob {
        /// The difference.
        difference: String,
    },
}

impl JournalError {
    pub(super) fn other(difference: impl Into<String>) -> Self {
        Self::OtherJob {
            difference: difference.into(),
        }
    }
}
