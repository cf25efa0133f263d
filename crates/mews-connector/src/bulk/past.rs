//! The state of a job that an earlier process began, from its journal.

use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::journal::{Journal, JournalError, Line, RejectedLine, Start, parse};
use super::operation::Operation;
use super::outcome::{Outcome, Rejection};
use super::reading::{FirstSent, Known};
use crate::error::{Error, ErrorKind};

/// The time at which an input was first sent, and the number of groups of records that were known then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    pub(super) first_sent: FirstSent,
    pub(super) older: usize,
}

/// The state of a job at its start.
pub(super) struct Past<T> {
    /// The outcomes that are final.
    pub(super) outcomes: Vec<Option<Outcome<T>>>,
    /// The inputs that were sent with an unknown result.
    pub(super) tracks: Vec<Option<Track>>,
    pub(super) known: Known,
}

impl<T> Past<T> {
    /// Creates the state of a job that begins.
    pub(super) fn none(inputs: usize) -> Self {
        let mut outcomes = Vec::new();
        outcomes.resize_with(inputs, || None);
        Self {
            outcomes,
            tracks: vec![None; inputs],
            known: Known::default(),
        }
    }

    /// Returns the inputs that an earlier process sent with an unknown result.
    pub(super) fn in_doubt(&self) -> Vec<usize> {
        let tracks = self.tracks.iter().enumerate();
        tracks
            .filter_map(|(input, track)| track.map(|_| input))
            .collect()
    }
}

/// Begins a job in a journal, or continues the job that the journal has.
pub(super) fn begin_or_continue<O: Operation>(
    journal: &dyn Journal,
    operation: &O,
    enterprise: Option<Uuid>,
    inputs: &[O::Input],
) -> Result<Past<O::Output>, JournalError> {
    let start = Start::new(O::NAME, enterprise, operation.parents(), inputs.len());
    let Some(parsed) = parse(&read(journal)?)? else {
        let mut lines = vec![Line::Job(start).to_json()];
        lines.extend(
            inputs
                .iter()
                .map(|input| Line::Input(json(input)).to_json()),
        );
        append(journal, &lines)?;
        return Ok(Past::none(inputs.len()));
    };
    let there = &parsed.start;
    if there.operation != start.operation {
        return Err(JournalError::other(format!(
            "it is a job of {}",
            there.operation
        )));
    }
    if there.enterprise != start.enterprise {
        return Err(JournalError::other("it acts upon another enterprise"));
    }
    if there.inputs != start.inputs {
        return Err(JournalError::other(format!(
            "it has {} inputs instead of {}",
            there.inputs, start.inputs
        )));
    }
    let mut pairs = parsed.inputs.iter().zip(inputs);
    if let Some(at) = pairs.position(|((_, there), input)| *there != json(input)) {
        return Err(JournalError::other(format!(
            "its input {at}, counted from 0, differs"
        )));
    }
    replay::<O>(parsed.events, inputs.len())
}

/// Reads the job of a journal without its events.
pub(super) fn job(journal: &dyn Journal) -> Result<(Start, Vec<(usize, Value)>), JournalError> {
    let parsed = parse(&read(journal)?)?.ok_or(JournalError::Empty)?;
    Ok((parsed.start, parsed.inputs))
}

/// Reads inputs from their JSON, each with the number of its line.
pub(super) fn typed<T: DeserializeOwned>(
    inputs: Vec<(usize, Value)>,
) -> Result<Vec<T>, JournalError> {
    let typed = |(line, value)| decode(line, value);
    inputs.into_iter().map(typed).collect()
}

fn decode<T: DeserializeOwned>(line: usize, value: Value) -> Result<T, JournalError> {
    serde_json::from_value(value).map_err(|error| JournalError::Invalid {
        line,
        reason: error.to_string(),
    })
}

fn replay<O: Operation>(
    events: Vec<(usize, Line)>,
    inputs: usize,
) -> Result<Past<O::Output>, JournalError> {
    let mut past = Past::none(inputs);
    // The lines of the records of one response are consecutive.
    let mut together = Vec::new();
    for (line, event) in events {
        if !matches!(event, Line::Applied { .. }) {
            past.known.learn(together.drain(..));
        }
        match event {
            Line::Sending { inputs, after } => {
                let older = past.known.count();
                for input in inputs {
                    past.tracks[input].get_or_insert(Track {
                        first_sent: FirstSent::Earlier(after),
                        older,
                    });
                }
            }
            Line::Applied { input, record } => {
                let record: O::Output = decode(line, record)?;
                together.push(O::id(&record));
                past.tracks[input] = None;
                past.outcomes[input] = Some(Outcome::Applied(record));
            }
            Line::Rejected(rejected) => {
                let input = rejected.input;
                past.tracks[input] = None;
                let error = rejection(O::NAME, rejected);
                past.outcomes[input] = Some(Outcome::Rejected(Rejection::Server(Arc::new(error))));
            }
            // The input was not applied, so it is sent again.
            Line::NotApplied { input, .. } => past.tracks[input] = None,
            // The input is still in doubt.
            Line::Unknown { .. } | Line::Job(_) | Line::Input(_) => {}
        }
    }
    past.known.learn(together);
    Ok(past)
}

fn rejection(operation: &'static str, line: RejectedLine) -> Error {
    let kind = match line.status {
        Some(403) => ErrorKind::Forbidden,
        Some(408) => ErrorKind::RequestTimeout,
        Some(409) => ErrorKind::Conflict,
        Some(413) => ErrorKind::ContentTooLarge,
        _ => ErrorKind::BadRequest,
    };
    Error::new(kind, operation).with(|parts| {
        parts.status = line.status.and_then(|code| StatusCode::from_u16(code).ok());
        parts.message = line.message;
        parts.request_id = line.request_id;
    })
}

/// Returns the line that records an outcome. An input that was never sent has none, because its outcome follows from
/// the inputs.
pub(super) fn line_of<O: Operation>(input: usize, outcome: &Outcome<O::Output>) -> Option<Line> {
    Some(match outcome {
        Outcome::Applied(record) => Line::Applied {
            input,
            record: json(record),
        },
        Outcome::Rejected(Rejection::Server(error)) => Line::Rejected(RejectedLine {
            input,
            status: error.status().map(|status| status.as_u16()),
            message: error.message().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        }),
        Outcome::Rejected(_) => return None,
        Outcome::NotApplied(error) => Line::NotApplied {
            input,
            reason: error.to_string(),
        },
        Outcome::Unknown(error) => Line::Unknown {
            input,
            reason: error.to_string(),
        },
    })
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn read(journal: &dyn Journal) -> Result<Vec<String>, JournalError> {
    guarded(|| journal.read()).map_err(JournalError::Storage)
}

/// Returns `true` if the journal can be read and has no lines.
pub(super) fn is_empty(journal: &dyn Journal) -> bool {
    read(journal).is_ok_and(|lines| lines.is_empty())
}

pub(super) fn append(journal: &dyn Journal, lines: &[String]) -> Result<(), JournalError> {
    guarded(|| journal.append(lines)).map_err(JournalError::Storage)
}

/// Calls code of the user, whose panic becomes an error.
pub(super) fn guarded<T>(
    call: impl FnOnce() -> Result<T, Box<dyn std::error::Error + Send + Sync>>,
) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
    let call = std::panic::AssertUnwindSafe(call);
    std::panic::catch_unwind(call).unwrap_or_else(|_| Err("it panicked".into()))
}

#[cfg(test)]
mod tests;
