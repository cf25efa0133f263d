//! Outlines of constructors and setters.

use quote::ToTokens;
use syn::{FnArg, ImplItem, ImplItemFn, Item};

use super::short;

/// Returns the signature of `new`.
pub(super) fn constructor(items: &[Item], name: &str) -> Option<String> {
    let function = methods(items, name).find(|function| function.sig.ident == "new")?;
    let parameters = parameters(function);
    Some(if parameters.is_empty() {
        "new()".to_owned()
    } else {
        format!("new(\n  {},\n)", parameters.join(",\n  "))
    })
}

/// Returns the methods that take a value and return the changed type, each with its parameter.
pub(super) fn setters(items: &[Item], name: &str) -> Vec<String> {
    methods(items, name)
        .filter(|function| {
            let receiver = function.sig.inputs.first();
            receiver.is_some_and(|receiver| receiver.to_token_stream().to_string() == "mut self")
        })
        .map(|function| {
            let types: Vec<String> = function
                .sig
                .inputs
                .iter()
                .filter_map(|input| match input {
                    FnArg::Typed(input) => Some(short(&input.ty)),
                    FnArg::Receiver(_) => None,
                })
                .collect();
            format!("{}({})", function.sig.ident, types.join(", "))
        })
        .collect()
}

fn methods<'a>(items: &'a [Item], name: &'a str) -> impl Iterator<Item = &'a ImplItemFn> {
    items
        .iter()
        .filter_map(move |item| match item {
            Item::Impl(block) if block.trait_.is_none() && short(&block.self_ty) == name => {
                Some(&block.items)
            }
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        })
}

fn parameters(function: &ImplItemFn) -> Vec<String> {
    let inputs = function.sig.inputs.iter();
    inputs
        .filter_map(|input| match input {
            FnArg::Typed(input) => Some(format!(
                "{}: {}",
                input.pat.to_token_stream(),
                short(&input.ty)
            )),
            FnArg::Receiver(_) => None,
        })
        .collect()
}
