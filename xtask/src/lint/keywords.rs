//! Words that the generator would pass over without a word of its own.

use openapi_codegen::conventions::Conventions;
use openapi_codegen::lower::{Effect, lower};
use openapi_codegen::pipeline::on_a_large_stack;
use serde_json::Value;

use openapi_tree::document::{Document, escape};
use openapi_tree::lint::{Finding, Findings, Rule};
use openapi_tree::schemas::{COMPONENTS, component_or_self, each_schema, properties};

/// For this project's own document. OpenAPI lets any other one require what it does not describe: lowering makes any
/// JSON of it, and tells.
pub(super) const RULES: [Rule; 5] = [
    ("required-property", required_properties),
    ("known-keyword", known_keywords),
    ("known-format", known_formats),
    ("interval", intervals),
    ("update-value", update_values),
];

/// The name of the rule that lowering loses nothing. It depends on the conventions.
pub(super) const LOSSLESS: &str = "lossless";

/// The keywords of a Schema Object of OpenAPI 3.0, and the two extensions that this project understands.
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

/// A name that is required and no property: progenitor would invent a property of any type for it.
fn required_properties(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        // The properties of its members may be what is meant.
        if schema.get("allOf").is_some() {
            return;
        }
        let required = schema.get("required").and_then(Value::as_array);
        for (index, name) in required.into_iter().flatten().enumerate() {
            let Some(name) = name.as_str() else { continue };
            if !properties.contains_key(name) {
                findings.add(
                    format!("{pointer}/required/{index}"),
                    format!("requires `{name}`, which is none of its properties"),
                    "mend the name, or add the property",
                );
            }
        }
    });
}

fn known_keywords(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        for keyword in schema
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
        {
            if !KEYWORDS.contains(&keyword.as_str()) {
                findings.add(
                    format!("{pointer}/{}", escape(keyword)),
                    format!("`{keyword}` is no keyword of a schema"),
                    "mend its spelling, or teach xtask/src/lint/keywords.rs the extension",
                );
            }
        }
    });
}

fn known_formats(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && !FORMATS.contains(&format)
        {
            findings.add(
                format!("{pointer}/format"),
                format!("`{format}` is no format that this document uses"),
                format!("use one of {}", FORMATS.join(", ")),
            );
        }
    });
}

/// Returns everything that lowering reports as lost: what the client cannot do or check.
pub(super) fn lossless(document: &Document, conventions: &Conventions) -> Vec<Finding> {
    let schemas = Conventions {
        polymorphic: conventions.polymorphic.clone(),
        ..Conventions::default()
    };
    let lowered = on_a_large_stack(&document.file, || {
        lower(&document.file, &document.tree, &schemas)
    });
    // A document that cannot be lowered is a finding of the next step.
    let changes = lowered.map(|lowered| lowered.changes).unwrap_or_default();
    let losses = changes.list().iter();
    losses
        .filter(|change| change.effect == Effect::Loss)
        .map(|change| Finding {
            pointer: change.pointer.clone(),
            rule: LOSSLESS,
            what: change.what.clone(),
            todo: format!(
                "describe it in a form that the generated code keeps; see the pass `{}` in \
                 crates/openapi-codegen/src/lower",
                change.pass
            ),
        })
        .collect()
}

/// The check of an interval needs to know its ends.
fn intervals(document: &Document, findings: &mut Findings) {
    each_schema(&document.tree, &mut |pointer, schema| {
        let Some(months) = schema.get(MONTHS) else {
            return;
        };
        let interval = component_or_self(&document.tree, schema);
        let has_ends = ["StartUtc", "EndUtc"]
            .iter()
            .all(|end| properties(interval).any(|(name, _)| name == end));
        if months.as_u64().is_none() || !has_ends {
            findings.add(
                format!("{pointer}/{MONTHS}"),
                "can't be checked: it needs a whole number, and a component with StartUtc and EndUtc",
                "write it beside a reference to TimeFilterInterval",
            );
        }
    });
}

/// Without `required`, clearing would be written as `{}`, which says nothing.
fn update_values(document: &Document, findings: &mut Findings) {
    for (name, schema) in openapi_tree::schemas::components(&document.tree) {
        let is_update_value = schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| properties.len() == 1 && properties.contains_key("Value"));
        if is_update_value && schema.get("required") != Some(&serde_json::json!(["Value"])) {
            findings.add(
                format!("{COMPONENTS}/{name}"),
                "is an update value that does not require `Value`, so that clearing would be written as `{}`",
                "write `required: [Value]`",
            );
        }
    }
}
