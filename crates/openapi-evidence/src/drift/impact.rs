//! Whether a client built from the spec would break if a document were right.

use serde_json::Value;

use crate::facts::{Limit, Property};
use crate::reconcile::compare::Statement;
use crate::reconcile::spec::{NONE, PRESENT, Spec};
use crate::reconcile::subject::{Dimension, RESPONSE, Subject};

/// What a difference would do to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impact {
    /// Whether it would break.
    pub breaks: bool,
    /// Why, or why not.
    pub why: &'static str,
}

const fn breaks(why: &'static str) -> Impact {
    Impact { breaks: true, why }
}

const fn holds(why: &'static str) -> Impact {
    Impact { breaks: false, why }
}

/// Where a subject travels: with requests, with answers, or both.
struct Travels {
    in_requests: bool,
    in_responses: bool,
}

fn travels(spec: &Spec, subject: &Subject) -> Travels {
    if subject.is_of_schema() {
        Travels {
            in_requests: spec.in_requests.contains(&subject.owner),
            in_responses: spec.in_responses.contains(&subject.owner),
        }
    } else {
        let in_responses = subject.owner.ends_with(RESPONSE);
        Travels {
            in_requests: !in_responses,
            in_responses,
        }
    }
}

/// What would happen to a client if the statement held, and not what the spec says.
pub fn impact(spec: &Spec, statement: &Statement, ours: &Value) -> Impact {
    let subject = &statement.subject;
    let Travels {
        in_requests,
        in_responses,
    } = travels(spec, subject);
    let theirs = &statement.value;
    match &statement.dimension {
        Dimension::Presence => presence(spec, statement, in_requests),
        Dimension::Type if is_status(subject) => {
            breaks("the body of the answer is read as something else")
        }
        Dimension::Type => breaks("a value of another type can be neither sent nor read"),
        Dimension::Format if in_responses && ours != NONE => {
            breaks("a value in another form can't be read")
        }
        Dimension::Format if in_requests && theirs != NONE => {
            breaks("a value may be sent that has not the form")
        }
        Dimension::Format => holds("the value is taken as any text"),
        Dimension::Required if subject.property.is_none() => {
            holds("every request of the client has a body")
        }
        Dimension::Required if in_requests && theirs == &Value::Bool(true) => {
            breaks("a request may be sent without it")
        }
        Dimension::Required if in_responses && theirs == &Value::Bool(false) => {
            breaks("an answer without it can't be read")
        }
        Dimension::Nullable if in_requests && theirs == &Value::Bool(false) => {
            breaks("null may be sent")
        }
        Dimension::Nullable if in_responses && theirs == &Value::Bool(true) => {
            breaks("an answer with null can't be read")
        }
        Dimension::Required | Dimension::Nullable => {
            holds("the client asks for less than it gets, or sends more than it must")
        }
        Dimension::Limit(limit) if in_requests && is_tighter(*limit, theirs, ours) => {
            breaks("more may be sent than is taken")
        }
        Dimension::Limit(_) if in_requests => holds("less is sent than would be taken"),
        Dimension::Limit(_) => holds("limits of answers are not checked"),
        Dimension::Enum if in_requests && loses_a_value(theirs, ours) => {
            breaks("a value may be sent that is not taken any more")
        }
        Dimension::Enum => holds("an unknown value is kept as it comes"),
        Dimension::AdditionalProperties => {
            holds("the client sends no unknown property, and ignores one that it receives")
        }
        Dimension::Status => holds("every status of a class is treated alike"),
        Dimension::Headers => holds("the client does not depend on a header"),
        Dimension::Deprecated => holds("it works until it is discontinued"),
        Dimension::Restricted => holds("it works, and may change without notice"),
        Dimension::Flag(name) => {
            let signs = spec.conventions.flags.get(name);
            if signs.is_some_and(|signs| signs.breaks == theirs.as_bool()) {
                breaks("the server may reject requests that were valid")
            } else {
                holds("requests stay valid")
            }
        }
        Dimension::Example => holds("an example binds nobody"),
    }
}

fn is_status(subject: &Subject) -> bool {
    subject
        .property
        .as_deref()
        .is_some_and(|property| property.starts_with("status "))
}

fn presence(spec: &Spec, statement: &Statement, in_requests: bool) -> Impact {
    let subject = &statement.subject;
    let appears = statement.value == PRESENT;
    if subject.property.is_none() {
        return if appears {
            holds("nothing calls it or reads it yet")
        } else {
            breaks("its calls fail")
        };
    }
    if is_status(subject) {
        return holds("any status is told to the caller");
    }
    if appears {
        let must_be_sent = statement.row.as_deref().is_some_and(|row: &Property| {
            // A page that prints "required" may mean no more than "not null".
            row.required.unwrap_or(row.nullable == Some(false))
        });
        return if in_requests && must_be_sent {
            breaks("requests are sent without it")
        } else if in_requests {
            holds("it need not be sent")
        } else {
            holds("an unknown name is ignored")
        };
    }
    let required =
        spec.says.get(&(subject.clone(), Dimension::Required)) == Some(&Value::Bool(true));
    if in_requests {
        breaks("a request that sends it may be refused")
    } else if required {
        breaks("an answer without it can't be read")
    } else {
        holds("it reads as not there")
    }
}

fn is_tighter(limit: Limit, theirs: &Value, ours: &Value) -> bool {
    let Some(theirs) = theirs.as_f64() else {
        // A limit that is no number is one of kind, such as `uniqueItems`; none is never tighter.
        return theirs != NONE;
    };
    let Some(ours) = ours.as_f64() else {
        return true;
    };
    match limit {
        Limit::MinLength | Limit::MinItems | Limit::Minimum => theirs > ours,
        _ => theirs < ours,
    }
}

fn loses_a_value(theirs: &Value, ours: &Value) -> bool {
    match (theirs.as_array(), ours.as_array()) {
        (Some(theirs), Some(ours)) => ours.iter().any(|value| !theirs.contains(value)),
        _ => true,
    }
}
