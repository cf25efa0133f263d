//! The way of a request through the sandbox.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::Value;
use tokio::task::JoinError;
use uuid::Uuid;

use crate::access::{Reference, Scope};
use crate::answer::{Answer, Delivery};
use crate::clock::Clock;
use crate::connection::Cutter;
use crate::error::Refusal;
use crate::fault::Effect;
use crate::faults::Faults;
use crate::instant::Instant;
use crate::journal::{Exchange, Journal};
use crate::limiter::Limiter;
use crate::mask::Mask;
use crate::operation::Operation;
use crate::operations::{Context, Meddling, Success};
use crate::options::Options;
use crate::request;
use crate::store::Store;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Called with each exchange when it is over.
pub(crate) type Observer = Box<dyn Fn(&Exchange) + Send + Sync>;

/// All that the server works with.
pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) reference: Reference,
    pub(crate) options: Options,
    pub(crate) limiter: Limiter,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) mask: Mask,
    pub(crate) observer: Option<Observer>,
}

/// Takes a request for the API.
pub(crate) async fn handle(
    State(server): State<Arc<Server>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request<Body>,
) -> Response<Body> {
    let request_id = Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    // In a task of its own, for a client that gives up takes the connection along, but not what it asked for.
    let task = tokio::spawn({
        let (cutter, request_id) = (cutter.clone(), request_id.clone());
        async move {
            server
                .serve(&parts, body, &request_id)
                .await
                .into_response(&request_id, &cutter)
        }
    });
    task.await.unwrap_or_else(|error| {
        Answer::refusal(&bug(&error), &request_id).into_response(&request_id, &cutter)
    })
}

/// A part of the sandbox panicked.
fn bug(error: &JoinError) -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "An unexpected error occurred.",
    )
    .because(format!("the sandbox has a bug, please report it: {error}"))
}

/// Headers without tokens.
fn headers(headers: &HeaderMap, mask: &Mask) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                mask.text(&String::from_utf8_lossy(value.as_bytes())),
            )
        })
        .collect()
}

/// What was learnt of a request on its way.
#[derive(Default)]
struct Progress {
    body: Value,
    faults: Vec<Effect>,
}

impl Server {
    async fn serve(self: &Arc<Self>, parts: &Parts, body: Body, request_id: &str) -> Answer {
        let started = std::time::Instant::now();
        let received_utc = self.clock.now();
        let operation = (parts.method == Method::POST && parts.uri.query().is_none())
            .then(|| Operation::at(parts.uri.path()))
            .flatten();
        let mut progress = Progress::default();
        let answer = match self
            .answer(operation, &parts.headers, body, request_id, &mut progress)
            .await
        {
            Ok(answer) => answer,
            Err(refusal) => Answer::refusal(&refusal, request_id),
        };
        let mask = self.mask.with_those_of(&progress.body);
        let exchange = Exchange {
            request_id: request_id.to_owned(),
            received_utc,
            method: parts.method.to_string(),
            path: mask.text(parts.uri.path()),
            operation,
            request_headers: headers(&parts.headers, &mask),
            request_body: Value::Null,
            status: (answer.delivery != Delivery::None).then(|| answer.status.as_u16()),
            response_headers: headers(&answer.headers(request_id), &mask),
            response_body: Value::Null,
            faults: progress.faults.iter().map(ToString::to_string).collect(),
            milliseconds: started.elapsed().as_secs_f64() * 1_000.0,
        };
        if let Some(observer) = &self.observer {
            observer(&exchange);
        }
        let request_text = match &progress.body {
            Value::Null => String::new(),
            body => mask.json(body).to_string(),
        };
        let response_text = mask.text(&String::from_utf8_lossy(&answer.body));
        self.journal.keep(exchange, request_text, response_text);
        answer
    }

