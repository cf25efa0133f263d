//! The page for people, at `/_sandbox/`.
//!
//! It has no script: every button is a form, and every response is a new page. The content security policy excludes
//! scripts, frames and anything from another server.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use chrono::SecondsFormat;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::{Reply, list_of_faults, reject, reply};
use crate::error::ApiError;
use crate::fault::EXAMPLES;
use crate::journal::Exchange;
use crate::server::Server;
use crate::store::Summary;

/// The number of records and exchanges that are shown.
const SHOWN: usize = 20;

/// The maximum length of a body that is shown.
const MAX_SHOWN: usize = 10_000;

/// The name of the hidden field with the token of the forms.
pub(super) const FORM_TOKEN: &str = "FormToken";

const HEADERS: [(HeaderName, &str); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer`, a browser would send the forms of this page with the origin `null`.
    (REFERRER_POLICY, "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

/// Serves the page.
pub(super) async fn page(State(server): State<Arc<Server>>) -> Reply {
    let task = tokio::task::spawn_blocking({
        let server = Arc::clone(&server);
        move || {
            server
                .store
                .read(|store| Ok(Summary::read(store, &server.spec, SHOWN)?))
        }
    });
    let summary = match task.await {
        Ok(Ok(summary)) => summary,
        Ok(Err(error)) => return reject(&server, &error),
        Err(error) => return reject(&server, &ApiError::unexpected(error.to_string())),
    };
    let content = html! {
        (clock(&server))
        (limiter(&server))
        (faults(&server))
        (requests(&server))
        (data(&server, &summary))
        (operations(&server))
    };
    respond(&server, StatusCode::OK, "Sandbox", &content)
}

/// Serves the style sheet of the pages.
pub(super) async fn style(State(server): State<Arc<Server>>) -> Reply {
    let style = include_str!("page.css");
    reply(
        &server,
        StatusCode::OK,
        "text/css; charset=utf-8",
        style.into(),
    )
}

/// Returns a page for an error of a form.
pub(super) fn error(server: &Server, error: &ApiError) -> Reply {
    let content = html! {
        section {
            h2 { "Nothing was changed" }
            p.error { (error.message) @if let Some(details) = &error.details { ": " (details) } }
            p { a href="/_sandbox/" { "Back" } }
        }
    };
    respond(server, error.status, "Error", &content)
}

/// Returns a page with a title and the navigation.
pub(super) fn respond(server: &Server, status: StatusCode, title: &str, content: &Markup) -> Reply {
    let sections = [
        ("/_sandbox/#clock", "Clock"),
        ("/_sandbox/#limit", "Request limit"),
        ("/_sandbox/#faults", "Faults"),
        ("/_sandbox/#requests", "Requests"),
        ("/_sandbox/#data", "Data"),
        ("/_sandbox/reference", "API reference"),
    ];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · mews-sandbox" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/_sandbox/style.css";
            }
            body {
                header {
                    h1 { a href="/_sandbox/" { "mews-sandbox" } " " small.note { (env!("CARGO_PKG_VERSION")) } }
                    nav { @for (target, name) in sections { a href=(target) { (name) } } }
                }
                main { (content) }
            }
        }
    };
    let body = Body::from(page.into_string());
    let mut response = reply(server, status, "text/html; charset=utf-8", body);
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Returns a form that is sent to this page. A field or a button named `Action` determines the action.
fn form(server: &Server, class: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action="/_sandbox/" class=(class) {
            input type="hidden" name=(FORM_TOKEN) value=(server.form_token);
            (content)
        }
    }
}

fn button(action: &str, label: &str) -> Markup {
    html! { button name="Action" value=(action) { (label) } }
}

fn clock(server: &Server) -> Markup {
    let now = server
        .clock
        .now()
        .to_rfc3339_opts(SecondsFormat::Millis, true);
    let is_frozen = server.clock.is_frozen();
    let (action, label) = if is_frozen {
        ("RunClock", "Let it run")
    } else {
        ("FreezeClock", "Stop it")
    };
    html! {
        section id="clock" {
            h2 { "Clock" }
            p { code { (now) } @if is_frozen { ", stopped" } @else { ", running with its source" } }
            (form(server, "", &html! {
                label { "Time in UTC" input name="NowUtc" value=(now) size="26" required; }
                (button("SetClock", "Set"))
            }))
            " "
            (form(server, "", &html! {
                label { "Seconds" input type="number" name="AdvanceSeconds" value="30" min="0" step="any" required; }
                (button("AdvanceClock", "Advance"))
            }))
            " "
            (form(server, "", &html! {
                (button(action, label))
                (button("RestoreClock", "Restore"))
            }))
        }
    }
}

fn limiter(server: &Server) -> Markup {
    let Some(limit) = server.options.rate_limit else {
        return html! { section id="limit" { h2 { "Request limit" } p { "None." } } };
    };
    let tokens = &server.initial.data.access_tokens;
    let mut used = server.limiter.usage(limit, server.clock.now());
    let rows: Vec<(String, usize, Option<f64>)> = tokens
        .iter()
        .enumerate()
        .map(|(index, token)| {
            let usage = used.remove(&token.value).unwrap_or_default();
            let portfolio = if token.is_portfolio {
                ", portfolio"
            } else {
                ""
            };
            let enterprises = token.enterprise_ids.len();
            let name = format!(
                "Access token {} ({enterprises} in scope{portfolio})",
                index + 1
            );
            (name, usage.requests, usage.seconds_until_next)
        })
        .collect();
    html! {
        section id="limit" {
            h2 { "Request limit" }
            p { (limit.requests) " requests of an access token in " (format!("{:?}", limit.window)) "." }
            div.table { table {
                thead { tr {
                    th { "Token" } th.number { "Used" } th.number { "Free" } th.number { "Oldest expires in" }
                } }
                tbody {
                    @for (name, requests, seconds) in &rows {
                        tr {
                            td { (name) }
                            td.number { (requests) }
                            td.number { (limit.requests.saturating_sub(*requests)) }
                            td.number { @if let Some(seconds) = seconds { (format!("{seconds:.1} s")) } @else { "–" } }
                        }
                    }
                    @if !used.is_empty() {
                        tr {
                            td { (used.len()) " other tokens" }
                            td.number { (used.values().map(|usage| usage.requests).sum::<usize>()) }
                            td {} td {}
                        }
                    }
                }
            } }
        }
    }
}

fn faults(server: &Server) -> Markup {
    let list = list_of_faults(server);
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        section id="faults" {
            h2 { "Faults" }
            @if list.is_empty() {
                p { "None." }
            } @else {
                div.table { table {
                    thead { tr { th { "ID" } th { "Fault" } th.number { "Matched" } th.number { "Triggered" } th {} } }
                    tbody { @for state in list { tr {
                        td { (state["Id"]) }
                        td { code { (state["Fault"]) } }
                        td.number { (state["Matched"]) }
                        td.number { (state["Triggered"]) }
                        td { (form(server, "", &html! {
                            input type="hidden" name="Id" value=(state["Id"]);
                            (button("RemoveFault", "Remove"))
                        })) }
                    } } }
                } }
                (form(server, "", &button("ClearFaults", "Remove all")))
            }
            h3 { "Add a fault" }
            (form(server, "", &html! {
                label { "Effect" select name="Effect" {
                    @for effect in EXAMPLES { option value=(effect) { (effect) } }
                } }
                label { "Operation" select name="Operation" {
                    option value="" { "any" }
                    @for operation in server.spec.operations() { option { (operation) } }
                } }
                label { "Times" input type="number" name="Times" value="1" min="1" required; }
                (button("AddFault", "Add"))
            }))
            details {
                summary { "As JSON" }
                (form(server, "wide", &html! {
                    label { "One fault, or an array"
                        textarea name="Script" required {
                            "[{ \"Every\": 10, \"Effect\": { \"Html\": { \"Code\": 502 } } }]"
                        }
                    }
                    div { (button("AddScript", "Add")) }
                }))
            }
        }
    }
}

fn requests(server: &Server) -> Markup {
    let exchanges = server.journal.newest(SHOWN);
    html! {
        section id="requests" {
            h2 { "Requests" }
            @if exchanges.is_empty() {
                p { "None." }
            } @else {
                p { "The last ones, newest first. " a href="/_sandbox/requests" { "All as JSON" } }
                @for exchange in &exchanges { (exchange_of(exchange)) }
                (form(server, "", &button("ClearRequests", "Remove all")))
            }
        }
    }
}

fn exchange_of(exchange: &Exchange) -> Markup {
    let time = exchange
        .received_utc
        .to_rfc3339_opts(SecondsFormat::Millis, true);
    let is_bad = exchange.status.is_none_or(|status| status >= 400);
    let url = format!("/_sandbox/requests/{}", exchange.request_id);
    html! {
        details {
            summary {
                code { (time) " " (exchange.method) " " (exchange.path) " " }
                code.bad[is_bad] {
                    @match exchange.status { Some(status) => (status), None => "connection reset" }
                }
                span.note { (format!(" {:.1} ms", exchange.milliseconds)) }
                @for fault in &exchange.faults { " " code.bad { (fault) } }
            }
            p { a href=(url) { "Headers and bodies as JSON" } }
            h3 { "Request" }
            (body(&exchange.request_body))
            h3 { "Response" }
            (body(&exchange.response_body))
        }
    }
}

/// Returns a body, or its start.
fn body(body: &Value) -> Markup {
    let mut text = match body {
        Value::Null => return html! { p.note { "No body." } },
        Value::String(text) => text.clone(),
        json => serde_json::to_string_pretty(json).unwrap_or_default(),
    };
    let length = text.len();
    if length > MAX_SHOWN {
        let end = (0..=MAX_SHOWN).rfind(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
    }
    html! {
        pre { (text) @if text.len() < length { "…" } }
        @if text.len() < length { p.note { "The start of " (length) " bytes." } }
    }
}

fn data(server: &Server, summary: &Summary) -> Markup {
    let data = &server.initial.data;
    let fixed = [
        ("Enterprises", data.enterprises.len()),
        ("Services", data.services.len()),
        ("Rates", data.rates.len()),
        ("Companies", data.companies.len()),
    ];
    let listings = data
        .listings
        .iter()
        .filter(|(list, _)| fixed.iter().all(|(other, _)| other != list))
        .map(|(list, listing)| (list.as_str(), listing.records.len()));
    html! {
        section id="data" {
            h2 { "Data" }
            div.table { table {
                thead { tr { th { "Records" } th.number { "Number" } th.number { "Deleted" } } }
                tbody {
                    @for (name, count) in [("Vouchers", &summary.vouchers), ("Voucher codes", &summary.codes)] {
                        tr { td { (name) } td.number { (count.total) } td.number { (count.deleted) } }
                    }
                    @for (name, count) in fixed.into_iter().chain(listings) {
                        tr { td { (name) } td.number { (count) } td.number { "–" } }
                    }
                }
            } }
            h3 { "Newest vouchers" }
            div.table { table {
                thead { tr { th { "ID" } th { "Name" } th { "Type" } th.number { "Codes" } th { "Created" } th { "State" } } }
                tbody { @for (voucher, codes) in &summary.newest_vouchers { tr {
                    td { code { (voucher.id) } }
                    td { (voucher.name()) }
                    td { (voucher.kind()) }
                    td.number { (codes) }
                    td { (voucher.created_utc) }
                    td { (state(voucher.is_active)) }
                } } }
            } }
            h3 { "Newest voucher codes" }
            div.table { table {
                thead { tr { th { "ID" } th { "Value" } th { "Voucher" } th { "Created" } th { "State" } } }
                tbody { @for code in &summary.newest_codes { tr {
                    td { code { (code.id) } }
                    td { (code.value) }
                    td { code { (code.voucher_id) } }
                    td { (code.created_utc) }
                    td { (state(code.is_active)) }
                } } }
            } }
            h3 { "Reset" }
            p { "Restores the data, the faults, the requests and the request limit of the start." }
            (form(server, "", &button("Reset", "Reset")))
        }
    }
}

const fn state(is_active: bool) -> &'static str {
    if is_active { "active" } else { "deleted" }
}

fn operations(server: &Server) -> Markup {
    html! {
        section id="operations" {
            h2 { "Operations" }
            ul { @for operation in server.spec.operations() {
                li {
                    a href={ "/_sandbox/reference#" (operation) } { code { (operation) } }
                    " " (server.spec.summary(operation))
                    @if server.stubs.contains_key(&operation) { " (stub)" }
                }
            } }
            p { a href="/_sandbox/openapi.json" { "The OpenAPI document" } }
        }
    }
}
