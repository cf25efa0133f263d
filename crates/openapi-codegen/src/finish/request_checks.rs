//! Bad input fails before it is sent.

mod constraints;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::{Field, Fields, File, FnArg, ImplItem, Item, Pat, Type, parse_quote};

use super::{Contract, Pass, code, open_enums, update_values};
use crate::conventions::Interval;
use crate::lower::envelope;
use openapi_tree::document::escape;
use openapi_tree::error::Result;
use openapi_tree::schemas::{COMPONENTS, components, named_component, required};

pub(super) const PASS: Pass = Pass {
    name: "request-checks",
    mends: "progenitor sends requests without a look at the limits that the document sets",
    apply,
};

/// Gives every type that a request can reach, and that has limits, a method `check`, and calls it before sending.
fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let checked = checked_components(contract);
    if checked.is_empty() && contract.conventions.operations.is_none() {
        return Ok(());
    }
    let updates = update_values::update_values(contract);
    let checks = Checks {
        contract,
        checked,
        updates,
    };
    let items = code::types(file, contract)?;
    let mut methods = Vec::new();
    for (name, schema) in components(contract.tree) {
        if !checks.checked.contains(name)
            || checks.updates.contains_key(name)
            || contract.replaced.contains(name)
        {
            continue;
        }
        let body = checks.body_of(name, schema, items);
        let method: ImplItem = parse_quote! {
            /// Checks the constraints that the document sets.
            ///
            /// # Errors
            /// Returns the first constraint that is violated, with the property, its value and what is allowed.
            pub fn check(&self) -> ::std::result::Result<(), constraints::ConstraintViolation> {
                #body
                Ok(())
            }
        };
        methods.push((name, method));
    }
    for (name, method) in methods {
        code::add_method(items, name, method);
    }
    items.push(constraints::module());
    let envelope = envelope::component(contract.tree).map(|(name, _)| name);
    for function in code::operations(file) {
        let checked: Vec<Ident> = function
            .sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(input) => match (&*input.pat, &*input.ty) {
                    (Pat::Ident(name), Type::Reference(reference)) => {
                        let ty = code::last_segment(&reference.elem)?;
                        let is_sent = name.ident == "body" || envelope == Some(ty.as_str());
                        (is_sent && checks.checked.contains(&ty)).then(|| name.ident.clone())
                    }
                    _ => None,
                },
                FnArg::Receiver(_) => None,
            })
            .collect();
        for (index, name) in checked.into_iter().enumerate() {
            function.block.stmts.insert(
                index,
                parse_quote! {
                    #name.check()
                        .map_err(|violation| Error::InvalidRequest(violation.to_string()))?;
                },
            );
        }
    }
    Ok(())
}

/// The components that a request can reach and that have a limit, in themselves or in what they hold.
fn checked_components(contract: &Contract<'_>) -> BTreeSet<String> {
    let mut checked = BTreeSet::new();
    loop {
        let before = checked.len();
        for (name, schema) in components(contract.tree) {
            if contract.requests.contains(name) && has_limit(schema, name, contract, &checked) {
                checked.insert(name.clone());
            }
        }
        if checked.len() == before {
            return checked;
        }
    }
}

fn has_limit(
    schema: &Value,
    name: &str,
    contract: &Contract<'_>,
    checked: &BTreeSet<String>,
) -> bool {
    let is_open = open_enums::is_text_enum(schema) && contract.responses.contains(name);
    is_open
        || has_own_limit(schema, contract)
        || holds_limit(schema, contract.responses.contains(name), contract, checked)
}

fn holds_limit(
    schema: &Value,
    lenient: bool,
    contract: &Contract<'_>,
    checked: &BTreeSet<String>,
) -> bool {
    if named_component(schema).is_some_and(|name| checked.contains(name)) {
        return true;
    }
    let inner = |schema: &Value| {
        has_own_limit(schema, contract) || holds_limit(schema, false, contract, checked)
    };
    schema.get("items").is_some_and(inner)
        || schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| properties.values().any(inner))
        // Types that a response can reach too have lost what they require.
        || lenient && schema.get("required").is_some()
}

