//! Deprecation attributes.

use std::collections::BTreeMap;

use serde_json::Value;
use syn::{Attribute, File, Item, parse_quote};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;
use openapi_tree::schemas::properties;

pub(super) const PASS: Pass = Pass {
    name: "deprecations",
    reason: "progenitor ignores `deprecated`",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let mut any = false;
    for (function, operation) in code::methods(file, contract)? {
        let attribute = attribute(operation.node);
        any |= attribute.is_some();
        function.attrs.extend(attribute);
    }
    for item in code::types(file, contract)? {
        let (name, attributes) = match &mut *item {
            Item::Enum(item) => (&item.ident, &mut item.attrs),
            Item::Struct(item) => (&item.ident, &mut item.attrs),
            Item::Type(item) => (&item.ident, &mut item.attrs),
            _ => continue,
        };
        let name = name.to_string();
        let Some(schema) = contract.component(&name) else {
            continue;
        };
        any |= attribute(schema).is_some();
        attributes.extend(attribute(schema));
        let Item::Struct(item) = item else { continue };
        let mut properties: BTreeMap<&str, Attribute> = properties(schema)
            .filter_map(|(property, schema)| Some((property.as_str(), attribute(schema)?)))
            .collect();
        if properties.is_empty() {
            continue;
        }
        any = true;
        for field in &mut item.fields {
            if let Some(attribute) = properties.remove(code::field_wire_name(field).as_str()) {
                field.attrs.push(attribute);
            }
        }
        if let Some(property) = properties.into_keys().next() {
            let what = format!("has no field for `{property}` of `{name}`");
            return Err(code::unexpected(contract, &what));
        }
    }
    if any {
        allow(file);
    }
    Ok(())
}

/// Allows deprecated items in generated code, which must name them. Callers get the warnings anyway.
fn allow(file: &mut File) {
    for item in &mut file.items {
        match item {
            Item::Mod(item) if item.ident == "types" => {
                item.attrs.push(parse_quote!(#[allow(deprecated)]));
            }
            Item::Impl(block) if block.trait_.is_none() => {
                block.attrs.push(parse_quote!(#[allow(deprecated)]));
            }
            _ => {}
        }
    }
}

/// Returns `#[deprecated]` for a deprecated node, with the replacement if the document names one.
pub(super) fn attribute(node: &Value) -> Option<Attribute> {
    if node.get("deprecated") != Some(&Value::Bool(true)) {
        return None;
    }
    let note = node
        .get("x-deprecatedMessage")
        .and_then(Value::as_str)
        .filter(|note| !note.trim().is_empty());
    Some(match note {
        Some(note) => parse_quote!(#[deprecated(note = #note)]),
        None => parse_quote!(#[deprecated]),
    })
}
