//! What was received and answered.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::Operation;

/// A request and its answer. Tokens are masked in all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Exchange {
    /// What the header `Request-Id` of the answer says.
    pub request_id: String,
    /// When the request came, by the sandbox's clock.
    pub received_utc: DateTime<Utc>,
    /// The method, such as `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The operation at the path, if there is one.
    pub operation: Option<Operation>,
    /// The headers of the request.
    pub request_headers: Vec<(String, String)>,
    /// The body of the request; null if it isn't JSON or wasn't read.
    pub request_body: Value,
    /// The status of the answer; none if the connection was dropped before.
    pub status: Option<u16>,
    /// The headers of the answer.
    pub response_headers: Vec<(String, String)>,
    /// The body of the answer as it was sent; a string if it isn't JSON, null if it is empty.
    pub response_body: Value,
    /// The faults that struck, by name.
    pub faults: Vec<String>,
    /// How many milliseconds the sandbox took, its delays included, by the machine's clock.
    pub milliseconds: f64,
}

/// The last exchanges.
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    most: usize,
}

#[derive(Default)]
struct Entries {
    list: VecDeque<Entry>,
    bytes: usize,
}

/// An exchange with its bodies as text, which takes a fraction of the room.
struct Entry {
    exchange: Exchange,
    request: String,
    response: String,
}

/// How much of bodies is kept, so that pages of codes don't fill the memory.
const MOST_BYTES: usize = 8 * 1024 * 1024;

impl Journal {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            entries: Mutex::default(),
            most,
        }
    }

    /// Keeps an exchange, whose bodies come apart from it as text and are masked already.
    pub(crate) fn keep(&self, exchange: Exchange, request: String, response: String) {
        let mut entries = self.entries();
        entries.bytes += request.len() + response.len();
        entries.list.push_back(Entry {
            exchange,
            request,
            response,
        });
        while entries.list.len() > self.most
            || (entries.bytes > MOST_BYTES && entries.list.len() > 1)
        {
            let Some(oldest) = entries.list.pop_front() else {
                break;
            };
            entries.bytes -= oldest.request.len() + oldest.response.len();
        }
    }

    /// What is kept, oldest first.
    pub(crate) fn read(&self) -> Vec<Exchange> {
        let read = |entry: &Entry| Exchange {
            request_body: body(&entry.request),
            response_body: body(&entry.response),
            ..entry.exchange.clone()
        };
        self.entries().list.iter().map(read).collect()
    }

    pub(crate) fn clear(&self) {
        *self.entries() = Entries::default();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn body(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
