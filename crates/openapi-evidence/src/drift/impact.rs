//! The effect of a difference on clients that are built from the spec.

use serde::Serialize;
use serde_json::Value;

use crate::facts::{Limit, Property};
use crate::reconcile::compare::Statement;
use crate::reconcile::spec::{NONE, PRESENT, Spec};
use crate::reconcile::subject::{Dimension, Subject};

/// The effect of a difference on a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// Whether the client would break.
    pub breaks: bool,
    /// The reason.
    pub why: &'static str,
}

const fn breaks(why: &'static str) -> Impact {
    Impact { breaks: true, why }
}

const fn works(why: &'static str) -> Impact {
    Impact { breaks: false, why }
}

/// Returns whether requests, and whether responses contain a subject.
fn uses(spec: &Spec, subject: &Subject) -> (bool, bool) {
    let owner = &subject.owner;
    if subject.is_of_schema() {
        (
            spec.in_requests.contains(owner),
            spec.in_responses.contains(owner),
        )
    } else {
        (!subject.is_of_response(), subject.is_of_response())
    }
}

/// Returns the effect on a client if the statement were right, and not the spec.
pub fn impact(spec: &Spec, statement: &Statement, ours: &Value) -> Impact {
    let subject = &statement.subject;
    let (in_requests, in_responses) = uses(spec, subject);
    let theirs = &statement.value;
    match &statement.dimension {
        Dimension::Presence => presence(spec, statement, in_requests),
        Dimension::Type if subject.is_status() => {
            breaks("the client decodes the body of the response as another type")
        }
        Dimension::Type => breaks("a value of another type can be neither sent nor decoded"),
        Dimension::Format if in_responses && ours != NONE => {
            breaks("a value in another format cannot be decoded")
        }
        Dimension::Format if in_requests && theirs != NONE => {
            breaks("the client may send a value in the wrong format")
        }
        Dimension::Format => works("the client accepts any string"),
        Dimension::Required if subject.property.is_none() => {
            works("every request of the client has a body")
        }
        Dimension::Required if in_requests && *theirs == true => {
            breaks("the client may send a request without it")
        }
        Dimension::Required if in_responses && *theirs == false => {
            breaks("a response without it cannot be decoded")
        }
        Dimension::Nullable if in_requests && *theirs == false => {
            breaks("the client may send null")
        }
        Dimension::Nullable if in_responses && *theirs == true => {
            breaks("a response with null cannot be decoded")
        }
        Dimension::Required | Dimension::Nullable => {
            works("the client accepts more, or sends more, than the document requires")
        }
        Dimension::Limit(limit) if in_requests && is_tighter(*limit, theirs, ours) => {
            breaks("the client may send more than the server accepts")
        }
        Dimension::Limit(_) if in_requests => {
            works("the server accepts more than the client sends")
        }
        Dimension::Limit(_) => works("the client does not check the constraints of responses"),
        Dimension::Enum if in_requests && loses_a_value(theirs, ours) => {
            breaks("the client may send a value that the server no longer accepts")
        }
        Dimension::Enum => works("the client keeps unknown values"),
        Dimension::AdditionalProperties => {
            works("the client sends no unknown property, and ignores one that it receives")
        }
        Dimension::Status => works("the client treats all statuses of a class in the same way"),
        Dimension::Headers => works("the client does not depend on a header"),
        Dimension::Deprecated => works("it works until it is discontinued"),
        Dimension::Restricted => works("it works, and may change without notice"),
        Dimension::Flag(name) => {
            let signs = spec.conventions.flags.get(name);
            if signs.is_some_and(|signs| signs.breaks == theirs.as_bool()) {
                breaks("the server may reject requests that were valid")
            } else {
                works("requests stay valid")
            }
        }
        Dimension::Example => works("an example is not a constraint"),
    }
}

fn presence(spec: &Spec, statement: &Statement, in_requests: bool) -> Impact {
    let subject = &statement.subject;
    let appears = statement.value == PRESENT;
    if subject.property.is_none() {
        return if appears {
            works("the client does not use it yet")
        } else {
            breaks("calls of it fail")
        };
    }
    if subject.is_status() {
        return works("the client reports every status to the caller");
    }
    if appears {
        let must_be_sent = statement.row.as_deref().is_some_and(|row: &Property| {
            // "Required" on a page may mean only "not null".
            row.required.unwrap_or(row.nullable == Some(false))
        });
        return if in_requests && must_be_sent {
            breaks("the client sends requests without it")
        } else if in_requests {
            works("the client may omit it")
        } else {
            works("the client ignores unknown properties")
        };
    }
    let required = spec.value(subject, &Dimension::Required) == true;
    if in_requests {
        breaks("the server may reject a request that contains it")
    } else if required {
        breaks("a response without it cannot be decoded")
    } else {
        works("the client treats it as omitted")
    }
}

fn is_tighter(limit: Limit, theirs: &Value, ours: &Value) -> bool {
    let Some(theirs) = theirs.as_f64() else {
        // A constraint without a number, such as `uniqueItems`, is tighter than none.
        return theirs != NONE;
    };
    let Some(ours) = ours.as_f64() else {
        return true;
    };
    if limit.is_minimum() {
        theirs > ours
    } else {
        theirs < ours
    }
}

fn loses_a_value(theirs: &Value, ours: &Value) -> bool {
    match (theirs.as_array(), ours.as_array()) {
        (Some(theirs), Some(ours)) => ours.iter().any(|value| !theirs.contains(value)),
        _ => true,
    }
}
