//! The format of a journal: one JSON object in each line.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::JournalError;

/// The version of the format.
const VERSION: u64 = 1;

/// A line of a journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::bulk) enum Line {
    /// The first line.
    Job(Start),
    /// An input, in order.
    Input(Value),
    /// The inputs are about to be sent.
    Sending {
        inputs: Vec<usize>,
        /// The `Date` of an earlier response. The records of the inputs are created later.
        after: Option<DateTime<Utc>>,
    },
    Applied {
        input: usize,
        record: Value,
    },
    Rejected(RejectedLine),
    NotApplied {
        input: usize,
        reason: String,
    },
    Unknown {
        input: usize,
        reason: String,
    },
}

/// The first line, which identifies the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::bulk) struct Start {
    version: u64,
    pub(in crate::bulk) operation: String,
    /// The enterprise that the job acts upon, if the handle names one.
    pub(in crate::bulk) enterprise: Option<Uuid>,
    /// The parents by which deleted records are read back.
    pub(in crate::bulk) parents: Vec<Uuid>,
    /// The number of inputs, which follow.
    pub(in crate::bulk) inputs: usize,
}

impl Start {
    pub(in crate::bulk) fn new(
        operation: &str,
        enterprise: Option<Uuid>,
        parents: Vec<Uuid>,
        inputs: usize,
    ) -> Self {
        Self {
            version: VERSION,
            operation: operation.to_owned(),
            enterprise,
            parents,
            inputs,
        }
    }
}

/// An input that the server rejected.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::bulk) struct RejectedLine {
    pub(in crate::bulk) input: usize,
    pub(in crate::bulk) status: Option<u16>,
    pub(in crate::bulk) message: Option<String>,
    pub(in crate::bulk) request_id: Option<String>,
}

impl Line {
    pub(in crate::bulk) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A journal, parsed.
pub(in crate::bulk) struct Parsed {
    pub(in crate::bulk) start: Start,
    /// The inputs and the events, each with the number of its line.
    pub(in crate::bulk) inputs: Vec<(usize, Value)>,
    pub(in crate::bulk) events: Vec<(usize, Line)>,
}

/// Parses the lines of a journal. Returns `None` if no job has begun: the journal is empty, or the process ended while
/// the inputs were written, before anything was sent.
pub(in crate::bulk) fn parse(lines: &[String]) -> Result<Option<Parsed>, JournalError> {
    let mut parsed: Option<Parsed> = None;
    for (index, text) in lines.iter().enumerate() {
        let line = index + 1;
        let invalid = |reason: String| JournalError::Invalid { line, reason };
        if let Some(version) = other_version(text) {
            return Err(JournalError::Version { version });
        }
        let content: Line =
            serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        match (content, &mut parsed) {
            // A process can end while it writes the inputs. The next process then starts the job again.
            (Line::Job(start), job) if job.as_ref().is_none_or(|job| !job.has_begun()) => {
                *job = Some(Parsed {
                    start,
                    inputs: Vec::new(),
                    events: Vec::new(),
                });
            }
            (Line::Job(_), _) => return Err(invalid("a second job".into())),
            (_, None) => return Err(invalid("expected the line of the job".into())),
            (Line::Input(_), Some(job)) if job.has_begun() => {
                return Err(invalid("more inputs than the job has".into()));
            }
            (Line::Input(input), Some(job)) => job.inputs.push((line, input)),
            (_, Some(job)) if !job.has_begun() => return Err(invalid("expected an input".into())),
            (event, Some(job)) => {
                if let Some(input) = event.inputs().iter().find(|i| **i >= job.start.inputs) {
                    return Err(invalid(format!("unknown input {input}")));
                }
                job.events.push((line, event));
            }
        }
    }
    Ok(parsed.filter(Parsed::has_begun))
}

/// Returns the version of a first line with a version that is unknown to this crate. Other properties are ignored.
fn other_version(text: &str) -> Option<u64> {
    if !text.starts_with("{\"job\"") {
        return None;
    }
    let line: Value = serde_json::from_str(text).ok()?;
    let version = line.get("job")?.get("version")?.as_u64()?;
    (version != VERSION).then_some(version)
}

impl Parsed {
    fn has_begun(&self) -> bool {
        self.inputs.len() == self.start.inputs
    }
}

impl Line {
    fn inputs(&self) -> &[usize] {
        match self {
            Self::Sending { inputs, .. } => inputs,
            Self::Applied { input, .. }
            | Self::Rejected(RejectedLine { input, .. })
            | Self::NotApplied { input, .. }
            | Self::Unknown { input, .. } => std::slice::from_ref(input),
            Self::Job(_) | Self::Input(_) => &[],
        }
    }
}
