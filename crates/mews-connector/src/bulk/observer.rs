//! Who watches a job.

use std::error::Error as StdError;

use uuid::Uuid;

use super::outcome::Outcome;

/// Sees what a job does while it does it, for a progress bar or a journal that survives a crash.
///
/// A journal writes in [`Self::sending`] what is about to be sent, and in [`Self::settled`] what became of it. After
/// a crash, what was about to be sent and not settled is unknown; all else is known.
///
/// ```
/// use mews_connector::bulk::{Observer, Outcome};
///
/// /// Counts what is settled.
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
    /// These inputs, by their index, are about to be sent.
    ///
    /// # Errors
    /// When it cannot be recorded. Then they are not sent, and the job stops.
    fn sending(&self, inputs: &[usize]) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let _ = inputs;
        Ok(())
    }

    /// This is what became of an input; the identifier is that of the voucher or code.
    fn settled(&self, input: usize, outcome: &Outcome<Uuid>) {
        let _ = (input, outcome);
    }
}

/// Watches nothing.
pub(super) struct Nobody;

impl Observer for Nobody {}
