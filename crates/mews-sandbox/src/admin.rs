//! The paths of the sandbox itself, under `/_sandbox/`.

mod forms;
mod guard;
mod page;
mod reference;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, DATE, LOCATION};
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
use crate::mask::{MASK, is_token};
use crate::request;
use crate::response::{REQUEST_ID, Response};
use crate::server::Server;

/// The maximum length of a request.
const MAX_BODY: usize = 1024 * 1024;

/// The maximum of `AdvanceSeconds`. More would lead to the last time that the clock can show too.
const MAX_SECONDS: f64 = 1e12;

/// Returns the routes of the paths under `/_sandbox/`.
pub(crate) fn routes(server: &Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route("/_sandbox", get(to_page))
        .route("/_sandbox/", get(page::page).post(forms::submit))
        .route("/_sandbox/style.css", get(page::style))
        .route("/_sandbox/reference", get(reference::reference))
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
        .route("/_sandbox/requests/{id}", get(read_request))
        .route(
            "/_sandbox/clock",
            get(read_clock).post(change_clock).delete(restore_clock),
        )
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/openapi.json", get(openapi))
        .route_layer(from_fn_with_state(Arc::clone(server), guard::guard))
}

const JSON: &str = "application/json";

type Reply = http::Response<Body>;

async fn to_page(State(server): State<Arc<Server>>) -> Reply {
    redirect(&server, StatusCode::PERMANENT_REDIRECT, "/_sandbox/")
}

async fn health(State(server): State<Arc<Server>>) -> Reply {
    let version = env!("CARGO_PKG_VERSION");
    respond(&server, &json!({ "Status": "Ok", "Version": version }))
}

async fn list_faults(State(server): State<Arc<Server>>) -> Reply {
    respond(&server, &list_of_faults(&server))
}

/// Returns the faults, with masked tokens.
fn list_of_faults(server: &Server) -> Value {
    let mut faults = json!(server.faults.list());
    for fault in faults.as_array_mut().into_iter().flatten() {
        if let Some(token) = fault.pointer_mut("/Fault/AccessToken") {
            *token = MASK.into();
        }
        let pointer = fault
            .pointer("/Fault/Where/Pointer")
            .and_then(Value::as_str);
        let is_of_token = pointer.is_some_and(|pointer| pointer.rsplit('/').any(is_token));
        if let Some(value) = fault
            .pointer_mut("/Fault/Where/Value")
            .filter(|_| is_of_token)
        {
            *value = MASK.into();
        }
    }
    faults
}

/// Adds faults: an array of them, or one.
async fn add_faults(State(server): State<Arc<Server>>, request: http::Request<Body>) -> Reply {
    let script = read::<Value>(request, "faults").await;
    match script.and_then(|script| add_script(&server, script)) {
        Ok(()) => list_faults(State(server)).await,
        Err(error) => reject(&server, &error),
    }
}

fn add_script(server: &Server, script: Value) -> Result<(), ApiError> {
    let faults = server.faults.try_extend(Fault::read(script)?);
    faults.map_err(|problem| ApiError::invalid("faults", problem))
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

async fn read_request(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Reply {
    match server.journal.find(&id) {
        Some(exchange) => respond(&server, &exchange),
        None => reject(
            &server,
            &ApiError::not_found("no exchange is kept with this ID"),
        ),
    }
}

async fn clear_requests(State(server): State<Arc<Server>>) -> Reply {
    server.journal.clear();
    respond(&server, &json!({}))
}

/// A change of the clock.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ClockChange {
    now_utc: Option<DateTime<Utc>>,
    advance_seconds: Option<f64>,
    is_frozen: Option<bool>,
}

impl ClockChange {
    fn apply(self, server: &Server) -> Result<(), ApiError> {
        let advance = self.advance_seconds;
        if advance.is_some_and(|seconds| !(0.0..=MAX_SECONDS).contains(&seconds)) {
            let help = "use a number from 0 to 1000000000000";
            return Err(ApiError::invalid("AdvanceSeconds", help));
        }
        if let Some(now) = self.now_utc {
            server.clock.set(now);
        }
        if let Some(seconds) = advance {
            // In range, as checked above.
            #[allow(clippy::cast_possible_truncation)]
            let milliseconds = (seconds * 1_000.0).round() as i64;
            server.clock.advance(TimeDelta::milliseconds(milliseconds));
        }
        if let Some(is_frozen) = self.is_frozen {
            server.clock.freeze(is_frozen);
        }
        Ok(())
    }
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
    let change = read::<ClockChange>(request, "clock").await;
    if let Err(error) = change.and_then(|change| change.apply(&server)) {
        return reject(&server, &error);
    }
    read_clock(State(server)).await
}

async fn restore_clock(State(server): State<Arc<Server>>) -> Reply {
    server.clock.restore();
    read_clock(State(server)).await
}

async fn reset(State(server): State<Arc<Server>>) -> Reply {
    match restore(&server).await {
        Ok(()) => respond(&server, &json!({})),
        Err(error) => reject(&server, &error),
    }
}

/// Restores the data, the faults, the exchanges and the request limit of the start.
async fn restore(server: &Arc<Server>) -> Result<(), ApiError> {
    let server = Arc::clone(server);
    let task = tokio::task::spawn_blocking(move || server.reset());
    Ok(task
        .await
        .map_err(|error| ApiError::unexpected(error.to_string()))??)
}

async fn openapi(State(server): State<Arc<Server>>) -> Reply {
    let text = server.spec.text().into();
    reply(&server, StatusCode::OK, JSON, text)
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

fn redirect(server: &Server, status: StatusCode, location: &str) -> Reply {
    let mut response = reply(server, status, "text/plain", Body::empty());
    let location = HeaderValue::from_str(location).ok();
    let headers = response.headers_mut();
    headers.extend(location.map(|location| (LOCATION, location)));
    response
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
        Ok(body) => reply(server, StatusCode::OK, JSON, body.into()),
        Err(error) => reject(server, &ApiError::unexpected(error.to_string())),
    }
}

fn reply(server: &Server, status: StatusCode, content_type: &'static str, body: Body) -> Reply {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
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
