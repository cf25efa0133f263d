//! The sandbox's own addresses, under `/_sandbox/`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::answer::{Answer, REQUEST_ID};
use crate::connection::Cutter;
use crate::document;
use crate::error::Refusal;
use crate::faults::read_script;
use crate::server::Server;

/// The addresses.
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

async fn list_faults(State(server): State<Arc<Server>>) -> Response<Body> {
    respond(StatusCode::OK, &server.faults.list())
}

/// Adds faults: an array of them, or one.
async fn add_faults(State(server): State<Arc<Server>>, body: Bytes) -> Response<Body> {
    let text = String::from_utf8_lossy(&body);
    let script = if text.trim_start().starts_with('{') {
        format!("[{text}]")
    } else {
        text.into_owned()
    };
    match read_script(&script) {
        Ok(faults) => {
            server.faults.extend(faults);
            respond(StatusCode::OK, &server.faults.list())
        }
        Err(error) => {
            let request_id = Uuid::new_v4().to_string();
            let refusal = Refusal::invalid("faults", error.to_string());
            Answer::refusal(&refusal, &request_id).into_response(&request_id, &Cutter::default())
        }
    }
}

async fn clear_faults(State(server): State<Arc<Server>>) -> Response<Body> {
    server.faults.clear();
    respond(StatusCode::OK, &json!({}))
}

async fn list_requests(State(server): State<Arc<Server>>) -> Response<Body> {
    respond(StatusCode::OK, &server.journal.read())
}

async fn clear_requests(State(server): State<Arc<Server>>) -> Response<Body> {
    server.journal.clear();
    respond(StatusCode::OK, &json!({}))
}

async fn openapi() -> Response<Body> {
    json_response(StatusCode::OK, document::DOCUMENT.into())
}

fn respond(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(body) => json_response(status, body.into()),
        Err(error) => json_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({ "Message": error.to_string() }).to_string().into(),
        ),
    }
}

fn json_response(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(request_id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}
