//! The runtime of the blocking client.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A runtime that a thread drives until the value is dropped.
#[derive(Debug)]
pub(super) struct Runtime {
    handle: Handle,
    /// The thread ends when this is dropped. Nothing waits for the end, so a drop neither blocks nor panics.
    _end: oneshot::Sender<()>,
}

/// The reason why a thread was not blocked.
#[derive(Debug, thiserror::Error)]
#[error("a task of an async runtime must not block")]
pub(super) struct InAsyncCode;

impl Runtime {
    pub(super) fn start() -> io::Result<Self> {
        let (end, ended) = oneshot::channel::<()>();
        let (started, start) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("mews-connector".into())
            .spawn(move || {
                let runtime = match Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime,
                    Err(error) => {
                        let _ = started.send(Err(error));
                        return;
                    }
                };
                let _ = started.send(Ok(runtime.handle().clone()));
                let _ = runtime.block_on(ended);
            })?;
        let handle = start.recv().map_err(io::Error::other)??;
        Ok(Self { handle, _end: end })
    }

    /// Polls a future on this thread until it is complete. The thread of the runtime drives its sockets and timers.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, InAsyncCode> {
        if is_in_async_code() {
            return Err(InAsyncCode);
        }
        let _entered = self.handle.enter();
        let mut future = pin!(future);
        let unpark = Arc::new(Unpark {
            thread: thread::current(),
            is_woken: AtomicBool::new(false),
        });
        let waker = Waker::from(Arc::clone(&unpark));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return Ok(value);
            }
            while !unpark.is_woken.swap(false, Ordering::AcqRel) {
                thread::park();
            }
        }
    }
}

/// Wakes one call of [`Runtime::wait`]. Nested calls run on the same thread, and one call must not consume the wake-up
/// of the other, so each has a separate flag.
struct Unpark {
    thread: Thread,
    is_woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Returns `true` if a tokio runtime polls a task on this thread.
///
/// Threads for blocking code have the handle of a runtime, too. The difference is the budget of a task, which is used
/// up after a limited number of operations. Threads that may block have no such budget.
fn is_in_async_code() -> bool {
    /// More than the budget of a task, which is 128.
    const OPERATIONS: usize = 10_000;

    let mut context = Context::from_waker(Waker::noop());
    Handle::try_current().is_ok()
        && (0..OPERATIONS).any(|_| {
            let operation = pin!(tokio::task::consume_budget());
            operation.poll(&mut context).is_pending()
        })
}
