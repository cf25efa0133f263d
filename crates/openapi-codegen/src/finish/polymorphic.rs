//! Objects of which one property decides the schema of another.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Attribute, Fields, File, Ident, Item, ItemStruct, Type, parse_quote};

use super::{Contract, Pass, code, open_enums};
use crate::lower::polymorphic::Kinds;
use crate::rust_names::{pascal, unique};
use openapi_tree::error::Result;
use openapi_tree::schemas::{component_or_self, components};

pub(super) const PASS: Pass = Pass {
    name: "polymorphic",
    reason: "typify has no enum that another property than the value itself decides",
    apply,
};

/// Turns the struct of each component with kinds, which has a field for each kind, into an enum.
fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let mut schemas: BTreeMap<&str, (&Value, Kinds<'_>)> = components(contract.tree)
        .filter(|(name, _)| !contract.replaced.contains(*name))
        .filter_map(|(name, schema)| Some((name.as_str(), (schema, Kinds::of(schema)?))))
        .collect();
    if schemas.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = schemas.keys().copied().collect();
    let items = code::types(file, contract)?;
    let mut turned = Vec::with_capacity(items.len());
    for item in std::mem::take(items) {
        match item {
            Item::Struct(item) if names.contains(item.ident.to_string().as_str()) => {
                if let Some((schema, kinds)) = schemas.remove(item.ident.to_string().as_str()) {
                    let pair = Pair::of(&item, schema, kinds, contract)?;
                    turned.extend(pair.items());
                }
            }
            // An implementation for the struct, such as `Default`.
            Item::Impl(block)
                if code::last_segment(&block.self_ty)
                    .is_some_and(|name| names.contains(name.as_str())) => {}
            item => turned.push(item),
        }
    }
    *items = turned;
    match schemas.into_keys().next() {
        Some(name) => Err(code::unexpected(
            contract,
            &format!("has no struct `{name}`"),
        )),
        None => Ok(()),
    }
}

/// An enum and the two properties that it replaces.
struct Pair<'a> {
    name: Ident,
    docs: Vec<Attribute>,
    /// The names of the properties.
    discriminator: &'a str,
    value: &'a str,
    /// The type of the property that decides.
    kind: Type,
    variants: Vec<Variant<'a>>,
    /// The variant for everything else.
    unknown: Ident,
    /// An object with more than the two properties is not of a known kind.
    is_closed: bool,
}

/// A kind and its variant.
struct Variant<'a> {
    kind: &'a str,
    ident: Ident,
    ty: Type,
    /// The value of this kind is an object.
    is_object: bool,
}

impl Variant<'_> {
    /// Returns the type of the value, without a box around it.
    fn inner(&self) -> &Type {
        code::argument_of(&self.ty, "Box").unwrap_or(&self.ty)
    }
}

impl<'a> Pair<'a> {
    fn of(
        item: &ItemStruct,
        schema: &Value,
        kinds: Kinds<'a>,
        contract: &Contract<'_>,
    ) -> Result<Self> {
        let name = item.ident.to_string();
        let mut fields: BTreeMap<String, Type> = match &item.fields {
            Fields::Named(fields) => fields.named.iter(),
            _ => {
                return Err(code::unexpected(
                    contract,
                    &format!("has no fields in `{name}`"),
                ));
            }
        }
        .map(|field| {
            let ty = code::option_of(&field.ty).unwrap_or(&field.ty);
            (code::field_wire_name(field), ty.clone())
        })
        .collect();
        let mut take = |property: &str| {
            fields.remove(property).ok_or_else(|| {
                code::unexpected(contract, &format!("has no field `{property}` in `{name}`"))
            })
        };
        let kind = take(kinds.discriminator())?;
        let mut taken = BTreeSet::new();
        let mut variants = Vec::new();
        for (kind, property) in kinds.each() {
            variants.push(Variant {
                kind,
                ident: format_ident!("{}", unique(&pascal(kind), &mut taken)),
                ty: take(&property)?,
                is_object: is_object(contract.tree, &schema["properties"][&property]),
            });
        }
        Ok(Self {
            docs: item
                .attrs
                .iter()
                .filter(|attribute| code::doc_text(attribute).is_some())
                .cloned()
                .collect(),
            discriminator: kinds.discriminator(),
            value: kinds.value(),
            kind,
            variants,
            unknown: format_ident!("{}", open_enums::fallback(taken)),
            is_closed: schema.get("additionalProperties") == Some(&Value::Bool(false))
                && !contract.responses.contains(&name),
            name: item.ident.clone(),
        })
    }

    fn items(&self) -> Vec<Item> {
        let mut items = vec![self.definition(), self.methods()];
        items.extend(self.conversions());
        items.push(self.serialize());
        items.push(self.deserialize());
        items
    }

