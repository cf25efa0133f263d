//! The value of a response.

use mews_connector_api::Effect;
use serde::de::DeserializeOwned;

use crate::body::kept_text;
use crate::error::{Error, ErrorKind, one_line};
use crate::response::Response;
use crate::sending::{Core, Reply, failed};

/// Decodes the body of a response.
pub(crate) fn decode<T: DeserializeOwned>(
    core: &Core,
    operation: &str,
    effect: Effect,
    reply: Reply,
) -> Result<Response<T>, Error> {
    match serde_json::from_slice(&reply.body) {
        Ok(value) => Ok(Response::new(value, reply.head)),
        // An object without properties, which also replaces a missing body, is decoded as null for types such as `()`.
        Err(_) if reply.body.trim_ascii() == b"{}" => serde_json::from_str("null")
            .map(|value| Response::new(value, reply.head.clone()))
            .map_err(|_| undecodable::<T>(core, operation, effect, &reply)),
        Err(_) => Err(undecodable::<T>(core, operation, effect, &reply)),
    }
}

/// Creates the error of a response that cannot be decoded. The response is decoded a second time to find the location.
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
            Ok(()) => (
                ".".into(),
                "the value was decoded only the second time".into(),
            ),
        },
    };
    let reason = one_line(&mask.text(&reason));
    let path = one_line(&mask.text(&path));
    failed(ErrorKind::Decode, operation, &reply.head).with(|parts| {
        parts.what = Some(format!(
            "the response cannot be decoded at `{path}`: {reason}"
        ));
        parts.json_path = Some(path);
        parts.body = Some(kept_text(&reply.body, false, mask));
        parts.creates = !effect.is_idempotent();
        parts.maybe_applied = !effect.is_safe();
        parts.source = Some(DecodeError(reason).into());
    })
}

/// The reason why JSON could not be decoded, with tokens masked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct DecodeError(String);
