//! The statements of a document about the schemas that an operation refers to.

use std::path::Path;

use openapi_evidence::facts::Variant;
use openapi_evidence::import;
use openapi_evidence::reconcile::compare::{Statement, compare};
use openapi_evidence::reconcile::spec::Spec;
use serde_json::{Value, json};

use crate::support::conventions;

/// Returns an OpenAPI document with one operation that returns a lamp.
fn lamps(properties: &Value, schemas: &Value) -> String {
    let lamp = json!({ "type": "object", "properties": properties });
    let mut components = json!({ "Lamp": lamp });
    for (name, schema) in schemas.as_object().expect("schemas") {
        components[name] = schema.clone();
    }
    let body = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Lamp" } } });
    let operation = json!({ "responses": { "200": { "content": body } } });
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Lamps", "version": "1" },
        "paths": { "/api/v1/lamps/get": { "post": operation } },
        "components": { "schemas": components },
    })
    .to_string()
}

fn variant(text: &str) -> Variant {
    import::parse(
        Path::new("lamps.json"),
        text,
        "lamps",
        "2026-01",
        &conventions(),
    )
    .expect("facts")
    .variant
}

/// Returns the statements that differ from the spec, as subject, dimension and value.
fn differences(spec: &str, document: &str) -> Vec<(String, String, Value)> {
    let spec = Spec::parse(Path::new("spec.json"), spec, &conventions()).expect("a spec");
    let statements = compare(&spec, &[&variant(document)], &[]).statements;
    let shown = |statement: &Statement| {
        (
            statement.subject.to_string(),
            statement.dimension.to_string(),
            statement.value.clone(),
        )
    };
    statements
        .iter()
        .filter(|statement| !statement.agrees)
        .map(shown)
        .collect()
}

fn object(property: &str, kind: &str) -> Value {
    json!({ "type": "object", "properties": { property: { "type": kind } } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[test]
fn the_members_of_a_choice_are_compared() {
    let choice =
        |keyword: &str, names: [&str; 2]| json!({ "Part": { keyword: names.map(reference) } });
    let schemas =
        |kind: &str| json!({ "Bulb": object("Watts", kind), "Candle": object("Wax", "string") });
    let spec = lamps(&choice("anyOf", ["Bulb", "Candle"]), &schemas("integer"));
    let document = |kind: &str| lamps(&choice("oneOf", ["Candle", "Bulb"]), &schemas(kind));
    assert_eq!(differences(&spec, &document("integer")), []);
    assert_eq!(
        differences(&spec, &document("number")),
        [(
            "Bulb · Watts".to_owned(),
            "type".to_owned(),
            json!("number")
        )]
    );
    let one = lamps(&json!({ "Part": reference("Bulb") }), &schemas("integer"));
    assert_eq!(
        differences(&spec, &one),
        [(
            "lamps/get response · Part".to_owned(),
            "type".to_owned(),
            json!("<Bulb>")
        )]
    );
}

#[test]
fn the_values_of_a_map_are_compared() {
    let map = json!({ "Parts": { "type": "object", "additionalProperties": reference("Bulb") } });
    let document = |kind: &str| lamps(&map, &json!({ "Bulb": object("Watts", kind) }));
    assert_eq!(
        differences(&document("integer"), &document("number")),
        [(
            "Bulb · Watts".to_owned(),
            "type".to_owned(),
            json!("number")
        )]
    );
}

#[test]
fn a_schema_of_a_new_property_is_part_of_the_statement_about_the_property() {
    let known = json!({ "Name": { "type": "string" } });
    let new = json!({ "Name": { "type": "string" }, "Part": reference("Bulb") });
    let schemas = json!({ "Bulb": object("Wire", "string") });
    assert_eq!(
        differences(&lamps(&known, &json!({})), &lamps(&new, &schemas)),
        [(
            "lamps/get response · Part".to_owned(),
            "presence".to_owned(),
            json!("present")
        )]
    );
}
