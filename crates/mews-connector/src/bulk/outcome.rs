//! The outcomes of a job.

use std::fmt;
use std::sync::Arc;

use crate::error::{ConstraintViolation, Error, one_line};

/// The outcome of one input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome<T> {
    /// The write was applied. The value is the record on the server, or the ID of a deleted record.
    Applied(T),
    /// The write was not applied, because the input was rejected. The same input would be rejected again.
    Rejected(Rejection),
    /// The write was not applied, because the job could not continue. The same input can be sent again.
    NotApplied(Arc<Error>),
    /// The write may have been applied or not. Check the server before you send the input again.
    Unknown(Arc<Error>),
}

impl<T> Outcome<T> {
    /// Returns the value of [`Self::Applied`].
    pub fn applied(&self) -> Option<&T> {
        match self {
            Self::Applied(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the reason, or `None` for [`Self::Applied`].
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Applied(_) => None,
            Self::Rejected(rejection) => Some(rejection.to_string()),
            Self::NotApplied(error) | Self::Unknown(error) => Some(error.to_string()),
        }
    }

    /// Returns the outcome with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Applied(value) => Outcome::Applied(change(value)),
            Self::Rejected(rejection) => Outcome::Rejected(rejection),
            Self::NotApplied(error) => Outcome::NotApplied(error),
            Self::Unknown(error) => Outcome::Unknown(error),
        }
    }

    /// Returns the outcome with a borrowed value. Errors are shared, not copied.
    pub fn as_ref(&self) -> Outcome<&T> {
        match self {
            Self::Applied(value) => Outcome::Applied(value),
            Self::Rejected(rejection) => Outcome::Rejected(rejection.clone()),
            Self::NotApplied(error) => Outcome::NotApplied(error.clone()),
            Self::Unknown(error) => Outcome::Unknown(error.clone()),
        }
    }
}

/// The reason for [`Outcome::Rejected`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// The input violates a constraint. It was not sent.
    Invalid(ConstraintViolation),
    /// The input repeats the earlier input with this index. It was not sent.
    Duplicate(usize),
    /// The server rejected the input. [`Error::message`] returns the server's message.
    Server(Arc<Error>),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(violation) => write!(f, "not sent, {violation}"),
            Self::Duplicate(first) => {
                write!(f, "not sent, the same as input {first}, counted from 0")
            }
            Self::Server(error) => match (error.message(), error.specific_advice()) {
                (None, _) => error.fmt(f),
                (Some(message), None) => f.write_str(&one_line(message)),
                (Some(message), Some(advice)) => write!(f, "{}; {advice}", one_line(message)),
            },
        }
    }
}

/// The result of a job: one outcome for each input, in the order of the inputs.
#[derive(Clone, Debug)]
#[must_use = "a job does not fail as a whole; check the outcome of each input"]
pub struct Report<T> {
    pub(super) outcomes: Vec<Outcome<T>>,
    pub(super) stopped: Option<Arc<Error>>,
    pub(super) requests: u64,
}

/// The number of inputs with each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// The number of [`Outcome::Applied`].
    pub applied: usize,
    /// The number of [`Outcome::Rejected`].
    pub rejected: usize,
    /// The number of [`Outcome::NotApplied`].
    pub not_applied: usize,
    /// The number of [`Outcome::Unknown`].
    pub unknown: usize,
}

impl Counts {
    /// Returns `true` if every outcome is [`Outcome::Applied`].
    pub(super) fn is_complete(&self) -> bool {
        [self.rejected, self.not_applied, self.unknown] == [0; 3]
    }
}

impl<T> Report<T> {
    /// Returns the outcomes, in the order of the inputs.
    pub fn outcomes(&self) -> &[Outcome<T>] {
        &self.outcomes
    }

    /// Returns the outcomes by value.
    pub fn into_outcomes(self) -> Vec<Outcome<T>> {
        self.outcomes
    }

    /// Returns the values of the applied writes, each with the index of its input.
    pub fn applied(&self) -> impl Iterator<Item = (usize, &T)> {
        self.outcomes
            .iter()
            .enumerate()
            .filter_map(|(index, outcome)| Some((index, outcome.applied()?)))
    }

    /// Returns `true` if every write was applied.
    pub fn is_complete(&self) -> bool {
        self.counts().is_complete()
    }

    /// Returns the number of inputs with each outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for outcome in &self.outcomes {
            *match outcome {
                Outcome::Applied(_) => &mut counts.applied,
                Outcome::Rejected(_) => &mut counts.rejected,
                Outcome::NotApplied(_) => &mut counts.not_applied,
                Outcome::Unknown(_) => &mut counts.unknown,
            } += 1;
        }
        counts
    }

    /// Returns the error that stopped the job early, if one did.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// Returns the number of batches sent. Retries of a batch within a call, and requests that read back, do not count.
    pub fn requests(&self) -> u64 {
        self.requests
    }
}
