//! The rules for requests, and the rules for responses.

use serde_json::Value;

use openapi_tree::document::Document;
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{
    component_pointer, components, operations, request_components, resolve, response_components,
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
        if requests.contains(name) && schema.get("properties").is_some() && !is_closed(schema) {
            let what = "expected `additionalProperties: false` in a request";
            findings.add(
                component_pointer(name),
                what,
                "add `additionalProperties: false`",
            );
        }
    }
}

fn open_responses(document: &Document, findings: &mut Findings) {
    let responses = response_components(&document.tree);
    for (name, schema) in components(&document.tree) {
        if responses.contains(name) && is_closed(schema) {
            findings.add(
                format!("{}/additionalProperties", component_pointer(name)),
                "unsupported `additionalProperties: false` in a response",
                "remove it, because the vendor adds properties without notice",
            );
        }
    }
}

fn is_closed(schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&Value::Bool(false))
}

fn error_bodies(document: &Document, findings: &mut Findings) {
    const ERROR: &str = "#/components/schemas/ConnectorApiExceptionResult";
    for operation in operations(&document.tree) {
        for (status, pointer, response) in operation.responses() {
            let body = resolve(&document.tree, response)
                .pointer("/content/application~1json/schema/$ref")
                .and_then(Value::as_str);
            if status.starts_with(['4', '5']) && body != Some(ERROR) {
                let what = "expected the error body that all errors share";
                findings.add(pointer, what, format!("refer to {ERROR}"));
            }
        }
    }
}

fn no_content(document: &Document, findings: &mut Findings) {
    for operation in operations(&document.tree) {
        for (status, pointer, response) in operation.responses() {
            if status == "204" && resolve(&document.tree, response).get("content").is_some() {
                findings.add(pointer, "unsupported body of a 204", "remove `content`");
            }
        }
    }
}
