//! The path of a request through the sandbox.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::http::{self, HeaderMap, Method, Request, StatusCode};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::task::JoinError;
use uuid::Uuid;

use crate::access::{Reference, Scope};
use crate::clock::Clock;
use crate::connection::Cutter;
use crate::error::ApiError;
use crate::fault::{Delivery, Fault, Stage};
use crate::faults::{Armed, Faults};
use crate::fixtures::Data;
use crate::instant::Instant;
use crate::journal::{Exchange, Journal};
use crate::limiter::Limiter;
use crate::listings::Listings;
use crate::mask::Mask;
use crate::operation::Operation;
use crate::operations::{Context, Success};
use crate::options::Options;
use crate::request;
use crate::response::Response;
use crate::spec::Spec;
use crate::store::Store;
use crate::stub::Stubs;

/// A body of more bytes is not processed on the thread that serves all connections.
const MAX_INLINE: usize = 16 * 1024;

/// Called with each exchange when it is over.
pub(crate) type Observer = Box<dyn Fn(&Exchange) + Send + Sync>;

/// The state of the server.
pub(crate) struct Server {
    pub(crate) spec: Arc<Spec>,
    pub(crate) stubs: Stubs,
    pub(crate) store: Store,
    pub(crate) reference: Reference,
    pub(crate) listings: Listings,
    pub(crate) options: Options,
    pub(crate) limiter: Limiter,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) mask: Mask,
    pub(crate) observer: Option<Observer>,
    /// The token that the forms of the page carry.
    pub(crate) form_token: String,
    pub(crate) initial: Initial,
}

/// The state to which a reset returns.
pub(crate) struct Initial {
    pub(crate) data: Data,
    pub(crate) faults: Vec<Fault>,
}

/// Serves a request to the API.
pub(crate) async fn handle(
    State(server): State<Arc<Server>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request<Body>,
) -> http::Response<Body> {
    let request_id = Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    // In a separate task, because a client that gives up ends the connection, but not what it requested.
    let task = tokio::spawn({
        let (server, request_id) = (Arc::clone(&server), request_id.clone());
        async move { server.serve(parts, body, request_id).await }
    });
    let response = task
        .await
        .unwrap_or_else(|error| Response::error(&bug(&error), &request_id));
    response.into_http(&request_id, server.clock.now(), &cutter)
}

/// Creates the error for a panic of a part of the sandbox.
fn bug(error: &JoinError) -> ApiError {
    ApiError::unexpected(format!("the sandbox has a bug, please report it: {error}"))
}

/// Runs `work`, on another thread if it takes long.
async fn run<T: Send + 'static>(
    is_long: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if is_long {
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| bug(&error))
    } else {
        Ok(work())
    }
}

/// Headers without tokens.
fn headers(headers: &HeaderMap, mask: &Mask) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), mask.header(name, value)))
        .collect()
}

/// A request that is being served.
struct Call {
    parts: Parts,
    request_id: String,
    operation: Option<Operation>,
    received_utc: DateTime<Utc>,
    started: std::time::Instant,
    /// Null until the body was read, and if it is not JSON.
    body: Value,
    faults: Vec<Armed>,
}

impl Server {
    async fn serve(self: Arc<Self>, parts: Parts, body: Body, request_id: String) -> Response {
        let operation = (parts.method == Method::POST && parts.uri.query().is_none())
            .then(|| self.spec.at(parts.uri.path()))
            .flatten();
        let mut call = Call {
            parts,
            request_id,
            operation,
            received_utc: self.clock.now(),
            started: std::time::Instant::now(),
            body: Value::Null,
            faults: Vec::new(),
        };
        let mut length = 0;
        let received = self.receive(&mut call, body, &mut length).await;
        // The store blocks for requests of any size.
        let is_long = matches!(received, Ok(None)) || length > MAX_INLINE;
        let finished = run(is_long, move || {
            let result = match received {
                Ok(Some(response)) => Ok(response),
                Ok(None) => self.perform(&call),
                Err(error) => Err(error),
            };
            self.finish(call, result)
        });
        finished
            .await
            .unwrap_or_else(|bug| Response::error(&bug, ""))
    }

