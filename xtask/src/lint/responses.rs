//! The rules for requests, and the rules for responses.

use serde_json::Value;

use openapi_tree::document::{Document, escape};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{
    COMPONENTS, components, operations, request_components, resolve, response_components,
};

pub(super) const RULES: [Rule; 4] = [
    ("closed-request", closed_requests),
    ("open-response", open_responses),
    ("error-body", error_bodies),
    ("no-content", no_content),
];

fn closed_requests(document: &Document, findings: &mut Findings) {
    let requests = request_components(&document.tree);
    for (name, schema) in components(&document.tree) {
        if requests.contains(name)
            && schema.get("properties").is_some()
            && schema.get("additionalProperties") != Some(&Value::Bool(false))
        {
            findings.add(
                format!("{COMPONENTS}/{name}"),
                "expected `additionalProperties: false` in a request",
                "add `additionalProperties: false`",
            );
        }
    }
}

fn open_responses(document: &Document, findings: &mut Findings) {
    let responses = response_components(&document.tree);
    for (name, schema) in components(&document.tree) {
        if responses.contains(name)
            && schema.get("additionalProperties") == Some(&Value::Bool(false))
        {
            findings.add(
                format!("{COMPONENTS}/{name}/additionalProperties"),
                "unsupported `additionalProperties: false` in a response",
                "remove it, because the vendor adds properties without notice",
            );
        }
    }
}

fn error_bodies(document: &Document, findings: &mut Findings) {
    const ERROR: &str = "#/components/schemas/ConnectorApiExceptionResult";
    for operation in operations(&document.tree) {
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let body = resolve(&document.tree, response)
                .pointer("/content/application~1json/schema/$ref")
                .and_then(Value::as_str);
            if status.starts_with(['4', '5']) && body != Some(ERROR) {
                findings.add(
                    format!("{}/responses/{}", operation.pointer, escape(status)),
                    "expected the error body that all errors share",
                    format!("refer to {ERROR}"),
                );
            }
        }
    }
}

fn no_content(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        let Some(response) = operation.node.pointer("/responses/204") else {
            continue;
        };
        if resolve(&document.tree, response).get("content").is_some() {
            findings.add(
                format!("{}/responses/204", operation.pointer),
                "unsupported body of a 204",
                "remove `content`",
            );
        }
    }
}
