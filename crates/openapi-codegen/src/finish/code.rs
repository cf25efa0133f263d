//! Finding things in generated code.

use syn::{
    Attribute, Expr, ExprLit, Field, Fields, File, GenericArgument, Ident, ImplItem, ImplItemFn,
    Item, ItemMod, ItemStruct, Lit, Meta, PathArguments, Type, parse_quote,
};

use super::Contract;
use openapi_tree::error::{Error, Result};

/// The items of `pub mod types`.
pub(super) fn types<'a>(code: &'a mut File, contract: &Contract<'_>) -> Result<&'a mut Vec<Item>> {
    code.items
        .iter_mut()
        .find_map(|item| match item {
            Item::Mod(ItemMod {
                ident,
                content: Some((_, items)),
                ..
            }) if ident == "types" => Some(items),
            _ => None,
        })
        .ok_or_else(|| unexpected(contract, "has no module `types`"))
}

/// The methods that send a request.
pub(super) fn operations(code: &mut File) -> impl Iterator<Item = &mut ImplItemFn> {
    code.items
        .iter_mut()
        .filter_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() => Some(&mut block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            syn::ImplItem::Fn(function) if function.sig.asyncness.is_some() => Some(function),
            _ => None,
        })
}

/// The method that sends a request of that HTTP method to that path.
pub(super) fn method<'a>(
    code: &'a mut File,
    method: &str,
    path: &str,
) -> Option<&'a mut ImplItemFn> {
    let sentence = format!(
        "Sends a `{}` request to `{path}`",
        method.to_ascii_uppercase()
    );
    operations(code).find(|function| {
        function
            .attrs
            .iter()
            .filter_map(doc_text)
            .any(|text| text.contains(&sentence))
    })
}

/// The struct of that name.
pub(super) fn find_struct<'a>(items: &'a mut [Item], name: &str) -> Option<&'a mut ItemStruct> {
    items.iter_mut().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    })
}

/// The fields of the struct of that name, if it has named ones.
pub(super) fn named_fields<'a>(items: &'a [Item], name: &str) -> Option<Vec<&'a Field>> {
    items.iter().find_map(|item| match item {
        Item::Struct(ItemStruct {
            ident,
            fields: Fields::Named(fields),
            ..
        }) if ident == name => Some(fields.named.iter().collect()),
        _ => None,
    })
}

/// The error of a pass that finds generated code to be other than it knows it.
pub(super) fn unexpected(contract: &Contract<'_>, what: &str) -> Error {
    Error::new(
        contract.file,
        format!("the code that progenitor made of it {what}"),
        "progenitor writes other code than the passes in crates/openapi-codegen/src/finish know; adapt them",
    )
}

/// What a field or a variant is called on the wire.
pub(crate) fn wire_name(attributes: &[Attribute], name: &str) -> String {
    serde_argument(attributes, "rename").unwrap_or_else(|| name.to_owned())
}

/// What a named field is called on the wire.
pub(crate) fn field_wire_name(field: &Field) -> String {
    let ident = field.ident.as_ref().map(ToString::to_string);
    wire_name(&field.attrs, &ident.unwrap_or_default())
}

/// The text of an argument of `#[serde(…)]`.
pub(crate) fn serde_argument(attributes: &[Attribute], argument: &str) -> Option<String> {
    let mut found = None;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            let is_it = meta.path.is_ident(argument);
            if let Ok(value) = meta.value() {
                let text: Lit = value.parse()?;
                if let (true, Lit::Str(text)) = (is_it, text) {
                    found = Some(text.value());
                }
            }
            Ok(())
        });
    }
    found
}

/// `T` of `Option<T>`.
pub(super) fn option_of(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Option")
}

/// `T` of `Name<T>`.
pub(crate) fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == name => {
            match arguments.args.first()? {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The last segment of a type's path.
pub(super) fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The text of a doc attribute.
pub(super) fn doc_text(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Adds a method to the type's own `impl`, or gives it one behind its definition.
pub(super) fn add_method(items: &mut Vec<Item>, name: &str, method: ImplItem) {
    let own = items.iter_mut().find_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() => {
            let is_it = last_segment(&block.self_ty).is_some_and(|ty| ty == name);
            is_it.then_some(block)
        }
        _ => None,
    });
    if let Some(own) = own {
        own.items.push(method);
        return;
    }
    let index = items.iter().position(|item| match item {
        Item::Struct(item) => item.ident == name,
        Item::Enum(item) => item.ident == name,
        _ => false,
    });
    let ident = Ident::new(name, proc_macro2::Span::call_site());
    items.insert(
        index.map_or(items.len(), |index| index + 1),
        parse_quote!(impl #ident { #method }),
    );
}
