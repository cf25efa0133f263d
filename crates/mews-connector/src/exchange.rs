//! Where a call passes through the generated client.

use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use mews_connector_api::transport::{SendFuture, Transport};
use mews_connector_api::types::ConnectorApiExceptionResult;
use mews_connector_api::types::constraints::ConstraintViolation;
use mews_connector_api::{Client as Generated, ResponseValue};
use serde::de::DeserializeOwned;

use crate::body::kept_text;
use crate::error::{Error, ErrorKind, one_line};
use crate::options::CallOptions;
use crate::response::Response;
use crate::retry::Effect;
use crate::sending::{Core, Reply, failed};

type Answer<T> = Result<ResponseValue<T>, mews_connector_api::Error<ConnectorApiExceptionResult>>;

/// The transport of one call. It does what [`Core::send`] does, and keeps what came of it, because the generated
/// client's own errors hold neither the status of an unreadable answer nor the attempts.
struct Exchange {
    core: Arc<Core>,
    options: CallOptions,
    operation: &'static str,
    effect: Effect,
    outcome: Mutex<Option<Result<Reply, Error>>>,
}

impl Transport for Exchange {
    fn send<'a>(
        &'a self,
        _http: &'a reqwest::Client,
        request: reqwest::Request,
        _operation: &'static str,
    ) -> SendFuture<'a> {
        Box::pin(async move {
            let outcome = self
                .core
                .send(request, self.operation, self.effect, &self.options)
                .await;
            let mut answer = http::Response::new(bytes::Bytes::new());
            match &outcome {
                Ok(reply) => *answer.body_mut() = reply.body.clone(),
                // The generated client makes an error of it that nobody reads: the one that counts is kept here.
                Err(_) => *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
            }
            *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            Ok(answer.into())
        })
    }
}

/// Makes one call of the generated client.
pub(crate) async fn exchange<T, F>(
    core: &Arc<Core>,
    options: &CallOptions,
    operation: &'static str,
    checked: Result<(), ConstraintViolation>,
    call: impl FnOnce(Generated) -> F,
) -> Result<Response<T>, Error>
where
    T: DeserializeOwned,
    F: Future<Output = Answer<T>>,
{
    checked.map_err(|broken| Error::invalid(operation, broken))?;
    let effect = Effect::of(operation);
    let exchange = Arc::new(Exchange {
        core: core.clone(),
        options: options.clone(),
        operation,
        effect,
        outcome: Mutex::default(),
    });
    let generated =
        Generated::new_with_client(&core.base_url, core.http.clone(), exchange.clone().into());
    let answer = call(generated).await;
    let outcome = exchange
        .outcome
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    match (answer, outcome) {
        (Ok(value), Some(Ok(reply))) => Ok(Response::new(value.into_inner(), reply.head)),
        (_, Some(Err(error))) => Err(error),
        (Err(_), Some(Ok(reply))) => Err(undecodable::<T>(core, operation, effect, &reply)),
        // Not even sent: its URL, the only thing left, is not one.
        (answer, None) => Err(
            Error::new(ErrorKind::InvalidRequest, operation).with(|parts| {
                parts.sent = false;
                parts.what = Some("not sent, no request can be made of it".into());
                parts.source = answer.err().map(|error| error.to_string().into());
            }),
        ),
    }
}

/// Decodes the answer of an operation that the generated client does not have.
pub(crate) fn decode<T: DeserializeOwned>(
    core: &Core,
    operation: &str,
    effect: Effect,
    reply: Reply,
) -> Result<Response<T>, Error> {
    match serde_json::from_slice(&reply.body) {
        Ok(value) => Ok(Response::new(value, reply.head)),
        Err(_) => Err(undecodable::<T>(core, operation, effect, &reply)),
    }
}

/// Says where an answer differs from its type. It is decoded once more for that, so that the usual case does not pay.
fn undecodable<T: DeserializeOwned>(
    core: &Core,
    operation: &str,
    effect: Effect,
    reply: &Reply,
) -> Error {
    let mask = &core.mask;
    let mut json = serde_json::Deserializer::from_slice(&reply.body);
    let (path, reason) = match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) => (error.path().to_string(), error.into_inner().to_string()),
        Ok(_) => match json.end() {
            Err(error) => (".".into(), error.to_string()),
            Ok(()) => (".".into(), "not readable the first time".into()),
        },
    };
    let reason = one_line(&mask.text(&reason));
    let path = one_line(&mask.text(&path));
    failed(ErrorKind::Decode, operation, &reply.head).with(|parts| {
        parts.what = Some(format!("the answer cannot be read at `{path}`: {reason}"));
        parts.json_path = Some(path);
        parts.body = Some(kept_text(&reply.body, false, mask));
        parts.creates = !effect.is_idempotent();
        parts.maybe_applied = !effect.is_safe();
        parts.source = Some(Unreadable(reason).into());
    })
}

/// Why JSON could not be read, tokens masked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreadable(String);
