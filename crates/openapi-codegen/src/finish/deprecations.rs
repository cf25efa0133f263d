//! What is deprecated says so to the compiler.

use serde_json::Value;
use syn::{Attribute, File, Item, parse_quote};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;
use openapi_tree::schemas::{components, operations};

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
        let Some(function) = code::method(file, operation.method, operation.path) else {
            return Err(code::unexpected(
                contract,
                &format!("has no method for the operation at {}", operation.pointer),
            ));
        };
        function.attrs.push(attribute);
    }
    let mut any = !operations(contract.tree)
        .iter()
        .all(|operation| attribute(operation.node).is_none());
    let items = code::types(file, contract)?;
    for (name, schema) in components(contract.tree) {
        if contract.replaced.contains(name) {
            continue;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(item) = code::find_struct(items, name) {
            any |= attribute(schema).is_some();
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
                any = true;
            }
        } else if let Some(attribute) = attribute(schema) {
            any = true;
            for item in items.iter_mut() {
                match item {
                    Item::Enum(item) if item.ident == name => item.attrs.push(attribute.clone()),
                    Item::Type(item) if item.ident == name => item.attrs.push(attribute.clone()),
                    _ => {}
                }
            }
        }
    }
    if any {
        allow(file);
    }
    Ok(())
}

/// The types and the client's own code have to name what is deprecated; those who use them are warned all the same.
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

/// `#[deprecated]` for a node that is, with what to use instead where the document says it.
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
