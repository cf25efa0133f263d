//! The log of the program: one line for each request, on standard error.
//!
//! A reader of the log that stops reading must not stop the server. So a separate thread writes the lines, and lines
//! that do not fit into its queue are dropped and counted.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use mews_sandbox::Exchange;

/// The number of lines that wait to be written.
const MAX_LINES: usize = 1_000;

/// The time at the end in which the remaining lines are written.
const GRACE: Duration = Duration::from_millis(500);

/// The thread that writes the log.
pub(crate) struct Log {
    is_done: Receiver<()>,
}

impl Log {
    /// Starts the thread. Returns a function that logs an exchange and never waits.
    pub(crate) fn start() -> (Self, impl Fn(&Exchange) + Send + Sync + 'static) {
        let (lines, received) = sync_channel::<String>(MAX_LINES);
        let (done, is_done) = sync_channel(1);
        let dropped = Arc::new(AtomicU64::new(0));
        let missed = Arc::clone(&dropped);
        std::thread::spawn(move || {
            write_all(&received, &missed);
            let _ = done.send(());
        });
        let log = move |exchange: &Exchange| enqueue(&lines, &dropped, line(exchange));
        (Self { is_done }, log)
    }

    /// Waits for the remaining lines, unless they are not read. The function that logs must be dropped before.
    pub(crate) fn finish(self) {
        let _ = self.is_done.recv_timeout(GRACE);
    }
}

fn enqueue(lines: &SyncSender<String>, dropped: &AtomicU64, line: String) {
    if lines.try_send(line).is_err() {
        dropped.fetch_add(1, Ordering::Relaxed);
    }
}

fn write_all(lines: &Receiver<String>, dropped: &AtomicU64) {
    let report = || match dropped.swap(0, Ordering::Relaxed) {
        0 => String::new(),
        count => format!("{count} lines dropped, because the log was not read\n"),
    };
    for line in lines {
        // A closed standard error is not a reason to stop serving.
        let _ = io::stderr()
            .lock()
            .write_all(format!("{}{line}", report()).as_bytes());
    }
    let _ = io::stderr().lock().write_all(report().as_bytes());
}

fn line(exchange: &Exchange) -> String {
    let path = exchange
        .operation
        .map_or(exchange.path.as_str(), |operation| operation.name());
    let status = exchange
        .status
        .map_or_else(|| "dropped".to_owned(), |status| status.to_string());
    let faults = if exchange.faults.is_empty() {
        String::new()
    } else {
        format!(" [{}]", exchange.faults.join(", "))
    };
    format!(
        "{} {} {path} {status} {:.1} ms {}{faults}\n",
        exchange.received_utc.format("%FT%TZ"),
        exchange.method,
        exchange.milliseconds,
        exchange.request_id,
    )
}