    async fn answer(
        self: &Arc<Self>,
        operation: Option<Operation>,
        headers: &HeaderMap,
        body: Body,
        request_id: &str,
        progress: &mut Progress,
    ) -> Result<Answer, Refusal> {
        let operation = operation.ok_or_else(|| {
            Refusal::not_found("send a POST to the exact address of an operation, such as /api/connector/v1/vouchers/getAll")
        })?;
        progress.faults = self.faults.strike(operation, None);
        if progress.faults.contains(&Effect::DropBeforeReading) {
            return Ok(Answer::dropped());
        }
        let reading = request::read_body(headers, body, self.options.max_body);
        let bytes = tokio::time::timeout(BODY_TIMEOUT, reading)
            .await
            .map_err(|_| {
                Refusal::new(StatusCode::REQUEST_TIMEOUT, "The request took too long.")
                    .because("the body did not arrive in time")
            })??;
        let json = request::read_json(headers, &bytes);
        progress.body = json.as_ref().ok().cloned().unwrap_or_default();
        let faults = self.faults.strike(operation, Some(&progress.body));
        progress.faults.extend(faults.iter().cloned());

        self.delay(&faults).await;
        if let Some(answer) = Answer::instead(&faults, &progress.body, request_id) {
            return Ok(answer);
        }
        let body = json?;
        let scope = self.admit(&body)?;
        request::check(operation, &body)?;
        self.delay_commit(&faults).await;

        let server = Arc::clone(self);
        let prefers_minimal = request::prefers_minimal(headers);
        let request_id = request_id.to_owned();
        let work = move || {
            let mut answer = server.perform(operation, &body, &scope, &faults, prefers_minimal)?;
            for fault in &faults {
                answer.spoil(fault, &body, &request_id);
            }
            Ok(answer)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| bug(&error))?
    }

    /// Checks the tokens of a request, and counts it.
    fn admit(&self, body: &Value) -> Result<Scope, Refusal> {
        let token = |property: &str| {
            body.get(property)
                .and_then(Value::as_str)
                .filter(|token| !token.is_empty())
        };
        // What is missing or of the wrong type is for the check against the document to say.
        let (Some(client), Some(access)) = (token("ClientToken"), token("AccessToken")) else {
            return Ok(Scope::default());
        };
        let scope = self
            .reference
            .authenticate(client, access, self.options.any_token)?;
        if let Some(limit) = self.options.rate_limit {
            self.limiter.admit(access, limit, self.clock.now())?;
        }
        Ok(scope)
    }

    fn perform(
        &self,
        operation: Operation,
        body: &Value,
        scope: &Scope,
        faults: &[Effect],
        prefers_minimal: bool,
    ) -> Result<Answer, Refusal> {
        let context = Context {
            store: &self.store,
            reference: &self.reference,
            options: &self.options,
            scope,
            now: Instant::from(self.clock.now()),
        };
        let Success {
            body: page,
            says_nothing,
        } = context.perform(operation, body)?;
        for fault in faults {
            match fault {
                Effect::DeleteBetweenPages => {
                    context.meddle(operation, body, &page, Meddling::Delete)?;
                }
                Effect::UpdateBetweenPages => {
                    context.meddle(operation, body, &page, Meddling::Update)?;
                }
                _ => {}
            }
        }
        Ok(if prefers_minimal && says_nothing {
            Answer::no_content()
        } else {
            Answer::json(StatusCode::OK, page)
        })
    }

    async fn delay(&self, faults: &[Effect]) {
        let mut delay = self.options.latency;
        for fault in faults {
            if let Effect::Latency { milliseconds } = fault {
                delay += Duration::from_millis(*milliseconds);
            }
        }
        self.sleep(delay).await;
    }

    async fn delay_commit(&self, faults: &[Effect]) {
        for fault in faults {
            if let Effect::CommitLate { milliseconds } = fault {
                self.sleep(Duration::from_millis(*milliseconds)).await;
            }
        }
    }

    async fn sleep(&self, duration: Duration) {
        if !duration.is_zero() {
            self.clock.sleep(duration).await;
        }
    }
}
