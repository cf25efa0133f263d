//! The error of all commands: the location, the problem, and the help.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

/// A location in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The whole file.
    Whole,
    /// A line and a column, which start at 1.
    LineColumn {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A JSON Pointer (RFC 6901) into the document in the file.
    Pointer(String),
}

/// The reason why a command failed. `Display` writes one line: the file, the location, and the problem.
#[derive(Debug)]
pub struct Error {
    file: PathBuf,
    place: Place,
    what: String,
    todo: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of the functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error about a whole file, with the problem in lower case and the help as an imperative.
    pub fn new(file: &Path, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: Place::Whole,
            what: what.into(),
            todo: todo.into(),
            source: None,
        }
    }

    /// Sets the location in the file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Sets the location to a JSON Pointer.
    #[must_use]
    pub fn at_pointer(self, pointer: impl Into<String>) -> Self {
        self.at(Place::Pointer(pointer.into()))
    }

    /// Sets the error that is the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Returns the location in the file.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the problem, without the file and the location.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns the help, which describes how to fix the problem.
    pub fn todo(&self) -> &str {
        &self.todo
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match &self.place {
            Place::Whole => {}
            Place::LineColumn { line, column } => write!(f, ":{line}:{column}")?,
            Place::Pointer(pointer) => write!(f, "#{pointer}")?,
        }
        write!(f, ": {}", self.what)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
