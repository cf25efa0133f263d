//! Enums that accept unknown values.

use std::collections::{BTreeMap, BTreeSet};

use quote::format_ident;
use serde_json::Value;
use syn::{Attribute, File, Ident, Item, ItemEnum, ItemImpl, parse_quote};

use super::{Contract, Pass, code};
use crate::rust_names::unique;
use openapi_tree::error::Result;
use openapi_tree::schemas::components;

pub(super) const PASS: Pass = Pass {
    name: "open-enums",
    reason: "typify rejects a whole response if one enum value is unknown",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let names: BTreeSet<&String> = components(contract.tree)
        .filter(|(name, schema)| {
            contract.responses.contains(*name)
                && !contract.replaced.contains(*name)
                && is_text_enum(schema)
        })
        .map(|(name, _)| name)
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let items = code::types(file, contract)?;
    let mut missing: BTreeSet<&str> = names.iter().map(|name| name.as_str()).collect();
    let mut opened = Vec::with_capacity(items.len());
    let mut templates: BTreeMap<Ident, Templates> = BTreeMap::new();
    for item in std::mem::take(items) {
        match item {
            Item::Enum(closed) if missing.remove(closed.ident.to_string().as_str()) => {
                let known = closed
                    .variants
                    .iter()
                    .map(|variant| variant.ident.to_string());
                let unknown = format_ident!("{}", fallback(known));
                let templates = templates
                    .entry(unknown.clone())
                    .or_insert_with(|| Templates::new(&unknown));
                opened.extend(open(closed, &unknown, templates));
            }
            // An implementation for the closed enum, which follows it.
            Item::Impl(block) if is_opened(&block, &names, &missing) => {}
            item => opened.push(item),
        }
    }
    *items = opened;
    if let Some(name) = missing.into_iter().next() {
        return Err(code::unexpected(
            contract,
            &format!("has no enum `{name}`, although a response can contain one"),
        ));
    }
    items.extend(text_visitor());
    Ok(())
}

fn is_opened(block: &syn::ItemImpl, names: &BTreeSet<&String>, missing: &BTreeSet<&str>) -> bool {
    code::last_segment(&block.self_ty)
        .is_some_and(|name| names.contains(&name) && !missing.contains(name.as_str()))
}

/// Returns `true` if a schema is an enum of strings.
pub(super) fn is_text_enum(schema: &Value) -> bool {
    schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| values.iter().any(Value::is_string))
}

/// Returns the name of the variant for unknown values.
pub(super) fn fallback(known: impl IntoIterator<Item = String>) -> String {
    let mut taken: BTreeSet<String> = known.into_iter().collect();
    if taken.contains("Unknown") {
        unique("Unrecognized", &mut taken)
    } else {
        "Unknown".to_owned()
    }
}

/// The parts of an open enum that are equal for all of them, except for the name of the type.
struct Templates {
    derive: [Attribute; 2],
    implementations: Vec<ItemImpl>,
}

impl Templates {
    /// Creates the templates of the enums with this variant for unknown values.
    fn new(unknown: &Ident) -> Self {
        let implementations = vec![
            parse_quote! {
                impl ::std::convert::From<&str> for Name {
                    fn from(value: &str) -> Self {
                        Self::listed(value).unwrap_or_else(|| Self::#unknown(value.to_owned()))
                    }
                }
            },
            parse_quote! {
                impl ::std::convert::From<::std::string::String> for Name {
                    fn from(value: ::std::string::String) -> Self {
                        Self::listed(&value).unwrap_or(Self::#unknown(value))
                    }
                }
            },
            parse_quote! {
                impl ::std::str::FromStr for Name {
                    type Err = ::std::convert::Infallible;
                    fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                        Ok(value.into())
                    }
                }
            },
            parse_quote! {
                impl ::std::fmt::Display for Name {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(self.as_str())
                    }
                }
            },
            parse_quote! {
                impl ::serde::Serialize for Name {
                    fn serialize<S: ::serde::Serializer>(
                        &self,
                        serializer: S,
                    ) -> ::std::result::Result<S::Ok, S::Error> {
                        serializer.serialize_str(self.as_str())
                    }
                }
            },
            parse_quote! {
                impl<'de> ::serde::Deserialize<'de> for Name {
                    fn deserialize<D: ::serde::Deserializer<'de>>(
                        deserializer: D,
                    ) -> ::std::result::Result<Self, D::Error> {
                        deserializer.deserialize_str(TextVisitor(::std::marker::PhantomData))
                    }
                }
            },
        ];
        Self {
            derive: [
                parse_quote!(#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]),
                parse_quote!(#[non_exhaustive]),
            ],
            implementations,
        }
    }
}

/// Replaces a closed enum by an open one with the same variants.
fn open(closed: ItemEnum, unknown: &Ident, templates: &Templates) -> Vec<Item> {
    let name = &closed.ident;
    let docs = closed
        .attrs
        .iter()
        .filter(|attribute| code::doc_text(attribute).is_some());
    let attrs = docs.chain(&templates.derive).cloned().collect();
    let (idents, values): (Vec<&Ident>, Vec<String>) = closed
        .variants
        .iter()
        .map(|variant| {
            let text = code::wire_name(&variant.attrs, &variant.ident.to_string());
            (&variant.ident, text)
        })
        .unzip();
    let methods = parse_quote! {
        impl #name {
            /// The values that the document lists.
            pub const KNOWN: &'static [&'static str] = &[#(#values),*];

            /// Returns the value as a string.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#idents => #values,)*
                    Self::#unknown(value) => value,
                }
            }

            fn listed(value: &str) -> ::std::option::Option<Self> {
                match value {
                    #(#values => Some(Self::#idents),)*
                    _ => None,
                }
            }
        }
    };
    let implementations = templates
        .implementations
        .iter()
        .map(|template| Item::Impl(code::implementation_for(template, name)));
    let implementations: Vec<Item> = std::iter::once(methods).chain(implementations).collect();
    let mut variants = closed.variants;
    for (variant, value) in variants.iter_mut().zip(&values) {
        variant.attrs = vec![code::doc(&format!(" `{value}`"))];
    }
    variants.push(parse_quote! {
        /// An unknown value, exactly as it was received. Requests with it are rejected.
        #unknown(::std::string::String)
    });
    let open = ItemEnum {
        attrs,
        variants,
        ..closed
    };
    std::iter::once(Item::Enum(open))
        .chain(implementations)
        .collect()
}

/// Returns the visitor of all open enums. A known value is decoded without an allocation.
fn text_visitor() -> [Item; 2] {
    let visitor = parse_quote! {
        struct TextVisitor<T>(::std::marker::PhantomData<T>);
    };
    let implementation = parse_quote! {
        impl<'de, T> ::serde::de::Visitor<'de> for TextVisitor<T>
        where
            T: for<'a> ::std::convert::From<&'a str> + ::std::convert::From<::std::string::String>,
        {
            type Value = T;

            fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: ::serde::de::Error>(self, value: &str) -> ::std::result::Result<T, E> {
                Ok(value.into())
            }

            fn visit_string<E: ::serde::de::Error>(
                self,
                value: ::std::string::String,
            ) -> ::std::result::Result<T, E> {
                Ok(value.into())
            }
        }
    };
    [visitor, implementation]
}
