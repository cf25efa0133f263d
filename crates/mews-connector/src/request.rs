//! The body of a request: checked, with the enterprises of the handle, in the envelope.

use std::borrow::Cow;

use bytes::Bytes;
use mews_connector_api::operations;
use mews_connector_api::types::EnterpriseId;
use mews_connector_api::{Effect, Envelope, Operation};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::error::{ConstraintViolation, Error, invalid};
use crate::filter::MAX_IDS;

/// The property of a request that limits a read to enterprises.
const ENTERPRISE_IDS: &str = "EnterpriseIds";
/// The property of a request that names the enterprise of a write.
const ENTERPRISE_ID: &str = "EnterpriseId";

/// A request that can be sent any number of times.
pub(crate) struct Request {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) effect: Effect,
    pub(crate) body: Bytes,
}

/// Returns the effect of an operation of the spec. An unknown operation is assumed to create, so it is never sent again
/// once it may have been applied.
pub(crate) fn effect_of(path: &str) -> Effect {
    operations::find(path).map_or(Effect::Create, |operation| operation.effect)
}

impl Client {
    /// Prepares the request of an operation that has a type.
    pub(crate) fn typed<R: Operation>(&self, request: &R) -> Result<Request, Error> {
        let (path, declared, check) = (R::PATH.into(), Some(R::PROPERTIES), || request.check());
        self.prepare(path, R::EFFECT, declared, R::ENVELOPE, check, request)
    }

    /// Prepares the request of an operation by its path. `effect` is used if the spec does not have the operation.
    pub(crate) fn untyped(
        &self,
        path: &str,
        request: &(impl Serialize + ?Sized),
        effect: Option<Effect>,
    ) -> Result<Request, Error> {
        // A path is part of errors, spans and the URL, so tokens in it are masked. A path with a masked token is
        // invalid.
        let path = self.core.mask.text(path).into_owned();
        let known = operations::find(&path);
        let effect = match known {
            Some(operation) => operation.effect,
            None => effect.unwrap_or_else(|| effect_of(&path)),
        };
        let envelope = known.map_or(Envelope::PROPERTIES, |operation| operation.envelope);
        let declared = known.map(|operation| operation.properties);
        self.prepare(path.into(), effect, declared, envelope, || Ok(()), request)
    }

    /// Prepares a request. `declared` are the properties that the operation takes, if the spec has it, and `envelope`
    /// those that the client adds.
    fn prepare(
        &self,
        operation: Cow<'static, str>,
        effect: Effect,
        declared: Option<&[&str]>,
        envelope: &[&str],
        check: impl FnOnce() -> Result<(), ConstraintViolation>,
        request: &(impl Serialize + ?Sized),
    ) -> Result<Request, Error> {
        let body = || {
            check_path(&operation)?;
            check_declared(declared.into_iter().flatten().copied())?;
            check()?;
            // A request type of a caller can have properties that it does not declare.
            let mut request = object(&self.core.envelope.body(request).only(&[]))?;
            check_declared(request.keys().map(String::as_str))?;
            if let Some(enterprises) = &self.enterprises {
                scope(&mut request, enterprises, effect, declared)?;
            }
            let body = self.core.envelope.body(&request).only(envelope);
            serde_json::to_vec(&body).map_err(|error| not_json(&error))
        };
        match body() {
            Ok(body) => Ok(Request {
                operation,
                effect,
                body: body.into(),
            }),
            Err(violation) => Err(Error::invalid(operation, violation)),
        }
    }
}

/// Returns a request as a JSON object.
pub(crate) fn object(
    request: &(impl Serialize + ?Sized),
) -> Result<Map<String, Value>, ConstraintViolation> {
    match serde_json::to_value(request).map_err(|error| not_json(&error))? {
        Value::Object(object) => Ok(object),
        _ => Err(invalid(
            "request",
            "JSON that is not an object",
            "a JSON object",
        )),
    }
}

fn not_json(error: &serde_json::Error) -> ConstraintViolation {
    let actual = format!("a form that cannot be written as JSON ({error})");
    invalid("request", actual, "a JSON object")
}

fn check_path(path: &str) -> Result<(), ConstraintViolation> {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !path.contains('/') || !path.split('/').all(is_word) {
        let allowed = "resource/action, such as `services/getAll`";
        return Err(invalid("path", format!("`{path}`"), allowed));
    }
    // A server can ignore the letter case of a path, so the effect must not depend on the case.
    let of_spec = operations::ALL
        .iter()
        .find(|operation| operation.path.eq_ignore_ascii_case(path));
    match of_spec {
        Some(operation) if operation.path != path => {
            let allowed = format!("`{}`", operation.path);
            Err(invalid("path", format!("`{path}`"), allowed))
        }
        _ => Ok(()),
    }
}

/// Rejects a request with a property of the envelope.
fn check_declared<'a>(
    mut properties: impl Iterator<Item = &'a str>,
) -> Result<(), ConstraintViolation> {
    match properties.find(|name| Envelope::PROPERTIES.contains(name)) {
        Some(name) => Err(invalid(name, "a value", "none, because the client adds it")),
        None => Ok(()),
    }
}

/// Adds the enterprises of a handle to a request. `declared` is the list of the properties that the operation takes,
/// if the spec has it.
fn scope(
    request: &mut Map<String, Value>,
    enterprises: &[EnterpriseId],
    effect: Effect,
    declared: Option<&[&str]>,
) -> Result<(), ConstraintViolation> {
    let takes = |name: &str| declared.is_some_and(|declared| declared.contains(&name));
    let name = if takes(ENTERPRISE_IDS) || declared.is_none() && effect.is_safe() {
        ENTERPRISE_IDS
    } else if takes(ENTERPRISE_ID) || declared.is_none() {
        ENTERPRISE_ID
    } else {
        let actual = "no place in the request, but the handle is for certain enterprises";
        return Err(invalid(
            ENTERPRISE_ID,
            actual,
            "a handle without `for_enterprises`",
        ));
    };
    for name in [ENTERPRISE_IDS, ENTERPRISE_ID] {
        if request.get(name).is_some_and(|value| !value.is_null()) {
            let actual = "a value in the request and one from the handle";
            return Err(invalid(name, actual, "one of them"));
        }
    }
    let value = match enterprises {
        [enterprise] if name == ENTERPRISE_ID => Value::from(enterprise.to_string()),
        several if name == ENTERPRISE_ID => {
            let actual = format!("a handle for {} enterprises", several.len());
            return Err(invalid(name, actual, "a handle for exactly one enterprise"));
        }
        several if (1..=MAX_IDS).contains(&several.len()) => {
            several.iter().map(ToString::to_string).collect()
        }
        several => {
            let actual = format!("{} items", several.len());
            return Err(invalid(name, actual, format!("1 to {MAX_IDS} items")));
        }
    };
    request.insert(name.to_owned(), value);
    Ok(())
}
