//! Request types: the envelope, operations, listings, setters and update values.

use std::path::Path;

use openapi_codegen::conventions::{Conventions, Effect, ListingRules, OperationRules};
use openapi_codegen::pipeline;
use openapi_tree::document::Document;
use serde_json::{Value, json};

use crate::builder::{document, reference};
use crate::compiled;

/// Returns the conventions of the document below.
pub(crate) fn conventions() -> Conventions {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let effects = [
        ("list", Effect::Read),
        ("make", Effect::Create),
        ("change", Effect::Update),
        ("drop", Effect::Delete),
    ];
    Conventions {
        secret_suffix: Some("Token".to_owned()),
        envelope: names(&["Token", "Agent", "Locale"]),
        setters: true,
        update_value: Some("Value".to_owned()),
        operations: Some(OperationRules {
            prefix: "/v1/".to_owned(),
            effects: effects
                .into_iter()
                .map(|(name, effect)| (name.to_owned(), effect))
                .collect(),
            listing: Some(ListingRules {
                limitation: "Page".to_owned(),
                count: "Count".to_owned(),
                cursor: "Cursor".to_owned(),
            }),
            lists: [("odd/list".to_owned(), "Rows".to_owned())].into(),
        }),
        ..Conventions::default()
    }
}

fn post(id: &str, body: &Value, response: &Value) -> Value {
    json!({
        "post": {
            "operationId": id,
            "requestBody": { "content": { "application/json": { "schema": body } } },
            "responses": {
                "200": { "description": "Done.", "content": { "application/json": { "schema": response } } },
            },
        },
    })
}

/// Returns an object with the properties of the envelope, and more properties.
fn carrying(required: &[&str], properties: &Value) -> Value {
    let mut all = json!({
        "Token": { "type": "string", "minLength": 1 },
        "Agent": { "type": "string" },
        "Locale": { "type": "string", "nullable": true, "description": "The language." },
    });
    let mut names = vec!["Token", "Agent"];
    names.extend(required);
    for (name, property) in properties.as_object().into_iter().flatten() {
        all[name] = property.clone();
    }
    json!({ "type": "object", "additionalProperties": false, "required": names, "properties": all })
}

/// Returns a document with shared bodies, no body, parameters, properties with names of methods, and primary lists with
/// other names.
pub(crate) fn everything() -> Value {
    let text = json!({ "type": "string" });
    let update = |value: &Value| json!({ "type": "object", "additionalProperties": false, "required": ["Value"], "properties": { "Value": value } });
    let optional = |name: &str| json!({ "type": "object", "nullable": true, "allOf": [reference(name)], "description": "A change." });
    let done = json!({ "type": "object", "properties": { "Done": { "type": "boolean" } } });
    let mut with_parameter = post("things_one", &reference("ThingMany"), &done);
    with_parameter["parameters"] =
        json!([{ "name": "id", "in": "path", "required": true, "schema": text }]);
    let things = json!({ "type": "array", "items": reference("Thing") });
    document(
        &json!({
            "/v1/things/list": post("things_list", &reference("ThingQuery"), &reference("Things")),
            "/v1/odd/list": post("odd_list", &reference("OddQuery"), &reference("Odd")),
            "/v1/things/make": post("things_make", &reference("ThingMany"), &done),
            "/v1/things/drop": post("things_drop", &reference("ThingMany"), &done),
            "/v1/things/change": post("things_change", &reference("ThingChange"), &done),
            "/v1/things/{id}/make": with_parameter,
            "/v1/plain/make": post("plain_make", &json!({ "type": "array", "items": { "type": "integer" } }), &done),
            "/v1/quiet/make": post("quiet_make", &reference("Quiet"), &done),
            "/v1/ping/list": { "get": { "operationId": "ping", "responses": { "204": { "description": "Alive." } } } },
        }),
        &json!({
            "Page": {
                "type": "object",
                "required": ["Count"],
                "properties": {
                    "Count": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 50 },
                    "Cursor": { "type": "string", "nullable": true },
                },
            },
            "Thing": { "type": "object", "properties": { "Name": text } },
            "Things": {
                "type": "object",
                "properties": {
                    "Others": things,
                    "Things": things,
                    "Cursor": { "type": "string", "nullable": true },
                },
            },
            "Odd": {
                "type": "object",
                "properties": { "Rows": things, "Cursor": { "type": "string", "nullable": true } },
            },
            "ThingQuery": carrying(&["Page"], &json!({
                "Page": reference("Page"),
                "Name": { "type": "string", "maxLength": 3, "description": "The name." },
                "Check": text,
                "New": text,
                "Clone": text,
                "Check_2": text,
                "Tags": { "type": "array", "items": text },
                "More": { "type": "array", "items": text, "nullable": true },
                "Old": { "type": "boolean", "deprecated": true },
            })),
            "OddQuery": carrying(&[], &json!({ "Page": optional("Page") })),
            "ThingMany": carrying(&["Names"], &json!({
                "Names": { "type": "array", "items": text, "maxItems": 2 },
            })),
            "ThingChange": carrying(&["Id"], &json!({
                "Id": text,
                "Name": optional("NameUpdate"),
                "Kind": optional("KindUpdate"),
                "Codes": optional("CodesUpdate"),
            })),
            "NameUpdate": update(&json!({ "type": "string", "maxLength": 3, "nullable": true })),
            "KindUpdate": update(&json!({ "type": "string", "enum": ["Big", "Small"] })),
            "CodesUpdate": update(&json!({ "type": "array", "items": { "type": "string", "maxLength": 2 }, "nullable": true })),
            "Quiet": {
                "type": "object",
                "required": ["Token"],
                "properties": { "Token": { "type": "string", "minLength": 1 } },
            },
        }),
    )
}

