//! Each ruling, each overruled value and each property of the spec is changed alone, and the change is found.

use std::thread;

use openapi_evidence::facts::{Limit, Property, Type, Variant};
use openapi_evidence::reconcile::judge::Finding;
use openapi_evidence::reconcile::rulings::Rulings;
use openapi_evidence::reconcile::spec::Spec;
use openapi_tree::document::Document;
use serde_json::{Value, json};

use crate::project::Own;

/// Whether a message names a subject, or one of those that a pattern stands for.
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
    /// Messages have to name each of them.
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
            what: format!("ruling {index} taken out"),
            subjects: subjects(ruling),
            reconcile: Box::new(move || own.with(&own.spec, &document)),
        });
        for (dimension, value) in ruling["decision"].as_object().expect("a decision") {
            // What holds about an example is a sentence.
            if dimension == "example" {
                continue;
            }
            let document = changed(
                &own.rulings,
                &format!("/rulings/{index}/decision/{dimension}"),
                other(value),
            );
            mutants.push(Mutant {
                what: format!("ruling {index} holds another {dimension}"),
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

/// Each way to change a property, and what it is called.
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

#[test]
fn each_property_of_the_spec() {
    let own = Own::read();
    let own = &own;
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
            // One way to change a property for each, in turn: all ways for all of them take minutes.
            let mut changes = changes_of(row);
            let chosen = (schema_index + row_index) % changes.len();
            changes.swap(0, chosen);
            changes.truncate(1);
            for (what, mutated) in changes {
                let subjects = owners
                    .iter()
                    .map(|owner| format!("{owner} · {}", row.name))
                    .collect();
                let mutant = move || {
                    let mut facts: Variant = facts.clone();
                    if let Some(rows) = &mut facts.schemas[schema_index].properties {
                        rows[row_index] = mutated.clone();
                    }
                    own.with(
                        &Spec::from_facts(facts, &own.spec.conventions),
                        &own.rulings,
                    )
                };
                mutants.push(Mutant {
                    what: format!("{} · {}: {what}", schema.name, row.name),
                    subjects,
                    reconcile: Box::new(mutant),
                });
            }
        }
    }
    all_found(&mutants);
}

#[test]
fn each_value_of_an_enum_and_each_status() {
    let own = Own::read();
    let own = &own;
    let facts = &own.spec.facts;
    let mut mutants = Vec::new();
    for (index, schema) in facts.schemas.iter().enumerate() {
        for value in 0..schema.values.as_ref().map_or(0, Vec::len) {
            mutants.push(Mutant {
                what: format!("{} without a value", schema.name),
                subjects: vec![schema.name.clone()],
                reconcile: Box::new(move || {
                    let mut facts: Variant = facts.clone();
                    if let Some(values) = &mut facts.schemas[index].values {
                        values.remove(value);
                    }
                    own.with(
                        &Spec::from_facts(facts, &own.spec.conventions),
                        &own.rulings,
                    )
                }),
            });
        }
    }
    for (index, operation) in facts.operations.iter().enumerate() {
        for (answer, stated) in operation.responses.iter().enumerate() {
            let status = stated.status.as_deref().expect("a status");
            mutants.push(Mutant {
                what: format!("{} without status {status}", operation.path),
                subjects: vec![format!("{} · status {status}", operation.path)],
                reconcile: Box::new(move || {
                    let mut facts: Variant = facts.clone();
                    facts.operations[index].responses.remove(answer);
                    own.with(
                        &Spec::from_facts(facts, &own.spec.conventions),
                        &own.rulings,
                    )
                }),
            });
        }
    }
    all_found(&mutants);
}

#[test]
fn the_rulings_are_read_as_they_stand() {
    let own = Own::read();
    let rulings = Rulings::from_document(&own.rulings).expect("rulings");
    assert_eq!(
        rulings.rulings.len(),
        own.rulings.tree["rulings"]
            .as_array()
            .expect("rulings")
            .len()
    );
}
