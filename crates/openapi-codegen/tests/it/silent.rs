//! Nothing is lost silently: everything that a document declares is in the code or in the list of changes.

use std::collections::{BTreeMap, BTreeSet};

use openapi_codegen::constraints;
use openapi_codegen::lower::{Change, Effect};
use openapi_codegen::pipeline::Generated;
use openapi_tree::document::escape;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use crate::builder::{exchange, reference};
use crate::run::{code_of, generate};

#[test]
fn properties_named_like_parts_of_a_response_stay() {
    let properties =
        json!({ "description": { "type": "string" }, "headers": { "type": "string" } });
    let (code, _) = code_of(&exchange(
        &json!({ "Question": { "properties": properties }, "Reply": {} }),
        &json!({}),
        &json!({}),
    ));
    assert!(code.contains("pub headers: "), "{code}");
}

#[test]
fn an_unchecked_constraint_is_reported_with_its_location() {
    let text = json!({ "type": "string" });
    let pair = |not: &Value| {
        json!({
            "type": "object",
            "required": ["D"],
            "properties": { "A": text, "B": text, "C": { "type": "string", "nullable": true }, "D": text },
            "not": not,
        })
    };
    let (_, changes) = code_of(&exchange(
        &json!({
            "Question": {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "Code": { "type": "string", "pattern": "^a" },
                    "Money": { "type": "number", "multipleOf": 0.01 },
                    "At": { "type": "string", "format": "date-time", "maxLength": 21 },
                    "Always": { "type": "string", "format": "date-time", "minLength": 1 },
                    "NextTo": { "allOf": [reference("Code")], "maxLength": 3 },
                    "Not": { "type": "string", "not": { "enum": ["a"] } },
                    "More": pair(&json!({ "required": ["A", "B"], "minProperties": 3 })),
                    "Alone": pair(&json!({ "required": ["A"] })),
                    "Empty": pair(&json!({ "required": ["A", "B"], "properties": { "A": { "enum": [""] } } })),
                    "Null": pair(&json!({ "required": ["A", "C"], "properties": { "C": { "type": "string", "nullable": true } } })),
                    "Required": pair(&json!({ "required": ["A", "D"] })),
                    "Undeclared": pair(&json!({ "required": ["A", "E"] })),
                    "Reference": { "allOf": [reference("Pair")], "not": { "required": ["A", "B"] } },
                },
            },
            "Code": { "type": "string" },
            "Pair": pair(&json!({ "required": ["A", "B"] })),
            "Reply": { "type": "object", "properties": { "Code": { "type": "string", "pattern": "^b" } } },
        }),
        &json!({}),
        &json!({}),
    ));
    for line in [
        "#/components/schemas/Question: not checked before sending: minProperties 1",
        "Question/properties/Code: not checked before sending: pattern \"^a\"",
        "Question/properties/Money: not checked before sending: multipleOf 0.01",
        "Question/properties/At: not checked before sending: maxLength 21",
        "Question/properties/NextTo: not checked next to a reference: maxLength 3",
        "Question/properties/Not: not checked: no type expresses `not`",
        "Question/properties/More: not checked: no type expresses `not`",
        "Question/properties/Alone: not checked: no type expresses `not`",
        "Question/properties/Empty: not checked: no type expresses `not`",
        "Question/properties/Null: not checked: no type expresses `not`",
        "Question/properties/Required: not checked before sending: exclusiveProperties [\"A\",\"D\"]",
        "Question/properties/Undeclared: not checked before sending: exclusiveProperties [\"A\",\"E\"]",
        "Question/properties/Reference: not checked next to a reference: exclusiveProperties [[\"A\",\"B\"]]",
    ] {
        assert!(changes.contains(line), "{line}\n{changes}");
    }
    assert!(
        !changes.contains("Always")
            && !changes.contains("^b")
            && !changes.contains("schemas/Pair: not checked"),
        "{changes}"
    );
}

#[test]
fn a_component_that_merges_itself_is_reported() {
    let (_, changes) = code_of(&exchange(
        &json!({
            "Question": { "type": "object", "properties": { "Third": reference("Third") } },
            "Third": { "oneOf": [{ "allOf": [reference("Third"), { "type": "string" }] }] },
            "Reply": {},
        }),
        &json!({}),
        &json!({}),
    ));
    let line = "#/components/schemas/Third: any JSON: `Third` contains only itself";
    assert!(changes.contains(line), "{changes}");
}

