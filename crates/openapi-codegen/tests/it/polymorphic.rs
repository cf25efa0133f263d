//! Objects of which one property decides the schema of another.

use std::collections::BTreeMap;
use std::path::Path;

use openapi_codegen::conventions::{Conventions, Polymorphic};
use openapi_codegen::lint::settings;
use openapi_codegen::pipeline;
use openapi_tree::document::Document;
use serde_json::{Value, json};

use crate::builder::{exchange, reference};
use crate::compiled;

/// Returns the settings of the document below.
fn pair() -> Polymorphic {
    let map = |kinds: &[(&str, &str)]| -> BTreeMap<String, String> {
        let kinds = kinds.iter();
        kinds
            .map(|(kind, schema)| ((*kind).to_owned(), (*schema).to_owned()))
            .collect()
    };
    let shape = map(&[
        ("Circle", "Circle"),
        ("Square", "Square"),
        ("square", "Square"),
        ("Group", "Group"),
        ("Label", "Label"),
        ("Unknown", "Circle"),
        ("Discriminator", "Square"),
    ]);
    let filter = map(&[("Range", "RangeFilter"), ("Text", "TextFilter")]);
    Polymorphic {
        discriminator: "Discriminator".to_owned(),
        value: "Value".to_owned(),
        schemas: [("Shape".to_owned(), shape), ("Filter".to_owned(), filter)].into(),
    }
}

pub(crate) fn conventions() -> Conventions {
    Conventions {
        setters: true,
        polymorphic: Some(pair()),
        ..Conventions::default()
    }
}

/// Returns a document with a pair in requests and responses, and a closed pair in requests only. Kinds share a schema,
/// differ only by case, are scalars, contain themselves, or have names that are also used elsewhere.
pub(crate) fn shapes() -> Value {
    let shape = reference("Shape");
    exchange(
        &json!({
            "Kind": {
                "type": "string",
                "enum": ["Square", "Circle", "square", "Group", "Label", "Unknown", "Discriminator"],
            },
            "Shape": {
                "type": "object",
                "description": "A shape.",
                "required": ["Discriminator", "Value"],
                "properties": {
                    "Discriminator": { "allOf": [reference("Kind")], "description": "The kind." },
                    "Value": {
                        "description": "Decided by the kind.",
                        "anyOf": [reference("Circle"), reference("Square"), reference("Group"), reference("Label")],
                    },
                },
            },
            "Circle": {
                "type": "object",
                "required": ["Radius"],
                "properties": { "Radius": { "type": "number" }, "Note": { "type": "string", "nullable": true } },
            },
            "Square": {
                "type": "object",
                "properties": { "Side": { "type": "integer", "minimum": 1 }, "Code": { "type": "integer" } },
            },
            "Group": {
                "type": "object",
                "properties": { "Shapes": { "type": "array", "items": shape }, "First": shape },
            },
            "Label": { "type": "string", "maxLength": 3 },
            "Filter": {
                "type": "object",
                "additionalProperties": false,
                "required": ["Discriminator"],
                "properties": {
                    "Discriminator": { "type": "string", "enum": ["Text", "Range"] },
                    "Value": { "type": "object" },
                },
            },
            "RangeFilter": {
                "type": "object",
                "additionalProperties": false,
                "required": ["From"],
                "properties": { "From": { "type": "integer", "minimum": 1 }, "To": { "type": "integer" } },
            },
            "TextFilter": {
                "type": "object",
                "properties": { "Text": { "type": "string", "maxLength": 3 } },
            },
            "Question": {
                "type": "object",
                "additionalProperties": false,
                "required": ["Shape"],
                "properties": { "Shape": shape, "Filter": reference("Filter") },
            },
            "Reply": {
                "type": "object",
                "properties": {
                    "Shapes": { "type": "array", "items": shape },
                    "One": { "allOf": [shape], "nullable": true },
                    "Named": { "type": "object", "additionalProperties": shape },
                },
            },
        }),
        &json!({ "Shape": { "Discriminator": "Circle", "Value": { "Radius": 1.5 } } }),
        &json!({ "One": { "Discriminator": "Square", "Value": { "Side": 1, "Code": "not a number" } } }),
    )
}

/// A program that uses the module `shapes`.
const PROGRAM: &str = r##"
use serde_json::{Value, from_str, from_value, json, to_value};
use shapes::types::{self, Reply, Filter, Kind, Question, Shape};

fn shape(json: &Value) -> Shape {
    let shape: Shape = from_value(json.clone()).expect("a shape");
    assert_eq!(&to_value(&shape).expect("JSON"), json);
    shape
}

