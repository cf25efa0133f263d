//! Connections that can be reset, and on which every response is one of the API.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::response::REQUEST_ID;

/// Resets one connection, like a server that crashes or a connection that is lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter(Arc<AtomicBool>);

impl Cutter {
    /// Makes the connection send nothing more, and close with a reset.
    pub(crate) fn cut(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn check(&self) -> io::Result<()> {
        if self.is_cut() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

/// Creates the response to what is not a request, with all of its headers.
pub(crate) type ErrorResponse = Arc<dyn Fn(StatusCode) -> Vec<u8> + Send + Sync>;

/// A connection of a client.
pub(crate) struct Connection {
    stream: TcpStream,
    cutter: Cutter,
    error_response: ErrorResponse,
    /// The part of an error response that was not sent yet.
    unsent: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, cutter: Cutter, error_response: ErrorResponse) -> Self {
        // Responses are written at once; waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            cutter,
            error_response,
            unsent: Vec::new(),
        }
    }

    fn poll_unsent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, &self.unsent))?;
            self.unsent.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

/// Returns the status of a response that the HTTP library made of something that is not a request, such as a 400 or
/// 431. Unlike the responses of the sandbox, it is empty and has no `Request-Id`.
fn status_of_library(bytes: &[u8]) -> Option<StatusCode> {
    // A head without a body ends the bytes; the large body of a page is not looked through.
    let head = bytes.strip_suffix(b"\r\n\r\n")?;
    let text = std::str::from_utf8(head.strip_prefix(b"HTTP/1.")?).ok()?;
    let status: StatusCode = text.get(2..5)?.parse().ok()?;
    let is_empty = text.split("\r\n").any(|line| line == "content-length: 0");
    (status.is_client_error() && is_empty && !text.contains(REQUEST_ID.as_str())).then_some(status)
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.cutter.is_cut() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cutter.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cutter.check()?;
        ready!(self.poll_unsent(context))?;
        if let Some(status) = status_of_library(bytes) {
            self.unsent = (self.error_response)(status);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cutter.check()?;
        ready!(self.poll_unsent(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cutter.check()?;
        ready!(self.poll_unsent(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A body that arrives in parts.
pub(crate) struct PacedBody {
    parts: std::vec::IntoIter<Bytes>,
    pause: Duration,
    /// The pause before the next part, or before the end.
    wait: Option<Pin<Box<Sleep>>>,
    end: End,
}

/// The end of a body.
pub(crate) enum End {
    Regular,
    /// Nothing more is sent, and the connection stays open.
    Stall,
    /// The connection is reset.
    Reset(Cutter),
}

impl PacedBody {
    pub(crate) fn new(parts: Vec<Bytes>, pause: Duration, end: End) -> Self {
        Self {
            parts: parts.into_iter(),
            pause,
            wait: None,
            end,
        }
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(context));
        }
        if let Some(part) = self.parts.next() {
            // The part is sent during the pause, even if the pause has no length.
            self.wait = Some(Box::pin(tokio::time::sleep(self.pause)));
            return Poll::Ready(Some(Ok(http_body::Frame::data(part))));
        }
        match &self.end {
            End::Regular => Poll::Ready(None),
            End::Stall => Poll::Pending,
            End::Reset(cutter) => {
                cutter.cut();
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }
}