/// A program that uses the module `values`.
const PROGRAM: &str = r#"
fn pages<L: values::operations::Listing>(mut request: L, response: L::Response) -> (Option<String>, [usize; 2]) {
    assert_eq!(L::MAX_COUNT, 50);
    request.set_page(7, Some("next".to_owned()));
    assert_eq!((request.count(), request.cursor()), (Some(7), Some(&"next".to_owned())));
    let cursor = L::next_cursor(&response).cloned();
    (cursor, [L::items(&response).len(), L::into_items(response).len()])
}

#[allow(deprecated)]
fn main() {
    use serde_json::{from_value, json, to_value};
    use values::operations::{self, Effect, Operation};
    use values::types::{self, update_values::{NonNullUpdate, Update}};

    let envelope = types::Envelope::new("secret", "tests").locale("en");
    let shown = format!("{envelope:?} {:?}", envelope.body(&()));
    assert!(!shown.contains("secret") && shown.contains("tests"), "{shown}");
    assert_eq!(types::Envelope::PROPERTIES, ["Token", "Agent", "Locale"]);
    assert!(types::Envelope::new("", "").check().is_err());

    let query = types::ThingQuery::new(types::Page::new(2))
        .name("n").check_("c").new_("w").clone_("x").check_2("2").tags(["a", "b"]).more(vec!["m".to_owned()]).old(true);
    assert_eq!(
        to_value(envelope.body(&query)).unwrap(),
        json!({
            "Token": "secret", "Agent": "tests", "Locale": "en", "Page": { "Count": 2 }, "Name": "n", "Check": "c",
            "New": "w", "Clone": "x", "Check_2": "2", "Tags": ["a", "b"], "More": ["m"], "Old": true,
        })
    );
    assert_eq!(<types::ThingQuery as Operation>::PATH, "things/list");
    assert_eq!(<types::ThingQuery as Operation>::EFFECT, Effect::Read);
    assert!(<types::ThingQuery as Operation>::PROPERTIES.contains(&"Page"));
    assert!(!<types::ThingQuery as Operation>::PROPERTIES.contains(&"Token"));
    assert!(Operation::check(&query).is_ok());
    let violation = Operation::check(&query.name("long")).unwrap_err();
    assert_eq!((&*violation.property, &*violation.actual), ("Name", "4 characters"));

    let things: types::Things =
        from_value(json!({ "Things": [{ "Name": "a" }], "Others": [], "Cursor": "c" })).unwrap();
    assert_eq!(pages(types::ThingQuery::new(types::Page::new(2)), things), (Some("c".to_owned()), [1, 1]));
    let odd: types::Odd = from_value(json!({ "Rows": null })).unwrap();
    assert_eq!(pages(types::OddQuery::new(), odd), (None, [0, 0]));

    let many = types::ThingMany::new(vec!["a".to_owned(); 3]);
    let (make, dropping) = (operations::ThingsMake::from(many.clone()), operations::ThingsDrop::from(many));
    assert_eq!(to_value(&make).unwrap(), json!({ "Names": ["a", "a", "a"] }));
    assert_eq!((operations::ThingsMake::PATH, operations::ThingsDrop::PATH), ("things/make", "things/drop"));
    assert!(make.check().is_err() && dropping.check().is_err());
    assert!(!operations::ThingsMake::EFFECT.is_idempotent() && operations::ThingsDrop::EFFECT.is_idempotent());
    assert_eq!(to_value(operations::PlainMake(vec![1, 2])).unwrap(), json!([1, 2]));

    let quiet = types::Quiet::new();
    assert_eq!(<types::Quiet as Operation>::ENVELOPE, ["Token"]);
    assert_eq!(
        to_value(envelope.body(&quiet).only(<types::Quiet as Operation>::ENVELOPE)).unwrap(),
        json!({ "Token": "secret" })
    );

    let paths: Vec<&str> = operations::ALL.iter().map(|one| one.path).collect();
    assert_eq!(
        paths,
        ["odd/list", "plain/make", "quiet/make", "things/change", "things/drop", "things/list", "things/make"]
    );
    let found = operations::find("odd/list").unwrap();
    assert_eq!((found.effect, found.list, found.properties), (Effect::Read, Some("Rows"), &["Page"][..]));
    assert!(operations::find("things/none").is_none());

    let change = types::ThingChange::new("1").name("a").kind(types::KindUpdateValue::Big).codes(["a".to_owned()]);
    assert_eq!(
        to_value(&change).unwrap(),
        json!({ "Id": "1", "Name": { "Value": "a" }, "Kind": { "Value": "Big" }, "Codes": { "Value": ["a"] } })
    );
    let cleared = change.clone().name(Update::Clear).kind(NonNullUpdate::Keep).codes(Update::set_or_keep(None::<Vec<String>>));
    assert_eq!(to_value(&cleared).unwrap(), json!({ "Id": "1", "Name": { "Value": null } }));
    assert_eq!(from_value::<types::ThingChange>(to_value(&cleared).unwrap()).unwrap(), cleared);
    let none = None::<&str>;
    assert_eq!(cleared.clone().name(Update::set_or_clear(none)).name, Update::Clear);
    assert_eq!(cleared.clone().name(Update::set_or_keep(none)).name, Update::Keep);
    assert_eq!(cleared.clone().name(Update::set_or_clear(Some("b"))).name.value().unwrap(), "b");
    for broken in [json!({ "Id": "1", "Name": {} }), json!({ "Id": "1", "Kind": { "Value": null } }), json!({ "Id": "1", "Name": { "value": 1 } })] {
        assert!(from_value::<types::ThingChange>(broken).is_err());
    }
    assert_eq!(change.clone().codes([]).codes, Update::Set(Vec::new()));
    let violation = change.clone().name("long").check().unwrap_err();
    assert_eq!(violation.property, "Name.Value");
    let violation = change.codes(["a".to_owned(), "long".to_owned()]).check().unwrap_err();
    assert_eq!(violation.property, "Codes.Value[1]");
}
"#;