/// A schema. `written` gives every constraint a different number.
#[derive(Clone, Debug)]
enum Shape {
    Leaf(&'static str, &'static [&'static str]),
    Reference(usize),
    /// The properties, the additional ones, and whether the first two exclude each other.
    Object(Vec<Shape>, Option<Box<Shape>>, bool),
    List(Box<Shape>),
    Members(&'static str, Vec<Shape>),
}

const NAMES: [&str; 4] = ["Question", "Reply", "Third", "Fourth"];

/// The names of properties that are keywords elsewhere in a document.
const KEYWORD_NAMES: [&str; 8] = [
    "description",
    "headers",
    "example",
    "schema",
    "content",
    "properties",
    "type",
    "title",
];

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            Shape::Leaf("string", &["maxLength", "pattern"]),
            Shape::Leaf("date-time", &["maxLength"]),
            Shape::Leaf("integer", &["maximum", "multipleOf"]),
            Shape::Leaf("number", &["minimum", "multipleOf"]),
            Shape::Leaf("", &["maxLength"]),
            Shape::Leaf("boolean", &[]),
        ]),
        (0..NAMES.len()).prop_map(Shape::Reference),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        let extra = prop::option::of(inner.clone().prop_map(Box::new));
        prop_oneof![
            (list.clone(), extra, any::<bool>()).prop_map(|(properties, extra, exclusive)| {
                Shape::Object(properties, extra, exclusive)
            }),
            inner.prop_map(|items| Shape::List(Box::new(items))),
            (prop::sample::select(vec!["allOf", "anyOf", "oneOf"]), list)
                .prop_map(|(keyword, members)| Shape::Members(keyword, members)),
        ]
    })
}

fn next(number: &mut u32) -> u32 {
    *number += 1;
    *number
}

/// Returns the schema of a shape. The numbers start above all other numbers of the document.
fn written(shape: &Shape, number: &mut u32) -> Value {
    match shape {
        Shape::Leaf(kind, keywords) => {
            let mut schema = json!({});
            if !kind.is_empty() {
                schema["type"] = json!(kind);
            }
            if *kind == "date-time" {
                schema = json!({ "type": "string", "format": kind });
            }
            for keyword in *keywords {
                let number = next(number);
                schema[*keyword] = match *keyword {
                    "pattern" => json!(format!("^{number}$")),
                    "maxLength" if *kind == "date-time" => json!(number % 10),
                    _ => json!(number),
                };
            }
            schema
        }
        Shape::Reference(index) => reference(NAMES[*index]),
        Shape::Object(properties, extra, exclusive) => {
            let mut all = Map::new();
            for (index, property) in properties.iter().enumerate() {
                let own = next(number);
                let name = match KEYWORD_NAMES.get(own as usize % 12) {
                    Some(name) if index == 0 => (*name).to_owned(),
                    _ => format!("property{own}"),
                };
                all.insert(name, written(property, number));
            }
            let mut schema = json!({});
            if *exclusive && all.len() > 1 {
                let names: Vec<&String> = all.keys().take(2).collect();
                schema["not"] = json!({ "required": names });
            }
            schema["properties"] = Value::Object(all);
            if let Some(extra) = extra {
                schema["additionalProperties"] = written(extra, number);
            }
            schema
        }
        Shape::List(items) => {
            let most = next(number);
            json!({ "type": "array", "maxItems": most, "items": written(items, number) })
        }
        Shape::Members(keyword, members) => {
            let members: Vec<Value> = members
                .iter()
                .map(|member| written(member, number))
                .collect();
            json!({ (*keyword): members })
        }
    }
}

/// Returns the location of a schema after its members are merged.
fn merged(pointer: &str) -> String {
    without(pointer, &["allOf", "anyOf", "oneOf"])
}

fn without(pointer: &str, keywords: &[&str]) -> String {
    let mut steps = pointer.split('/');
    let mut left = Vec::new();
    while let Some(step) = steps.next() {
        if keywords.contains(&step) {
            steps.next();
        } else {
            left.push(step);
        }
    }
    left.join("/")
}

/// A search for everything that a request declares and that is neither in the code nor in the changes.
struct Search<'a> {
    document: &'a Value,
    code: &'a str,
    changes: &'a [Change],
    losses: BTreeMap<String, Vec<&'a Change>>,
    seen: BTreeSet<String>,
    lost: Vec<String>,
}

