//! Traits of requests: path, effect and response of their operations.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{File, FnArg, ImplItemFn, Item, Pat, ReturnType, Type, TypePath, parse_quote};

use super::listings::Listings;
use super::{Contract, Pass, code};
use crate::conventions::Effect;
use crate::lower::envelope;
use crate::operations::{Described, Request};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "operations",
    reason: "progenitor creates a method for each operation, but no type that has its path, effect and response",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let Some(rules) = &contract.conventions.operations else {
        return Ok(());
    };
    let component = contract.envelope;
    let has_envelope = component.map(|(name, _)| format_ident!("{name}"));
    let envelope = component.map_or(Vec::new(), |(_, schema)| envelope::properties(schema));
    let items = code::types(file, contract)?;
    let qualify = Qualify(
        items
            .iter()
            .filter_map(|item| match item {
                Item::Struct(item) => Some(item.ident.to_string()),
                Item::Enum(item) => Some(item.ident.to_string()),
                Item::Type(item) => Some(item.ident.to_string()),
                _ => None,
            })
            .collect(),
    );
    let checked: BTreeSet<String> = items.iter().filter_map(checked_type).collect();
    let listings = match &rules.listing {
        Some(rules) => Some(Listings::new(rules, contract, items, &qualify)?),
        None => None,
    };
    let mut implementations = Vec::new();
    let mut types = BTreeMap::new();
    let mut rows = Vec::new();
    for operation in contract.operations {
        let Ok(request) = &operation.request else {
            continue;
        };
        let method = operation.method.to_ascii_lowercase();
        let (function, body, response) = code::method(file, &method, &operation.path)
            .and_then(|method| {
                let (body, response) = body_and_response(method)?;
                Some((method.sig.ident.clone(), body, response))
            })
            .ok_or_else(|| {
                code::unexpected(
                    contract,
                    &format!(
                        "has no method with a body and a response for {}",
                        operation.pointer
                    ),
                )
            })?;
        let (ty, newtype) = request_type(operation, request, &body);
        types.insert(operation.name.clone(), ty.clone());
        let (path, prefix) = (
            &operation.name,
            newtype.is_some().then(|| quote!(operations::)),
        );
        rows.push(quote!(#path => #function(#prefix #ty) -> #response;));
        implementations.extend(newtype);
        let is_checked = code::last_segment(&body).is_some_and(|name| checked.contains(&name));
        let check = match (is_checked, request.newtype.is_some()) {
            (true, true) => quote!(self.0.check()),
            (true, false) => quote!(#body::check(self)),
            (false, _) => quote!(Ok(())),
        };
        implementations.push(implementation(operation, &ty, &response, &check, &envelope));
        if let (Some(listings), Some(listing)) = (&listings, &operation.listing) {
            implementations.push(listings.implementation(operation, listing, &ty)?);
        }
    }
    let fixed = traits(
        has_envelope.as_ref(),
        listings.as_ref().map(Listings::items).as_ref(),
    );
    let table = table(contract.operations, &types, has_envelope.is_some());
    file.items.push(each(&rows));
    file.items.push(parse_quote! {
        /// The operations: each request type has the path, the effect and the response of its operation.
        #[allow(clippy::all, deprecated)]
        pub mod operations {
            use super::types;

            #fixed
            #table
            #(#implementations)*
        }
    });
    Ok(())
}

/// Returns a macro for code with a line for each operation, such as a table of functions.
fn each(rows: &[TokenStream]) -> Item {
    parse_quote! {
        /// Calls a macro with one row for each operation that has a request type.
        ///
        /// A row has the path, the method of `Client`, and the types of the request and of the response, in the form
        /// `"things/add" => things_add(types::NewThing) -> types::Thing;`. The modules `types` and `operations` must be
        /// in scope where the macro is called.
        #[macro_export]
        macro_rules! for_each_operation {
            ($callback:ident) => {
                $callback! { #(#rows)* }
            };
        }
    }
}

/// Returns the name of the type of an `impl` with a method `check`.
fn checked_type(item: &Item) -> Option<String> {
    let Item::Impl(block) = item else { return None };
    let has_check = block.trait_.is_none()
        && block.items.iter().any(
            |item| matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == "check"),
        );
    has_check
        .then(|| code::last_segment(&block.self_ty))
        .flatten()
}

/// Returns the type of the body of a method and the type of its response.
fn body_and_response(method: &ImplItemFn) -> Option<(Type, Type)> {
    let body = method.sig.inputs.iter().find_map(|input| match input {
        FnArg::Typed(input) => match (&*input.pat, &*input.ty) {
            (Pat::Ident(name), Type::Reference(reference)) if name.ident == "body" => {
                Some((*reference.elem).clone())
            }
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })?;
    let ReturnType::Type(_, output) = &method.sig.output else {
        return None;
    };
    let value = code::argument_of(output, "Result")?;
    let response = code::argument_of(value, "ResponseValue")?;
    Some((body, response.clone()))
}

/// Returns the request type of an operation, and its definition if it is a newtype.
fn request_type(
    operation: &Described,
    request: &Request,
    body: &Type,
) -> (Type, Option<TokenStream>) {
    let Some(newtype) = &request.newtype else {
        return (body.clone(), None);
    };
    let ident = format_ident!("{newtype}");
    let doc = format!(
        " The request of `{}`, whose body is inline or shared with other operations.",
        operation.name
    );
    let definition = quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct #ident(pub #body);

        impl ::std::convert::From<#body> for #ident {
            fn from(body: #body) -> Self {
                Self(body)
            }
        }
    };
    (parse_quote!(#ident), Some(definition))
}

fn implementation(
    operation: &Described,
    ty: &Type,
    response: &Type,
    check: &TokenStream,
    envelope: &[&str],
) -> TokenStream {
    let Described {
        name, properties, ..
    } = operation;
    let effect = effect(operation.effect);
    let taken = (operation.envelope != envelope).then(|| {
        let taken = &operation.envelope;
        quote!(const ENVELOPE: &'static [&'static str] = &[#(#taken),*];)
    });
    quote! {
        impl Operation for #ty {
            const PATH: &'static str = #name;
            const EFFECT: Effect = #effect;
            const PROPERTIES: &'static [&'static str] = &[#(#properties),*];
            #taken
            type Response = #response;

            fn check(&self) -> ::std::result::Result<(), types::constraints::ConstraintViolation> {
                #check
            }
        }
    }
}

fn effect(effect: Effect) -> TokenStream {
    match effect {
        Effect::Read => quote!(Effect::Read),
        Effect::Create => quote!(Effect::Create),
        Effect::Update => quote!(Effect::Update),
        Effect::Delete => quote!(Effect::Delete),
    }
}

/// Returns the items that are the same for every document.
fn traits(envelope: Option<&syn::Ident>, listings: Option<&TokenStream>) -> TokenStream {
    let taken = envelope.map(|envelope| {
        quote! {
            /// The properties of the envelope that the operation accepts. The default is all of them.
            const ENVELOPE: &'static [&'static str] = types::#envelope::PROPERTIES;
        }
    });
    quote! {
        /// The effect of an operation on the data of the server.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Effect {
            /// The operation changes nothing.
            Read,
            /// The operation creates records. Two requests create them twice.
            Create,
            /// The operation sets values. Two requests set the same values.
            Update,
            /// The operation deletes records. A second request has no further effect.
            Delete,
        }

        impl Effect {
            /// Returns `true` if a request changes nothing, in the sense of RFC 9110.
            pub const fn is_safe(self) -> bool {
                matches!(self, Self::Read)
            }

            /// Returns `true` if sending a request twice has the effect of sending it once, in the sense of RFC 9110.
            pub const fn is_idempotent(self) -> bool {
                !matches!(self, Self::Create)
            }
        }

        /// The request of an operation.
        ///
        /// It is implemented for every operation with one JSON body and no parameters. Implement it for a type to
        /// describe an operation that is missing here.
        pub trait Operation: ::serde::Serialize {
            /// The path without the prefix that all paths share.
            const PATH: &'static str;
            /// The effect on the data of the server.
            const EFFECT: Effect;
            /// The properties that the request declares, without those of the envelope.
            const PROPERTIES: &'static [&'static str];
            #taken
            /// The response to a request that succeeds.
            type Response: ::serde::de::DeserializeOwned;

            /// Checks the constraints on the request.
            ///
            /// # Errors
            /// Returns an error if the request violates a constraint. The error names the property.
            fn check(&self) -> ::std::result::Result<(), types::constraints::ConstraintViolation>;
        }

        #listings
    }
}

