//! Requests as the document describes them, and a client that can be made without a panic.

use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{Expr, File, ImplItem, Item, Stmt, parse_quote};

use super::{Contract, Pass, code};
use crate::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "documented-requests",
    mends: "progenitor adds a header `api-version` that no document knows, and its `Client::new` unwraps and follows \
            redirects, which would send the body with its credentials along",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    for function in code::operations(file) {
        let before = function.block.stmts.len();
        function
            .block
            .stmts
            .retain(|statement| !is_about_header_map(statement));
        RemoveHeaders.visit_block_mut(&mut function.block);
        let text = function.block.to_token_stream().to_string();
        if function.block.stmts.len() + 2 != before || text.contains("header_map") {
            return Err(code::unexpected(
                contract,
                &format!(
                    "sends other headers than `api-version` in `{}`",
                    function.sig.ident
                ),
            ));
        }
    }
    for item in &mut file.items {
        let Item::Impl(block) = item else { continue };
        for item in &mut block.items {
            match item {
                ImplItem::Fn(function) if function.sig.ident == "new" => {
                    make_fallible(function);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// `let mut header_map = …;` and `header_map.append(api-version);`
fn is_about_header_map(statement: &Stmt) -> bool {
    let text = statement.to_token_stream().to_string();
    text.starts_with("let mut header_map") || text.starts_with("header_map . append")
}

struct RemoveHeaders;

impl VisitMut for RemoveHeaders {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        while let Expr::MethodCall(call) = expression
            && call.method == "headers"
            && call.args.to_token_stream().to_string() == "header_map"
        {
            *expression = (*call.receiver).clone();
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }
}

fn make_fallible(function: &mut syn::ImplItemFn) {
    function.attrs.push(parse_quote!(#[doc = ""]));
    function
        .attrs
        .push(parse_quote!(#[doc = " No redirect is followed: the body would go along."]));
    function.attrs.push(parse_quote!(#[doc = ""]));
    function.attrs.push(parse_quote!(#[doc = " # Errors"]));
    function
        .attrs
        .push(parse_quote!(#[doc = " When no TLS backend can be set up."]));
    function.sig.output = parse_quote!(-> ::reqwest::Result<Self>);
    Fallible.visit_block_mut(&mut function.block);
    if let Some(Stmt::Expr(last, None)) = function.block.stmts.last_mut() {
        *last = parse_quote!(Ok(#last));
    }
}

struct Fallible;

impl VisitMut for Fallible {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        let replacement: Option<Expr> = match expression {
            Expr::MethodCall(call) if call.method == "unwrap" => {
                let receiver = &call.receiver;
                Some(parse_quote!(#receiver?))
            }
            Expr::MethodCall(call) if call.method == "connect_timeout" => {
                let (receiver, arguments) = (&call.receiver, &call.args);
                Some(parse_quote!(
                    #receiver
                        .redirect(::reqwest::redirect::Policy::none())
                        .connect_timeout(#arguments)
                ))
            }
            _ => None,
        };
        if let Some(replacement) = replacement {
            *expression = replacement;
        }
    }
}
