//! Lenient decoding of responses.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mews_connector_api::types;
use serde_json::{Value, json};

use crate::document::{CONNECTOR, CONVENTIONS, LOWERED, example};
use crate::operations::{self, ids};

/// A value that no enum lists.
const UNKNOWN_VALUE: &str = "No such type";

const EXAMPLES: [&str; 2] = ["Minimal", "Full"];

/// Returns a value of a schema with every property that the spec declares, including those that no example has.
fn whole(schema: &Value) -> Value {
    let component = |name: &str| &CONNECTOR.tree["components"]["schemas"][name];
    if let Some(name) = openapi_tree::schemas::named_component(schema) {
        let pair = CONVENTIONS.polymorphic.as_ref();
        let kind = pair.and_then(|pair| pair.schemas.get(name)?.first_key_value());
        if let (Some(pair), Some((kind, schema))) = (pair, kind) {
            let (discriminator, value) = (pair.discriminator.as_str(), pair.value.as_str());
            return json!({ discriminator: kind, value: whole(component(schema)) });
        }
        return whole(component(name));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values[0].clone();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("object"), _) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let mut object: Value = properties
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), whole(schema)))
                .collect();
            if let Some(values) = schema
                .get("additionalProperties")
                .filter(|values| values.is_object())
            {
                object["en-US"] = whole(values);
            }
            object
        }
        (Some("array"), _) => json!([whole(&schema["items"])]),
        (Some("boolean"), _) => json!(true),
        (Some("integer"), _) => json!(7),
        (Some("number"), _) => json!(50.5),
        (Some("string"), Some("uuid")) => json!("0f000000-0000-4000-8000-000000000001"),
        (Some("string"), Some("date-time")) => json!("2026-01-05T09:00:00Z"),
        (Some("string"), _) => json!("text"),
        (None, _) => json!({ "Anything": [1, "two", null] }),
        other => panic!("no value for {other:?}"),
    }
}

/// Returns a complete response of every operation, and every example of a success in the spec.
fn responses() -> impl Iterator<Item = (&'static str, Value)> {
    let operations = openapi_tree::schemas::operations(&CONNECTOR.tree);
    let whole_ones: Vec<(&str, Value)> = ids()
        .into_iter()
        .map(|id| {
            let operation = operations
                .iter()
                .find(|operation| operation.id() == Some(id));
            let operation = operation.expect("the operation");
            let schema = operation
                .node
                .pointer("/responses/200/content/application~1json/schema")
                .expect("a schema");
            (id, whole(schema))
        })
        .collect();
    whole_ones.into_iter().chain(examples())
}

fn examples() -> impl Iterator<Item = (&'static str, Value)> {
    ids().into_iter().flat_map(|id| {
        let names = if operations::decode(id, &json!({})) == Ok(json!({})) && id.ends_with("delete")
        {
            &EXAMPLES[..1]
        } else {
            &EXAMPLES[..]
        };
        names
            .iter()
            .map(move |name| (id, example(id, Some("200"), name)))
    })
}

/// Collects the JSON pointers of all objects and of all their properties.
fn places(value: &Value, pointer: &str, objects: &mut Vec<String>, properties: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            objects.push(pointer.to_owned());
            for (name, value) in object {
                let pointer = format!("{pointer}/{name}");
                properties.push(pointer.clone());
                places(value, &pointer, objects, properties);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{pointer}/{index}"), objects, properties);
            }
        }
        _ => {}
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn decode(id: &str, response: &Value) -> Value {
    operations::decode(id, response).unwrap_or_else(|error| panic!("{id}: {error}\n{response:#}"))
}

#[test]
fn decoded_responses_are_encoded_without_a_difference() {
    for (id, response) in responses() {
        assert_eq!(decode(id, &response), without_nulls(&response), "{id}");
    }
}

#[test]
fn unknown_properties_are_ignored_everywhere() {
    for (id, response) in responses() {
        let (mut objects, mut properties) = (Vec::new(), Vec::new());
        places(&response, "", &mut objects, &mut properties);
        for pointer in objects.iter().filter(|pointer| !is_in_map(pointer)) {
            let mut changed = response.clone();
            changed.pointer_mut(pointer).expect("a place")["SomethingNew"] = json!({ "Deep": [1] });
            let decoded = decode(id, &changed);
            if id.ends_with("delete") {
                continue;
            }
            assert_eq!(decoded, without_nulls(&response), "{id} {pointer}");
        }
    }
}

/// The properties of the spec that are maps, such as localized text. The keys of a map are not properties.
static MAPS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let is_map = |schema: &Value| {
        schema
            .get("additionalProperties")
            .is_some_and(Value::is_object)
    };
    let mut maps = BTreeSet::new();
    openapi_tree::schemas::each_schema(&CONNECTOR.tree, &mut |_, schema| {
        for (name, schema) in openapi_tree::schemas::properties(schema) {
            let component = openapi_tree::schemas::named_component(schema)
                .map(|name| &CONNECTOR.tree["components"]["schemas"][name]);
            if is_map(component.unwrap_or(schema)) {
                maps.insert(name.as_str());
            }
        }
    });
    maps
});

