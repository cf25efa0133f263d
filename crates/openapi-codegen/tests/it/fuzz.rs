//! Random and hostile documents become code or an error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use openapi_tree::document::{Document, escape};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::builder::{exchange, reference};
use crate::constructs;
use crate::run::{generate, generate_tree};

const NAMES: [&str; 5] = ["Question", "Reply", "Third", "fourth-thing", "Fourth_Thing"];

/// Returns schemas that OpenAPI 3.0 allows, with references to components.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::sample::select(&NAMES[..]).prop_map(reference),
        prop::sample::select(vec![
            json!({}),
            json!({ "nullable": true }),
            json!({ "type": "string" }),
            json!({ "type": "string", "format": "uuid", "nullable": true }),
            json!({ "type": "string", "minLength": 3, "maxLength": 2000, "pattern": "^(a|b)+$" }),
            json!({ "type": "string", "enum": ["a", "A", "b", ""] }),
            json!({ "enum": [1, "one", null] }),
            json!({ "type": "integer", "format": "int32", "minimum": 1, "default": "x" }),
            json!({ "type": "number", "format": "float", "exclusiveMaximum": true, "maximum": 3 }),
            json!({ "type": "boolean", "enum": [false] }),
            json!({ "type": "array", "format": "date-time" }),
            json!({ "not": { "type": "string" } }),
            json!({ "not": { "required": ["a", "b"] } }),
            json!({ "minimum": 2, "minLength": 3 }),
            json!({ "type": "object", "additionalProperties": false }),
        ]),
    ];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let properties = prop::collection::btree_map("[a-c]{1,2}|[A-C][a-c]", inner.clone(), 0..4)
            .prop_map(|all| all.into_iter().collect::<Map<String, Value>>());
        prop_oneof![
            inner
                .clone()
                .prop_map(|items| json!({ "type": "array", "items": items })),
            inner
                .clone()
                .prop_map(|values| json!({ "type": "object", "additionalProperties": values })),
            (properties, any::<bool>(), list.clone(), inner.clone()).prop_map(
                |(properties, closed, all, extra)| {
                    let mut object =
                        json!({ "properties": properties, "required": ["a", "missing"] });
                    if all.is_empty() {
                        object["not"] = json!({ "anyOf": [{ "required": ["a", "B"] }, { "required": ["b", "Ba"] }] });
                    }
                    if closed {
                        object["additionalProperties"] = json!(false);
                    } else if all.len() == 1 {
                        object["additionalProperties"] = extra;
                    }
                    if all.len() > 2 {
                        object["allOf"] = json!(all);
                    }
                    object
                }
            ),
            (
                list,
                prop::sample::select(vec!["allOf", "anyOf", "oneOf"]),
                prop::sample::select(vec!["allOf", "anyOf", "oneOf"]),
                inner,
                any::<bool>()
            )
                .prop_map(|(members, keyword, other, last, nullable)| {
                    let mut choice = json!({ keyword: members, "nullable": nullable });
                    if keyword != other && nullable {
                        choice[other] = json!([last]);
                    }
                    choice
                }),
        ]
    })
}

/// Returns the code of a document, or the error. `None` is a panic.
fn outcome(document: Value) -> Option<Result<String, String>> {
    catch_unwind(AssertUnwindSafe(|| {
        let document = Document {
            file: Path::new("fuzzed.json").to_owned(),
            tree: document,
            sha256: String::new(),
        };
        generate_tree(&document).map(|generated| generated.code)
    }))
    .ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_schema_that_openapi_allows_becomes_code(
        schemas in prop::collection::vec(schema(), NAMES.len()),
        example in prop::sample::select(vec![json!({}), json!([1, null]), json!("text"), json!({ "a": { "b": [null] } })]),
    ) {
        let all: Map<String, Value> = NAMES.iter().map(|name| (*name).to_owned()).zip(schemas).collect();
        let document = exchange(&Value::Object(all), &json!({}), &example);
        let outcome = outcome(document.clone());
        prop_assert!(matches!(outcome, Some(Ok(_))), "{:?}\n{}", outcome, document);
    }

    #[test]
    fn a_broken_document_never_panics(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize), 1..4),
    ) {
        let constructs = constructs::all();
        let mut document = which.get(&constructs).document.clone();
        for (place, edit) in edits {
            let mut pointers = Vec::new();
            pointers_of(&document, &mut String::new(), &mut pointers);
            let pointer = place.get(&pointers);
            if let Some(node) = document.pointer_mut(pointer) {
                *node = match edit {
                    0 => Value::Null,
                    1 => json!({}),
                    2 => json!([]),
                    3 => json!("text"),
                    4 => json!(-1),
                    5 => reference("Question"),
                    6 => json!({ "type": "object", "properties": { "a": node.take() } }),
                    _ => json!([node.take()]),
                };
            }
        }
        let outcome = outcome(document.clone());
        prop_assert!(outcome.is_some(), "{}", document);
    }

    #[test]
    fn any_text_never_panics(text in "[ -~\n]{0,80}") {
        let _ = Document::parse(Path::new("fuzzed.yaml"), &text);
    }
}

