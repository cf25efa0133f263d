//! What a command says when it can't go on: where, what, and what to do.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line and a column, both from 1.
    LineColumn {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A JSON pointer (RFC 6901) into the document that the file holds.
    Pointer(String),
}

/// Why a command failed. Its `Display` is one line: file, place, what is wrong.
#[derive(Debug)]
pub struct Error {
    file: PathBuf,
    place: Place,
    what: String,
    todo: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error about a whole file: what is wrong, a lower-case sentence, and what to do about it.
    pub fn new(file: &Path, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: Place::Whole,
            what: what.into(),
            todo: todo.into(),
            source: None,
        }
    }

    /// The same error, at a place in the file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The same error, at a JSON pointer.
    #[must_use]
    pub fn at_pointer(self, pointer: impl Into<String>) -> Self {
        self.at(Place::Pointer(pointer.into()))
    }

    /// The same error, with what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The file that the error is about.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Where in the file.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the problem, without the file and the place.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
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
