//! The paths of the sandbox itself, under `/_sandbox/`.

mod guard;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{self, HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::http_date;
use crate::connection::Cutter;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::mask::MASK;
use crate::request;
use crate::response::{REQUEST_ID, Response};
use crate::server::Server;

/// The maximum length of a request.
const MAX_BODY: usize = 1024 * 1024;

/// The maximum of `AdvanceSeconds`. More would lead to the last time that the clock can show too.
const MAX_SECONDS: f64 = 1e12;

/// The paths.
pub(crate) fn routes(server: &Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route("/_sandbox/health", get(health))
        .route(
            "/_sandbox/faults",
            get(list_faults).post(add_faults).delete(clear_faults),
        )
        .route("/_sandbox/faults/{id}", delete(remove_fault))
        .route(
            "/_sandbox/requests",
            get(list_requests).delete(clear_requests),
        )
        .route(
            "/_sandbox/clock",
            get(read_clock).post(change_clock).delete(restore_clock),
        )
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/openapi.json", get(openapi))
        .route_layer(from_fn_with_state(Arc::clone(server), guard::guard))
}

type Reply = http::Response<Body>;

async fn health(State(server): State<Arc<Server>>) -> Reply {
    let version = env!("CARGO_PKG_VERSION");
    respond(&server, &json!({ "Status": "Ok", "Version": version }))
}

async fn list_faults(State(server): State<Arc<Server>>) -> Reply {
    let mut faults = json!(server.faults.list());
    for fault in faults.as_array_mut().into_iter().flatten() {
        if let Some(token) = fault.pointer_mut("/Fault/AccessToken") {
            *token = MASK.into();
        }
    }
    respond(&server, &faults)
}

/// Adds faults: an array of them, or one.
async fn add_faults(State(server): State<Arc<Server>>, request: http::Request<Body>) -> Reply {
    let faults = read::<Value>(request, "faults").await.and_then(|json| {
        let script = match json {
            Value::Array(faults) => faults,
            fault => vec![fault],
        };
        let faults: Result<Vec<Fault>, _> =
            script.into_iter().map(serde_json::from_value).collect();
        faults.map_err(|error| ApiError::invalid("faults", error.to_string()))
    });
    match faults {
        Ok(faults) => {
            server.faults.extend(faults);
            list_faults(State(server)).await
        }
        Err(error) => reject(&server, &error),
    }
}

async fn clear_faults(State(server): State<Arc<Server>>) -> Reply {
    server.faults.clear();
    respond(&server, &json!({}))
}

async fn remove_fault(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Reply {
    if id.parse().is_ok_and(|id| server.faults.remove(id)) {
        respond(&server, &json!({}))
    } else {
        reject(&server, &ApiError::not_found("no fault has this ID"))
    }
}

async fn list_requests(State(server): State<Arc<Server>>) -> Reply {
    respond(&server, &server.journal.read())
}

async fn clear_requests(State(server): State<Arc<Server>>) -> Reply {
    server.journal.clear();
    respond(&server, &json!({}))
}

/// A change of the clock.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ClockChange {
    now_utc: Option<DateTime<Utc>>,
    advance_seconds: Option<f64>,
    is_frozen: Option<bool>,
}

async fn read_clock(State(server): State<Arc<Server>>) -> Reply {
    let now = server
        .clock
        .now()
        .to_rfc3339_opts(SecondsFormat::Millis, true);
    respond(
        &server,
        &json!({ "NowUtc": now, "IsFrozen": server.clock.is_frozen() }),
    )
}

async fn change_clock(State(server): State<Arc<Server>>, request: http::Request<Body>) -> Reply {
    let change = match read::<ClockChange>(request, "clock").await {
        Ok(change) => change,
        Err(error) => return reject(&server, &error),
    };
    if change
        .advance_seconds
        .is_some_and(|seconds| !(0.0..=MAX_SECONDS).contains(&seconds))
    {
        let error = ApiError::invalid("AdvanceSeconds", "use a number from 0 to 1000000000000");
        return reject(&server, &error);
    }
    if let Some(now) = change.now_utc {
        server.clock.set(now);
    }
    if let Some(seconds) = change.advance_seconds {
        // In range, as checked above.
        #[allow(clippy::cast_possible_truncation)]
        let milliseconds = (seconds * 1_000.0).round() as i64;
        server.clock.advance(TimeDelta::milliseconds(milliseconds));
    }
    if let Some(is_frozen) = change.is_frozen {
        server.clock.freeze(is_frozen);
    }
    read_clock(State(server)).await
}

async fn restore_clock(State(server): State<Arc<Server>>) -> Reply {
    server.clock.restore();
    read_clock(State(server)).await
}

/// Restores the data, the faults, the exchanges and the request limit of the start.
async fn reset(State(server): State<Arc<Server>>) -> Reply {
    let task = tokio::task::spawn_blocking({
        let server = Arc::clone(&server);
        move || server.reset()
    });
    match task.await {
        Ok(Ok(())) => respond(&server, &json!({})),
        Ok(Err(error)) => reject(&server, &ApiError::unexpected(error.to_string())),
        Err(error) => reject(&server, &ApiError::unexpected(error.to_string())),
    }
}

async fn openapi(State(server): State<Arc<Server>>) -> Reply {
    json_response(&server, StatusCode::OK, server.spec.text().into())
}

/// Reads a JSON body.
async fn read<T: DeserializeOwned>(
    request: http::Request<Body>,
    what: &str,
) -> Result<T, ApiError> {
    let (parts, body) = request.into_parts();
    request::check_headers(&parts.headers)?;
    let bytes = request::read_body(&parts.headers, body, MAX_BODY).await?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::invalid(what, error.to_string()))
}

fn reject(server: &Server, error: &ApiError) -> Reply {
    let request_id = Uuid::new_v4().to_string();
    Response::error(error, &request_id).into_http(
        &request_id,
        server.clock.now(),
        &Cutter::default(),
    )
}

fn respond(server: &Server, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => json_response(server, StatusCode::OK, body.into()),
        Err(error) => reject(server, &ApiError::unexpected(error.to_string())),
    }
}

fn json_response(server: &Server, status: StatusCode, body: Body) -> Reply {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        (DATE, http_date(server.clock.now())),
        (REQUEST_ID, Uuid::new_v4().to_string()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}