impl<'a> Search<'a> {
    fn new(document: &'a Value, generated: &'a Generated) -> Self {
        let mut losses: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
        for change in generated.lowered.changes.list() {
            if change.effect == Effect::Loss {
                losses
                    .entry(merged(&change.pointer))
                    .or_default()
                    .push(change);
            }
        }
        Self {
            document,
            code: &generated.code,
            changes: generated.lowered.changes.list(),
            losses,
            seen: BTreeSet::new(),
            lost: Vec::new(),
        }
    }

    /// Returns `true` if a change reports that only another declaration with this name is kept. The change is at the
    /// location that merges the two.
    fn is_described_twice(&self, name: &str) -> bool {
        let stated = format!("`{name}` is described twice");
        let mut losses = self.losses.values().flatten();
        losses.any(|loss| loss.what.contains(&stated))
    }

    /// Returns `true` if a location became any JSON, which loses everything inside it.
    fn is_any_json(&self, pointer: &str) -> bool {
        let losses = self.losses.get(&merged(pointer)).into_iter().flatten();
        losses.into_iter().any(|loss| {
            loss.what.contains("any JSON:")
                || loss.what.starts_with("left out:")
                    && without(&loss.pointer, &["allOf"]) == without(pointer, &["allOf"])
        })
    }

    fn schema(&mut self, pointer: &str) {
        if !self.seen.insert(pointer.to_owned()) || self.is_any_json(pointer) {
            return;
        }
        let Some(schema) = self.document.pointer(pointer).and_then(Value::as_object) else {
            return;
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            self.schema(&target[1..]);
            return;
        }
        for (keyword, value) in schema {
            if constraints::is_constraint(keyword) && !self.is_kept(keyword, value) {
                self.lost.push(format!("{pointer}: {keyword} {value}"));
            }
        }
        if let Some(names) = schema.get("not").and_then(|not| not.get("required"))
            && !self.is_exclusive(names)
        {
            self.lost.push(format!("{pointer}: not {names}"));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for name in properties.into_iter().flatten().map(|(name, _)| name) {
            let is_field = self.code.contains(&format!("rename = \"{name}\""))
                || self.code.contains(&format!("pub {name}: "))
                || self.code.contains(&format!("pub {name}_: "));
            if self.is_described_twice(name) {
                continue;
            }
            if !is_field {
                self.lost.push(format!("{pointer}: property {name}"));
            }
            self.schema(&format!("{pointer}/properties/{}", escape(name)));
        }
        for keyword in ["items", "additionalProperties"] {
            if self.is_described_twice(keyword) {
                continue;
            }
            self.schema(&format!("{pointer}/{keyword}"));
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            if self.is_described_twice(keyword) {
                continue;
            }
            let count = schema
                .get(keyword)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..count {
                self.schema(&format!("{pointer}/{keyword}/{index}"));
            }
        }
    }

    /// Returns `true` if two properties that exclude each other are in a check or in a loss.
    fn is_exclusive(&self, names: &Value) -> bool {
        let has = |text: &str| {
            let mut names = names.as_array().into_iter().flatten();
            names.all(|name| text.contains(&name.to_string()))
        };
        let mut checks = self.code.split("constraints::exclusive(").skip(1);
        let mut losses = self.losses.values().flatten();
        checks.any(|check| check.split_once(';').is_some_and(|(check, _)| has(check)))
            || losses.any(|loss| has(&loss.what))
    }

    /// Returns `true` if a constraint, which has a unique value, is in a check or in the changes.
    fn is_kept(&self, keyword: &str, value: &Value) -> bool {
        let stated = format!("{keyword} {value}");
        let number = value.to_string();
        let is_checked = self
            .code
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.')
            .any(|word| word.trim_end_matches("f64").trim_end_matches(".0") == number);
        is_checked
            || self
                .changes
                .iter()
                .any(|change| change.what.contains(&stated))
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(9),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_property_and_every_constraint_of_a_request_is_in_the_code_or_reported(
        shapes in prop::collection::vec(shape(), NAMES.len()),
    ) {
        let mut number = 1_000_000;
        let schemas: Map<String, Value> = NAMES
            .iter()
            .zip(&shapes)
            .map(|(name, shape)| ((*name).to_owned(), written(shape, &mut number)))
            .collect();
        let document = exchange(&Value::Object(schemas), &json!({}), &json!({}));
        let generated = generate("document.json", &document.to_string());
        prop_assert!(generated.is_ok(), "{:?}\n{}", generated.err(), document);
        if let Ok(generated) = generated {
            let mut search = Search::new(&document, &generated);
            search.schema("/components/schemas/Question");
            prop_assert!(search.lost.is_empty(), "{:?}\n{}\n{:?}", search.lost, document, generated.lowered.changes.list());
        }
    }
}
