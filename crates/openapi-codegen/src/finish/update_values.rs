//! Properties of updates: keep, set or clear.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Field, File, Ident, Item, Type, parse_quote};

use super::{Contract, Pass, code};
use openapi_tree::document::escape;
use openapi_tree::error::Result;
use openapi_tree::schemas::{components, each_schema, named_component, required};

pub(super) const PASS: Pass = Pass {
    name: "update-values",
    reason: "typify creates an option inside an option for a property that is kept, set or cleared",
    apply,
};

/// The name of the generated module.
pub(super) const MODULE: &str = "update_values";

/// Replaces the types of update values that are optional properties of requests.
fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let Some(property) = &contract.conventions.update_value else {
        return Ok(());
    };
    let components = update_values(contract);
    if components.is_empty() {
        return Ok(());
    }
    let items = code::types(file, contract)?;
    let mut values = BTreeMap::new();
    for (name, is_nullable) in &components {
        let field = code::named_fields(items, name).and_then(|fields| fields.into_iter().next());
        let Some(field) = field else {
            return Err(code::unexpected(
                contract,
                &format!("has no struct with one field for `{name}`"),
            ));
        };
        let value = code::option_of(&field.ty).filter(|_| *is_nullable);
        values.insert(
            name.clone(),
            (value.unwrap_or(&field.ty).clone(), *is_nullable),
        );
    }
    for item in items.iter_mut() {
        if let Item::Struct(item) = item {
            for field in &mut item.fields {
                replace(field, &values);
            }
        }
    }
    items.retain(|item| match item {
        Item::Struct(item) => !values.contains_key(&item.ident.to_string()),
        Item::Impl(block) => {
            code::last_segment(&block.self_ty).is_none_or(|name| !values.contains_key(&name))
        }
        _ => true,
    });
    items.push(module(property));
    Ok(())
}

/// Returns the components that are update values in all their uses, and whether they can be cleared.
pub(super) fn update_values(contract: &Contract<'_>) -> BTreeMap<String, bool> {
    let Some(property) = &contract.conventions.update_value else {
        return BTreeMap::new();
    };
    let mut found: BTreeMap<String, bool> = components(contract.tree)
        .filter(|(name, _)| {
            contract.requests.contains(*name)
                && !contract.responses.contains(*name)
                && !contract.replaced.contains(*name)
        })
        .filter_map(|(name, schema)| {
            let properties = schema.get("properties")?.as_object()?;
            let value = properties.get(property)?;
            let is_update = properties.len() == 1
                && required(schema) == [property.as_str()]
                && !schema
                    .get("additionalProperties")
                    .is_some_and(Value::is_object);
            is_update.then(|| {
                (
                    name.clone(),
                    value.get("nullable") == Some(&Value::Bool(true)),
                )
            })
        })
        .collect();
    // Only an optional property can be kept.
    let mut optional = BTreeSet::new();
    let mut uses = Vec::new();
    each_schema(contract.tree, &mut |pointer, schema| {
        let required = required(schema);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, _) in properties.into_iter().flatten() {
            if !required.contains(&name.as_str()) {
                optional.insert(format!("{pointer}/properties/{}", escape(name)));
            }
        }
        if let Some(component) = named_component(schema) {
            uses.push((pointer.to_owned(), component));
        }
    });
    for (pointer, component) in uses {
        // A reference with annotations is a schema around the reference.
        let around = ["/allOf/0", "/anyOf/0", "/oneOf/0"]
            .iter()
            .find_map(|step| pointer.strip_suffix(step));
        if !optional.contains(around.unwrap_or(&pointer)) {
            found.remove(component);
        }
    }
    found
}

