//! Mutation of rulings and spec: each single change is found.

use std::thread;

use openapi_evidence::facts::{Limit, Property, Response, Type, Variant};
use openapi_evidence::reconcile::judge::Finding;
use openapi_evidence::reconcile::rulings::Rulings;
use openapi_evidence::reconcile::spec::Spec;
use openapi_tree::document::Document;
use serde_json::{Value, json};

use crate::project::Own;

/// Returns `true` if a finding is about a subject, or about one of those that a pattern stands for.
fn names(findings: &[Finding], subject: &str) -> bool {
    let suffix = subject.strip_prefix('*');
    findings.iter().any(|finding| match suffix {
        Some(suffix) => finding.subject.ends_with(suffix),
        None => finding.subject == subject,
    })
}

fn subjects(ruling: &Value) -> Vec<String> {
    match &ruling["subject"] {
        Value::String(subject) => vec![subject.clone()],
        Value::Array(subjects) => subjects
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        other => panic!("no subject: {other}"),
    }
}

/// Another value of the same kind.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_u64().unwrap_or_default() + 1),
        Value::String(text) if text == "present" => json!("absent"),
        Value::String(text) if text == "absent" => json!("present"),
        Value::String(text) => json!(format!("{text} changed")),
        Value::Array(_) => json!([]),
        _ => json!("changed"),
    }
}

struct Mutant<'a> {
    what: String,
    /// The subjects that the findings must contain.
    subjects: Vec<String>,
    reconcile: Box<dyn Fn() -> Vec<Finding> + Send + Sync + 'a>,
}

/// Reconciles each mutant, on as many threads as there are processors.
fn all_found(mutants: &[Mutant<'_>]) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let missed: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || {
                    let mut missed = Vec::new();
                    for mutant in mutants.iter().skip(worker).step_by(threads) {
                        let findings = (mutant.reconcile)();
                        missed.extend(
                            mutant
                                .subjects
                                .iter()
                                .filter(|subject| !names(&findings, subject))
                                .map(|subject| format!("{} ({subject})", mutant.what)),
                        );
                    }
                    missed
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker"))
            .collect()
    });
    assert!(
        missed.is_empty(),
        "{} of {} not found:\n{}",
        missed.len(),
        mutants.len(),
        missed.join("\n")
    );
}

fn changed(document: &Document, pointer: &str, value: Value) -> Document {
    let mut document = document.clone();
    *document
        .tree
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("nothing at {pointer}")) = value;
    document
}

#[test]
fn each_ruling() {
    let own = Own::read();
    let rulings = own.rulings.tree["rulings"]
        .as_array()
        .expect("rulings")
        .clone();
    let mut mutants = Vec::new();
    for (index, ruling) in rulings.iter().enumerate() {
        let without: Vec<_> = rulings
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, ruling)| ruling.clone())
            .collect();
        let document = changed(&own.rulings, "/rulings", json!(without));
        let own = &own;
        mutants.push(Mutant {
            what: format!("ruling {index} removed"),
            subjects: subjects(ruling),
            reconcile: Box::new(move || own.with(&own.spec, &document)),
        });
        for (dimension, value) in ruling["decision"].as_object().expect("a decision") {
            // The decision about an example is a sentence.
            if dimension == "example" {
                continue;
            }
            let document = changed(
                &own.rulings,
                &format!("/rulings/{index}/decision/{dimension}"),
                other(value),
            );
            mutants.push(Mutant {
                what: format!("ruling {index} with another {dimension}"),
                subjects: subjects(ruling),
                reconcile: Box::new(move || own.with(&own.spec, &document)),
            });
        }
    }
    all_found(&mutants);
}

#[test]
fn each_overruled_value() {
    let own = Own::read();
    let rulings = own.rulings.tree["rulings"]
        .as_array()
        .expect("rulings")
        .clone();
    let mut mutants = Vec::new();
    for (index, ruling) in rulings.iter().enumerate() {
        let Some(overrules) = ruling["overrules"].as_object() else {
            continue;
        };
        for (variant, values) in overrules {
            for (dimension, value) in values.as_object().expect("values") {
                let pointer = format!("/rulings/{index}/overrules/{variant}/{dimension}");
                let document = changed(&own.rulings, &pointer, other(value));
                let own = &own;
                mutants.push(Mutant {
                    what: pointer,
                    subjects: subjects(ruling).into_iter().take(1).collect(),
                    reconcile: Box::new(move || own.with(&own.spec, &document)),
                });
            }
        }
    }
    all_found(&mutants);
}

