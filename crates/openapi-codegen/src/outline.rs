//! Outlines of generated types for reviewers.

mod methods;
mod operations;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quote::ToTokens;
use serde_json::Value;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, GenericArgument, Item, ItemEnum, ItemStruct, Path, PathArguments, Token,
    Type,
};

pub use operations::operations;

use crate::constraints::Constraints;
use crate::conventions::{Conventions, Interval};
use crate::finish::code::{argument_of, serde_argument, wire_name};
use crate::lower::envelope;
use openapi_tree::document::escape;
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{COMPONENTS, named_component, required, response_components};

/// Returns the outline of every public type of `code`, by name.
///
/// A struct has a line for each field: the Rust type, the name on the wire, and whether the property is required, nullable,
/// constrained or deprecated. The constructor and the setters follow. An enum has its values. `contract` is
/// [`crate::lower::Lowered::contract`].
///
/// # Errors
/// Returns an error if `code` is not Rust, or has no module `types`.
pub fn outline(
    file: &std::path::Path,
    code: &str,
    contract: &Value,
    conventions: &Conventions,
) -> Result<BTreeMap<String, String>> {
    let parsed = syn::parse_file(code).map_err(|source| {
        Error::new(file, format!("is not Rust: {source}"), "regenerate it").because(source)
    })?;
    let types = parsed
        .items
        .iter()
        .find_map(|item| match item {
            Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
            _ => None,
        })
        .ok_or_else(|| Error::new(file, "has no module `types`", "regenerate it"))?;
    let interval = conventions.interval.as_ref();
    let requests = envelope::requests(contract);
    let responses = response_components(contract);
    let mut outlines = BTreeMap::new();
    for item in &types.1 {
        let (name, is_public) = match item {
            Item::Struct(item) => (item.ident.to_string(), is_public(&item.vis)),
            Item::Enum(item) => (item.ident.to_string(), is_public(&item.vis)),
            _ => continue,
        };
        if !is_public {
            continue;
        }
        let schema = contract
            .pointer(&format!("{COMPONENTS}/{}", escape(&name)))
            .unwrap_or(&Value::Null);
        let mut text = match item {
            Item::Struct(item) => struct_outline(item, schema, contract, interval),
            Item::Enum(item) => enum_outline(item),
            _ => continue,
        };
        let attributes = match item {
            Item::Struct(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            _ => continue,
        };
        let _ = writeln!(text, "\n{}", traits(attributes));
        if let Some(constructor) = methods::constructor(&types.1, &name) {
            let _ = writeln!(text, "\n{constructor}");
        }
        let setters = methods::setters(&types.1, &name);
        if !setters.is_empty() {
            let _ = writeln!(text, "\n{}", setters.join("\n"));
        }
        let used = match (requests.contains(&name), responses.contains(&name)) {
            (true, true) => "requests and responses",
            (true, false) => "requests",
            (false, true) => "responses",
            (false, false) => "nothing",
        };
        let _ = writeln!(text, "\nused in {used}");
        outlines.insert(name, text);
    }
    Ok(outlines)
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

fn struct_outline(
    item: &ItemStruct,
    schema: &Value,
    contract: &Value,
    interval: Option<&Interval>,
) -> String {
    let mut text = String::new();
    let name = &item.ident;
    match &item.fields {
        Fields::Unnamed(fields) => {
            let inner: Vec<String> = fields
                .unnamed
                .iter()
                .map(|field| short(&field.ty))
                .collect();
            let _ = writeln!(
                text,
                "{}struct {name}({})",
                deprecated(&item.attrs),
                inner.join(", ")
            );
            for limit in limits(schema, interval) {
                let _ = writeln!(text, "  {limit}");
            }
        }
        Fields::Unit => {
            let _ = writeln!(text, "{}struct {name}", deprecated(&item.attrs));
        }
        Fields::Named(fields) => {
            let _ = writeln!(text, "{}struct {name}", deprecated(&item.attrs));
            let required = required(schema);
            // One line for each field and no columns, so that a diff contains only the changed fields.
            for field in &fields.named {
                let ident = field
                    .ident
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let wire = wire_name(&field.attrs, &ident);
                let property = &schema["properties"][&wire];
                let is_required = required.contains(&wire.as_str());
                let mut notes = vec![if is_required { "required" } else { "optional" }.to_owned()];
                let value = update_value(&field.ty, property, contract);
                if value.is_none() && property.get("nullable") == Some(&Value::Bool(true)) {
                    notes.push("nullable".to_owned());
                }
                notes.extend(limits(value.unwrap_or(property), interval));
                if !deprecated(&field.attrs).is_empty() {
                    notes.push("deprecated".to_owned());
                }
                let _ = writeln!(
                    text,
                    "  {ident}: {}  \"{wire}\" {}",
                    short(&field.ty),
                    notes.join(", ")
                );
            }
            for limit in limits(schema, None) {
                let _ = writeln!(text, "  {limit}");
            }
        }
    }
    text
}

/// Returns the schema of the value inside an update value, which is its only property.
fn update_value<'a>(ty: &Type, property: &Value, contract: &'a Value) -> Option<&'a Value> {
    let is_update = ["Update", "NonNullUpdate"]
        .iter()
        .any(|name| argument_of(ty, name).is_some());
    let component = named_component(property).filter(|_| is_update)?;
    let pointer = format!("{COMPONENTS}/{}/properties", escape(component));
    contract.pointer(&pointer)?.as_object()?.values().next()
}