fn pointers_of(value: &Value, pointer: &mut String, pointers: &mut Vec<String>) {
    let length = pointer.len();
    pointers.push(pointer.clone());
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (escape(key).into_owned(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        pointer.push('/');
        pointer.push_str(&step);
        pointers_of(child, pointer, pointers);
        pointer.truncate(length);
    }
}

/// Asserts that a document becomes code, or an error with a fix. A stack overflow or exhausted memory ends the tests.
fn assert_code_or_help(name: &str, text: &str) {
    if let Err(error) = generate(name, text) {
        assert!(error.contains("help: "), "{name}: {error}");
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    assert_code_or_help("arrays.json", &format!("{{\"a\": {}", "[".repeat(200_000)));
    assert_code_or_help("flow.yaml", &format!("a: {}", "[".repeat(200_000)));
    assert_code_or_help("few.yaml", &format!("a: {}", "[".repeat(500)));
    let mut schema = String::from("{\"type\": \"string\"}");
    for _ in 0..40 {
        schema = format!("{{\"type\": \"object\", \"properties\": {{\"a\": {schema}}}}}");
    }
    assert_code_or_help(
        "deep.json",
        &exchange(
            &json!({ "Question": 0, "Reply": {} }),
            &json!({}),
            &json!({}),
        )
        .to_string()
        .replace("\"Question\":0", &format!("\"Question\":{schema}")),
    );
}

#[test]
fn nested_aliases_do_not_exhaust_the_memory() {
    let mut text = String::from("openapi: 3.0.3\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let nine = [before.as_str(); 9].join(", ");
        text.push_str(
            &[
                "a",
                &level.to_string(),
                ": &a",
                &level.to_string(),
                " [",
                &nine,
                "]\n",
            ]
            .concat(),
        );
    }
    assert_code_or_help("bomb.yaml", &text);
}

#[test]
fn endless_merging_ends() {
    // Each component merges the next one twice, and extends itself in a property.
    let mut schemas = json!({ "Question": reference("C0"), "Reply": {} });
    for number in 0..60 {
        let next = reference(&format!("C{}", (number + 1) % 60));
        schemas[format!("C{number}")] = json!({
            "allOf": [next, { "type": "object", "properties": { "b": { "allOf": [next, { "properties": { "c": next } }] } } }],
            "properties": {
                format!("p{number}"): { "allOf": [next, reference(&format!("C{number}")), { "properties": { "x": {} } }] },
            },
        });
    }
    assert_code_or_help(
        "merges.json",
        &exchange(&schemas, &json!({}), &json!({})).to_string(),
    );
}

#[test]
fn a_chain_of_two_thousand_components_does_not_overflow_the_stack() {
    let mut schemas = json!({ "Question": reference("C0"), "Reply": {} });
    for number in 0..2_000 {
        schemas[format!("C{number}")] = json!({
            "type": "object",
            "properties": { "next": { "allOf": [reference(&format!("C{}", (number + 1) % 2_000))] } },
        });
    }
    for number in 0..500 {
        schemas[format!("M{number}")] = json!({
            "allOf": [reference(&format!("M{}", number + 1)), { "type": "object" }],
        });
    }
    schemas["M500"] = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    assert_code_or_help(
        "chain.json",
        &exchange(&schemas, &json!({}), &json!({})).to_string(),
    );
}