    /// Records an exchange, and returns its response as it is to be sent.
    fn finish(&self, call: Call, result: Result<Response, ApiError>) -> Response {
        let mut response = result.unwrap_or_else(|error| Response::error(&error, &call.request_id));
        if !call.faults.iter().any(Armed::is_of_response) {
            response.negotiate(request::prefers_gzip(&call.parts.headers));
        }
        self.record(call, &response);
        response.compress();
        response
    }

    /// Reads and validates a request. Returns a response if a fault takes the place of the operation.
    async fn receive(
        self: &Arc<Self>,
        call: &mut Call,
        body: Body,
        length: &mut usize,
    ) -> Result<Option<Response>, ApiError> {
        let operation = call.operation.ok_or_else(|| {
            ApiError::not_found(
                "send a POST to the exact path of an operation, such as /api/connector/v1/vouchers/getAll",
            )
        })?;
        call.faults = self.faults.arm(operation, None);
        if let Some(drop) = call.faults.first() {
            drop.trigger();
            return Ok(Some(Response::dropped()));
        }
        let headers = &call.parts.headers;
        let reading = request::read_body(headers, body, self.options.max_body);
        let bytes: Bytes = tokio::time::timeout(self.options.receive_timeout, reading)
            .await
            .map_err(|_| {
                ApiError::new(StatusCode::REQUEST_TIMEOUT, "The request took too long.")
                    .because("the body did not arrive in time")
            })??;
        *length = bytes.len();
        let json = request::check_headers(headers);
        let json = match json {
            Ok(()) => run(*length > MAX_INLINE, move || request::read_json(&bytes)).await?,
            Err(error) => Err(error),
        };
        let error = match json {
            Ok(body) => {
                call.body = body;
                None
            }
            Err(error) => Some(error),
        };
        call.faults = self.faults.arm(operation, Some(&call.body));

        self.delay(&call.faults).await;
        for fault in &call.faults {
            if let Stage::Instead(replacement) = fault.effect.stage() {
                fault.trigger();
                return Ok(Some(Response::instead(
                    &replacement,
                    &call.body,
                    &call.request_id,
                )));
            }
        }
        if let Some(error) = error {
            return Err(error);
        }
        self.admit(&call.body)?;
        let (server, body) = (Arc::clone(self), std::mem::take(&mut call.body));
        let (body, valid) = run(*length > MAX_INLINE, move || {
            let valid = request::validate(&server.spec, operation, &body);
            (body, valid)
        })
        .await?;
        call.body = body;
        valid?;
        for fault in &call.faults {
            if let Stage::BeforeCommit(delay) = fault.effect.stage() {
                fault.trigger();
                tokio::time::sleep(delay).await;
            }
        }
        Ok(None)
    }

