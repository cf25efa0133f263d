//! Connections of clients: accepting, serving and closing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use axum::http::StatusCode;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::clock::http_date;
use crate::connection::{Connection, Cutter, ErrorResponse};
use crate::error::ApiError;
use crate::response::{REQUEST_ID, Response};
use crate::server::{self, Server};

/// The time that requests in flight have to finish at an orderly end.
const GRACE: Duration = Duration::from_secs(2);

/// The pause after a connection could not be accepted, such as for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The way in which the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// After the responses to the requests in flight.
    Orderly,
    Now,
}

/// Serves until it is stopped, and finishes requests in flight at an orderly stop.
pub(crate) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    mut is_stopped: oneshot::Receiver<Stop>,
) {
    let router = crate::admin::routes(&server)
        .fallback(server::handle)
        .method_not_allowed_fallback(server::handle)
        .with_state(Arc::clone(&server));
    let error_response: ErrorResponse = Arc::new({
        let server = Arc::clone(&server);
        move |status| error_response(&server, status)
    });
    let (drain, is_draining) = watch::channel(false);
    let mut connections = JoinSet::new();
    let stop = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let cutter = Cutter::default();
                    let router = router.clone().layer(Extension(ConnectInfo(cutter.clone())));
                    let connection = Connection::new(stream, cutter, Arc::clone(&error_response));
                    let timeout = server.options.receive_timeout;
                    connections.spawn(serve_one(connection, router, timeout, is_draining.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
            stop = &mut is_stopped => break stop.unwrap_or(Stop::Now),
        }
    };
    drop(listener);
    if stop == Stop::Orderly {
        let _ = drain.send(true);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, all).await;
    }
}

async fn serve_one(
    connection: Connection,
    router: Router,
    timeout: Duration,
    mut is_draining: watch::Receiver<bool>,
) {
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeout)
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(router));
    tokio::pin!(serving);
    // An error is one of the client or of the connection, and either one is closed.
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = is_draining.wait_for(|is_draining| *is_draining) => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}

/// Returns the documented error response to bytes that are not a request, as bytes.
fn error_response(server: &Server, status: StatusCode) -> Vec<u8> {
    let error = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            ApiError::new(status, "The request headers are too large.")
        }
        _ => ApiError::new(status, "Invalid request").because("the bytes are not an HTTP request"),
    };
    let request_id = Uuid::new_v4().to_string();
    let body = Response::error(&error, &request_id).body;
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\
         {REQUEST_ID}: {request_id}\r\ndate: {}\r\n\r\n",
        body.len(),
        http_date(server.clock.now()),
    );
    [head.into_bytes(), body].concat()
}
