//! What is deprecated says so to the compiler.

use serde_json::Value;
use syn::{Attribute, File, Item, parse_quote};

use super::{Contract, Pass, code};
use crate::error::Result;
use crate::schemas::{components, operations};

pub(super) const PASS: Pass = Pass {
    name: "deprecations",
    mends: "progenitor says nothing of deprecated operations, schemas and properties",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    for operation in operations(contract.tree) {
        let Some(attribute) = attribute(operation.node) else {
            continue;
        };
        let path = format!("`{}`", operation.path);
        let Some(function) = code::operations(file).find(|function| {
            function
                .attrs
                .iter()
                .filter_map(code::doc_text)
                .any(|text| text.contains(&path))
        }) else {
            return Err(code::unexpected(
                contract,
                &format!("has no method for {path}"),
            ));
        };
        function.attrs.push(attribute);
    }
    let items = code::types(file, contract)?;
    for (name, schema) in components(contract.tree) {
        if contract.replaced.contains(name) {
            continue;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(item) = code::find_struct(items, name) {
            item.attrs.extend(attribute(schema));
            for (property, schema) in properties.into_iter().flatten() {
                let Some(attribute) = attribute(schema) else {
                    continue;
                };
                let Some(field) = item.fields.iter_mut().find(|field| {
                    let ident = field.ident.as_ref().map(ToString::to_string);
                    code::wire_name(&field.attrs, &ident.unwrap_or_default()) == *property
                }) else {
                    return Err(code::unexpected(
                        contract,
                        &format!("has no field for `{property}` of `{name}`"),
                    ));
                };
                field.attrs.push(attribute);
            }
        } else if let Some(attribute) = attribute(schema) {
            for item in items.iter_mut() {
                match item {
                    Item::Enum(item) if item.ident == name => item.attrs.push(attribute.clone()),
                    Item::Type(item) if item.ident == name => item.attrs.push(attribute.clone()),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// `#[deprecated]` for a node that is, with what to use instead where the document says it.
fn attribute(node: &Value) -> Option<Attribute> {
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
