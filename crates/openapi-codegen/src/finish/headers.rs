//! Headers of requests, and constructors of the client that do not panic.

use syn::visit_mut::VisitMut;
use syn::{Expr, ExprMethodCall, File, ImplItem, Item, Pat, Stmt, parse_quote};

use super::{Contract, Pass, code};
use crate::lower::{JSON, is_json};
use openapi_tree::error::Result;
use openapi_tree::schemas::Operation;

pub(super) const PASS: Pass = Pass {
    name: "documented-requests",
    reason: "progenitor adds a header `api-version` that no document knows, calls methods of reqwest that it does not \
            have, and its `Client::new` unwraps and follows redirects, which would send the body with its \
            credentials along",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    for (function, operation) in code::methods(file, contract)? {
        let before = function.block.stmts.len();
        let has_own = function.block.stmts.iter().any(is_own_header);
        function.block.stmts.retain(|statement| {
            !is_api_version(statement) && (has_own || !is_header_map(statement))
        });
        if !has_own {
            RemoveHeaders.visit_block_mut(&mut function.block);
        }
        NameMethods.visit_block_mut(&mut function.block);
        if let Some(kind) = json_kind(operation) {
            NameJson(kind).visit_block_mut(&mut function.block);
        }
        let removed = if has_own { 1 } else { 2 };
        if function.block.stmts.len() + removed != before {
            return Err(code::unexpected(
                contract,
                &format!(
                    "does not set the header `api-version` as expected in `{}`",
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
                ImplItem::Fn(function) if function.sig.ident == "new_with_client" => {
                    warn_of_redirects(function);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Returns `true` for `let mut header_map = …;`.
fn is_header_map(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(pat) if pat.ident == HEADER_MAP))
}

const HEADER_MAP: &str = "header_map";

fn is_variable(expression: &Expr) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident(HEADER_MAP))
}

/// Returns the name that `header_map.append(…);` sets: an expression for `api-version`, a string for a parameter.
fn appended(statement: &Stmt) -> Option<&Expr> {
    match statement {
        Stmt::Expr(Expr::MethodCall(call), _)
            if call.method == "append" && is_variable(&call.receiver) =>
        {
            call.args.first()
        }
        _ => None,
    }
}

fn is_api_version(statement: &Stmt) -> bool {
    matches!(appended(statement), Some(Expr::Call(_)))
}

/// Returns `true` if a statement sets the header of a parameter.
fn is_own_header(statement: &Stmt) -> bool {
    match statement {
        Stmt::Expr(Expr::If(check), _) => check.then_branch.stmts.iter().any(is_own_header),
        statement => matches!(appended(statement), Some(Expr::Lit(_))),
    }
}

/// Returns the media type of the JSON that an operation accepts, if it is not `application/json`.
fn json_kind<'a>(operation: &Operation<'a>) -> Option<&'a str> {
    let content = operation
        .node
        .pointer("/requestBody/content")?
        .as_object()?;
    let kind = content.keys().next()?.split(';').next()?.trim();
    (is_json(kind) && kind != JSON).then_some(kind)
}

/// A visitor that sets the media type, because reqwest sets `application/json` otherwise.
struct NameJson<'a>(&'a str);

impl VisitMut for NameJson<'_> {
    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        syn::visit_mut::visit_expr_method_call_mut(self, call);
        if call.method == "json" {
            let (receiver, kind) = (&call.receiver, self.0);
            call.receiver = parse_quote!(#receiver.header(::reqwest::header::CONTENT_TYPE, #kind));
        }
    }
}

/// Replaces calls for HTTP methods for which reqwest has no method.
struct NameMethods;

impl VisitMut for NameMethods {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && (call.method == "options" || call.method == "trace")
            && call.args.len() == 1
        {
            let name = quote::format_ident!("{}", call.method.to_string().to_ascii_uppercase());
            let (receiver, url) = (&call.receiver, &call.args);
            *expression = parse_quote!(#receiver.request(::reqwest::Method::#name, #url));
        }
    }
}

struct RemoveHeaders;

impl VisitMut for RemoveHeaders {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        while let Expr::MethodCall(call) = expression
            && call.method == "headers"
            && call.args.first().is_some_and(is_variable)
        {
            *expression = (*call.receiver).clone();
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }
}

fn make_fallible(function: &mut syn::ImplItemFn) {
    function.attrs.push(parse_quote!(#[doc = ""]));
    function.attrs.push(
        parse_quote!(#[doc = " Redirects are not followed, because the body would be sent again."]),
    );
    function.attrs.push(parse_quote!(#[doc = ""]));
    function.attrs.push(parse_quote!(#[doc = " # Errors"]));
    function
        .attrs
        .push(parse_quote!(#[doc = " Returns an error if the TLS backend cannot be initialized."]));
    function.sig.output = parse_quote!(-> ::reqwest::Result<Self>);
    Fallible.visit_block_mut(&mut function.block);
    if let Some(Stmt::Expr(last, None)) = function.block.stmts.last_mut() {
        *last = parse_quote!(Ok(#last));
    }
}

fn warn_of_redirects(function: &mut syn::ImplItemFn) {
    function.attrs.push(parse_quote!(#[doc = ""]));
    function.attrs.push(parse_quote!(
        #[doc = " A redirect that `client` follows sends the body again. Build the client with `redirect::Policy::none()`."]
    ));
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
