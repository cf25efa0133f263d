//! The rules for constructs that can be written in several ways.

use std::collections::BTreeMap;

use openapi_evidence::facts::plain;
use serde_json::Value;

use openapi_tree::document::{Document, text_at};
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{
    COMPONENTS, component_pointer, components, each_schema, named_component, properties,
    referenced_component,
};

pub(super) const RULES: [Rule; 10] = [
    ("open-security", security),
    ("nullable-type", nullable_type),
    ("nullable-at-use", nullable_at_use),
    ("bare-reference", bare_reference),
    ("named-token", named_tokens),
    ("named-identifier", named_identifiers),
    ("named-enum", named_enums),
    ("utc-format", utc_formats),
    ("unique-title", unique_titles),
    ("alternatives", alternatives),
];

fn security(document: &Document, findings: &mut Findings) {
    if document.tree.get("security") != Some(&Value::Array(Vec::new())) {
        let help = "write `security: []` at the root: the credentials are part of the bodies";
        findings.add("/security", "expected `security: []`", help);
    }
}

/// Adds a finding for each schema that `is_wrong` accepts by its JSON Pointer and node.
fn reject_schemas(
    document: &Document,
    findings: &mut Findings,
    is_wrong: fn(&str, &Value) -> bool,
    what: &str,
    help: &str,
) {
    each_schema(&document.tree, &mut |pointer, schema| {
        if is_wrong(pointer, schema) {
            findings.add(pointer, what, help);
        }
    });
}

fn nullable_type(document: &Document, findings: &mut Findings) {
    let is_wrong = |_: &str, schema: &Value| {
        let has = |keyword| schema.get(keyword).is_some();
        has("nullable") && has("type") == has("allOf")
    };
    let what = "unsupported nullable schema: both or neither of `type` and `allOf`";
    let help = "write `nullable: true` with `type`, or with `allOf: [$ref]` only; generators for other languages \
                lose null if both are present";
    reject_schemas(document, findings, is_wrong, what, help);
}

fn nullable_at_use(document: &Document, findings: &mut Findings) {
    for (name, schema) in components(&document.tree) {
        if schema.get("nullable").is_some() {
            let what = "unsupported `nullable` of a component";
            let help = "write `nullable` where the component is used; typify wraps a nullable component twice";
            findings.add(component_pointer(name), what, help);
        }
    }
}

fn bare_reference(document: &Document, findings: &mut Findings) {
    let is_wrong = |_: &str, schema: &Value| {
        schema
            .as_object()
            .is_some_and(|object| object.contains_key("$ref") && object.len() > 1)
    };
    let what = "unsupported keyword next to `$ref`, which OpenAPI 3.0 ignores";
    reject_schemas(
        document,
        findings,
        is_wrong,
        what,
        "write the reference as `allOf: [$ref]`",
    );
}

/// Returns `true` if a location is inside of `not`, which is a condition of values and does not describe them.
fn is_condition(pointer: &str) -> bool {
    let mut is_name = false;
    pointer.split('/').any(|step| {
        let is_keyword = !is_name;
        is_name = is_keyword && matches!(step, "properties" | "schemas");
        is_keyword && step == "not"
    })
}

/// Calls `visit` with pointer, name and schema of every property.
pub(super) fn each_property<'a>(
    document: &'a Document,
    visit: &mut impl FnMut(String, &'a str, &'a Value),
) {
    each_schema(&document.tree, &mut |pointer, schema| {
        for (name, property) in properties(schema).filter(|_| !is_condition(pointer)) {
            visit(format!("{pointer}/properties/{name}"), name, property);
        }
    });
}

fn named_tokens(document: &Document, findings: &mut Findings) {
    each_property(document, &mut |pointer, name, schema| {
        if name.ends_with("Token") && named_component(schema).is_none() {
            let what = format!(
                "expected a component for the token `{name}`, because another type would print it"
            );
            findings.add(
                pointer,
                what,
                "refer to a component that `replaced` in settings.yaml lists",
            );
        }
    });
}

fn is_component(pointer: &str) -> bool {
    let name = pointer.strip_prefix(COMPONENTS);
    name.is_some_and(|name| name.matches('/').count() == 1)
}

fn named_identifiers(document: &Document, findings: &mut Findings) {
    let is_wrong = |pointer: &str, schema: &Value| {
        text_at(schema, "format") == Some("uuid") && !is_component(pointer)
    };
    let what =
        "expected a component for an ID, because IDs of different records could be exchanged";
    reject_schemas(
        document,
        findings,
        is_wrong,
        what,
        "refer to a component such as VoucherId",
    );
}

fn named_enums(document: &Document, findings: &mut Findings) {
    let is_wrong =
        |pointer: &str, schema: &Value| schema.get("enum").is_some() && !is_component(pointer);
    let what = "expected a component for an enum";
    let help = "make it a component with the name of the documentation";
    reject_schemas(document, findings, is_wrong, what, help);
}

fn utc_formats(document: &Document, findings: &mut Findings) {
    each_property(document, &mut |pointer, name, schema| {
        let is_date_time = text_at(schema, "format") == Some("date-time");
        let is_text = text_at(schema, "type") == Some("string");
        if name.ends_with("Utc") && is_text && !is_date_time && named_component(schema).is_none() {
            let what = format!("missing format of the timestamp `{name}`");
            let help =
                "add `format: date-time` in a request, or refer to UtcDateTime in a response";
            findings.add(pointer, what, help);
        }
    });
}

/// Checks that titles are unique without case, spaces and punctuation. Generators for other languages name a type after
/// its title, or after the component without one.
fn unique_titles(document: &Document, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for (name, schema) in components(&document.tree) {
        let title = text_at(schema, "title");
        if let Some(first) = seen.insert(plain(title.unwrap_or(name)), name) {
            let place = if title.is_some() { "/title" } else { "" };
            findings.add(
                component_pointer(name) + place,
                format!("duplicate title or name of `{first}`, apart from spaces and capital letters"),
                "remove or change the title and connect the schema with the heading under `names` in rulings.yaml; \
                 generators for other languages name types after titles, and drop a type whose name is taken",
            );
        }
    }
}

/// Rejects `anyOf` and `oneOf`, except in `not`, and except an `anyOf` of references, which is for polymorphic properties.
/// The rule `lossless` rejects it elsewhere, and a `not` that the generated code does not check.
fn alternatives(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        for keyword in ["anyOf", "oneOf"] {
            let members = schema.get(keyword).and_then(Value::as_array);
            let is_choice = keyword == "anyOf"
                && members.is_some_and(|members| {
                    members
                        .iter()
                        .all(|member| referenced_component(member).is_some())
                });
            if schema.get(keyword).is_some() && !is_choice && !is_condition(pointer) {
                findings.add(
                    format!("{pointer}/{keyword}"),
                    format!("uses `{keyword}`; for scalars, progenitor generates a struct that cannot be decoded"),
                    "write one schema; enums of responses are open without it. For a property that another one decides, \
                     write `anyOf` with a reference for each schema, and list them under `polymorphic` in the settings",
                );
            }
        }
    });
}
