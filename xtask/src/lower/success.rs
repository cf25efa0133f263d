//! An operation has one kind of success.

use serde_json::{Map, Value};

use super::{Changes, Pass};
use crate::document::escape;
use crate::schemas::{METHODS, operations, resolve};

/// 204 and 205 never have a body (RFC 9110), whatever a document says. Beside a success with a body, one without
/// is left out: to the generated client it is an undocumented status, which it hands over whole.
pub(super) const PASS: Pass = Pass {
    name: "one-success",
    answers: "progenitor panics unless all success responses of an operation have the same body",
    find,
    apply,
};

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for operation in operations(tree) {
        let Some(responses) = operation.node.get("responses").and_then(Value::as_object) else {
            continue;
        };
        if responses
            .keys()
            .any(|status| has_body(tree, responses, status))
        {
            found.extend(
                bodyless_successes(tree, responses)
                    .map(|status| format!("{}/responses/{}", operation.pointer, escape(status))),
            );
        }
    }
    found
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for pointer in find(tree) {
        let Some((parent, status)) = pointer.rsplit_once('/') else {
            continue;
        };
        if let Some(responses) = tree.pointer_mut(parent).and_then(Value::as_object_mut) {
            responses.remove(status);
            changes.note(&pointer, "left out: a success without a body");
        }
    }
    // A body that cannot be sent must not reach the generator from the one success that is left either.
    let Some(paths) = tree.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for (path, item) in paths {
        for method in METHODS {
            let responses = item
                .get_mut(method)
                .and_then(|operation| operation.get_mut("responses")?.as_object_mut());
            for (status, response) in responses.into_iter().flatten() {
                if never_has_body(status)
                    && let Some(object) = response.as_object_mut()
                    && object.remove("content").is_some()
                {
                    changes.note(
                        format!(
                            "/paths/{}/{method}/responses/{status}/content",
                            escape(path)
                        ),
                        "left out: this status has no body",
                    );
                }
            }
        }
    }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

fn never_has_body(status: &str) -> bool {
    matches!(status, "204" | "205")
}

fn has_body(tree: &Value, responses: &Map<String, Value>, status: &str) -> bool {
    is_success(status)
        && !never_has_body(status)
        && responses
            .get(status)
            .is_some_and(|response| resolve(tree, response).get("content").is_some())
}

fn bodyless_successes<'a>(
    tree: &'a Value,
    responses: &'a Map<String, Value>,
) -> impl Iterator<Item = &'a str> {
    responses
        .keys()
        .map(String::as_str)
        .filter(move |status| is_success(status) && !has_body(tree, responses, status))
}
