//! A running sandbox.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::builder::Builder;
use crate::error::StartError;
use crate::faults::Faults;
use crate::fixtures::Data;
use crate::journal::Exchange;
use crate::operation::Operation;
use crate::serve::{Stop, serve};
use crate::server::Server;
use crate::store;

/// A running sandbox. Dropping the sandbox stops the server.
///
/// The server has a dedicated thread and runtime. It also responds while the caller blocks its thread, under any flavor
/// of tokio's runtime, or waits for another process.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mews_sandbox::StartError> {
/// use mews_sandbox::{Sandbox, builtin};
///
/// let sandbox = Sandbox::start().await?;
/// println!("{}/api/connector/v1/vouchers/getAll", sandbox.url());
/// println!("{} {}", builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN);
/// # Ok(())
/// # }
/// ```
pub struct Sandbox {
    url: String,
    address: SocketAddr,
    server: Arc<Server>,
    stop: Option<oneshot::Sender<Stop>>,
    thread: Option<JoinHandle<()>>,
}

/// The report of the server's thread when it listens.
struct Ready {
    address: SocketAddr,
    server: Arc<Server>,
}

impl Sandbox {
    /// Starts a sandbox with the built-in data set, in memory, at a free port of this machine.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be started. See [`StartError`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Starts a sandbox like [`start`](Self::start), from code that is not async. See [`Builder::start_blocking`].
    ///
    /// ```
    /// use mews_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start_blocking()?;
    /// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
    /// # Ok::<(), mews_sandbox::StartError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be started. See [`StartError`].
    pub fn start_blocking() -> Result<Self, StartError> {
        Self::builder().start_blocking()
    }

    /// Returns a builder with the default options.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the base URL without a slash at the end, such as `http://127.0.0.1:6397`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address that the sandbox listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the faults. They can be added and removed at any time.
    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    /// Returns the last exchanges, oldest first. The builder sets their maximum number, and they have at most 4 MiB. An
    /// exchange is included when its response is ready to be sent. Tokens are masked.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.server.journal.read()
    }

    /// Removes the exchanges so far.
    pub fn clear_exchanges(&self) {
        self.server.journal.clear();
    }

    /// Restores the data, the faults, the exchanges and the request limit of the start. The clock does not change.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails. The data is unchanged then.
    pub fn reset(&self) -> Result<(), StartError> {
        Ok(self.server.reset()?)
    }

    /// Validates a response like [`validate_response`](crate::validate_response), against the spec of this sandbox.
    ///
    /// # Errors
    ///
    /// Returns an error with the violation and its JSON pointer.
    pub fn validate_response(
        &self,
        operation: Operation,
        status: u16,
        body: &[u8],
    ) -> Result<(), String> {
        self.server.spec.validate_response(operation, status, body)
    }

    /// Returns the data that the sandbox was started with.
    pub(crate) fn data(&self) -> &Data {
        &self.server.initial.data
    }

    /// Stops the server after the responses to the requests in flight, or after two seconds.
    pub async fn shutdown(mut self) {
        self.send_stop(Stop::Orderly);
        if let Some(thread) = self.thread.take() {
            // Another thread waits, because the caller's runtime may have other work to do.
            let (done, is_done) = oneshot::channel();
            std::thread::spawn(move || {
                let _ = thread.join();
                let _ = done.send(());
            });
            let _ = is_done.await;
        }
    }

    pub(crate) async fn launch(builder: Builder) -> Result<Self, StartError> {
        let (ready, is_ready) = oneshot::channel();
        let launched = Launched::new(builder, |result| drop(ready.send(result)))?;
        launched.complete(is_ready.await.ok())
    }

    /// Works inside a runtime too, because the thread of the server does not depend on the one that waits here.
    pub(crate) fn launch_blocking(builder: Builder) -> Result<Self, StartError> {
        let (ready, is_ready) = mpsc::channel();
        let launched = Launched::new(builder, move |result| drop(ready.send(result)))?;
        launched.complete(is_ready.recv().ok())
    }

    fn send_stop(&mut self, stop: Stop) {
        if let Some(sender) = self.stop.take() {
            let _ = sender.send(stop);
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.send_stop(Stop::Now);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A server that is starting.
struct Launched {
    stop: oneshot::Sender<Stop>,
    thread: JoinHandle<()>,
}

impl Launched {
    /// Starts the thread of the server, which calls `ready` when it listens or failed to.
    fn new(
        builder: Builder,
        ready: impl FnOnce(Result<Ready, StartError>) + Send + 'static,
    ) -> Result<Self, StartError> {
        let (stop, is_stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("mews-sandbox".into())
            .spawn(move || run(builder, ready, is_stopped))
            .map_err(StartError::Thread)?;
        Ok(Self { stop, thread })
    }

    /// Creates the sandbox from the report of its thread, or from `None` if the thread ended without one.
    fn complete(self, ready: Option<Result<Ready, StartError>>) -> Result<Sandbox, StartError> {
        let ended = || Err(StartError::Thread(io::Error::other("the thread ended")));
        let Ready { address, server } = ready.unwrap_or_else(ended)?;
        Ok(Sandbox {
            url: format!("http://{address}"),
            address,
            server,
            stop: Some(self.stop),
            thread: Some(self.thread),
        })
    }
}

/// Runs the thread of the server.
fn run(
    builder: Builder,
    ready: impl FnOnce(Result<Ready, StartError>),
    is_stopped: oneshot::Receiver<Stop>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // There is one thread for each operation that can read the store at the same time. Each thread has a separate
        // heap.
        .max_blocking_threads(store::max_readers())
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            ready(Err(StartError::Thread(error)));
            return;
        }
    };
    runtime.block_on(async move {
        let (listener, server) = match prepare(builder).await {
            Ok(prepared) => prepared,
            Err(error) => {
                ready(Err(error));
                return;
            }
        };
        let report = listener.local_addr().map(|address| Ready {
            address,
            server: Arc::clone(&server),
        });
        ready(report.map_err(StartError::Thread));
        serve(listener, server, is_stopped).await;
    });
}

async fn prepare(builder: Builder) -> Result<(TcpListener, Arc<Server>), StartError> {
    let address = builder.address();
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| StartError::Listen {
            address: address.to_string(),
            error,
        })?;
    Ok((listener, Arc::new(builder.into_server()?)))
}
