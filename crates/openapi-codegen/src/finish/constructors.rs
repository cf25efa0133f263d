//! Constructors, and types that can get more properties.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::{Field, Fields, File, Item, Path, Type, parse_quote};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;
use openapi_tree::schemas::required;

pub(super) const PASS: Pass = Pass {
    name: "constructors",
    reason: "progenitor's structs are exhaustive and have no constructor, so every new property breaks callers",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let items = code::types(file, contract)?;
    let mut constructors = BTreeMap::new();
    for item in items.iter_mut() {
        let Item::Struct(item) = item else { continue };
        let name = item.ident.to_string();
        let (Some(schema), Fields::Named(fields)) = (contract.component(&name), &item.fields)
        else {
            continue;
        };
        let is_request = contract.requests.contains(&name);
        if is_request {
            let fields: Vec<&Field> = fields.named.iter().collect();
            constructors.insert(name, constructor(&item.ident, schema, &fields, contract)?);
        } else if !contract.responses.contains(&name) {
            continue;
        }
        item.attrs.push(parse_quote!(#[non_exhaustive]));
    }
    code::add_after(items, |name| constructors.remove(&name.to_string()));
    Ok(())
}

/// Returns `new` with the required properties in the order of the document.
fn constructor(
    name: &Ident,
    schema: &Value,
    fields: &[&Field],
    contract: &Contract<'_>,
) -> Result<Item> {
    let required = required(schema);
    let wire_names: Vec<String> = fields
        .iter()
        .map(|field| code::field_wire_name(field))
        .collect();
    let mut parameters = Vec::new();
    for property in &required {
        let Some(position) = wire_names.iter().position(|name| name == property) else {
            return Err(code::unexpected(
                contract,
                &format!("has no field for the required property `{property}` of `{name}`"),
            ));
        };
        let field = fields[position];
        let ident = &field.ident;
        let ty = parameter_type(&field.ty, is_nullable(schema, property));
        parameters.push(quote!(#ident: #ty));
    }
    let values = fields.iter().zip(&wire_names).map(|(field, property)| {
        let ident = &field.ident;
        if required.contains(&property.as_str()) {
            argument(field, is_nullable(schema, property))
        } else {
            let value = default_of(field);
            quote!(#ident: #value)
        }
    });
    let doc = if required.is_empty() {
        " Creates a value without optional properties."
    } else {
        " Creates a value with the required properties. All other properties are omitted until they are set."
    };
    Ok(parse_quote! {
        impl #name {
            #[doc = #doc]
            #[must_use]
            pub fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }
        }
    })
}

fn is_nullable(schema: &Value, property: &str) -> bool {
    schema["properties"][property]["nullable"] == Value::Bool(true)
}

/// Returns the type of a required property, and whether its field is an option around it. The field is an option if a
/// response can omit the property.
fn inner(ty: &Type, nullable: bool) -> (&Type, bool) {
    match code::option_of(ty) {
        Some(inner) if !nullable => (inner, true),
        _ => (ty, false),
    }
}

fn is_string(ty: &Type) -> bool {
    code::last_segment(ty).is_some_and(|name| name == "String")
}

fn parameter_type(ty: &Type, nullable: bool) -> TokenStream {
    let (ty, _) = inner(ty, nullable);
    if is_string(ty) {
        quote!(impl ::std::convert::Into<#ty>)
    } else {
        quote!(#ty)
    }
}

fn argument(field: &Field, nullable: bool) -> TokenStream {
    let ident = &field.ident;
    let (ty, wrap) = inner(&field.ty, nullable);
    match (is_string(ty), wrap) {
        (true, true) => quote!(#ident: Some(#ident.into())),
        (true, false) => quote!(#ident: #ident.into()),
        (false, true) => quote!(#ident: Some(#ident)),
        (false, false) => quote!(#ident),
    }
}

fn default_of(field: &Field) -> TokenStream {
    match code::serde_argument(&field.attrs, "default")
        .and_then(|path| syn::parse_str::<Path>(&path).ok())
    {
        Some(path) => quote!(#path()),
        None if code::option_of(&field.ty).is_some() => quote!(None),
        None => quote!(::std::default::Default::default()),
    }
}