fn is_in_map(pointer: &str) -> bool {
    pointer.split('/').any(|step| MAPS.contains(step))
}

#[test]
fn each_property_but_the_identifier_may_be_missing_or_null() {
    let mut tried = 0;
    for (id, response) in responses() {
        let (mut objects, mut properties) = (Vec::new(), Vec::new());
        places(&response, "", &mut objects, &mut properties);
        for pointer in &properties {
            let (parent, name) = pointer.rsplit_once('/').expect("a property");
            if name == "Id" || is_in_map(parent) {
                continue;
            }
            let mut missing = response.clone();
            missing
                .pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .expect("an object")
                .remove(name);
            assert_eq!(
                decode(id, &missing),
                without_nulls(&missing),
                "{id} without {pointer}"
            );
            let mut null = response.clone();
            *null.pointer_mut(pointer).expect("a property") = Value::Null;
            // JSON that is kept as received keeps its nulls.
            assert_eq!(
                without_nulls(&decode(id, &null)),
                without_nulls(&null),
                "{id} with {pointer} null"
            );
            tried += 1;
        }
    }
    assert!(tried > 200, "only {tried} properties were tried");
}

#[test]
fn an_empty_object_decodes_as_any_response() {
    for id in ids() {
        assert_eq!(decode(id, &json!({})), json!({}), "{id}");
    }
}

#[test]
fn unknown_enum_values_are_kept() {
    let code: types::VoucherCode = serde_json::from_value(json!({
        "Id": "c0de0000-0000-4000-8000-000000000001",
        "ActivityState": UNKNOWN_VALUE,
    }))
    .expect("a code");
    #[expect(deprecated, reason = "older responses contain only this property")]
    let state = code.activity_state;
    assert_eq!(
        state,
        Some(types::ActivityState::Unknown(UNKNOWN_VALUE.to_owned()))
    );

    let voucher: types::Voucher = serde_json::from_value(json!({
        "Id": "d15c0000-0000-4000-8000-000000000001",
        "Type": UNKNOWN_VALUE,
    }))
    .expect("a voucher");
    let kind = voucher.type_.expect("a type");
    assert_eq!(kind, types::VoucherType::Unknown(UNKNOWN_VALUE.to_owned()));
    assert_eq!(
        serde_json::to_value(&kind).expect("JSON"),
        json!(UNKNOWN_VALUE)
    );
}

#[test]
fn every_enum_that_a_response_can_hold_is_open() {
    let responses = openapi_tree::schemas::response_components(&LOWERED.contract);
    let code = crate::document::code();
    for (name, schema) in openapi_tree::schemas::components(&LOWERED.contract) {
        if responses.contains(name) && schema.get("enum").is_some() {
            let start = code
                .find(&format!("pub enum {name} "))
                .unwrap_or_else(|| panic!("no enum {name}"));
            let end = start + code[start..].find("\n    }").expect("the end of an enum");
            // The variant has another name if the spec lists the value `Unknown`.
            let is_open = ["Unknown(", "Unrecognized("]
                .iter()
                .any(|variant| code[start..end].contains(variant));
            assert!(is_open, "{name} is closed");
        }
    }
}

#[test]
fn a_missing_is_active_is_unknown_not_false() {
    for text in [
        "{\"Id\":\"c0de0000-0000-4000-8000-000000000001\"}",
        "{\"Id\":\"c0de0000-0000-4000-8000-000000000001\",\"IsActive\":null}",
    ] {
        let code: types::VoucherCode = serde_json::from_str(text).expect("a code");
        assert_eq!(code.is_active, None);
    }
    let code: types::VoucherCode = serde_json::from_str(
        "{\"Id\":\"c0de0000-0000-4000-8000-000000000001\",\"IsActive\":false}",
    )
    .expect("a code");
    assert_eq!(code.is_active, Some(false));
}

#[test]
fn decodes_localized_text_without_one_language() {
    let text: types::LocalizedText =
        serde_json::from_value(json!({ "en-US": "Fully flexible", "cs-CZ": null }))
            .expect("a localized text");
    assert_eq!(text["en-US"].as_deref(), Some("Fully flexible"));
    assert_eq!(text["cs-CZ"], None);
}

#[test]
fn decodes_strings_longer_than_the_maximum() {
    let voucher: types::Voucher = serde_json::from_value(json!({
        "Id": "d15c0000-0000-4000-8000-000000000001",
        "Name": "n".repeat(5000),
        "ExternalIdentifier": "e".repeat(5000),
    }))
    .expect("a voucher");
    assert_eq!(voucher.name.map(|name| name.len()), Some(5000));
}

#[test]
fn decodes_arrays_of_any_length() {
    let codes: Vec<Value> = (0..1500)
        .map(|number| json!({ "Id": format!("c0de0000-0000-4000-8000-{number:012}") }))
        .collect();
    let page: types::VoucherCodeResult =
        serde_json::from_value(json!({ "VoucherCodes": codes })).expect("a page");
    assert_eq!(page.voucher_codes.map(|codes| codes.len()), Some(1500));
}
