//! An HTTP service that returns whether a code can be used now for a service of the hotel, and if not, the reason.
//!
//!     cargo run -p mews-connector --example redeemable
//!
//! The guide describes the example: `mews_connector::guide::redeemable`.

#[path = "shared/connection.rs"]
mod connection;
#[path = "shared/dates.rs"]
mod dates;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use chrono::{NaiveDate, Utc};
use chrono_tz::Tz;
use clap::Parser;
use connection::Connection;
use mews_connector::types::ServiceId;
use mews_connector::{CallOptions, Client, Error, ErrorKind, FoundCode, Redeemability, Stay};
use mews_sandbox::builtin;
use moka::future::Cache;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing::{info, warn};

/// Serve GET /services/{service}/codes/{code}, with ?arrival={date}&departure={date} for a stay
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Listen on this address; port 0 is any free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Keep the result of a lookup for this number of seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=86_400))]
    cache: u64,
    /// Set the time zone of the hotel
    #[arg(long, default_value = "Europe/Prague")]
    time_zone: Tz,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // RUST_LOG=mews_connector=debug shows the calls. No level shows a token.
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::Level::INFO.into())
                .from_env()
                .context("invalid RUST_LOG")?,
        )
        .init();
    let arguments = Arguments::parse();
    let (client, _sandbox) = arguments.connection.open().await?;
    let lookup = Lookup {
        // A guest waits for the response, so the call has a short deadline.
        client: client.with_options(CallOptions::new().deadline(Duration::from_secs(10))),
        found: Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_secs(arguments.cache))
            .build(),
        time_zone: arguments.time_zone,
    };
    let service = Router::new()
        .route("/services/{service}/codes/{code}", get(redeemable))
        .with_state(lookup);
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let address = listener.local_addr()?;
    info!("listening on http://{address}/services/{{service}}/codes/{{code}}");
    if let Ok(service) = arguments.connection.default_service() {
        let (service, code) = (service.0, builtin::CODE_VALUE);
        info!("the sandbox has http://{address}/services/{service}/codes/{code}");
    }
    axum::serve(listener, service)
        .with_graceful_shutdown(async {
            // Without a handler, Ctrl-C ends the process at once.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

/// The state that all requests share.
#[derive(Clone)]
struct Lookup {
    client: Client,
    /// The codes with a value. Their redeemability depends on the time, so it is determined for each request.
    found: Cache<(ServiceId, String), Arc<Vec<FoundCode>>>,
    time_zone: Tz,
}

/// The dates of a stay, as a guest enters them.
#[derive(Deserialize)]
struct Dates {
    arrival: Option<NaiveDate>,
    departure: Option<NaiveDate>,
}

type Response = (StatusCode, Json<Value>);

fn problem(status: StatusCode, problem: impl Into<String>) -> Response {
    (status, Json(json!({ "error": problem.into() })))
}

async fn redeemable(
    State(lookup): State<Lookup>,
    path: Result<Path<(ServiceId, String)>, PathRejection>,
    dates: Result<Query<Dates>, QueryRejection>,
) -> Result<Response, Response> {
    let invalid = |reason: String| problem(StatusCode::BAD_REQUEST, reason);
    let Path((service, code)) = path.map_err(|rejection| invalid(rejection.body_text()))?;
    let Query(dates) = dates.map_err(|rejection| invalid(rejection.body_text()))?;
    let stay = lookup.stay(&dates).map_err(invalid)?;
    let found = lookup.find(service, code).await.map_err(|error| {
        warn!(%service, %error, "the lookup failed");
        match error.kind() {
            // The server rejected the lookup, for example because the token cannot access the service.
            ErrorKind::InvalidRequest | ErrorKind::BadRequest => {
                problem(StatusCode::NOT_FOUND, "unknown service")
            }
            _ => problem(StatusCode::SERVICE_UNAVAILABLE, "try again later"),
        }
    })?;
    let body = body(&found, stay.as_ref());
    // The value of a code is worth money, so it is not logged.
    info!(%service, redeemable = %body["redeemable"], reason = %body["reason"], "responded");
    Ok((StatusCode::OK, Json(body)))
}

impl Lookup {
    /// Finds the codes with a value. Requests for the same value share one lookup, and an error is not kept.
    async fn find(
        &self,
        service: ServiceId,
        value: String,
    ) -> Result<Arc<Vec<FoundCode>>, Arc<Error>> {
        let client = self.client.clone();
        let key = (service, value.clone());
        let find = async move { client.find_codes([service], value).await.map(Arc::new) };
        self.found.try_get_with(key, find).await
    }

    /// Returns the stay from the night of the arrival to the night before the departure.
    fn stay(&self, dates: &Dates) -> Result<Option<Stay>, String> {
        let (arrival, departure) = match (dates.arrival, dates.departure) {
            (None, None) => return Ok(None),
            (Some(arrival), Some(departure)) => (arrival, departure),
            _ => return Err("pass both `arrival` and `departure`, or neither".into()),
        };
        let night = |date: Option<NaiveDate>| dates::first_second(date?, self.time_zone);
        match (night(Some(arrival)), night(departure.pred_opt())) {
            (Some(first), Some(last)) if arrival < departure => Stay::new(first, last)
                .map(Some)
                .map_err(|violation| violation.to_string()),
            _ => Err("`departure` must be after `arrival`".into()),
        }
    }
}

/// Returns the body of the response for all codes with the value. A value need not be unique, so one usable code is enough.
fn body(found: &[FoundCode], stay: Option<&Stay>) -> Value {
    let now = Utc::now();
    let checked: Vec<_> = found
        .iter()
        .map(|found| match stay {
            Some(stay) => (found, found.redeemability_for(now, stay)),
            None => (found, found.redeemability(now)),
        })
        .collect();
    let is_better = |redeemability: &Redeemability| match redeemability {
        Redeemability::Yes => 2,
        Redeemability::Unknown(_) => 1,
        _ => 0,
    };
    let best = checked
        .iter()
        .max_by_key(|(_, redeemability)| is_better(redeemability));
    let Some((found, best)) = best else {
        return json!({ "redeemable": "no", "reason": "no code of this service has this value" });
    };
    match best {
        Redeemability::Yes => json!({
            "redeemable": "yes",
            "codeId": found.code.id,
            "voucherId": found.voucher.id,
            "voucher": found.voucher.name,
        }),
        Redeemability::No(reason) => json!({ "redeemable": "no", "reason": reason.to_string() }),
        Redeemability::Unknown(missing) => {
            json!({ "redeemable": "unknown", "reason": missing.to_string() })
        }
        other => json!({ "redeemable": "unknown", "reason": other.to_string() }),
    }
}
