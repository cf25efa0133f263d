//! Statuses of responses.

use serde_json::{Map, Value};

use super::{Changes, Pass, Work};
use openapi_tree::schemas::operations;

/// `default` becomes the errors that are not listed, and a success if none is listed. Other statuses are removed, and so
/// is the body of 204 and 205, which never have one (RFC 9110).
pub(super) const PASS: Pass = Pass {
    name: "success-or-error",
    reason: "progenitor treats `default` as a success and as an error, and panics if these differ; it decodes a body that \
              cannot exist",
    work: Work::Whole { find, apply },
};

fn simple(responses: &Map<String, Value>) -> Map<String, Value> {
    let mut simple = Map::new();
    for (status, response) in responses {
        if status == "default" || !status.starts_with(['2', '4', '5']) {
            continue;
        }
        let mut response = response.clone();
        if let Some(response) = response.as_object_mut() {
            let is_empty = response
                .get("content")
                .is_some_and(|content| content.as_object().is_none_or(Map::is_empty));
            if is_empty || matches!(status.as_str(), "204" | "205") {
                response.remove("content");
            }
            response.remove("links");
        }
        simple.insert(status.clone(), response);
    }
    if let Some(default) = responses.get("default") {
        let has_success = simple.keys().any(|status| status.starts_with('2'));
        let ranges = ["2XX", "4XX", "5XX"]
            .into_iter()
            .skip(usize::from(has_success));
        for range in ranges {
            simple.entry(range).or_insert_with(|| default.clone());
        }
    }
    simple
}

fn places(tree: &Value) -> Vec<(String, Map<String, Value>)> {
    operations(tree)
        .iter()
        .filter_map(|operation| {
            let responses = operation.node.get("responses")?.as_object()?;
            let simple = simple(responses);
            (simple != *responses).then(|| (format!("{}/responses", operation.pointer), simple))
        })
        .collect()
}

fn find(tree: &Value) -> Vec<String> {
    places(tree)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect()
}

fn apply(tree: &mut Value, changes: &mut Changes) {
    for (pointer, simple) in places(tree) {
        let Some(Value::Object(responses)) = tree.pointer_mut(&pointer) else {
            continue;
        };
        for (status, response) in std::mem::replace(responses, simple) {
            let place = format!("{pointer}/{status}");
            match responses.get(&status) {
                None if status == "default" => {
                    changes.note(&place, "becomes the errors that are not listed");
                    for range in ["2XX", "4XX", "5XX"] {
                        changes.moved(&place, &format!("{pointer}/{range}"));
                    }
                }
                None => changes.note(&place, "removed: neither a success nor an error"),
                Some(now) if *now != response && response.get("content").is_some() => {
                    changes.note(
                        format!("{place}/content"),
                        "removed: this status has no body",
                    );
                }
                Some(_) => {}
            }
        }
    }
}
