//! Traits of identifiers.

use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, File, Item, Path, Token, parse_quote};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "identifier-values",
    reason: "typify derives neither Copy nor Eq, Hash and Ord for a newtype of a UUID",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    for item in code::types(file, contract)? {
        let Item::Struct(item) = item else { continue };
        let Fields::Unnamed(fields) = &item.fields else {
            continue;
        };
        let is_uuid = fields.unnamed.len() == 1
            && fields
                .unnamed
                .first()
                .and_then(|field| code::last_segment(&field.ty))
                .is_some_and(|name| name == "Uuid");
        if is_uuid {
            derive(
                &mut item.attrs,
                &["Copy", "Eq", "Hash", "Ord", "PartialOrd"],
            );
        }
    }
    Ok(())
}

/// Adds traits to the existing derive attribute.
fn derive(attributes: &mut [Attribute], traits: &[&str]) {
    for attribute in attributes
        .iter_mut()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let list = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        let Ok(mut list) = list else { continue };
        list.extend(
            traits
                .iter()
                .filter_map(|name| syn::parse_str::<Path>(name).ok()),
        );
        *attribute = parse_quote!(#[derive(#list)]);
        return;
    }
}
