//! A value that the document does not know yet must not lose a page.

use quote::format_ident;
use serde_json::Value;
use syn::{Attribute, File, Ident, Item, Variant, parse_quote};

use super::{Contract, Pass, code};
use crate::error::Result;
use crate::schemas::components;

pub(super) const PASS: Pass = Pass {
    name: "open-enums",
    mends: "typify refuses a whole response for one enum value that the document does not list",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let names: Vec<&String> = components(contract.tree)
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
    for name in names {
        let Some(index) = items
            .iter()
            .position(|item| matches!(item, Item::Enum(item) if item.ident == name))
        else {
            return Err(code::unexpected(
                contract,
                &format!("has no enum `{name}`, though a response can hold one"),
            ));
        };
        let Item::Enum(closed) = items.remove(index) else {
            continue;
        };
        items.retain(|item| !is_impl_of(item, &closed.ident));
        let at = index.min(items.len());
        items.splice(
            at..at,
            open(&closed.ident, &closed.attrs, closed.variants.iter()),
        );
    }
    items.extend(text_visitor());
    Ok(())
}

/// Whether a schema is an enum of texts.
pub(super) fn is_text_enum(schema: &Value) -> bool {
    schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| values.iter().any(Value::is_string))
}

/// What the variant for values that the document does not list is called.
pub(super) fn fallback(known: &[String]) -> &'static str {
    if known.iter().any(|name| name == "Unknown") {
        "Unrecognized"
    } else {
        "Unknown"
    }
}

fn is_impl_of(item: &Item, name: &Ident) -> bool {
    match item {
        Item::Impl(block) => match &*block.self_ty {
            syn::Type::Path(path) => path.path.is_ident(name),
            _ => false,
        },
        _ => false,
    }
}

fn open<'a>(
    name: &Ident,
    attributes: &[Attribute],
    variants: impl Iterator<Item = &'a Variant>,
) -> Vec<Item> {
    let docs = attributes
        .iter()
        .filter(|attribute| code::doc_text(attribute).is_some());
    let (idents, texts): (Vec<&Ident>, Vec<String>) = variants
        .map(|variant| {
            let text = code::wire_name(&variant.attrs, &variant.ident.to_string());
            (&variant.ident, text)
        })
        .unzip();
    let known: Vec<String> = idents.iter().map(ToString::to_string).collect();
    let unknown = format_ident!("{}", fallback(&known));
    let variant_docs = texts.iter().map(|text| format!(" `{text}`"));
    let listed = texts.clone();
    vec![
        parse_quote! {
            #(#docs)*
            #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
            #[non_exhaustive]
            pub enum #name {
                #(
                    #[doc = #variant_docs]
                    #idents,
                )*
                /// A value that the document does not list, as it was sent. Requests with it are refused.
                #unknown(::std::string::String),
            }
        },
        parse_quote! {
            impl #name {
                /// The values that the document lists.
                pub const KNOWN: &'static [&'static str] = &[#(#listed),*];

                /// The value as it is sent.
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#idents => #texts,)*
                        Self::#unknown(value) => value,
                    }
                }
            }
        },
        parse_quote! {
            impl ::std::convert::From<&str> for #name {
                fn from(value: &str) -> Self {
                    match value {
                        #(#texts => Self::#idents,)*
                        _ => Self::#unknown(value.to_owned()),
                    }
                }
            }
        },
        parse_quote! {
            impl ::std::convert::From<::std::string::String> for #name {
                fn from(value: ::std::string::String) -> Self {
                    match value.as_str() {
                        #(#texts => Self::#idents,)*
                        _ => Self::#unknown(value),
                    }
                }
            }
        },
        parse_quote! {
            impl ::std::str::FromStr for #name {
                type Err = ::std::convert::Infallible;
                fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                    Ok(value.into())
                }
            }
        },
        parse_quote! {
            impl ::std::fmt::Display for #name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.write_str(self.as_str())
                }
            }
        },
        parse_quote! {
            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
        },
        parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    deserializer.deserialize_str(TextVisitor(::std::marker::PhantomData))
                }
            }
        },
    ]
}

/// One visitor for all open enums: a known value costs no allocation.
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
