//! Requests write timestamps in whole seconds.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{File, Item, Type, parse_quote};

use super::{Contract, Pass, code, update_values};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "whole-seconds",
    reason: "chrono writes all digits of the second of a timestamp",
    apply,
};

/// The name of the generated module.
pub(super) const MODULE: &str = "timestamps";

/// Gives each field that has a timestamp, in a type that a request can reach, a function that writes it.
fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    if !contract.conventions.whole_seconds {
        return Ok(());
    }
    let interval = contract.conventions.interval.as_ref();
    let items = code::types(file, contract)?;
    let mut is_used = false;
    for item in items.iter_mut() {
        let Item::Struct(item) = item else { continue };
        if contract.component(&item.ident.to_string()).is_none()
            || !contract.requests.contains(&item.ident.to_string())
        {
            continue;
        }
        let has = |wire: &str| {
            item.fields
                .iter()
                .any(|field| code::field_wire_name(field) == wire)
        };
        let end = interval
            .filter(|interval| has(&interval.start) && has(&interval.end))
            .map(|interval| interval.end.clone());
        for field in &mut item.fields {
            if !has_timestamp(&field.ty) {
                continue;
            }
            let is_end = end
                .as_ref()
                .is_some_and(|end| code::field_wire_name(field) == *end);
            let function = format!("{MODULE}::{}", if is_end { "up" } else { "down" });
            field
                .attrs
                .push(parse_quote!(#[serde(serialize_with = #function)]));
            is_used = true;
        }
    }
    if is_used || interval.is_some() {
        let module = module(contract, items);
        items.push(module);
    }
    Ok(())
}

/// Returns `true` if a field has timestamps that are not inside another generated type.
fn has_timestamp(ty: &Type) -> bool {
    code::last_segment(ty).is_some_and(|name| name == "DateTime")
        || code::arguments(ty).any(has_timestamp)
}

/// Returns the module `timestamps`.
fn module(contract: &Contract<'_>, items: &[Item]) -> Item {
    let name = format_ident!("{MODULE}");
    let has_updates = items
        .iter()
        .any(|item| matches!(item, Item::Mod(module) if module.ident == update_values::MODULE));
    let property = contract.conventions.update_value.as_ref();
    let implementations = implementations(property.filter(|_| has_updates));
    parse_quote! {
        /// The timestamps of requests, which are written in whole seconds.
        #[allow(dead_code)]
        mod #name {
            use ::chrono::{DateTime, SecondsFormat, offset::Utc};
            #[allow(unused_imports)]
            use ::serde::{Serialize, Serializer, ser::SerializeMap as _};

            /// Returns the start of the second.
            pub(super) fn floor(timestamp: DateTime<Utc>) -> DateTime<Utc> {
                DateTime::from_timestamp(timestamp.timestamp(), 0).unwrap_or(timestamp)
            }

            /// Returns the start of the next second, or the timestamp itself if it is a whole second.
            pub(super) fn ceiling(timestamp: DateTime<Utc>) -> DateTime<Utc> {
                if timestamp.timestamp_subsec_nanos() == 0 {
                    return timestamp;
                }
                DateTime::from_timestamp(timestamp.timestamp().saturating_add(1), 0)
                    .unwrap_or_else(|| floor(timestamp))
            }

            /// Writes timestamps without the fraction of a second.
            pub(super) fn down<T: Timestamps, S: Serializer>(
                value: &T,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                value.write(floor, serializer)
            }

            /// Writes the ends of intervals, rounded up, so that an interval keeps everything that it contains.
            pub(super) fn up<T: Timestamps, S: Serializer>(
                value: &T,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                value.write(ceiling, serializer)
            }

            type Round = fn(DateTime<Utc>) -> DateTime<Utc>;

            /// A timestamp, or a container of timestamps.
            pub(super) trait Timestamps {
                fn write<S: Serializer>(
                    &self,
                    round: Round,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error>;
            }

            struct Rounded<'a, T>(&'a T, Round);

            impl<T: Timestamps> Serialize for Rounded<'_, T> {
                fn serialize<S: Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    self.0.write(self.1, serializer)
                }
            }

            #implementations
        }
    }
}

/// Returns the implementations for timestamps, for containers, and for update values, which are objects with one
/// property.
fn implementations(update_property: Option<&String>) -> TokenStream {
    let container = quote!(<T: Timestamps>);
    let mut all = vec![
        (
            TokenStream::new(),
            quote!(DateTime<Utc>),
            quote! {
                serializer.serialize_str(&round(*self).to_rfc3339_opts(SecondsFormat::Secs, true))
            },
        ),
        (
            container.clone(),
            quote!(::std::option::Option<T>),
            quote! {
                match self {
                    Some(value) => serializer.serialize_some(&Rounded(value, round)),
                    None => serializer.serialize_none(),
                }
            },
        ),
        (
            container.clone(),
            quote!(::std::boxed::Box<T>),
            quote!((**self).write(round, serializer)),
        ),
        (
            container.clone(),
            quote!(::std::vec::Vec<T>),
            quote!(serializer.collect_seq(self.iter().map(|value| Rounded(value, round)))),
        ),
        (
            quote!(<K: Serialize, T: Timestamps>),
            quote!(::std::collections::BTreeMap<K, T>),
            quote! {
                serializer.collect_map(self.iter().map(|(key, value)| (key, Rounded(value, round))))
            },
        ),
    ];
    for name in ["Update", "NonNullUpdate"] {
        let (module, name) = (
            format_ident!("{}", update_values::MODULE),
            format_ident!("{name}"),
        );
        all.extend(update_property.map(|property| {
            let body = quote! {
                if self.is_keep() {
                    return serializer.serialize_none();
                }
                let mut holder = serializer.serialize_map(Some(1))?;
                holder.serialize_entry(#property, &self.value().map(|value| Rounded(value, round)))?;
                holder.end()
            };
            (container.clone(), quote!(super::#module::#name<T>), body)
        }));
    }
    all.into_iter()
        .map(|(generics, ty, body)| {
            quote! {
                impl #generics Timestamps for #ty {
                    fn write<S: Serializer>(
                        &self,
                        round: Round,
                        serializer: S,
                    ) -> ::std::result::Result<S::Ok, S::Error> {
                        #body
                    }
                }
            }
        })
        .collect()
}
