//! The transport of the generated client: the place for rate limiting, retries and tracing.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The future of a request in flight.
pub type SendFuture<'a> =
    Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send + 'a>>;

/// The interface of a type that sends requests.
///
/// A transport receives each request before it is sent, and each response with its status, headers and body before it
/// is decoded. It may wait before it sends a request, send a request more than once, or return a response without
/// sending. [`reqwest::Request::try_clone`] works for all requests.
///
/// The body of every request contains the credentials. A transport must not log bodies.
///
/// ```
/// use mews_connector_api::transport::{SendFuture, Transport};
///
/// /// Counts the requests.
/// #[derive(Default)]
/// struct Counting(std::sync::atomic::AtomicUsize);
///
/// impl Transport for Counting {
///     fn send<'a>(
///         &'a self,
///         http: &'a reqwest::Client,
///         request: reqwest::Request,
///         _operation: &'static str,
///     ) -> SendFuture<'a> {
///         self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         Box::pin(http.execute(request))
///     }
/// }
/// ```
pub trait Transport: Send + Sync {
    /// Sends `request` with `http`. `operation` is the name of the client's method, such as `vouchers_get_all`.
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        operation: &'static str,
    ) -> SendFuture<'a>;
}

/// A transport that sends each request once, without changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl Transport for Direct {
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        _operation: &'static str,
    ) -> SendFuture<'a> {
        Box::pin(http.execute(request))
    }
}

/// A transport that several clients share. The default is [`Direct`].
#[derive(Clone)]
pub struct SharedTransport(Arc<dyn Transport>);

impl SharedTransport {
    /// Shares a transport.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }

    pub(crate) fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        operation: &'static str,
    ) -> SendFuture<'a> {
        self.0.send(http, request, operation)
    }
}

impl<T: Transport + 'static> From<Arc<T>> for SharedTransport {
    fn from(transport: Arc<T>) -> Self {
        Self(transport)
    }
}

impl Default for SharedTransport {
    fn default() -> Self {
        Self::new(Direct)
    }
}

impl fmt::Debug for SharedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTransport").finish_non_exhaustive()
    }
}
