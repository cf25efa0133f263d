//! The error of every function that reads documents: file, location, problem, fix.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

/// A location in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// The whole file.
    Whole,
    /// A line and a column, both starting at 1.
    LineColumn {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A JSON Pointer (RFC 6901) into the document in the file.
    Pointer(String),
}

/// The reason why a command failed. Its `Display` is one line with the file, the location and the problem.
#[derive(Debug)]
pub struct Error {
    file: PathBuf,
    location: Location,
    what: String,
    help: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of the functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error about a whole file from the problem, a lower-case phrase, and an imperative that fixes it.
    pub fn new(file: &Path, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            location: Location::Whole,
            what: what.into(),
            help: help.into(),
            source: None,
        }
    }

    /// Sets the location to the start of a line.
    #[must_use]
    pub fn at_line(self, line: usize) -> Self {
        self.at_position(line, 1)
    }

    /// Sets the location to a line and a column.
    #[must_use]
    pub fn at_position(mut self, line: usize, column: usize) -> Self {
        self.location = Location::LineColumn { line, column };
        self
    }

    /// Sets the location to a JSON Pointer.
    #[must_use]
    pub fn at_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.location = Location::Pointer(pointer.into());
        self
    }

    /// Sets the cause.
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
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the problem, without the file and the location.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns the advice that fixes the problem.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match &self.location {
            Location::Whole => {}
            Location::LineColumn { line, column } => write!(f, ":{line}:{column}")?,
            Location::Pointer(pointer) => write!(f, "#{pointer}")?,
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
