//! Tasks that end with their owner.

use std::fmt;
use std::future::Future;

use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

/// A function that is called when the value is dropped.
pub(crate) struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl OnDrop {
    pub(crate) fn new(call: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(call)))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}

impl fmt::Debug for OnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDrop").finish_non_exhaustive()
    }
}

/// A task that is aborted when its owner is dropped.
pub(crate) struct AbortOnDrop<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The reason why a future did not complete in its task.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    #[error("there is no tokio runtime")]
    NoRuntime,
    #[error("the tokio runtime was shut down")]
    ShutDown,
}

/// Runs a future in a task, so that its progress does not depend on the caller polling. The task starts at the first
/// poll and is aborted on drop.
pub(crate) async fn in_own_task<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, Stopped> {
    let runtime = Handle::try_current().map_err(|_| Stopped::NoRuntime)?;
    let mut task = AbortOnDrop(runtime.spawn(future));
    (&mut task.0)
        .await
        .map_err(|error| match JoinError::try_into_panic(error) {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Stopped::ShutDown,
        })
}
