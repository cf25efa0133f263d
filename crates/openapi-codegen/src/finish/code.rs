//! Searches in generated code.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenTree};
use quote::format_ident;
use syn::token::Bracket;
use syn::{
    AttrStyle, Attribute, Expr, ExprLit, Field, Fields, File, GenericArgument, Ident, ImplItem,
    ImplItemFn, Item, ItemImpl, ItemMod, ItemStruct, Lit, LitStr, Meta, MetaNameValue,
    PathArguments, Token, Type, TypePath, parse_quote,
};

use super::Contract;
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::Operation;

/// Returns the items of `pub mod types`.
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

/// Returns the methods that send a request.
pub(super) fn operations(code: &mut File) -> impl Iterator<Item = &mut ImplItemFn> {
    code.items
        .iter_mut()
        .filter_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() => Some(&mut block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(function) if function.sig.asyncness.is_some() => Some(function),
            _ => None,
        })
}

/// Returns the methods that send a request, each with its operation.
pub(super) fn methods<'a, 'b, 'c>(
    code: &'a mut File,
    contract: &'b Contract<'c>,
) -> Result<Vec<(&'a mut ImplItemFn, &'b Operation<'c>)>> {
    operations(code)
        .map(|function| {
            let name = function.sig.ident.to_string();
            match contract.methods.get(&name) {
                Some(operation) => Ok((function, operation)),
                None => Err(unexpected(
                    contract,
                    &format!("has a method `{name}` that is not an operation"),
                )),
            }
        })
        .collect()
}

/// Returns the method that sends a request with an HTTP method to a path.
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

/// Returns the fields of the struct with that name, if they have names.
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

/// Returns the error of a pass that finds other code than it expects.
pub(super) fn unexpected(contract: &Contract<'_>, what: &str) -> Error {
    Error::new(
        contract.file,
        format!("the code of progenitor {what}"),
        "adapt the passes in crates/openapi-codegen/src/finish to the code that progenitor writes",
    )
}

/// Returns the name on the wire of a field or a variant.
pub(crate) fn wire_name(attributes: &[Attribute], name: &str) -> String {
    serde_argument(attributes, "rename").unwrap_or_else(|| name.to_owned())
}

/// Returns the name on the wire of a field with a name.
pub(crate) fn field_wire_name(field: &Field) -> String {
    let ident = field.ident.as_ref().map(ToString::to_string);
    wire_name(&field.attrs, &ident.unwrap_or_default())
}

/// Returns the tokens after an argument of `#[serde(…)]`. Searching the tokens takes a fraction of the time of parsing them.
fn after_serde_argument(
    attributes: &[Attribute],
    argument: &str,
) -> Option<impl Iterator<Item = TokenTree> + use<>> {
    let is_it = |token| matches!(token, TokenTree::Ident(ident) if ident == argument);
    attributes.iter().find_map(|attribute| {
        let list = attribute.meta.require_list().ok()?;
        let mut tokens = list.tokens.clone().into_iter();
        (list.path.is_ident("serde") && tokens.any(is_it)).then_some(tokens)
    })
}

/// Returns the string of an argument of `#[serde(…)]`.
pub(crate) fn serde_argument(attributes: &[Attribute], argument: &str) -> Option<String> {
    let TokenTree::Literal(value) = after_serde_argument(attributes, argument)?.nth(1)? else {
        return None;
    };
    match Lit::new(value) {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// Returns `T` of `Option<T>`.
pub(super) fn option_of(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Option")
}

/// Returns `T` of `Name<T>`.
pub(crate) fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    arguments_of(ty, name).next()
}

/// Returns `T` of `Any<T>`.
pub(super) fn first_argument(ty: &Type) -> Option<&Type> {
    arguments(ty).next()
}

/// Returns the types `A, B` of `Name<A, B>`.
pub(super) fn arguments_of<'a>(
    ty: &'a Type,
    name: &str,
) -> impl Iterator<Item = &'a Type> + use<'a> {
    let is_it = last_segment(ty).is_some_and(|last| last == name);
    arguments(ty).filter(move |_| is_it)
}

/// Returns the types `A, B` of `Any<A, B>`.
pub(super) fn arguments(ty: &Type) -> impl Iterator<Item = &Type> {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let arguments = match last.map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        })
}

/// Returns `true` if the field contains the properties that the document does not declare.
pub(super) fn is_flattened(field: &Field) -> bool {
    after_serde_argument(&field.attrs, "flatten").is_some()
}

/// Adds a method to a type.
pub(super) fn add_method(items: &mut Vec<Item>, name: &str, method: ImplItem) {
    add_methods(items, [(name.to_owned(), method)].into());
}

/// Adds methods to types: to the `impl` of a type if it has one, else in a new one after its definition.
pub(super) fn add_methods(items: &mut Vec<Item>, mut methods: BTreeMap<String, ImplItem>) {
    let empty: ItemImpl = parse_quote!(impl Name {});
    for item in items.iter_mut() {
        if let Item::Impl(block) = item
            && block.trait_.is_none()
            && let Some(method) = last_segment(&block.self_ty).and_then(|ty| methods.remove(&ty))
        {
            block.items.push(method);
        }
    }
    add_after(items, |name| {
        let mut block = implementation_for(&empty, name);
        block.items.push(methods.remove(&name.to_string())?);
        Some(Item::Impl(block))
    });
}

/// Returns a copy of an `impl` for another type. A copy takes a fraction of the time of parsing the same code again.
pub(super) fn implementation_for(template: &ItemImpl, name: &Ident) -> ItemImpl {
    ItemImpl {
        self_ty: Box::new(Type::Path(TypePath {
            attrs: Vec::new(),
            qself: None,
            path: name.clone().into(),
        })),
        ..template.clone()
    }
}

/// Adds an item after the definition of each type for which `item_of` returns one.
pub(super) fn add_after(items: &mut Vec<Item>, mut item_of: impl FnMut(&Ident) -> Option<Item>) {
    let mut all = Vec::with_capacity(items.len());
    for item in std::mem::take(items) {
        let added = type_name(&item).and_then(&mut item_of);
        all.push(item);
        all.extend(added);
    }
    *items = all;
}

/// Returns the name of a struct or an enum.
pub(super) fn type_name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        _ => None,
    }
}

/// Returns the last segment of the path of a type.
pub(super) fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// Returns a doc attribute with one line.
pub(super) fn doc(line: &str) -> Attribute {
    let value = ExprLit {
        attrs: Vec::new(),
        lit: Lit::Str(LitStr::new(line, Span::call_site())),
    };
    Attribute {
        pound_token: <Token![#]>::default(),
        style: AttrStyle::Outer,
        bracket_token: Bracket::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: format_ident!("doc").into(),
            eq_token: <Token![=]>::default(),
            value: Expr::Lit(value),
        }),
    }
}

/// Returns the text of a doc attribute.
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
