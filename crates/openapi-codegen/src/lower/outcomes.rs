//! Responses of an operation that must have one body: its successes, or its errors.

use serde_json::{Map, Value, json};

use super::Edit;
use openapi_tree::schemas::operations;

/// The successes or the errors.
pub(super) struct Class {
    /// The name of one of them in messages.
    pub(super) name: &'static str,
    /// The first digits of their statuses.
    pub(super) begins: &'static [char],
    /// Whether responses without a body stay if no response has one.
    pub(super) keeps_bodyless: bool,
}

/// The location of the JSON body in a response.
const SCHEMA: &str = "/content/application~1json/schema";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Body {
    Json,
    Other,
    None,
}

fn body_of(response: &Value) -> Body {
    if response.pointer(SCHEMA).is_some() {
        Body::Json
    } else if response.get("content").is_some() {
        Body::Other
    } else {
        Body::None
    }
}

/// The change of one response.
enum Step {
    LeaveOut(&'static str),
    AnyJson,
}

fn steps(responses: &Map<String, Value>, class: &Class) -> Vec<(String, Step)> {
    let mut steps = Vec::new();
    let members: Vec<(&String, &Value)> = responses
        .iter()
        .filter(|(status, _)| status.starts_with(class.begins))
        .collect();
    let Some(best) = members.iter().map(|(_, response)| body_of(response)).min() else {
        return steps;
    };
    let kept: Vec<(&String, &Value)> = members
        .into_iter()
        .filter(|(status, response)| {
            let body = body_of(response);
            let stays = body == best && (body != Body::None || class.keeps_bodyless);
            if !stays {
                let why = match body {
                    Body::None => "without a body",
                    _ => "of another media type",
                };
                steps.push(((*status).clone(), Step::LeaveOut(why)));
            }
            stays
        })
        .collect();
    let schemas: Vec<Option<Value>> = kept
        .iter()
        .map(|(_, response)| response.pointer(SCHEMA).map(essence))
        .collect();
    let differ = schemas.windows(2).any(|pair| pair[0] != pair[1]);
    for (status, _) in &kept {
        if differ {
            steps.push(((*status).clone(), Step::AnyJson));
        }
        // Next to a whole range, single statuses would be arms that are never reached.
        let range = format!("{}XX", &status[..1]);
        if status[1..] != range[1..] && kept.iter().any(|(other, _)| **other == range) {
            steps.push(((*status).clone(), Step::LeaveOut("that is part of a range")));
        }
    }
    steps
}

/// Returns a schema without its annotations.
fn essence(schema: &Value) -> Value {
    let mut essence = schema.clone();
    if let Some(object) = essence.as_object_mut() {
        object.retain(|keyword, _| !super::is_annotation(keyword) || keyword == "nullable");
    }
    essence
}

/// Returns the edits after which all responses of a class have the same body.
pub(super) fn edits(tree: &Value, class: &Class) -> Vec<Edit> {
    let mut edits = Vec::new();
    for operation in operations(tree) {
        let Some(responses) = operation.node.get("responses").and_then(Value::as_object) else {
            continue;
        };
        for (status, step) in steps(responses, class) {
            let place = format!("{}/responses/{status}", operation.pointer);
            edits.push(match step {
                Step::LeaveOut(why) => {
                    Edit::remove(&place).note(&place, format!("left out: {} {why}", class.name))
                }
                Step::AnyJson => {
                    let place = format!("{place}{SCHEMA}");
                    let what = format!(
                        "any JSON: the bodies of this operation differ where they are {}",
                        class.name
                    );
                    Edit::set(&place, json!({})).loss(&place, what)
                }
            });
        }
    }
    edits
}
