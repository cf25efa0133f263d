//! Setters of optional properties.

use std::collections::BTreeSet;

use proc_macro2::Span;
use quote::quote;
use serde_json::Value;
use syn::{Field, File, Ident, ImplItem, Type, parse_quote};

use super::{Contract, Pass, code, deprecations};
use crate::rust_names::unique;
use openapi_tree::error::Result;
use openapi_tree::schemas::{components, required};

pub(super) const PASS: Pass = Pass {
    name: "setters",
    reason: "progenitor's structs require an option around each value, and its builders defer their errors",
    apply,
};

/// The methods of every request, and of traits that are always in scope. A setter with the same name would hide the
/// method.
const RESERVED: [&str; 5] = ["body", "check", "clone", "into", "new"];

/// Gives every type that a request can reach a setter for each of its optional properties.
fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    if !contract.conventions.setters {
        return Ok(());
    }
    let items = code::types(file, contract)?;
    for (name, schema) in components(contract.tree) {
        if contract.replaced.contains(name) || !contract.requests.contains(name) {
            continue;
        }
        let Some(fields) = code::named_fields(items, name) else {
            continue;
        };
        for setter in setters(schema, &fields) {
            code::add_method(items, name, setter);
        }
    }
    Ok(())
}

fn setters(schema: &Value, fields: &[&Field]) -> Vec<ImplItem> {
    let required = required(schema);
    let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| (*name).to_owned()).collect();
    // A changed name must not be the name of another property.
    let idents = fields.iter().filter_map(|field| field.ident.as_ref());
    let others: BTreeSet<String> = idents.map(ToString::to_string).collect();
    fields
        .iter()
        .filter_map(|field| {
            let property = code::field_wire_name(field);
            let schema = schema.get("properties")?.get(&property)?;
            if required.contains(&property.as_str()) {
                return None;
            }
            let ident = field.ident.as_ref()?;
            let mut name = ident.to_string();
            if taken.contains(&name) {
                name.push('_');
                while others.contains(&name) {
                    name.push('_');
                }
            }
            let name = Ident::new(&unique(&name, &mut taken), Span::call_site());
            Some(setter(&name, field, schema))
        })
        .collect()
}

fn setter(name: &Ident, field: &Field, schema: &Value) -> ImplItem {
    let ident = &field.ident;
    let docs = field
        .attrs
        .iter()
        .filter(|attribute| code::doc_text(attribute).is_some());
    let deprecated = deprecations::attribute(schema);
    let inner = code::option_of(&field.ty);
    let (parameter, value) = argument(name, inner.unwrap_or(&field.ty));
    let value = if inner.is_some() {
        quote!(Some(#value))
    } else {
        value
    };
    parse_quote! {
        #(#docs)*
        #deprecated
        #[must_use]
        pub fn #name(mut self, #name: #parameter) -> Self {
            self.#ident = #value;
            self
        }
    }
}

/// Returns the type of the parameter and the value of the field.
fn argument(name: &Ident, ty: &Type) -> (proc_macro2::TokenStream, proc_macro2::TokenStream) {
    if let Some(item) = code::argument_of(ty, "Vec") {
        return (
            quote!(impl ::std::iter::IntoIterator<Item = impl ::std::convert::Into<#item>>),
            quote!(#name.into_iter().map(::std::convert::Into::into).collect()),
        );
    }
    if let Some(inner) = code::argument_of(ty, "Box") {
        return (
            quote!(impl ::std::convert::Into<#inner>),
            quote!(::std::boxed::Box::new(#name.into())),
        );
    }
    (quote!(impl ::std::convert::Into<#ty>), quote!(#name.into()))
}