fn outcome(document: Value, conventions: &Conventions) -> Result<pipeline::Generated, String> {
    let document = Document {
        file: Path::new("values.json").to_owned(),
        tree: document,
        sha256: String::new(),
    };
    pipeline::generate(&document, conventions)
        .map_err(|error| format!("{error}\nhelp: {}", error.help()))
}

fn rejected(document: Value, conventions: &Conventions) -> String {
    match outcome(document, conventions) {
        Ok(_) => panic!("code was generated"),
        Err(error) => error,
    }
}

#[test]
fn requests_have_constructors_setters_and_operations() {
    let code = outcome(everything(), &conventions())
        .unwrap_or_else(|error| panic!("{error}"))
        .code;
    compiled::run("values", &[("values", code)], PROGRAM);
}

#[test]
fn clearing_a_value_without_nullable_does_not_compile() {
    let code = outcome(everything(), &conventions()).expect("code").code;
    let program = |change: &str| {
        format!(
            "use values::types::{{ThingChange, update_values::*}};\nfn main() {{ let _ = ThingChange::new(\"1\").{change}; }}"
        )
    };
    let modules = [("values", code)];
    let output = compiled::compile("clearing", &modules, &program("name(Update::Clear)"));
    assert!(output.status.success(), "{output:?}");
    for change in ["kind(NonNullUpdate::Clear)", "kind(Update::Clear)"] {
        let output = compiled::compile("clearing", &modules, &program(change));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{change} compiles");
        assert!(message.contains("NonNullUpdate"), "{message}");
    }
}

