//! The forms of the page.
//!
//! A form of another page cannot be sent here: a browser adds `Origin`, which the guard checks, and such a form cannot
//! have the token, because another page cannot read this one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::page::FORM_TOKEN;
use super::{ClockChange, MAX_BODY, Reply, add_script, page, redirect, restore};
use crate::error::ApiError;
use crate::request;
use crate::server::Server;

/// The fields of a form.
struct Fields(BTreeMap<String, String>);

impl Fields {
    fn get(&self, name: &str) -> Result<&str, ApiError> {
        let value = self.0.get(name).map(|value| value.trim());
        value.ok_or_else(|| ApiError::invalid(name, "missing field"))
    }

    fn parse<T: std::str::FromStr>(&self, name: &str) -> Result<T, ApiError>
    where
        T::Err: std::fmt::Display,
    {
        let parsed = self.get(name)?.parse();
        parsed.map_err(|error: T::Err| ApiError::invalid(name, error.to_string()))
    }

    fn json(&self, name: &str) -> Result<Value, ApiError> {
        let json = serde_json::from_str(self.get(name)?);
        json.map_err(|error| ApiError::invalid(name, error.to_string()))
    }
}

/// Performs the action of a form, and returns to the page.
pub(super) async fn submit(State(server): State<Arc<Server>>, request: Request) -> Reply {
    let result = match read(request).await {
        Ok(fields) => perform(&server, &fields).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(section) => {
            let location = format!("/_sandbox/#{section}");
            redirect(&server, StatusCode::SEE_OTHER, &location)
        }
        Err(error) => page::error(&server, &error),
    }
}

async fn read(request: Request) -> Result<Fields, ApiError> {
    let (parts, body) = request.into_parts();
    let body = request::read_body(&parts.headers, body, MAX_BODY).await?;
    let request = Request::from_parts(parts, body.into());
    let form = Form::from_request(request, &()).await;
    let Form(fields) = form.map_err(|error| ApiError::invalid("form", error.to_string()))?;
    Ok(Fields(fields))
}

/// Performs the action of a form, and returns the section of the page to show.
async fn perform(server: &Arc<Server>, fields: &Fields) -> Result<&'static str, ApiError> {
    if fields.get(FORM_TOKEN).ok() != Some(server.form_token.as_str()) {
        return Err(ApiError::forbidden("The form is from another page.")
            .because("reload the page of the sandbox and try again"));
    }
    let clock = ClockChange::default();
    match fields.get("Action")? {
        "SetClock" => {
            let now_utc = Some(fields.parse("NowUtc")?);
            ClockChange { now_utc, ..clock }.apply(server)?;
            Ok("clock")
        }
        "AdvanceClock" => {
            let advance_seconds = Some(fields.parse("AdvanceSeconds")?);
            let change = ClockChange {
                advance_seconds,
                ..clock
            };
            change.apply(server)?;
            Ok("clock")
        }
        action @ ("FreezeClock" | "RunClock") => {
            let is_frozen = Some(action == "FreezeClock");
            ClockChange { is_frozen, ..clock }.apply(server)?;
            Ok("clock")
        }
        "RestoreClock" => {
            server.clock.restore();
            Ok("clock")
        }
        "AddFault" => {
            let mut fault = json!({
                "Effect": fields.json("Effect")?,
                "Times": fields.parse::<u64>("Times")?,
            });
            match fields.get("Operation")? {
                "" => {}
                operation => fault["Operation"] = operation.into(),
            }
            add_script(server, fault)?;
            Ok("faults")
        }
        "AddScript" => {
            add_script(server, fields.json("Script")?)?;
            Ok("faults")
        }
        "RemoveFault" => {
            server.faults.remove(fields.parse("Id")?);
            Ok("faults")
        }
        "ClearFaults" => {
            server.faults.clear();
            Ok("faults")
        }
        "ClearRequests" => {
            server.journal.clear();
            Ok("requests")
        }
        "Reset" => {
            restore(server).await?;
            Ok("data")
        }
        action => Err(ApiError::invalid(
            "Action",
            format!("unknown action `{action}`"),
        )),
    }
}
