//! The API reference, rendered from the spec.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::{Reply, page};
use crate::operation::Operation;
use crate::server::Server;
use crate::spec::{Schema, Spec};

/// The keywords that are shown as constraints.
const CONSTRAINTS: [&str; 8] = [
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "x-max-interval-in-months",
];

/// Serves the reference.
pub(super) async fn reference(State(server): State<Arc<Server>>) -> Reply {
    let spec = &server.spec;
    let root = spec.root();
    let content = html! {
        section {
            h2 { (root["info"]["title"].as_str().unwrap_or("API reference")) }
            (text(&root["info"]["description"]))
            ul { @for operation in spec.operations() {
                li { a href={ "#" (operation) } { code { (operation) } } " " (spec.summary(operation)) }
            } }
        }
        @for operation in spec.operations() { (section_of(&server, operation)) }
        section {
            h2 { "Schemas" }
            @for (name, node) in root["components"]["schemas"].as_object().into_iter().flatten() {
                (schema_of(spec, name, node))
            }
        }
    };
    page::respond(&server, StatusCode::OK, "API reference", &content)
}

fn section_of(server: &Server, operation: Operation) -> Markup {
    let spec = &server.spec;
    let node = spec.node(operation);
    let responses = node["responses"].as_object();
    html! {
        section id=(operation) {
            h2 { code { (operation) } " " (spec.summary(operation)) }
            p { code { "POST " (operation.path()) } }
            @if server.stubs.contains_key(&operation) { p.note { "A stub." } }
            (text(&node["description"]))
            @if let Some(request) = spec.request(operation) {
                h3 { "Request" }
                (properties(request))
            }
            @if let Some(response) = spec.response(operation) {
                h3 { "Response" }
                (properties(response))
            }
            h3 { "Statuses" }
            dl { @for (status, response) in responses.into_iter().flatten() {
                dt { code { (status) } }
                dd { (text(&spec.resolve(response)["description"])) }
            } }
        }
    }
}

fn schema_of(spec: &Spec, name: &str, node: &Value) -> Markup {
    let schema = Schema::new(spec.root(), node);
    html! {
        section id={ "schema-" (name) } {
            h3 { code { (name) } }
            (text(&node["description"]))
            @if schema.properties().is_empty() {
                p { (kind(schema)) " " span.note { (constraints(schema)) } }
                @if let Some(values) = node["enum"].as_array() {
                    p { "One of " @for value in values { code { (value) } " " } }
                }
            } @else {
                (properties(schema))
            }
        }
    }
}

/// Returns the properties of an object.
fn properties(schema: Schema<'_>) -> Markup {
    let required = schema.required();
    if schema.properties().is_empty() {
        return html! { p { "An empty object." } };
    }
    html! {
        @if let Some(name) = schema.name() {
            p { a href={ "#schema-" (name) } { code { (name) } } }
        }
        div.table { table {
            thead { tr { th { "Property" } th { "Type" } th { "" } th { "Description" } } }
            tbody { @for (name, property) in schema.properties() { tr {
                td { code { (name) } }
                td { (kind(property)) @if property.is_nullable() { " or null" } }
                td {
                    @if required.contains(&name) { "required " }
                    @if property.node()["deprecated"] == Value::Bool(true) { span.bad { "deprecated " } }
                    span.note { (constraints(property)) }
                }
                td { (text(&property.node()["description"])) }
            } } }
        } }
    }
}

/// Returns the type of a schema.
fn kind(schema: Schema<'_>) -> Markup {
    if let Some(name) = schema.name() {
        return html! { a href={ "#schema-" (name) } { code { (name) } } };
    }
    let node = schema.node();
    match (node["type"].as_str(), schema.items()) {
        (Some("array"), Some(items)) => html! { "array of " (kind(items)) },
        (Some(name), _) => html! {
            (name) @if let Some(format) = node["format"].as_str() { " (" (format) ")" }
        },
        (None, _) => html! { "any" },
    }
}

fn constraints(schema: Schema<'_>) -> String {
    let node = schema.node();
    let constraints = CONSTRAINTS.into_iter().filter_map(|keyword| {
        let value = node.get(keyword)?;
        Some(format!("{keyword} {value}"))
    });
    constraints.collect::<Vec<_>>().join(", ")
}

/// Renders the paragraphs and the code of a description.
fn text(description: &Value) -> Markup {
    let paragraphs = description.as_str().unwrap_or_default().split("\n\n");
    html! {
        @for paragraph in paragraphs.filter(|paragraph| !paragraph.is_empty()) {
            p { @for (index, part) in paragraph.split('`').enumerate() {
                @if index % 2 == 0 { (part) } @else { code { (part) } }
            } }
        }
    }
}