#[test]
fn every_omission_is_in_the_list_of_changes() {
    let generated = outcome(everything(), &conventions()).expect("code");
    let changes: Vec<String> = generated
        .lowered
        .changes
        .list()
        .iter()
        .filter(|change| ["envelope", "operations"].contains(&change.pass))
        .map(|change| format!("{} {}", change.pointer, change.what))
        .collect();
    for expected in [
        "/components/schemas/ThingQuery/properties/Token moved into the envelope",
        "/components/schemas/Quiet/properties/Token moved into the envelope",
        "/paths/~1v1~1things~1{id}~1make/post has a method, but no request type: it has parameters",
        "/paths/~1v1~1ping~1list/get has a method, but no request type: its method is GET",
        "/paths/~1v1~1things~1make/post has the request type `ThingsMake`",
    ] {
        assert!(
            changes.iter().any(|change| change.starts_with(expected)),
            "{expected} is not in {changes:#?}"
        );
    }
}

#[test]
fn without_conventions_nothing_is_added() {
    let code = outcome(everything(), &Conventions::default())
        .expect("code")
        .code;
    for name in [
        "Envelope",
        "mod operations",
        "mod update_values",
        "pub fn tags(",
    ] {
        assert!(!code.contains(name), "{name}");
    }
}

#[test]
fn rejects_a_property_of_the_envelope_with_two_schemas() {
    let mut other = everything();
    other["components"]["schemas"]["OddQuery"]["properties"]["Locale"] =
        json!({ "type": "integer" });
    let error = rejected(other, &conventions());
    assert!(
        error.contains("`Locale` of the envelope differs"),
        "{error}"
    );
    for place in ["OddQuery/properties/Locale", "properties/Locale"] {
        assert!(error.matches(place).count() > 0, "{place}: {error}");
    }
    assert!(error.matches("/properties/Locale").count() == 2, "{error}");

    let mut optional = everything();
    optional["components"]["schemas"]["Quiet"]["required"] = json!([]);
    let error = rejected(optional, &conventions());
    assert!(error.contains("`Token` of the envelope differs"), "{error}");
}

#[test]
fn rejects_a_body_that_is_used_elsewhere() {
    let mut used = everything();
    used["components"]["schemas"]["Thing"]["properties"]["Query"] = reference("Quiet");
    let error = rejected(used, &conventions());
    assert!(
        error.contains("`Quiet` is used here and as the body of"),
        "{error}"
    );
    assert!(error.contains("Thing/properties/Query"), "{error}");
}

#[test]
fn rejects_a_property_of_the_envelope_that_no_request_has() {
    let mut unknown = conventions();
    unknown.envelope.push("Tokn".to_owned());
    let error = rejected(everything(), &unknown);
    assert!(
        error.contains("no request has the property `Tokn`"),
        "{error}"
    );
}

/// An edit of the document or of the rules, and the expected error.
type Breach = (fn(&mut Value, &mut OperationRules), &'static str);

#[test]
fn rejects_operations_that_no_rule_covers() {
    let breaches: [Breach; 8] = [
        (
            |_, rules| rules.effects.retain(|action, _| action != "change"),
            "no rule gives the effect of `things/change`",
        ),
        (
            |_, rules| rules.prefix = "/v2/".to_owned(),
            "does not start with `/v2/`",
        ),
        (
            |_, rules| rules.lists.clear(),
            "the response of `odd/list` has no array `Odd`",
        ),
        (
            |_, rules| drop(rules.lists.insert("odd/lst".to_owned(), "Rows".to_owned())),
            "the settings name the operation `odd/lst`",
        ),
        (
            |_, rules| {
                rules.effects.insert("odd/lst".to_owned(), Effect::Read);
            },
            "the settings name the operation `odd/lst`",
        ),
        (
            |tree, _| {
                tree["components"]["schemas"]["Odd"]["properties"]["Cursor"] =
                    json!({ "type": "integer" });
            },
            "the cursor differs from the one at",
        ),
        (
            |tree, _| tree["components"]["schemas"]["Page"]["required"] = json!(["Count", "Mode"]),
            "is optional, but requires `Mode`",
        ),
        (
            |tree, _| {
                tree["components"]["schemas"]["Page"]["properties"]["Count"] =
                    json!({ "type": "string" });
            },
            "is not an object with an integer `Count`",
        ),
    ];
    for (edit, expected) in breaches {
        let (mut tree, mut conventions) = (everything(), conventions());
        edit(&mut tree, conventions.operations.as_mut().expect("rules"));
        let error = rejected(tree, &conventions);
        assert!(error.contains(expected), "{expected}: {error}");
    }
}
