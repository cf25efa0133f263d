//! The rules for keywords that the generator would ignore silently.

use openapi_codegen::conventions::Conventions;
use openapi_codegen::lower::{Effect, lower};
use openapi_codegen::pipeline::on_a_large_stack;
use serde_json::{Value, json};

use openapi_tree::document::{Document, escape, text_at};
use openapi_tree::lint::{Finding, Findings, Rule};
use openapi_tree::schemas::{
    component_or_self, component_pointer, components, each_schema, properties, required,
};

/// The rules for the spec. In other documents, a required property may be undeclared: lowering declares it as any JSON, and
/// reports it.
pub(super) const RULES: [Rule; 5] = [
    ("required-property", required_properties),
    ("known-keyword", known_keywords),
    ("known-format", known_formats),
    ("interval", intervals),
    ("update-value", update_values),
];

/// The name of the rule that lowering loses nothing. It depends on the conventions.
pub(super) const LOSSLESS: &str = "lossless";

/// The keywords of a Schema Object of OpenAPI 3.0, and the two extensions that this project supports.
const KEYWORDS: [&str; 37] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
    DEPRECATED_MESSAGE,
    MONTHS,
];

const DEPRECATED_MESSAGE: &str = "x-deprecatedMessage";
const MONTHS: &str = "x-max-interval-in-months";

const FORMATS: [&str; 8] = [
    "date-time",
    "double",
    "email",
    "int32",
    "int64",
    "tel",
    "uri",
    "uuid",
];

/// Checks that required properties are declared. Progenitor would add a property of any type otherwise.
fn required_properties(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        for (index, name) in required(schema).into_iter().enumerate() {
            // The properties of its members may be what is meant.
            if schema.get("allOf").is_none() && !properties.contains_key(name) {
                let pointer = format!("{pointer}/required/{index}");
                let what = format!("unknown required property `{name}`");
                findings.add(pointer, what, "fix the name, or add the property");
            }
        }
    });
}

fn known_keywords(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        for (keyword, _) in schema.as_object().into_iter().flatten() {
            if !KEYWORDS.contains(&keyword.as_str()) {
                let pointer = format!("{pointer}/{}", escape(keyword));
                let help = "fix the spelling, or add the extension to xtask/src/lint/keywords.rs";
                findings.add(pointer, format!("unknown schema keyword `{keyword}`"), help);
            }
        }
    });
}

fn known_formats(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        let format = text_at(schema, "format");
        if let Some(format) = format.filter(|format| !FORMATS.contains(format)) {
            let help = format!("use one of {}", FORMATS.join(", "));
            findings.add(
                format!("{pointer}/format"),
                format!("unknown format `{format}`"),
                help,
            );
        }
    });
}

/// Returns everything that lowering reports as lost: what the client cannot do or check.
pub(super) fn lossless(document: &Document, conventions: &Conventions) -> Vec<Finding> {
    let schemas = Conventions {
        polymorphic: conventions.polymorphic.clone(),
        envelope: conventions.envelope.clone(),
        ..Conventions::default()
    };
    let lowering = || lower(&document.file, &document.tree, &schemas);
    let lowered = on_a_large_stack(&document.file, lowering);
    // A document that cannot be lowered is a finding of the next step.
    let changes = lowered.map(|lowered| lowered.changes).unwrap_or_default();
    let losses = changes.list().iter();
    losses
        .filter(|change| change.effect == Effect::Loss)
        .map(|change| Finding {
            pointer: change.pointer.clone(),
            rule: LOSSLESS,
            what: change.what.clone(),
            help: format!(
                "describe it in a form that the generated code keeps; see the pass `{}` in \
                 crates/openapi-codegen/src/lower",
                change.pass
            ),
        })
        .collect()
}

/// Checks that the schema of an interval has a start and an end, which the generated check of its length uses.
fn intervals(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        let Some(months) = schema.get(MONTHS) else {
            return;
        };
        let interval = component_or_self(&document.tree, schema);
        let has = |end: &str| properties(interval).any(|(name, _)| name == end);
        let has_ends = has("StartUtc") && has("EndUtc");
        if months.as_u64().is_none() || !has_ends {
            findings.add(
                format!("{pointer}/{MONTHS}"),
                "invalid maximum of an interval: expected an integer, and a component with StartUtc and EndUtc",
                "write it next to a reference to TimeFilterInterval",
            );
        }
    });
}

/// Checks that update values require `Value`. Otherwise clearing would be written as `{}`.
fn update_values(document: &Document, findings: &mut Findings) {
    for (name, schema) in components(&document.tree) {
        let is_update_value = properties(schema).map(|(name, _)| name).eq(["Value"]);
        if is_update_value && schema.get("required") != Some(&json!(["Value"])) {
            findings.add(
                component_pointer(name),
                "expected the update value to require `Value`, because clearing would be written as `{}`",
                "write `required: [Value]`",
            );
        }
    }
}
