//! Requests: from bytes to JSON that was validated.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::error::ApiError;
use crate::operation::Operation;
use crate::spec::Spec;

/// The part of a body that is too large and read anyway, so that the client can read the response.
const MAX_DISCARDED: usize = 1024 * 1024 * 1024;

/// The maximum length of `Details`.
const MAX_DETAILS: usize = 1_000;

/// Reads a body, up to `max` bytes.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    max: usize,
) -> Result<Bytes, ApiError> {
    let too_large = || {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request body is too large.",
        )
        .because(format!("the maximum is {max} bytes"))
    };
    let announced = body.size_hint().lower();
    if announced > max as u64 && headers.contains_key(EXPECT) {
        // The client waits for the permission to continue.
        return Err(too_large());
    }
    let mut read = Vec::with_capacity(usize::try_from(announced).unwrap_or(max).min(max));
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::invalid("body", error.to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if discarded > 0 || read.len() + data.len() > max {
            discarded += data.len();
            if discarded > MAX_DISCARDED {
                break;
            }
        } else {
            read.extend_from_slice(&data);
        }
    }
    if discarded > 0 {
        Err(too_large())
    } else {
        Ok(read.into())
    }
}

/// Checks that the headers announce JSON.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default());
    if !content_type.is_some_and(is_json) {
        return Err(ApiError::invalid(
            "Content-Type",
            "send `Content-Type: application/json`, in UTF-8",
        ));
    }
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(ApiError::invalid(
            "Content-Encoding",
            "send the body without an encoding",
        ));
    }
    Ok(())
}

/// Reads JSON, strictly (guidelines/responses.md, 400 `Invalid JSON`).
pub(crate) fn read_json(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::new(StatusCode::BAD_REQUEST, "Invalid JSON").because(error.to_string())
    })
}

/// Returns `true` if a content type is JSON in UTF-8.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8"),
            _ => true,
        })
}

/// Validates a body against the spec.
pub(crate) fn validate(spec: &Spec, operation: Operation, body: &Value) -> Result<(), ApiError> {
    spec.request_validator(operation)
        .map_err(ApiError::unexpected)?
        .validate(body)
        .map_err(|error| {
            if let Some((property, others)) = exclusive(&error) {
                return ApiError::invalid(
                    property,
                    format!("`{property}` cannot be used together with {others}; omit one of them"),
                );
            }
            let mut details = format!("at \"{}\": {}", error.instance_path(), error.masked());
            if let Some((end, _)) = details.char_indices().nth(MAX_DETAILS) {
                details.truncate(end);
                details.push('…');
            }
            ApiError::invalid(&parameter(&error), details)
        })
}

/// Returns a property and the others that it excludes, if an error is about properties that exclude each other.
fn exclusive<'e>(error: &'e ValidationError<'_>) -> Option<(&'e str, String)> {
    let ValidationErrorKind::Not { schema } = error.kind() else {
        return None;
    };
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let alternatives = alternatives.map_or(std::slice::from_ref(schema), Vec::as_slice);
    let is_set = |name: &&str| !error.instance()[*name].is_null();
    let mut groups = alternatives.iter().filter_map(|alternative| {
        let names = alternative.get("required")?.as_array()?.iter();
        names.map(Value::as_str).collect::<Option<Vec<_>>>()
    });
    let names = groups.find(|names| names.iter().all(is_set))?;
    let (property, others) = names.split_last()?;
    let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    Some((property, others.join(" and ")))
}

/// Returns the property that an error is about.
fn parameter(error: &ValidationError<'_>) -> String {
    let name = match error.kind() {
        ValidationErrorKind::Required { property } => property.as_str().map(ToOwned::to_owned),
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.first().cloned(),
        _ => {
            let path = error.instance_path();
            let mut names = path
                .as_str()
                .rsplit('/')
                .filter(|part| !part.is_empty() && part.parse::<usize>().is_err());
            let name = names.next();
            // The `Value` of an update value has the name of the property.
            let is_update_value = name == Some("Value") && names.clone().count() > 1;
            let name = if is_update_value { names.next() } else { name };
            name.map(ToOwned::to_owned)
        }
    };
    let name = name.unwrap_or_else(|| "request".to_owned());
    name.chars().take(100).collect()
}

/// Returns `true` if the client accepts gzip, and does not prefer a response without it (RFC 9110, section 12.5.3).
pub(crate) fn prefers_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for coding in headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => &mut gzip,
            "identity" => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        // If a coding is named twice, the lower quality is the one that is certainly acceptable.
        *quality = Some(quality_of(parameters).min(quality.unwrap_or(1.0)));
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.or(any).unwrap_or(0.0)
}

/// Returns the quality in the parameters of a coding: 1 without one, and 0 if it is invalid.
fn quality_of(parameters: &str) -> f64 {
    let mut parameters = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='));
    let quality = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    quality.map_or(1.0, |(_, quality)| {
        let quality = quality.trim().parse().ok();
        quality
            .filter(|quality| (0.0..=1.0).contains(quality))
            .unwrap_or(0.0)
    })
}

/// Returns `true` if the client prefers no body to an empty one (guidelines/requests.md, "Request minimal response").
pub(crate) fn prefers_minimal(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.split_once('='))
        .any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("return")
                && value
                    .trim()
                    .trim_matches('"')
                    .eq_ignore_ascii_case("minimal")
        })
}
