//! What became of each input.

use std::fmt;
use std::sync::Arc;

use crate::error::{ConstraintViolation, Error};

/// What became of an input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome<T> {
    /// It is so on the server.
    Done(T),
    /// It was not applied, and would not be the next time.
    Rejected(Rejection),
    /// It was not applied, because the job could not go on.
    NotDone(Arc<Error>),
    /// It may have been applied or not.
    Unknown(Arc<Error>),
}

impl<T> Outcome<T> {
    /// The value of `Done`.
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }

    /// Why it is not done; `None` if it is.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Done(_) => None,
            Self::Rejected(rejection) => Some(rejection.to_string()),
            Self::NotDone(error) | Self::Unknown(error) => Some(error.to_string()),
        }
    }

    /// The same outcome about something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(value) => Outcome::Done(change(value)),
            Self::Rejected(rejection) => Outcome::Rejected(rejection),
            Self::NotDone(error) => Outcome::NotDone(error),
            Self::Unknown(error) => Outcome::Unknown(error),
        }
    }

    /// The same outcome, borrowed; cheap, because errors are shared.
    pub fn as_ref(&self) -> Outcome<&T> {
        match self {
            Self::Done(value) => Outcome::Done(value),
            Self::Rejected(rejection) => Outcome::Rejected(rejection.clone()),
            Self::NotDone(error) => Outcome::NotDone(error.clone()),
            Self::Unknown(error) => Outcome::Unknown(error.clone()),
        }
    }
}

/// Why an input was rejected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// It breaks a limit and was not sent.
    Invalid(ConstraintViolation),
    /// It is the same as an earlier input, by its index, and was not sent.
    Repeats(usize),
    /// The server refused it; [`Error::message`] is what it said.
    Refused(Arc<Error>),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(broken) => write!(f, "not sent, {broken}"),
            Self::Repeats(first) => {
                write!(f, "not sent, the same as input {first}, counted from 0")
            }
            Self::Refused(error) => match error.message() {
                Some(message) => f.write_str(&crate::error::one_line(message)),
                None => error.fmt(f),
            },
        }
    }
}

/// What became of a job: an outcome for each input, in the order of the inputs.
#[derive(Clone, Debug)]
#[must_use = "a job does not fail as a whole; its report says what became of each input"]
pub struct Report<T> {
    pub(super) outcomes: Vec<Outcome<T>>,
    pub(super) stopped: Option<Arc<Error>>,
    pub(super) requests: u64,
}

/// How many inputs had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Done.
    pub done: usize,
    /// Rejected.
    pub rejected: usize,
    /// Not done.
    pub not_done: usize,
    /// Unknown.
    pub unknown: usize,
}

impl<T> Report<T> {
    /// The outcomes, one for each input, in the order of the inputs.
    pub fn outcomes(&self) -> &[Outcome<T>] {
        &self.outcomes
    }

    /// The outcomes alone.
    pub fn into_outcomes(self) -> Vec<Outcome<T>> {
        self.outcomes
    }

    /// What is done, each with the index of its input.
    pub fn done(&self) -> impl Iterator<Item = (usize, &T)> {
        self.outcomes
            .iter()
            .enumerate()
            .filter_map(|(index, outcome)| Some((index, outcome.done()?)))
    }

    /// Whether every input is done.
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.done().is_some())
    }

    /// How many inputs had which outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for outcome in &self.outcomes {
            *match outcome {
                Outcome::Done(_) => &mut counts.done,
                Outcome::Rejected(_) => &mut counts.rejected,
                Outcome::NotDone(_) => &mut counts.not_done,
                Outcome::Unknown(_) => &mut counts.unknown,
            } += 1;
        }
        counts
    }

    /// What stopped the job before its end, if something did.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// How many batches were sent; attempts to send one again, and reading back, do not count.
    pub fn requests(&self) -> u64 {
        self.requests
    }
}
