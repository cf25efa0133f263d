//! What the sandbox refuses, and why it does not start.

use std::path::PathBuf;

use axum::http::StatusCode;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address could not be taken.
    #[error("cannot listen on {address}: {error}; name another port, or 0 for any that is free")]
    Listen {
        /// Host and port.
        address: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The fixtures are not what they should be.
    #[error(
        "the fixtures cannot be used: {0}; the built-in ones show the form (`mews-sandbox --print-fixtures`)"
    )]
    Fixtures(String),
    /// The script of faults is not what it should be.
    #[error("the faults cannot be used: {0}; the README of mews-sandbox shows the form")]
    Faults(String),
    /// The data file holds something else, or was filled differently.
    #[error("the data file {} cannot be used: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The store failed.
    #[error("the store failed at the start: {0}")]
    Store(#[from] rusqlite::Error),
    /// The server's thread or runtime could not be made.
    #[error("the server could not be started: {0}")]
    Thread(std::io::Error),
}

/// A request that is refused, as the API says it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) details: Option<String>,
    /// Seconds, for the header of that name.
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            details: None,
            retry_after: None,
        }
    }

    /// `Invalid {Parameter}`: malformed, unknown, or in the wrong state (guidelines/responses.md, 400).
    pub(crate) fn invalid(parameter: &str, details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("Invalid {parameter}")).because(details)
    }

    /// A rule of the enterprise, in words for the person at the screen (guidelines/responses.md, 403).
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(details: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found").because(details)
    }

    pub(crate) fn because(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "An unexpected error occurred.",
        )
        .because(format!("the sandbox's store failed: {error}"))
    }
}
