//! The envelope of requests.

use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprMethodCall, Field, File, FnArg, ImplItem, Item, ItemStruct, Pat, parse_quote};

use super::{Contract, Pass, code};
use crate::lower::envelope;
use openapi_tree::error::Result;
use openapi_tree::schemas::operations;

pub(super) const PASS: Pass = Pass {
    name: "envelope",
    reason: "progenitor creates a type of the envelope that can be decoded and whose `Debug` prints secrets, and sends \
            requests without it",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let Some((name, schema)) = contract.envelope else {
        return Ok(());
    };
    let names = envelope::properties(schema);
    let items = code::types(file, contract)?;
    let Some(index) = items
        .iter()
        .position(|item| matches!(item, Item::Struct(item) if item.ident == name))
    else {
        return Err(code::unexpected(
            contract,
            &format!("has no struct `{name}`"),
        ));
    };
    let Item::Struct(item) = &mut items[index] else {
        return Ok(());
    };
    serialize_only(item);
    let item = item.clone();
    for member in members(&item, &names) {
        code::add_method(items, name, member);
    }
    items.insert(index + 1, debug(&item, &names, contract));
    items.push(body(&item, &names));
    for operation in operations(contract.tree) {
        let taken = envelope::properties(operation.node);
        if taken.is_empty() {
            continue;
        }
        let Some(method) = code::method(file, operation.method, operation.path) else {
            return Err(code::unexpected(
                contract,
                &format!("has no method for the operation at {}", operation.pointer),
            ));
        };
        let all = taken.len() == names.len();
        add_parameter(method, name, (!all).then_some(&taken[..]));
    }
    Ok(())
}

/// Removes decoding and `Debug` from the envelope.
fn serialize_only(item: &mut ItemStruct) {
    item.attrs.retain(|attribute| {
        !attribute.path().is_ident("serde") && !attribute.path().is_ident("derive")
    });
    item.attrs
        .push(parse_quote!(#[derive(::serde::Serialize, Clone, PartialEq)]));
}

/// Returns the fields in the order of the settings, which is the order on the wire.
fn fields<'a>(item: &'a ItemStruct, names: &[&str]) -> Vec<&'a Field> {
    let mut fields: Vec<&Field> = item.fields.iter().collect();
    fields.sort_by_key(|field| {
        let wire = code::field_wire_name(field);
        names.iter().position(|name| *name == wire)
    });
    fields
}

fn members(item: &ItemStruct, names: &[&str]) -> [ImplItem; 2] {
    let values = fields(item, names).into_iter().map(|field| {
        let ident = &field.ident;
        if code::option_of(&field.ty).is_some() {
            quote!(#ident: self.#ident.as_ref())
        } else {
            quote!(#ident: Some(&self.#ident))
        }
    });
    [
        parse_quote! {
            /// The names of the properties.
            pub const PROPERTIES: &'static [&'static str] = &[#(#names),*];
        },
        parse_quote! {
            /// Returns the body of a request: the properties of the envelope, then those of the request.
            ///
            /// All requests use this method. The body refers to both parts and copies neither.
            pub fn body<'a, R: ?Sized>(&'a self, request: &'a R) -> envelope::Body<'a, R> {
                envelope::Body { #(#values,)* request }
            }
        },
    ]
}

/// Returns an implementation of `Debug` that hides secrets.
fn debug(item: &ItemStruct, names: &[&str], contract: &Contract<'_>) -> Item {
    let suffix = contract.conventions.secret_suffix.as_deref();
    let name = &item.ident;
    let shown = fields(item, names).into_iter().map(|field| {
        let ident = &field.ident;
        let text = ident.as_ref().map(ToString::to_string).unwrap_or_default();
        // A secret that is a plain string does not hide itself, unlike a hand-written type.
        if suffix.is_some_and(|suffix| code::field_wire_name(field).ends_with(suffix)) {
            quote!(.field(#text, &format_args!("[hidden]")))
        } else {
            quote!(.field(#text, &self.#ident))
        }
    });
    parse_quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!(#name))#(#shown)*.finish()
            }
        }
    }
}

/// Returns the module `envelope`.
fn body(item: &ItemStruct, names: &[&str]) -> Item {
    let fields = fields(item, names);
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types = fields
        .iter()
        .map(|field| code::option_of(&field.ty).unwrap_or(&field.ty));
    parse_quote! {
        /// The body of a request.
        pub mod envelope {
            #[allow(unused_imports)]
            use super::*;

            /// The body of a request as it is sent.
            ///
            /// The body contains credentials, so `Debug` does not print its content. Do not log it as JSON.
            #[derive(::serde::Serialize)]
            pub struct Body<'a, R: ?Sized> {
                #(
                    #[serde(rename = #names, skip_serializing_if = "::std::option::Option::is_none")]
                    pub(super) #idents: ::std::option::Option<&'a #types>,
                )*
                #[serde(flatten)]
                pub(super) request: &'a R,
            }

            impl<R: ?Sized> Body<'_, R> {
                /// Keeps only the properties of the envelope with these names, which an operation accepts.
                #[must_use]
                pub fn only(mut self, properties: &[&str]) -> Self {
                    #(
                        if !properties.contains(&#names) {
                            self.#idents = None;
                        }
                    )*
                    self
                }
            }

            impl<R: ?Sized> ::std::fmt::Debug for Body<'_, R> {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.debug_struct("Body").finish_non_exhaustive()
                }
            }
        }
    }
}

/// Gives a method the envelope as a parameter, and sends it with the body.
fn add_parameter(method: &mut syn::ImplItemFn, envelope: &str, only: Option<&[&str]>) {
    let is_taken = |name: &str| {
        method.sig.inputs.iter().any(|input| match input {
            FnArg::Typed(input) => matches!(&*input.pat, Pat::Ident(pat) if pat.ident == name),
            FnArg::Receiver(_) => false,
        })
    };
    let mut parameter = "envelope".to_owned();
    while is_taken(&parameter) {
        parameter.push('_');
    }
    let parameter = format_ident!("{parameter}");
    let ty = format_ident!("{envelope}");
    method
        .sig
        .inputs
        .insert(1, parse_quote!(#parameter: &'a types::#ty));
    let mut body: Expr = parse_quote!(#parameter.body(body));
    if let Some(only) = only {
        body = parse_quote!(#body.only(&[#(#only),*]));
    }
    ReplaceBody(body).visit_block_mut(&mut method.block);
}

/// Replaces the JSON body of a method.
struct ReplaceBody(Expr);

impl VisitMut for ReplaceBody {
    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        if call.method == "json" && call.args.len() == 1 {
            let body = &self.0;
            call.args = std::iter::once::<Expr>(parse_quote!(&#body)).collect();
        }
        syn::visit_mut::visit_expr_method_call_mut(self, call);
    }
}