fn replace(field: &mut Field, values: &BTreeMap<String, (Type, bool)>) {
    let Some((value, is_nullable)) = code::option_of(&field.ty)
        .and_then(code::last_segment)
        .and_then(|name| values.get(&name))
    else {
        return;
    };
    let name = if *is_nullable {
        "Update"
    } else {
        "NonNullUpdate"
    };
    let is_keep = format!("{MODULE}::{name}::is_keep");
    let (module, name) = (format_ident!("{MODULE}"), format_ident!("{name}"));
    let wire = code::field_wire_name(field);
    field.ty = parse_quote!(#module::#name<#value>);
    field
        .attrs
        .retain(|attribute| !attribute.path().is_ident("serde"));
    field
        .attrs
        .push(parse_quote!(#[serde(rename = #wire, default, skip_serializing_if = #is_keep)]));
}

/// Returns the module `update_values`.
fn module(property: &str) -> Item {
    let name = format_ident!("{MODULE}");
    let nullable = update(property, &format_ident!("Update"), true);
    let non_null = update(property, &format_ident!("NonNullUpdate"), false);
    parse_quote! {
        /// Properties of an update.
        pub mod #name {
            #[allow(unused_imports)]
            use ::serde::{Deserialize as _, Serialize as _};

            #nullable
            #non_null

            #[derive(::serde::Serialize)]
            struct Holder<T> {
                #[serde(rename = #property)]
                value: T,
            }
        }
    }
}

/// Returns one of the two types.
#[expect(
    clippy::too_many_lines,
    reason = "it is one template of generated code"
)]
fn update(property: &str, name: &Ident, is_nullable: bool) -> TokenStream {
    let wire = format_ident!("{name}Holder");
    let docs = if is_nullable {
        quote! {
            /// A property of an update that can be cleared.
            ///
            /// `Keep` is omitted from the request. `Set(x)` is sent as an object with the value `x`, and `Clear` as an
            /// object with the value null.
            ///
            /// A plain value converts into `Set`. There is no conversion from an `Option`, because `None` could mean
            /// either of the others: [`Self::set_or_keep`] and [`Self::set_or_clear`] state which.
        }
    } else {
        quote! {
            /// A property of an update that can be set, and cannot be cleared.
            ///
            /// `Keep` is omitted from the request. `Set(x)` is sent as an object with the value `x`.
            ///
            /// A plain value converts into `Set`. There is no conversion from an `Option`: [`Self::set_or_keep`]
            /// states what `None` means.
        }
    };
    let when_nullable = |tokens: TokenStream| is_nullable.then_some(tokens);
    let clear_variant = when_nullable(quote! {
        /// The property loses its value.
        Clear,
    });
    let set_or_clear = when_nullable(quote! {
        /// Sets the property to a value, or clears the property if there is none.
        pub fn set_or_clear(value: ::std::option::Option<impl ::std::convert::Into<T>>) -> Self {
            value.map_or(Self::Clear, |value| Self::Set(value.into()))
        }
    });
    let send_clear =
        when_nullable(quote!(Self::Clear => Holder { value: None::<&T> }.serialize(serializer),));
    let (field, read) = if is_nullable {
        (
            quote! {
                #[serde(
                    rename = #property,
                    deserialize_with = "::std::option::Option::deserialize",
                    bound(deserialize = "T: ::serde::Deserialize<'de>")
                )]
                value: ::std::option::Option<T>,
            },
            quote!(holder.value.map_or(Self::Clear, Self::Set)),
        )
    } else {
        (
            quote! {
                #[serde(rename = #property)]
                value: T,
            },
            quote!(Self::Set(holder.value)),
        )
    };
    quote! {
        #docs
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
        pub enum #name<T> {
            /// The property keeps its value.
            #[default]
            Keep,
            /// The property gets this value.
            Set(T),
            #clear_variant
        }

        impl<T> #name<T> {
            /// Sets the property to a value, or keeps the property as it is if there is none.
            pub fn set_or_keep(value: ::std::option::Option<impl ::std::convert::Into<T>>) -> Self {
                value.map_or(Self::Keep, |value| Self::Set(value.into()))
            }

            #set_or_clear

            /// Returns `true` if the property keeps its value.
            pub fn is_keep(&self) -> bool {
                matches!(self, Self::Keep)
            }

            /// Returns the value that the property gets, if it gets one.
            pub fn value(&self) -> ::std::option::Option<&T> {
                match self {
                    Self::Set(value) => Some(value),
                    _ => None,
                }
            }
        }

        impl<T> ::std::convert::From<T> for #name<T> {
            fn from(value: T) -> Self {
                Self::Set(value)
            }
        }

        impl ::std::convert::From<&str> for #name<::std::string::String> {
            fn from(value: &str) -> Self {
                Self::Set(value.to_owned())
            }
        }

        impl<T, const N: usize> ::std::convert::From<[T; N]> for #name<::std::vec::Vec<T>> {
            fn from(values: [T; N]) -> Self {
                Self::Set(values.into())
            }
        }

        impl<T: ::serde::Serialize> ::serde::Serialize for #name<T> {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    Self::Keep => serializer.serialize_none(),
                    Self::Set(value) => Holder { value }.serialize(serializer),
                    #send_clear
                }
            }
        }

        impl<'de, T: ::serde::Deserialize<'de>> ::serde::Deserialize<'de> for #name<T> {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let holder = ::std::option::Option::<#wire<T>>::deserialize(deserializer)?;
                Ok(holder.map_or(Self::Keep, |holder| #read))
            }
        }

        #[derive(::serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct #wire<T> {
            #field
        }
    }
}