    fn definition(&self) -> Item {
        let Self {
            name,
            docs,
            unknown,
            ..
        } = self;
        let note = format!(
            " The property `{}` decides the type of the property `{}`.",
            self.discriminator, self.value
        );
        let variants = self.variants.iter().map(
            |Variant {
                 kind, ident, ty, ..
             }| {
                let doc = format!(" `{kind}`");
                quote!(#[doc = #doc] #ident(#ty))
            },
        );
        let blank = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        parse_quote! {
            #(#docs)*
            #blank
            #[doc = #note]
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub enum #name {
                #(#variants,)*
                /// Any other JSON, exactly as it was received: a kind that the document does not list, or a value that
                /// is missing, null, or not of the type of its kind. Requests with it are rejected.
                #unknown(::serde_json::Value),
            }
        }
    }

    fn methods(&self) -> Item {
        let Self {
            name,
            kind,
            unknown,
            discriminator,
            ..
        } = self;
        let kinds = self.variants.iter().map(|variant| variant.kind);
        let arms = self
            .variants
            .iter()
            .map(|Variant { kind, ident, .. }| quote!(Self::#ident(_) => #kind,));
        let doc = format!(
            " Returns the kind: the property `{discriminator}`. It is `None` if the property is missing or is not a kind."
        );
        parse_quote! {
            impl #name {
                /// The kinds that the document lists.
                pub const KNOWN: &'static [&'static str] = &[#(#kinds),*];

                #[doc = #doc]
                pub fn kind(&self) -> ::std::option::Option<#kind> {
                    let kind = match self {
                        #(#arms)*
                        Self::#unknown(json) => json.get(#discriminator)?.as_str()?,
                    };
                    kind.parse().ok()
                }
            }
        }
    }

    /// Returns the conversions into a kind from the type of its value, if no other kind has this type.
    fn conversions(&self) -> Vec<Item> {
        let name = &self.name;
        let is_distinct = |ty: &Type| {
            let same = self.variants.iter().filter(|other| other.inner() == ty);
            // A type already converts into itself.
            same.count() == 1 && code::last_segment(ty).is_none_or(|ty| name != &ty)
        };
        let variants = self
            .variants
            .iter()
            .filter(|variant| is_distinct(variant.inner()));
        variants
            .map(|variant| {
                let (ident, ty) = (&variant.ident, variant.inner());
                let value = if code::argument_of(&variant.ty, "Box").is_some() {
                    quote!(::std::boxed::Box::new(value))
                } else {
                    quote!(value)
                };
                parse_quote! {
                    impl ::std::convert::From<#ty> for #name {
                        fn from(value: #ty) -> Self {
                            Self::#ident(#value)
                        }
                    }
                }
            })
            .collect()
    }

    fn serialize(&self) -> Item {
        let Self {
            name,
            unknown,
            discriminator,
            value,
            ..
        } = self;
        let text = name.to_string();
        let arms = self.variants.iter().map(|Variant { kind, ident, .. }| {
            quote! {
                Self::#ident(value) => {
                    pair.serialize_field(#discriminator, #kind)?;
                    pair.serialize_field(#value, value)?;
                }
            }
        });
        parse_quote! {
            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    use ::serde::ser::SerializeStruct as _;
                    if let Self::#unknown(json) = self {
                        return json.serialize(serializer);
                    }
                    let mut pair = serializer.serialize_struct(#text, 2)?;
                    match self {
                        #(#arms)*
                        Self::#unknown(_) => {}
                    }
                    pair.end()
                }
            }
        }
    }

    fn deserialize(&self) -> Item {
        let Self {
            name,
            unknown,
            discriminator,
            value,
            ..
        } = self;
        let closed = self.is_closed.then(|| {
            quote! {
                if object.len() > 2 {
                    return None;
                }
            }
        });
        let arms = self.variants.iter().map(|Variant { kind, ident, is_object, .. }| {
            // Serde reads a struct from an array too.
            let guard: Option<TokenStream> = is_object.then(|| quote!(if value.is_object()));
            quote!(#kind #guard => ::serde::Deserialize::deserialize(value).map(#name::#ident).ok(),)
        });
        parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    fn known(json: &::serde_json::Value) -> ::std::option::Option<#name> {
                        let object = json.as_object()?;
                        #closed
                        let value = object.get(#value)?;
                        match object.get(#discriminator)?.as_str()? {
                            #(#arms)*
                            _ => None,
                        }
                    }
                    let json = ::serde_json::Value::deserialize(deserializer)?;
                    Ok(known(&json).unwrap_or(Self::#unknown(json)))
                }
            }
        }
    }
}

/// Returns `true` if a schema, or the component that it refers to, is an object.
fn is_object(tree: &Value, schema: &Value) -> bool {
    component_or_self(tree, schema)
        .get("type")
        .and_then(Value::as_str)
        == Some("object")
}
