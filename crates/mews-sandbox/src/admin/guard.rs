//! The protection of the paths of the sandbox against web pages.
//!
//! A page in a browser on the same machine can send requests to a loopback address. It must not add a fault that
//! redirects a client with its tokens, and it must not read exchanges, even if its name resolves to this machine.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Response};
use axum::middleware::Next;

use super::reject;
use crate::error::ApiError;
use crate::server::Server;

/// Rejects requests that a foreign page may have sent.
pub(super) async fn guard(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    match check(request.headers(), &server.options.allowed_hosts) {
        Ok(()) => next.run(request).await,
        Err(error) => reject(&server, &error),
    }
}

fn check(headers: &HeaderMap, allowed: &[String]) -> Result<(), ApiError> {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let authority = header(HOST).unwrap_or_default();
    if headers.get_all(HOST).iter().count() != 1 || !is_allowed(host_of(authority), allowed) {
        return Err(
            ApiError::forbidden("The host is not allowed to use this path.").because(
                "use `localhost` or a loopback address, or start the sandbox with `--allow-host`",
            ),
        );
    }
    match header(ORIGIN) {
        Some(origin) if origin != format!("http://{authority}") => Err(ApiError::forbidden(
            "Another origin is not allowed to use this path.",
        )),
        _ => Ok(()),
    }
}

/// Returns the host without the port.
fn host_of(authority: &str) -> &str {
    if let Some((address, _)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return address;
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
        || allowed.iter().any(|other| other.eq_ignore_ascii_case(host))
}
