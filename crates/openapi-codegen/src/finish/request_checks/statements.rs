//! Statements that check one value.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{FieldsNamed, Type};

use crate::constraints::{Check, Unit};
use crate::finish::code;

/// Returns the statement for a check of a value with a type, or `None` if the check does not apply to the type.
pub(super) fn statement(
    check: &Check,
    value: &Place,
    ty: &Type,
    property: &str,
) -> Option<TokenStream> {
    let Place { place, reference } = value;
    let ty = code::last_segment(ty)?;
    let is_integer = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"].contains(&ty.as_str());
    Some(match (check, ty.as_str()) {
        (Check::Count { unit, min, max }, ty) => {
            let whole = |bound: u64| {
                let bound = Literal::u64_unsuffixed(bound);
                quote!(#bound)
            };
            let min = min.map_or_else(|| quote!(0), whole);
            let max = max.map_or_else(|| quote!(usize::MAX), whole);
            match (unit, ty) {
                (Unit::Characters, "String" | "str") => {
                    quote!(constraints::length(#property, #reference, #min, #max)?;)
                }
                (Unit::Items, "Vec") => {
                    quote!(constraints::items(#property, #place.len(), #min, #max)?;)
                }
                (Unit::Properties, "BTreeMap" | "Map") => {
                    quote!(constraints::properties(#property, #place.len(), #min, #max)?;)
                }
                _ => return None,
            }
        }
        (Check::Unique, "Vec") => quote!(constraints::unique(#property, #reference)?;),
        (Check::Integer { min, max }, _) if is_integer => {
            let fits =
                |bound: &Option<i128>| bound.is_none_or(|bound| i64::try_from(bound).is_ok());
            let wide = if fits(min) && fits(max) && ty != "u64" {
                quote!(i64)
            } else {
                quote!(i128)
            };
            let literal = |bound: i128| {
                let bound = Literal::i128_unsuffixed(bound);
                quote!(#bound)
            };
            let min = min.map_or_else(|| quote!(#wide::MIN), literal);
            let max = max.map_or_else(|| quote!(#wide::MAX), literal);
            quote!(constraints::number(#property, #wide::from(*#reference), #min, #max)?;)
        }
        (Check::MultipleOf(factor), _) if is_integer => {
            let factor = Literal::i128_unsuffixed(*factor);
            quote!(constraints::multiple(#property, i128::from(*#reference), #factor)?;)
        }
        (Check::Number { min, max }, "f64") => {
            let inclusive = |bound: Option<(f64, bool)>| {
                bound.and_then(|(bound, excluded)| (!excluded).then_some(bound))
            };
            let mut checks = TokenStream::new();
            let (lower, upper) = (inclusive(*min), inclusive(*max));
            if lower.is_some() || upper.is_some() {
                let lower = lower.map_or(quote!(f64::NEG_INFINITY), |lower| quote!(#lower));
                let upper = upper.map_or(quote!(f64::INFINITY), |upper| quote!(#upper));
                checks
                    .extend(quote!(constraints::number(#property, *#reference, #lower, #upper)?;));
            }
            if let Some((min, true)) = min {
                checks.extend(quote!(constraints::above(#property, *#reference, #min)?;));
            }
            if let Some((max, true)) = max {
                checks.extend(quote!(constraints::below(#property, *#reference, #max)?;));
            }
            checks
        }
        _ => return None,
    })
}

/// Returns the statement that checks that one of several fields is omitted, or `None` if a field is always sent.
pub(super) fn exclusive(names: &[String], fields: &FieldsNamed) -> Option<TokenStream> {
    let is_omitted = names.iter().map(|name| {
        let mut fields = fields.named.iter();
        let field = fields.find(|field| code::field_wire_name(field) == *name)?;
        let condition = code::serde_argument(&field.attrs, "skip_serializing_if")?;
        let (ident, condition) = (
            &field.ident,
            format_ident!("{}", condition.rsplit("::").next()?),
        );
        Some(quote!((#name, self.#ident.#condition())))
    });
    let is_omitted: Option<Vec<_>> = is_omitted.collect();
    is_omitted.map(|is_omitted| quote!(constraints::exclusive(&[#(#is_omitted),*])?;))
}

/// Adds code around a check, if there is one.
pub(super) fn around(
    check: &TokenStream,
    code: impl Fn(&TokenStream) -> TokenStream,
) -> TokenStream {
    if check.is_empty() {
        TokenStream::new()
    } else {
        code(check)
    }
}

/// An expression for a value, and an expression for a reference to it.
pub(super) struct Place {
    pub(super) place: TokenStream,
    pub(super) reference: TokenStream,
}

impl Place {
    pub(super) fn owned(place: TokenStream) -> Self {
        let reference = quote!(&#place);
        Self { place, reference }
    }

    pub(super) fn borrowed(reference: TokenStream) -> Self {
        Self {
            place: reference.clone(),
            reference,
        }
    }
}
