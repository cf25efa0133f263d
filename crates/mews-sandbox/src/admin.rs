//! The paths of the sandbox itself, under `/_sandbox/`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{self, HeaderValue, StatusCode};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::clock::http_date;
use crate::connection::Cutter;
use crate::error::ApiError;
use crate::faults::read_script;
use crate::response::{REQUEST_ID, Response};
use crate::server::Server;

/// The paths.
pub(crate) fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route(
            "/_sandbox/faults",
            get(list_faults).post(add_faults).delete(clear_faults),
        )
        .route(
            "/_sandbox/requests",
            get(list_requests).delete(clear_requests),
        )
        .route("/_sandbox/openapi.json", get(openapi))
}

type Reply = http::Response<Body>;

async fn list_faults(State(server): State<Arc<Server>>) -> Reply {
    respond(&server, &server.faults.list())
}

/// Adds faults: an array of them, or one.
async fn add_faults(State(server): State<Arc<Server>>, body: Bytes) -> Reply {
    let text = String::from_utf8_lossy(&body);
    let script = if text.trim_start().starts_with('{') {
        format!("[{text}]")
    } else {
        text.into_owned()
    };
    match read_script(&script) {
        Ok(faults) => {
            server.faults.extend(faults);
            respond(&server, &server.faults.list())
        }
        Err(error) => reject(&server, &ApiError::invalid("faults", error.to_string())),
    }
}

async fn clear_faults(State(server): State<Arc<Server>>) -> Reply {
    server.faults.clear();
    respond(&server, &json!({}))
}

async fn list_requests(State(server): State<Arc<Server>>) -> Reply {
    respond(&server, &server.journal.read())
}

async fn clear_requests(State(server): State<Arc<Server>>) -> Reply {
    server.journal.clear();
    respond(&server, &json!({}))
}

async fn openapi(State(server): State<Arc<Server>>) -> Reply {
    json_response(&server, StatusCode::OK, server.spec.text().into())
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