#[test]
fn each_name_and_each_observation() {
    let own = Own::read();
    let tree = &own.rulings.tree;
    let mut mutants = Vec::new();
    for (index, name) in tree["names"].as_array().expect("names").iter().enumerate() {
        let document = changed(
            &own.rulings,
            &format!("/names/{index}/schema"),
            json!("Nothing"),
        );
        let own = &own;
        mutants.push(Mutant {
            what: format!("name {index}"),
            subjects: vec![name["is"].as_str().expect("a schema").to_owned()],
            reconcile: Box::new(move || own.with(&own.spec, &document)),
        });
    }
    for (index, observation) in tree["observations"]
        .as_array()
        .expect("observations")
        .iter()
        .enumerate()
    {
        for (place, seen) in observation["seen"]
            .as_array()
            .expect("places")
            .iter()
            .enumerate()
        {
            let pointer = format!("/observations/{index}/seen/{place}/value");
            let document = changed(&own.rulings, &pointer, other(&seen["value"]));
            let own = &own;
            mutants.push(Mutant {
                what: pointer,
                subjects: vec![
                    observation["subject"]
                        .as_str()
                        .expect("a subject")
                        .to_owned(),
                ],
                reconcile: Box::new(move || own.with(&own.spec, &document)),
            });
        }
    }
    all_found(&mutants);
}

/// Returns each change to a property, with its name.
fn changes_of(row: &Property) -> Vec<(&'static str, Property)> {
    let with = |change: fn(&mut Property)| {
        let mut row = row.clone();
        change(&mut row);
        row
    };
    let mut changes = vec![
        ("renamed", with(|row| row.name.push_str("Changed"))),
        (
            "required",
            with(|row| row.required = row.required.map(|required| !required)),
        ),
        (
            "nullable",
            with(|row| row.nullable = row.nullable.map(|nullable| !nullable)),
        ),
        (
            "type",
            with(|row| {
                row.kind = Some(if row.kind == Some(Type::Number) {
                    Type::Boolean
                } else {
                    Type::Number
                });
            }),
        ),
        (
            "format",
            with(|row| row.format = Some("changed".to_owned())),
        ),
        ("deprecated", with(|row| row.deprecated = !row.deprecated)),
    ];
    for limit in row.limits.keys().copied() {
        let mut row = row.clone();
        row.limits.insert(limit, json!(7));
        changes.push(("limit", row));
    }
    let mut limited = row.clone();
    limited.limits.insert(Limit::MinItems, json!(77));
    changes.push(("new limit", limited));
    changes
}

impl Own {
    /// Creates a mutant of the spec.
    fn mutant<'a>(
        &'a self,
        what: String,
        subjects: Vec<String>,
        change: impl Fn(&mut Variant) + Send + Sync + 'a,
    ) -> Mutant<'a> {
        let reconcile = move || {
            let mut facts = self.spec.facts.clone();
            change(&mut facts);
            self.with(
                &Spec::from_facts(facts, &self.spec.conventions),
                &self.rulings,
            )
        };
        Mutant {
            what,
            subjects,
            reconcile: Box::new(reconcile),
        }
    }
}

#[test]
fn each_property_of_the_spec() {
    let own = Own::read();
    let facts = &own.spec.facts;
    let roots: Vec<(String, String)> = facts
        .operations
        .iter()
        .flat_map(|operation| {
            let of = |suffix: &str, body: &Option<openapi_evidence::facts::Body>| {
                let schema = body.as_ref().and_then(|body| body.schema.clone())?;
                Some((schema, format!("{}{suffix}", operation.path)))
            };
            [
                of("", &operation.request),
                of(" response", &operation.response),
            ]
        })
        .flatten()
        .collect();
    let mut mutants = Vec::new();
    for (schema_index, schema) in facts.schemas.iter().enumerate() {
        let mut owners: Vec<String> = roots
            .iter()
            .filter(|(name, _)| *name == schema.name)
            .map(|(_, owner)| owner.clone())
            .collect();
        if owners.is_empty() {
            owners.push(schema.name.clone());
        }
        for (row_index, row) in schema.properties.iter().flatten().enumerate() {
            // One change for each property, in turn. All changes for all properties take minutes.
            let mut changes = changes_of(row);
            let chosen = (schema_index + row_index) % changes.len();
            let (what, mutated) = changes.swap_remove(chosen);
            let subjects = owners.iter().map(|owner| format!("{owner} · {}", row.name));
            let what = format!("{} · {}: {what}", schema.name, row.name);
            mutants.push(own.mutant(what, subjects.collect(), move |facts| {
                if let Some(rows) = &mut facts.schemas[schema_index].properties {
                    rows[row_index] = mutated.clone();
                }
            }));
        }
        if let Some(additional) = schema.additional {
            let what = format!("{}: additional properties", schema.name);
            mutants.push(own.mutant(what, owners, move |facts| {
                facts.schemas[schema_index].additional = Some(!additional);
            }));
        }
    }
    all_found(&mutants);
}