/// Returns the table of operations for calls whose request has no type.
fn table(
    operations: &[Described],
    types: &BTreeMap<String, Type>,
    has_envelope: bool,
) -> TokenStream {
    let mut sorted: Vec<&Described> = operations
        .iter()
        .filter(|operation| operation.method == "POST" && !operation.name.contains('{'))
        .collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = sorted.iter().map(|operation| {
        let list = operation.listing.as_ref().map(|listing| &listing.list);
        let list = list.map_or(quote!(None), |list| quote!(Some(#list)));
        if let Some(ty) = types.get(&operation.name) {
            return quote!(Metadata::of::<#ty>(#list));
        }
        let Described {
            name, properties, ..
        } = operation;
        let effect = effect(operation.effect);
        let taken = has_envelope.then(|| {
            let taken = &operation.envelope;
            quote!(envelope: &[#(#taken),*],)
        });
        quote! {
            Metadata { path: #name, effect: #effect, properties: &[#(#properties),*], #taken list: #list }
        }
    });
    let of = has_envelope.then(|| quote!(envelope: R::ENVELOPE,));
    let taken = has_envelope.then(|| {
        quote! {
            /// The properties of the envelope that the operation accepts.
            pub envelope: &'static [&'static str],
        }
    });
    let count = Literal::usize_unsuffixed(sorted.len());
    quote! {
        /// The description of an operation, for calls whose request has no type.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub struct Metadata {
            /// The path without the prefix that all paths share.
            pub path: &'static str,
            /// The effect on the data of the server.
            pub effect: Effect,
            /// The properties that the request declares, without those of the envelope.
            pub properties: &'static [&'static str],
            #taken
            /// The property of the response that is the primary list, if the operation is a listing.
            pub list: ::std::option::Option<&'static str>,
        }

        impl Metadata {
            /// Returns the description of the operation of a request; `list` is the property of the response that is
            /// the primary list.
            pub const fn of<R: Operation>(list: ::std::option::Option<&'static str>) -> Self {
                Self { path: R::PATH, effect: R::EFFECT, properties: R::PROPERTIES, #of list }
            }
        }

        /// The operations with the method POST, by path.
        pub static ALL: [Metadata; #count] = [#(#rows),*];

        /// Returns the description of the operation with that path.
        ///
        /// The path is given without the prefix that all paths share.
        pub fn find(path: &str) -> ::std::option::Option<&'static Metadata> {
            let index = ALL.binary_search_by(|operation| operation.path.cmp(path)).ok()?;
            ALL.get(index)
        }
    }
}

/// Qualifies the types of the module `types`.
pub(super) struct Qualify(BTreeSet<String>);

impl Qualify {
    pub(super) fn ty(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        Qualifying(self).visit_type_mut(&mut ty);
        ty
    }
}

struct Qualifying<'a>(&'a Qualify);

impl VisitMut for Qualifying<'_> {
    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        syn::visit_mut::visit_type_path_mut(self, path);
        if let Some(ident) = path.path.get_ident()
            && self.0.0.contains(&ident.to_string())
        {
            *path = parse_quote!(types::#ident);
        }
    }
}
