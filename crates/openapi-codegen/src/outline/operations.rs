//! Outlines of operations.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use quote::ToTokens;
use syn::{Expr, ImplItem, Item, ItemImpl};

use super::short;
use openapi_tree::error::{Error, Result};

/// Returns the outline of the operations of `code`: path, effect, request and response of each, its properties, and
/// the items of its pages. It is empty if the code has no operations.
///
/// # Errors
/// Returns an error if `code` is not Rust.
pub fn operations(file: &Path, code: &str) -> Result<String> {
    let parsed = syn::parse_file(code).map_err(|source| {
        Error::new(file, format!("is not Rust: {source}"), "regenerate it").because(source)
    })?;
    let items = parsed.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "operations" => module.content.as_ref(),
        _ => None,
    });
    let mut paragraphs: BTreeMap<String, String> = BTreeMap::new();
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for block in items
        .iter()
        .flat_map(|(_, items)| items)
        .filter_map(|item| match item {
            Item::Impl(block) => Some(block),
            _ => None,
        })
    {
        let name = short(&block.self_ty);
        let implemented = block.trait_.as_ref();
        let implemented =
            implemented.and_then(|(path, _)| Some(path.segments.last()?.ident.to_string()));
        match implemented.as_deref() {
            Some("Operation") => {
                let path = constant(block, "PATH");
                let mut text = format!(
                    "{} {}\n  {name} -> {}\n",
                    path,
                    constant(block, "EFFECT").replace("Effect :: ", ""),
                    associated(block, "Response"),
                );
                let _ = writeln!(text, "  properties {}", constant(block, "PROPERTIES"));
                let envelope = constant(block, "ENVELOPE");
                if !envelope.is_empty() {
                    let _ = writeln!(text, "  envelope {envelope}");
                }
                paths.insert(name, path.clone());
                paragraphs.insert(path, text);
            }
            Some("Listing") => {
                let most = constant(block, "MAX_COUNT");
                let most = if most.is_empty() {
                    String::new()
                } else {
                    format!(", at most {most} a page")
                };
                if let Some(text) = paths.get(&name).and_then(|path| paragraphs.get_mut(path)) {
                    let _ = writeln!(text, "  lists {}{most}", associated(block, "Item"));
                }
            }
            _ => {}
        }
    }
    let paragraphs: Vec<String> = paragraphs.into_values().collect();
    Ok(paragraphs.join("\n"))
}

/// Returns the value of a constant. A list has no brackets.
fn constant(block: &ItemImpl, name: &str) -> String {
    let value = block.items.iter().find_map(|item| match item {
        ImplItem::Const(item) if item.ident == name => Some(&item.expr),
        _ => None,
    });
    match value {
        Some(Expr::Reference(list)) => {
            let text = list.expr.to_token_stream().to_string();
            let names = text.trim_matches(['[', ']']).split(',');
            let names: Vec<&str> = names
                .map(|name| name.trim().trim_matches('"'))
                .filter(|name| !name.is_empty())
                .collect();
            names.join(", ")
        }
        Some(value) => value
            .to_token_stream()
            .to_string()
            .trim_matches('"')
            .to_owned(),
        None => String::new(),
    }
}

fn associated(block: &ItemImpl, name: &str) -> String {
    let ty = block.items.iter().find_map(|item| match item {
        ImplItem::Type(item) if item.ident == name => Some(&item.ty),
        _ => None,
    });
    ty.map(short).unwrap_or_default()
}