#[test]
fn each_value_of_an_enum() {
    let own = Own::read();
    let mut mutants = Vec::new();
    for (index, schema) in own.spec.facts.schemas.iter().enumerate() {
        for value in 0..schema.values.as_ref().map_or(0, Vec::len) {
            let what = format!("{} without a value", schema.name);
            mutants.push(own.mutant(what, vec![schema.name.clone()], move |facts| {
                if let Some(values) = &mut facts.schemas[index].values {
                    values.remove(value);
                }
            }));
        }
    }
    all_found(&mutants);
}

#[test]
fn each_required_body() {
    let own = Own::read();
    let mut mutants = Vec::new();
    for (index, operation) in own.spec.facts.operations.iter().enumerate() {
        let required = operation.request.as_ref().and_then(|body| body.required);
        let required = required.expect("the spec states whether a body is required");
        let what = format!("{}: required body", operation.path);
        mutants.push(
            own.mutant(what, vec![operation.path.clone()], move |facts| {
                if let Some(body) = &mut facts.operations[index].request {
                    body.required = Some(!required);
                }
            }),
        );
    }
    all_found(&mutants);
}

/// A description, and a change of the response with that index.
type ChangeOfResponse = (&'static str, fn(&mut Vec<Response>, usize));

const CHANGES_OF_RESPONSES: [ChangeOfResponse; 3] = [
    ("another status", |responses, index| {
        responses[index].status = Some("299".to_owned());
    }),
    ("a new header", |responses, index| {
        responses[index].headers.push("X-Changed".to_owned());
    }),
    ("removed", |responses, index| {
        responses.remove(index);
    }),
];

#[test]
fn each_status_with_its_range_and_its_headers() {
    let own = Own::read();
    let mut mutants = Vec::new();
    let (mut ranges, mut headers) = (0, 0);
    for (operation_index, operation) in own.spec.facts.operations.iter().enumerate() {
        for (index, response) in operation.responses.iter().enumerate() {
            let status = response.status.as_deref().expect("a status");
            // One of the changes that fit every response, in turn. All changes for all responses take minutes.
            let mut changes = vec![CHANGES_OF_RESPONSES[(operation_index + index) % 3]];
            if status.ends_with("XX") {
                ranges += 1;
                changes.push(("a single status", |responses, index| {
                    let range = responses[index].status.as_deref();
                    responses[index].status = range.map(|range| range.replace("XX", "99"));
                }));
            }
            if !response.headers.is_empty() {
                headers += 1;
                changes.push(("without headers", |responses, index| {
                    responses[index].headers.clear();
                }));
            }
            for (what, change) in changes {
                let subject = format!("{} · status {status}", operation.path);
                mutants.push(own.mutant(
                    format!("{subject}: {what}"),
                    vec![subject],
                    move |facts| {
                        change(&mut facts.operations[operation_index].responses, index);
                    },
                ));
            }
        }
    }
    assert!(
        ranges > 0 && headers > 0,
        "{ranges} ranges, {headers} headers"
    );
    all_found(&mutants);
}

#[test]
fn all_rulings_are_read() {
    let own = Own::read();
    let rulings = Rulings::from_document(&own.rulings, &own.spec.conventions).expect("rulings");
    assert_eq!(
        rulings.rulings.len(),
        own.rulings.tree["rulings"]
            .as_array()
            .expect("rulings")
            .len()
    );
}