fn has_own_limit(schema: &Value, contract: &Contract<'_>) -> bool {
    let interval = contract.conventions.interval.as_ref();
    [
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    ]
    .into_iter()
    .chain(interval.map(|interval| interval.max_months.as_str()))
    .any(|limit| schema.get(limit).is_some())
        || schema.get("uniqueItems") == Some(&Value::Bool(true))
}

struct Checks<'a> {
    contract: &'a Contract<'a>,
    checked: BTreeSet<String>,
    /// The components that are update values.
    updates: BTreeMap<String, bool>,
}

impl Checks<'_> {
    fn body_of(&self, name: &str, schema: &Value, items: &[Item]) -> TokenStream {
        if open_enums::is_text_enum(schema) && self.contract.responses.contains(name) {
            // It alone holds something: the text of the value.
            let unknown = items.iter().find_map(|item| match item {
                Item::Enum(item) if item.ident == name => item
                    .variants
                    .iter()
                    .find(|variant| !matches!(variant.fields, Fields::Unit))
                    .map(|variant| &variant.ident),
                _ => None,
            });
            return quote! {
                if let Self::#unknown(value) = self {
                    return Err(constraints::ConstraintViolation::not_listed(value, Self::KNOWN));
                }
            };
        }
        let Some(fields) = code::named_fields(items, name) else {
            return self.value(&Place::owned(quote!(self.0)), schema, "", items);
        };
        let lenient = self.contract.responses.contains(name);
        let required = required(schema);
        fields
            .into_iter()
            .map(|field| {
                let property = code::field_wire_name(field);
                let schema = &schema["properties"][&property];
                let is_required = required.contains(&property.as_str());
                self.field(field, &property, schema, lenient && is_required, items)
            })
            .collect()
    }

    fn field(
        &self,
        field: &Field,
        property: &str,
        schema: &Value,
        must_be_there: bool,
        items: &[Item],
    ) -> TokenStream {
        let ident = &field.ident;
        if let Some((property, schema)) = self.update_value(property, schema) {
            let check = self.value(&Place::borrowed(quote!(value)), schema, &property, items);
            return if check.is_empty() {
                check
            } else {
                quote! {
                    if let Some(value) = self.#ident.value() {
                        #check
                    }
                }
            };
        }
        if code::option_of(&field.ty).is_none() {
            return self.value(&Place::owned(quote!(self.#ident)), schema, property, items);
        }
        let check = self.value(&Place::borrowed(quote!(value)), schema, property, items);
        let missing =
            (must_be_there && schema.get("nullable") != Some(&Value::Bool(true))).then(|| {
                quote! {
                    if self.#ident.is_none() {
                        return Err(constraints::ConstraintViolation::missing(#property));
                    }
                }
            });
        let check = (!check.is_empty()).then(|| {
            quote! {
                if let Some(value) = &self.#ident {
                    #check
                }
            }
        });
        quote!(#missing #check)
    }

    /// The path and the schema of the value inside an update value.
    fn update_value<'s>(&'s self, property: &str, schema: &Value) -> Option<(String, &'s Value)> {
        let name = named_component(schema)?;
        let value = self.contract.conventions.update_value.as_ref()?;
        self.updates.get(name)?;
        let pointer = format!("{COMPONENTS}/{}/properties/{}", escape(name), escape(value));
        Some((
            format!("{property}.{value}"),
            self.contract.tree.pointer(&pointer)?,
        ))
    }

    /// Checks one value.
    fn value(&self, value: &Place, schema: &Value, property: &str, items: &[Item]) -> TokenStream {
        let Place { place, reference } = value;
        let mut checks = TokenStream::new();
        if let Some(name) = named_component(schema) {
            if let Some(interval) = &self.contract.conventions.interval
                && let Some(months) = schema.get(&interval.max_months).and_then(Value::as_u64)
            {
                let fields = code::named_fields(items, name);
                checks.extend(
                    fields.and_then(|fields| {
                        months_between(place, property, months, interval, &fields)
                    }),
                );
            }
            if self.checked.contains(name) {
                checks.extend(quote! {
                    #place.check().map_err(|violation| violation.within(#property))?;
                });
            }
            return checks;
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => {
                if let Some((least, most)) = bounds(schema, "minLength", "maxLength") {
                    checks.extend(
                        quote!(constraints::length(#property, #reference, #least, #most)?;),
                    );
                }
            }
            Some("integer") => {
                let bound = |name: &str| {
                    schema
                        .get(name)
                        .and_then(Value::as_i64)
                        .map(Literal::i64_unsuffixed)
                };
                let (least, most) = (bound("minimum"), bound("maximum"));
                if least.is_some() || most.is_some() {
                    // `i64` holds all integers that a document can give limits of, but for one type.
                    let wide = if schema.get("format").and_then(Value::as_str) == Some("uint64") {
                        quote!(i128)
                    } else {
                        quote!(i64)
                    };
                    let least = least.map_or(quote!(#wide::MIN), |least| quote!(#least));
                    let most = most.map_or(quote!(#wide::MAX), |most| quote!(#most));
                    checks.extend(quote! {
                        constraints::number(#property, #wide::from(*#reference), #least, #most)?;
                    });
                }
            }
            Some("number") => {
                let least = schema.get("minimum").and_then(Value::as_f64);
                let most = schema.get("maximum").and_then(Value::as_f64);
                if least.is_some() || most.is_some() {
                    let least = least.map_or(quote!(f64::NEG_INFINITY), |least| quote!(#least));
                    let most = most.map_or(quote!(f64::INFINITY), |most| quote!(#most));
                    checks.extend(
                        quote!(constraints::number(#property, *#reference, #least, #most)?;),
                    );
                }
            }
            Some("array") => {
                if let Some((least, most)) = bounds(schema, "minItems", "maxItems") {
                    checks.extend(
                        quote!(constraints::items(#property, #place.len(), #least, #most)?;),
                    );
                }
                if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
                    checks.extend(quote!(constraints::unique(#property, #reference)?;));
                }
                checks.extend(self.items(reference, schema, property, items));
            }
            _ => {}
        }
        checks
    }

    /// Checks the items of an array.
    fn items(
        &self,
        array: &TokenStream,
        schema: &Value,
        property: &str,
        items: &[Item],
    ) -> Option<TokenStream> {
        let schema = schema.get("items")?;
        let nullable = schema.get("nullable") == Some(&Value::Bool(true));
        if !nullable && let Some(name) = named_component(schema) {
            let ident = Ident::new(name, Span::call_site());
            return self
                .checked
                .contains(name)
                .then(|| quote!(constraints::each(#property, #array, #ident::check)?;));
        }
        let inner = self.value(&Place::borrowed(quote!(item)), schema, "", items);
        let inner = if nullable && !inner.is_empty() {
            quote!(if let Some(item) = item { #inner })
        } else {
            inner
        };
        (!inner.is_empty()).then(|| {
            quote! {
                constraints::each(#property, #array, |item| {
                    #inner
                    Ok(())
                })?;
            }
        })
    }
}

/// An expression for a value, and one for a reference to it.
struct Place {
    place: TokenStream,
    reference: TokenStream,
}

impl Place {
    fn owned(place: TokenStream) -> Self {
        let reference = quote!(&#place);
        Self { place, reference }
    }

    fn borrowed(reference: TokenStream) -> Self {
        Self {
            place: reference.clone(),
            reference,
        }
    }
}

fn bounds(schema: &Value, least: &str, most: &str) -> Option<(TokenStream, TokenStream)> {
    let bound = |name: &str| {
        let bound = Literal::u64_unsuffixed(schema.get(name)?.as_u64()?);
        Some(quote!(#bound))
    };
    match (bound(least), bound(most)) {
        (None, None) => None,
        (least, most) => Some((
            least.unwrap_or_else(|| quote!(0)),
            most.unwrap_or_else(|| quote!(usize::MAX)),
        )),
    }
}

/// Checks how long an interval is, if the component has both its ends.
fn months_between(
    place: &TokenStream,
    property: &str,
    months: u64,
    interval: &Interval,
    fields: &[&Field],
) -> Option<TokenStream> {
    let end = |wire: &str| {
        let field = *fields
            .iter()
            .find(|field| code::field_wire_name(field) == wire)?;
        let ident = &field.ident;
        Some(if code::option_of(&field.ty).is_some() {
            quote!(#place.#ident)
        } else {
            quote!(Some(#place.#ident))
        })
    };
    let (start, end) = (end(&interval.start)?, end(&interval.end)?);
    let months = Literal::u32_unsuffixed(u32::try_from(months).ok()?);
    Some(quote!(constraints::months(#property, #start, #end, #months)?;))
}
