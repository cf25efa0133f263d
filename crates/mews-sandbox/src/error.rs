//! Errors of requests, and of the start.

use std::fmt;
use std::path::PathBuf;

use axum::http::StatusCode;

/// The reason why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not available.
    #[error("cannot listen on {address}: {error}; use another port, or 0 for any free port")]
    Listen {
        /// The host and the port.
        address: String,
        /// The error of the system.
        error: std::io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: std::io::Error,
    },
    /// The fixtures are invalid.
    #[error("invalid fixtures: {0}; for the form, see `mews-sandbox --print-fixtures`")]
    Fixtures(String),
    /// The script of faults is invalid.
    #[error("invalid faults: {0}; for the form, see the README of mews-sandbox")]
    Faults(String),
    /// A stub is invalid.
    #[error("invalid stub: {0}")]
    Stub(String),
    /// An option is invalid.
    #[error("invalid option: {0}")]
    Options(String),
    /// The spec is invalid.
    #[error("invalid spec: {0}")]
    Spec(String),
    /// The data file has other content, or was created with other options.
    #[error("the data file {} cannot be used: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// The reason and the fix.
        reason: String,
    },
    /// The store failed.
    #[error("the store failed at the start: {0}")]
    Store(#[from] rusqlite::Error),
    /// The thread or the runtime of the server could not be created.
    #[error("the server could not be started: {0}")]
    Thread(std::io::Error),
}

/// An error response as the API documents it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) details: Option<String>,
    /// The value of the header `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            details: None,
            retry_after: None,
        }
    }

    /// Creates the error `Invalid {Parameter}` for a value that is malformed, unknown, or in the wrong state
    /// (guidelines/responses.md, 400).
    pub(crate) fn invalid(parameter: &str, details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("Invalid {parameter}")).because(details)
    }

    /// Creates the error for a rule of the enterprise, with a message for the end user (guidelines/responses.md, 403).
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(details: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found").because(details)
    }

    /// Creates the error for an operation, or a part of one, that the sandbox does not have.
    pub(crate) fn not_implemented(details: impl Into<String>) -> Self {
        let message = "The sandbox does not implement the operation.";
        Self::new(StatusCode::NOT_IMPLEMENTED, message).because(details)
    }

    /// Creates the error for a failure of the sandbox itself.
    pub(crate) fn unexpected(details: impl Into<String>) -> Self {
        let message = "An unexpected error occurred.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message).because(details)
    }

    pub(crate) fn because(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::unexpected(format!("the store of the sandbox failed: {error}"))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.details {
            Some(details) => write!(f, ": {details}"),
            None => Ok(()),
        }
    }
}
