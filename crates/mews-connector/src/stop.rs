//! Requests to stop.

use tokio::sync::watch;

use crate::error::{Error, ErrorKind};

/// A handle that stops calls, jobs and exports in good order, for example when the process receives a signal to end.
/// [`CallOptions::stop_on`](crate::CallOptions::stop_on) sets it for the calls of a handle.
///
/// After [`Self::stop`], attempts that are in flight are finished, and nothing else is sent. A call that waits for the
/// rate limit, and one that would start later, fails with [`ErrorKind::Stopped`]. A call that waits for a retry fails
/// with the same kind, or with the error of the last attempt if that may have been applied. A
/// [job](crate::bulk#stopping) returns its report, and an [export](crate::export#stopping) ends with a checkpoint.
///
/// Clones share the request to stop. A request to stop cannot be withdrawn; use another handle for later calls.
///
/// ```
#[doc = include_str!("../doc/sandbox.rs")]
/// use mews_connector::{CallOptions, ErrorKind, NewVoucherCode, StopHandle};
///
/// let stop = StopHandle::new();
/// let stoppable = client.with_options(CallOptions::new().stop_on(&stop));
/// # let signal = std::future::ready(());
/// // For example `tokio::signal::ctrl_c()`.
/// let on_signal = stop.clone();
/// tokio::spawn(async move {
///     signal.await;
///     on_signal.stop();
/// });
/// let voucher = builtin::VOUCHER_ID.parse()?;
/// let codes = (0..50_000).map(|n| NewVoucherCode::new(voucher, format!("STOP-{n:05}")));
/// let report = stoppable.bulk().add_voucher_codes(codes).await;
/// if report.stopped().is_some_and(|error| error.kind() == ErrorKind::Stopped) {
///     println!("{} of 50000 codes exist", report.counts().applied);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct StopHandle(watch::Sender<bool>);

impl StopHandle {
    /// Creates a handle. It has an effect on the calls whose options contain it.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Requests the calls, jobs and exports to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Returns `true` if a stop was requested.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the request to stop.
    pub(crate) async fn stopped(&self) {
        // The channel stays open, because this handle is a sender of it.
        let _ = self.0.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }
}

impl Default for StopHandle {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits for the request to stop of an optional handle. Without a handle, it waits forever.
pub(crate) async fn stopped(handle: Option<&StopHandle>) {
    match handle {
        Some(handle) => handle.stopped().await,
        None => std::future::pending().await,
    }
}

/// Returns the error of a request that was not sent because of a request to stop.
pub(crate) fn stop_error(operation: &str) -> Error {
    Error::new(ErrorKind::Stopped, operation.to_owned()).with(|parts| parts.sent = false)
}
