//! The rules for constructs that can be written in several ways.

use std::collections::BTreeMap;

use serde_json::Value;

use openapi_tree::document::Document;
use openapi_tree::lint::{Findings, Rule};
use openapi_tree::schemas::{
    COMPONENTS, components, each_schema, named_component, properties, referenced_component,
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
        findings.add(
            "/security",
            "expected `security: []`",
            "write `security: []` at the root: the credentials are part of the bodies",
        );
    }
}

fn nullable_type(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        let (has_type, has_all_of) = (schema.get("type").is_some(), schema.get("allOf").is_some());
        if schema.get("nullable").is_some() && has_type == has_all_of {
            findings.add(
                pointer,
                "unsupported nullable schema: both or neither of `type` and `allOf`",
                "write `nullable: true` with `type`, or with `allOf: [$ref]` only; generators for other languages \
                 lose null if both are present",
            );
        }
    });
}

fn nullable_at_use(document: &Document, findings: &mut Findings) {
    for (name, schema) in components(&document.tree) {
        if schema.get("nullable").is_some() {
            findings.add(
                format!("{COMPONENTS}/{name}"),
                "unsupported `nullable` of a component",
                "write `nullable` where the component is used; typify wraps a nullable component twice",
            );
        }
    }
}

fn bare_reference(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        if schema.get("$ref").is_some() && schema.as_object().is_some_and(|object| object.len() > 1)
        {
            findings.add(
                pointer,
                "unsupported keyword next to `$ref`, which OpenAPI 3.0 ignores",
                "write the reference as `allOf: [$ref]`",
            );
        }
    });
}

/// Returns `true` if a location is inside of `not`, which is a condition of values and does not describe them.
fn is_condition(pointer: &str) -> bool {
    pointer.split('/').any(|step| step == "not")
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
            findings.add(
                pointer,
                format!("expected a component for the token `{name}`, because another type would print it"),
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
    each_schema(&document.tree, &mut |pointer, schema| {
        if schema.get("format") == Some(&Value::String("uuid".to_owned())) && !is_component(pointer)
        {
            findings.add(
                pointer,
                "expected a component for an ID, because IDs of different records could be exchanged",
                "refer to a component such as VoucherId",
            );
        }
    });
}

fn named_enums(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        if schema.get("enum").is_some() && !is_component(pointer) {
            findings.add(
                pointer,
                "expected a component for an enum",
                "make it a component with the name of the documentation",
            );
        }
    });
}

fn utc_formats(document: &Document, findings: &mut Findings) {
    each_property(document, &mut |pointer, name, schema| {
        let is_date_time = schema.get("format") == Some(&Value::String("date-time".to_owned()));
        let is_text = schema.get("type") == Some(&Value::String("string".to_owned()));
        if name.ends_with("Utc") && is_text && !is_date_time && named_component(schema).is_none() {
            findings.add(
                pointer,
                format!("missing format of the timestamp `{name}`"),
                "add `format: date-time` in a request, or refer to UtcDateTime in a response",
            );
        }
    });
}

/// Checks that titles are unique without case, spaces and punctuation. Generators for other languages name a type after
/// its title, or after the component without one.
fn unique_titles(document: &Document, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for (name, schema) in components(&document.tree) {
        let title = schema.get("title").and_then(Value::as_str);
        let type_name: String = title
            .unwrap_or(name)
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        if let Some(first) = seen.insert(type_name, name) {
            let place = if title.is_some() { "/title" } else { "" };
            findings.add(
                format!("{COMPONENTS}/{name}{place}"),
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