fn main() {
    let circle = json!({ "Discriminator": "Circle", "Value": { "Radius": 1.5 } });
    assert!(matches!(shape(&circle), Shape::Circle(value) if value.radius == Some(1.5)));
    let square = |kind: &str| json!({ "Discriminator": kind, "Value": { "Side": 2 } });
    assert!(matches!(shape(&square("Square")), Shape::Square(_)));
    assert!(matches!(shape(&square("square")), Shape::Square2(_)));
    assert!(matches!(shape(&square("Discriminator")), Shape::Discriminator(_)));
    assert!(matches!(shape(&json!({ "Discriminator": "Unknown", "Value": {} })), Shape::Unknown(_)));
    assert!(matches!(shape(&json!({ "Discriminator": "Label", "Value": "a" })), Shape::Label(_)));
    let nested = json!({ "Discriminator": "Group", "Value": {
        "First": circle,
        "Shapes": [circle, { "Discriminator": "Group", "Value": { "Shapes": [{ "Odd": true }] } }],
    } });
    let Shape::Group(group) = shape(&nested) else { panic!("another kind") };
    assert_eq!(group.shapes.as_ref().map(Vec::len), Some(2));
    assert_eq!(Shape::KNOWN, ["Square", "Circle", "square", "Group", "Label", "Unknown", "Discriminator"]);

    // The property of the kind decides, whatever the value looks like, in any order, and unknown properties are ignored.
    let mixed: Shape = from_str(r#"{"Value":{"Side":3,"Radius":1.0},"More":1,"Discriminator":"Circle"}"#).unwrap();
    assert!(matches!(mixed, Shape::Circle(value) if value.radius == Some(1.0)));

    let deep = (0..100).fold(json!({}), |inner, _| json!([inner]));
    let hostile = [
        json!("text"), json!(1), json!(true), json!([]), json!(["Circle", { "Radius": 1.5 }]), json!({}),
        json!({ "Discriminator": "Circle" }),
        json!({ "Discriminator": "Circle", "Value": null }),
        json!({ "Discriminator": "Circle", "Value": [] }),
        json!({ "Discriminator": "Circle", "Value": [1.5] }),
        json!({ "Discriminator": "Square", "Value": [] }),
        json!({ "Discriminator": "Circle", "Value": "round" }),
        json!({ "Discriminator": "Circle", "Value": { "Radius": "big" } }),
        json!({ "Discriminator": "Label", "Value": null }),
        json!({ "Discriminator": "Label", "Value": { "Radius": 1.5 } }),
        json!({ "Discriminator": "Group", "Value": { "Shapes": 1 } }),
        json!({ "Discriminator": "circle", "Value": { "Radius": 1.5 } }),
        json!({ "Discriminator": "Triangle", "Value": { "Sides": [1, 2, 3] }, "More": null }),
        json!({ "Discriminator": "Triangle", "Value": deep }),
        json!({ "Discriminator": "", "Value": {} }),
        json!({ "Discriminator": null, "Value": { "Radius": 1.5 } }),
        json!({ "Discriminator": 1, "Value": { "Radius": 1.5 } }),
        json!({ "Discriminator": ["Circle"], "Value": { "Radius": 1.5 } }),
        json!({ "Value": { "Radius": 1.5 } }),
        json!({ "discriminator": "Circle", "Value": { "Radius": 1.5 } }),
        json!({ "Circle": { "Radius": 1.5 }, "Value Circle": { "Radius": 1.5 } }),
    ];
    for json in &hostile {
        assert_eq!(shape(json), Shape::Unrecognized(json.clone()));
    }
    let page = json!({ "Shapes": hostile, "One": hostile[0], "Named": { "a": hostile[6] } });
    let reply: Reply = from_value(page.clone()).expect("a page");
    assert_eq!(reply.shapes.as_ref().map(Vec::len), Some(hostile.len()));
    assert_eq!(to_value(&reply).unwrap(), page);
    let twice: Shape = from_str(r#"{"Discriminator":"Square","Discriminator":"Circle","Value":{}}"#).unwrap();
    assert_eq!(twice.kind(), Some(Kind::Circle));
    assert_eq!(from_value::<Reply>(json!({ "One": null })).unwrap().one, None);

    assert_eq!(shape(&circle).kind(), Some(Kind::Circle));
    assert_eq!(shape(&hostile[7]).kind(), Some(Kind::Circle));
    assert_eq!(shape(&hostile[17]).kind(), Some(Kind::from("Triangle")));
    assert_eq!(shape(&hostile[0]).kind(), None);
    assert_eq!(shape(&hostile[21]).kind(), None);

    // Requests with a known kind are sent as they are, and their constraints are checked.
    let question = Question::new(shape(&circle)).filter(types::TextFilter::new().text("abc"));
    assert!(question.check().is_ok());
    let sent = json!({ "Shape": circle, "Filter": { "Discriminator": "Text", "Value": { "Text": "abc" } } });
    assert_eq!(to_value(&question).unwrap(), sent);
    assert_eq!(from_value::<Question>(sent).unwrap(), question);
    let violated = |question: Question| question.check().unwrap_err();
    assert_eq!(violated(question.clone().filter(types::RangeFilter::new(0))).property, "Filter.Value.From");
    assert_eq!(violated(question.clone().filter(types::TextFilter::new().text("long"))).property, "Filter.Value.Text");
    assert_eq!(violated(Question::new(shape(&json!({ "Discriminator": "Square", "Value": { "Side": 0 } })))).property, "Shape.Value.Side");
    assert_eq!(violated(Question::new(shape(&json!({ "Discriminator": "Label", "Value": "long" })))).property, "Shape.Value");
    let group = json!({ "Discriminator": "Group", "Value": { "Shapes": [circle, hostile[0]] } });
    assert_eq!(violated(Question::new(shape(&group))).property, "Shape.Value.Shapes[1]");
    for json in &hostile {
        let violation = violated(Question::new(shape(json)));
        assert_eq!((&*violation.property, &*violation.actual), ("Shape", "a value that fits none of its kinds"));
    }
    // JSON with properties that a closed request does not declare is kept as `Unknown`, which is rejected.
    for filter in [
        json!({ "Discriminator": "Text", "Value": {}, "More": 1 }),
        json!({ "Discriminator": "Range", "Value": { "From": 1, "More": 1 } }),
    ] {
        let read: Filter = from_value(filter.clone()).unwrap();
        assert_eq!(read, Filter::Unknown(filter));
        assert!(violated(question.clone().filter(read)).property == "Filter");
    }
}
"##;

fn document(tree: Value) -> Document {
    Document {
        file: Path::new("shapes.json").to_owned(),
        tree,
        sha256: String::new(),
    }
}

#[test]
fn the_kind_decides_and_everything_else_stays_json() {
    let generated = pipeline::generate(&document(shapes()), &conventions())
        .unwrap_or_else(|error| panic!("{error}"));
    compiled::run("shapes", &[("shapes", generated.code)], PROGRAM);
}

#[test]
fn lowering_reports_the_enum_and_what_an_example_shows() {
    let generated = pipeline::generate(&document(shapes()), &conventions()).expect("code");
    let changes: Vec<String> = generated
        .lowered
        .changes
        .list()
        .iter()
        .map(|change| format!("{} {}", change.pointer, change.what))
        .collect();
    for expected in [
        "/components/schemas/Shape becomes an enum: `Discriminator` decides the schema of `Value`",
        "/components/schemas/Square/properties/Code any JSON: both integer and string",
    ] {
        assert!(
            changes.iter().any(|change| change.starts_with(expected)),
            "{expected} is not in {changes:#?}"
        );
    }
    assert!(
        !changes
            .iter()
            .any(|change| change.contains("only the caller can determine")
                || change.contains("Value ")),
        "{changes:#?}"
    );
}

/// An edit of the document or of the settings, the location of the finding, and its message.
type InvalidSettings = (fn(&mut Value, &mut Polymorphic), &'static str, &'static str);

const INVALID_SETTINGS: [InvalidSettings; 15] = [
    (
        |_, pair| drop(pair.schemas.insert("Shap".to_owned(), BTreeMap::new())),
        "/components/schemas",
        "missing schema `Shap`",
    ),
    (
        |schemas, _| {
            drop(
                schemas["Shape"]["properties"]
                    .as_object_mut()
                    .and_then(|all| all.remove("Value")),
            );
        },
        "/components/schemas/Shape",
        "missing property `Value`",
    ),
    (
        |schemas, _| schemas["Shape"]["properties"]["Name"] = json!({ "type": "string" }),
        "/components/schemas/Shape",
        "unsupported `Name` next to",
    ),
    (
        |schemas, _| schemas["Shape"]["allOf"] = json!([reference("Circle")]),
        "/components/schemas/Shape",
        "unsupported `allOf` next to",
    ),
    (
        |schemas, _| schemas["Kind"] = json!({ "type": "string" }),
        "/components/schemas/Shape/properties/Discriminator",
        "expected an enum of strings",
    ),
    (
        |schemas, _| schemas["Kind"]["enum"] = json!(["Circle", 1]),
        "/components/schemas/Shape/properties/Discriminator",
        "expected an enum of strings",
    ),
    (
        |schemas, _| schemas["Kind"]["enum"][7] = json!("Triangle"),
        "/components/schemas/Shape/properties/Discriminator",
        "no schema is known for the value `Triangle`",
    ),
    (
        |_, pair| {
            let kinds = pair.schemas.get_mut("Shape").expect("kinds");
            kinds.insert("Triangle".to_owned(), "Circle".to_owned());
        },
        "/components/schemas/Shape/properties/Discriminator",
        "the value `Triangle` is not listed",
    ),
    (
        |_, pair| {
            let kinds = pair.schemas.get_mut("Filter").expect("kinds");
            kinds.insert("Text".to_owned(), "Txt".to_owned());
        },
        "/components/schemas",
        "missing schema `Txt`, which the settings name for `Text`",
    ),
    (
        |schemas, _| schemas["Shape"]["properties"]["Value"]["anyOf"][4] = reference("RangeFilter"),
        "/components/schemas/Shape/properties/Value",
        "no kind has the schema `RangeFilter`",
    ),
    (
        |schemas, _| schemas["Shape"]["properties"]["Value"]["anyOf"][0] = reference("Square"),
        "/components/schemas/Shape/properties/Value",
        "missing reference to `Circle`",
    ),
    (
        |schemas, _| {
            schemas["Shape"]["properties"]["Value"]["anyOf"][0] = json!({ "type": "object" });
        },
        "/components/schemas/Shape/properties/Value",
        "expected references to components",
    ),
    (
        |schemas, _| schemas["Shape"]["properties"]["Value"] = json!({ "type": "string" }),
        "/components/schemas/Shape/properties/Value",
        "expected references to components",
    ),
    (
        |schemas, pair| {
            pair.schemas.remove("Filter");
            schemas["Circle"]["properties"]["Inline"] = schemas["Shape"].clone();
        },
        "/components/schemas/Circle/properties/Inline",
        "the settings do not list the schemas",
    ),
    (
        |schemas, _| {
            schemas["Circle"]["properties"]["More"] =
                json!({ "allOf": [reference("Shape"), { "properties": { "A": {} } }] });
        },
        "/components/schemas/Circle/properties/More",
        "unsupported extension of the polymorphic schema `Shape`",
    ),
];

#[test]
fn settings_that_do_not_fit_the_document_are_rejected() {
    assert_eq!(settings::findings(&document(shapes()), &conventions()), []);
    for (edit, pointer, what) in INVALID_SETTINGS {
        let (mut tree, mut pair) = (shapes(), pair());
        let mut enum_of_eight = tree["components"]["schemas"]["Kind"]["enum"].take();
        enum_of_eight
            .as_array_mut()
            .expect("values")
            .push(Value::Null);
        tree["components"]["schemas"]["Kind"]["enum"] = enum_of_eight;
        let members = &mut tree["components"]["schemas"]["Shape"]["properties"]["Value"]["anyOf"];
        members
            .as_array_mut()
            .expect("members")
            .push(reference("Label"));
        edit(&mut tree["components"]["schemas"], &mut pair);
        let conventions = Conventions {
            polymorphic: Some(pair),
            ..Conventions::default()
        };
        let document = document(tree);
        let findings = settings::findings(&document, &conventions);
        let found = findings.iter().any(|finding| {
            finding.pointer == pointer
                && finding.what.contains(what)
                && finding.rule == "polymorphic"
        });
        assert!(found, "{pointer}: {what}: {findings:#?}");
        let error = pipeline::generate(&document, &conventions).expect_err("an error");
        assert_eq!(error.what(), findings[0].what);
    }
}

#[test]
fn settings_for_another_version_of_the_document_are_ignored() {
    let mut old = shapes();
    old["components"]["schemas"]["Kind"]["enum"] = json!(["Circle"]);
    old["components"]["schemas"]["Shape"]["properties"]["Value"] = json!({ "type": "string" });
    let known = conventions().known_to(&old).polymorphic.expect("a pair");
    assert_eq!(known.schemas.keys().collect::<Vec<_>>(), ["Filter"]);
    assert!(
        conventions()
            .known_to(&json!({}))
            .polymorphic
            .is_some_and(|pair| pair.schemas.is_empty())
    );
}

#[test]
fn a_pair_of_one_property_is_rejected() {
    let settings =
        json!({ "polymorphic": { "discriminator": "Kind", "value": "Kind", "schemas": {} } });
    let settings = Document {
        file: Path::new("settings.yaml").to_owned(),
        tree: settings,
        sha256: String::new(),
    };
    let error = Conventions::from_settings(&settings).expect_err("an error");
    assert!(
        error.to_string().contains("does not name two properties"),
        "{error}"
    );
}
