//! The exchanges with clients.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operation::Operation;

/// A request and its response, with masked tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Exchange {
    /// The value of the header `Request-Id` of the response.
    pub request_id: String,
    /// The time at which the request was received, according to the clock of the sandbox.
    pub received_utc: DateTime<Utc>,
    /// The method, such as `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The operation of the path, if there is one.
    pub operation: Option<Operation>,
    /// The headers of the request.
    pub request_headers: Vec<(String, String)>,
    /// The body of the request; null if it is not JSON or was not read.
    pub request_body: Value,
    /// The status of the response, or `None` if the connection was reset before.
    pub status: Option<u16>,
    /// The headers of the response.
    pub response_headers: Vec<(String, String)>,
    /// The body of the response as it was sent; a string if it is not JSON, null if it is empty.
    pub response_body: Value,
    /// The names of the effects of the faults that were triggered.
    pub faults: Vec<String>,
    /// The time that the sandbox took, including its delays, in milliseconds of real time.
    pub milliseconds: f64,
}

/// The last exchanges.
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    max: usize,
}

#[derive(Default)]
struct Entries {
    list: VecDeque<Entry>,
    bytes: usize,
}

/// An exchange with its bodies as text, which takes a fraction of the memory.
struct Entry {
    exchange: Exchange,
    request: String,
    response: String,
}

impl Entry {
    fn read(&self) -> Exchange {
        Exchange {
            request_body: body(&self.request),
            response_body: body(&self.response),
            ..self.exchange.clone()
        }
    }
}

/// The maximum size of all bodies, so that pages of codes do not fill the memory.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl Journal {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            entries: Mutex::default(),
            max,
        }
    }

    /// Keeps an exchange. Its bodies are passed separately, as masked text.
    pub(crate) fn keep(&self, exchange: Exchange, request: String, response: String) {
        let mut entries = self.entries();
        entries.bytes += request.len() + response.len();
        entries.list.push_back(Entry {
            exchange,
            request,
            response,
        });
        while entries.list.len() > self.max || (entries.bytes > MAX_BYTES && entries.list.len() > 1)
        {
            let Some(oldest) = entries.list.pop_front() else {
                break;
            };
            entries.bytes -= oldest.request.len() + oldest.response.len();
        }
    }

    /// Returns the exchanges, oldest first.
    pub(crate) fn read(&self) -> Vec<Exchange> {
        self.entries().list.iter().map(Entry::read).collect()
    }

    /// Returns the last exchanges, newest first.
    pub(crate) fn newest(&self, max: usize) -> Vec<Exchange> {
        let entries = self.entries();
        entries
            .list
            .iter()
            .rev()
            .take(max)
            .map(Entry::read)
            .collect()
    }

    /// Returns the exchange with an ID.
    pub(crate) fn find(&self, request_id: &str) -> Option<Exchange> {
        let entries = self.entries();
        let entry = entries
            .list
            .iter()
            .find(|entry| entry.exchange.request_id == request_id);
        entry.map(Entry::read)
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