    /// Waits in real time.
    async fn delay(&self, faults: &[Armed]) {
        let mut delay = self.options.latency;
        for fault in faults {
            if let Stage::Delay(latency) = fault.effect.stage() {
                fault.trigger();
                delay = delay.saturating_add(latency);
            }
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// Checks the tokens of a request, and counts it.
    fn admit(&self, body: &Value) -> Result<(), ApiError> {
        let Some((client, access)) = tokens(body) else {
            return Ok(());
        };
        self.reference
            .authenticate(client, access, self.options.accept_any_token)?;
        if let Some(limit) = self.options.rate_limit {
            self.limiter.admit(access, limit, self.clock.now())?;
        }
        Ok(())
    }

    /// Performs the operation of a valid request.
    fn perform(&self, call: &Call) -> Result<Response, ApiError> {
        let operation = call
            .operation
            .ok_or_else(|| ApiError::not_found("no operation"))?;
        let scope = match tokens(&call.body) {
            Some((client, access)) => {
                self.reference
                    .authenticate(client, access, self.options.accept_any_token)?
            }
            None => Scope::default(),
        };
        let context = Context {
            spec: &self.spec,
            stubs: &self.stubs,
            store: &self.store,
            reference: &self.reference,
            listings: &self.listings,
            options: &self.options,
            scope: &scope,
            now: Instant::from(self.clock.now()),
        };
        let Success {
            body: page,
            is_empty,
        } = context.perform(operation, &call.body)?;
        for fault in &call.faults {
            if let Stage::BetweenPages(change) = fault.effect.stage()
                && context.change_next_item(operation, &call.body, &page, change)?
            {
                fault.trigger();
            }
        }
        let mut response = if is_empty && request::prefers_minimal(&call.parts.headers) {
            Response::no_content()
        } else {
            Response::json(StatusCode::OK, page)
        };
        for fault in &call.faults {
            let has_happened = match fault.effect.stage() {
                Stage::Rewrite(rewrite) => {
                    let schema = self.spec.response(operation);
                    response.rewrite(rewrite, schema, &call.body, &call.request_id)
                }
                Stage::Delivery(delivery) => {
                    response.delivery = delivery;
                    true
                }
                Stage::BeforeReading
                | Stage::Delay(_)
                | Stage::Instead(_)
                | Stage::BeforeCommit(_)
                | Stage::BetweenPages(_) => false,
            };
            if has_happened {
                fault.trigger();
            }
        }
        Ok(response)
    }

    /// Restores the data, the faults, the exchanges and the request limit of the start.
    pub(crate) fn reset(&self) -> rusqlite::Result<()> {
        let now = Instant::from(self.clock.now());
        let ids = self.options.ids;
        let data = &self.initial.data;
        self.store.reset(&self.spec, data, ids, now)?;
        self.listings.restore(data.listings.clone());
        self.faults.clear();
        self.faults.extend(self.initial.faults.iter().cloned());
        self.journal.clear();
        self.limiter.clear();
        Ok(())
    }

    /// Records an exchange for the observer and the journal.
    fn record(&self, call: Call, response: &Response) {
        let mask = self.mask.with_those_of(&call.body);
        let faults = call.faults.iter().filter(|fault| fault.has_happened());
        let exchange = Exchange {
            received_utc: call.received_utc,
            method: call.parts.method.to_string(),
            path: mask.text(call.parts.uri.path()),
            operation: call.operation,
            request_headers: headers(&call.parts.headers, &mask),
            request_body: Value::Null,
            status: (response.delivery != Delivery::None).then(|| response.status.as_u16()),
            response_headers: headers(&response.headers(&call.request_id, self.clock.now()), &mask),
            response_body: Value::Null,
            faults: faults.map(|fault| fault.effect.to_string()).collect(),
            milliseconds: call.started.elapsed().as_secs_f64() * 1_000.0,
            request_id: call.request_id,
        };
        if let Some(observer) = &self.observer {
            observer(&exchange);
        }
        if self.options.keep_exchanges == 0 {
            return;
        }
        let request_text = match call.body {
            Value::Null => String::new(),
            mut body => {
                mask.json(&mut body);
                body.to_string()
            }
        };
        let response_text = match std::str::from_utf8(&response.body) {
            Ok(text) => mask.text(text),
            Err(_) => mask.text(&String::from_utf8_lossy(&response.body)),
        };
        self.journal.keep(exchange, request_text, response_text);
    }
}

/// Returns the client token and the access token of a request. The validation against the spec reports a token that is
/// missing or has the wrong type.
fn tokens(body: &Value) -> Option<(&str, &str)> {
    let token = |property: &str| {
        body.get(property)
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty())
    };
    Some((token("ClientToken")?, token("AccessToken")?))
}