fn enum_outline(item: &ItemEnum) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}enum {}", deprecated(&item.attrs), item.ident);
    for variant in &item.variants {
        let fields: Vec<String> = variant
            .fields
            .iter()
            .map(|field| short(&field.ty))
            .collect();
        let payload = if fields.is_empty() {
            String::new()
        } else {
            format!("({})", fields.join(", "))
        };
        let wire = serde_argument(&variant.attrs, "rename")
            .map_or_else(String::new, |wire| format!("  {wire}"));
        let _ = writeln!(text, "  {}{payload}{wire}", variant.ident);
    }
    text
}

/// Returns the derived traits of a type, and whether the type is exhaustive.
fn traits(attributes: &[Attribute]) -> String {
    let mut traits: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
        .filter_map(|attribute| {
            attribute
                .parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
                .ok()
        })
        .flatten()
        .filter_map(|path| Some(path.segments.last()?.ident.to_string()))
        .collect();
    traits.sort();
    let derives = format!("derives {}", traits.join(", "));
    if attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("non_exhaustive"))
    {
        format!("{derives}; non_exhaustive")
    } else {
        derives
    }
}

fn limits(schema: &Value, interval: Option<&Interval>) -> Vec<String> {
    let checks = Constraints::of(schema).checks;
    let months = interval.and_then(|interval| schema.get(&interval.max_months));
    checks
        .iter()
        .map(ToString::to_string)
        .chain(months.map(|months| format!("..{months} months")))
        .collect()
}

fn deprecated(attributes: &[Attribute]) -> String {
    let is_deprecated = attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("deprecated"));
    if is_deprecated {
        "deprecated ".to_owned()
    } else {
        String::new()
    }
}

/// Returns a type without the paths in generated code.
fn short(ty: &Type) -> String {
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return String::new();
            };
            match &last.arguments {
                PathArguments::AngleBracketed(arguments) => {
                    let inner: Vec<String> = arguments
                        .args
                        .iter()
                        .map(|argument| match argument {
                            GenericArgument::Type(ty) => short(ty),
                            GenericArgument::AssocType(item) => {
                                format!("{} = {}", item.ident, short(&item.ty))
                            }
                            other => other.to_token_stream().to_string(),
                        })
                        .collect();
                    format!("{}<{}>", last.ident, inner.join(", "))
                }
                _ => last.ident.to_string(),
            }
        }
        Type::ImplTrait(bounds) => {
            let inner: Vec<String> = bounds
                .bounds
                .iter()
                .map(|bound| match bound {
                    syn::TypeParamBound::Trait(bound) => short(&Type::Path(syn::TypePath {
                        attrs: Vec::new(),
                        qself: None,
                        path: bound.path.clone(),
                    })),
                    other => other.to_token_stream().to_string(),
                })
                .collect();
            format!("impl {}", inner.join(" + "))
        }
        other => other.to_token_stream().to_string(),
    }
}
