//! Parameters in the form of the document.

use syn::visit_mut::VisitMut;
use syn::{Expr, File, Ident, Item, ItemFn, Lit, LitStr, Pat, Stmt, parse_quote};

use super::{Contract, Pass, code};
use crate::lower::separator;
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "written-parameters",
    reason: "progenitor repeats the name of a parameter for each value of a list, also where the document has the \
            values in one piece; the generator got other names for parameters that would have had the same one in Rust",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let mut is_used = false;
    for (function, operation) in code::methods(file, contract)? {
        // In reverse order, because each statement is inserted directly after the URL.
        for parameter in contract.parameters(operation).into_iter().rev() {
            if parameter.generated != parameter.name {
                let mut rename = Rename {
                    from: parameter.generated,
                    to: parameter.name,
                };
                rename.visit_block_mut(&mut function.block);
            }
            let Some(separator) = separator(contract.tree, parameter.node) else {
                continue;
            };
            let name = parameter.name;
            let mut taken = TakeQuery { name, value: None };
            taken.visit_block_mut(&mut function.block);
            let statements = &mut function.block.stmts;
            let url = statements
                .iter()
                .enumerate()
                .find_map(|(index, statement)| Some((index, url(statement)?.clone())));
            let (Some(value), Some((index, url))) = (taken.value, url) else {
                let what = format!(
                    "does not write the parameter `{name}` as expected in `{}`",
                    function.sig.ident
                );
                return Err(code::unexpected(contract, &what));
            };
            statements.insert(
                index + 1,
                parse_quote!(let #url = in_one_piece(#url, #name, #value, #separator);),
            );
            is_used = true;
        }
    }
    if is_used {
        file.items.push(Item::Fn(in_one_piece()));
    }
    Ok(())
}

/// Returns the variable of `let url = …;`, which has another name if a parameter is called `url`.
fn url(statement: &Stmt) -> Option<&Ident> {
    match statement {
        Stmt::Local(local) => match &local.pat {
            Pat::Ident(pat) if pat.ident.to_string().trim_start_matches('_') == "url" => {
                Some(&pat.ident)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Replaces the name that the generator got by the name in the document.
struct Rename<'a> {
    from: &'a str,
    to: &'a str,
}

impl VisitMut for Rename<'_> {
    fn visit_lit_str_mut(&mut self, text: &mut LitStr) {
        if text.value() == self.from {
            *text = LitStr::new(self.to, text.span());
        }
    }
}

/// A visitor that removes `.query(&QueryParam::new(name, value))`, and keeps the value.
struct TakeQuery<'a> {
    name: &'a str,
    value: Option<Expr>,
}

impl VisitMut for TakeQuery<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "query"
            && let Some(Expr::Reference(parameter)) = call.args.first()
            && let Expr::Call(new) = &*parameter.expr
            && let (Some(Expr::Lit(name)), Some(value)) = (new.args.get(0), new.args.get(1))
            && matches!(&name.lit, Lit::Str(name) if name.value() == self.name)
        {
            self.value = Some(value.clone());
            *expression = (*call.receiver).clone();
        }
    }
}

/// Returns the function that the methods call.
fn in_one_piece() -> ItemFn {
    parse_quote! {
        /// Adds a parameter to a URL: the values of a list, or the names and values of an object, in one piece.
        fn in_one_piece(
            mut url: ::std::string::String,
            name: &str,
            value: &impl ::serde::Serialize,
            separator: &str,
        ) -> ::std::string::String {
            use ::serde_json::Value;
            fn escaped(text: &str) -> ::std::string::String {
                text.bytes()
                    .map(|byte| match byte {
                        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
                        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                        byte => format!("%{byte:02X}"),
                    })
                    .collect()
            }
            fn piece(value: &Value) -> ::std::string::String {
                match value {
                    Value::String(text) => escaped(text),
                    value => escaped(&value.to_string()),
                }
            }
            let pieces: ::std::vec::Vec<::std::string::String> = match ::serde_json::to_value(value) {
                Ok(Value::Array(items)) => items.iter().map(piece).collect(),
                Ok(Value::Object(properties)) => properties
                    .iter()
                    .flat_map(|(name, value)| [escaped(name), piece(value)])
                    .collect(),
                _ => return url,
            };
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&escaped(name));
            url.push('=');
            url.push_str(&pieces.join(separator));
            url
        }
    }
}
