//! Observers of a job.

use std::error::Error as StdError;

use uuid::Uuid;

use super::outcome::Outcome;

/// An observer of a running job, for example to show progress.
///
/// A panic in an observer loses nothing: in [`Self::sending`] it counts as an error, in [`Self::settled`] it is logged.
/// For a record that survives a crash, use a [`Journal`](super::Journal).
///
/// ```
/// use mews_connector::bulk::{Observer, Outcome};
///
/// /// Counts the inputs that have an outcome.
/// #[derive(Default)]
/// struct Progress(std::sync::atomic::AtomicUsize);
///
/// impl Observer for Progress {
///     fn settled(&self, _input: usize, _outcome: &Outcome<uuid::Uuid>) {
///         self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// Is called before inputs are sent, with their indexes.
    ///
    /// # Errors
    /// Return an error to keep the inputs from being sent. The job stops then.
    fn sending(&self, inputs: &[usize]) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let _ = inputs;
        Ok(())
    }

    /// Is called with the outcome of an input. The ID is that of the voucher or code.
    fn settled(&self, input: usize, outcome: &Outcome<Uuid>) {
        let _ = (input, outcome);
    }
}

/// An observer that does nothing.
pub(super) struct NoopObserver;

impl Observer for NoopObserver {}
