//! Bad input fails before it is sent.

mod constraints;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Field, Fields, File, FnArg, ImplItem, ImplItemFn, Item, Pat, Type, parse_quote};

use super::{Contract, Pass, code, open_enums, timestamps, update_values};
use crate::constraints::{Check, Constraints, Unit};
use crate::conventions::Interval;
use crate::lower::envelope;
use crate::lower::polymorphic::Kinds;
use crate::rust_names::argument;
use openapi_tree::document::escape;
use openapi_tree::error::Result;
use openapi_tree::schemas::{
    COMPONENTS, Operation, components, inside, named_component, referenced_component, required,
};

pub(super) const PASS: Pass = Pass {
    name: "request-checks",
    mends: "progenitor sends requests without checking the constraints of the document",
    apply,
};

/// Gives every type that a request can reach, and that has constraints, a method `check`, and calls it before
/// sending.
fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    let interval = contract.conventions.interval.as_ref();
    let items = code::types(file, contract)?;
    let checks = Checks {
        contract,
        checked: checked_components(contract),
        updates: update_values::update_values(contract),
        ends: interval
            .into_iter()
            .flat_map(|interval| items.iter().filter_map(|item| ends(item, interval)))
            .collect(),
    };
    let mut is_used = !checks.checked.is_empty() || contract.conventions.operations.is_some();
    let mut methods = BTreeMap::new();
    for item in items.iter() {
        let Some(name) = code::type_name(item).map(ToString::to_string) else {
            continue;
        };
        let Some(schema) = contract.component(&name) else {
            continue;
        };
        if !checks.checked.contains(&name) || checks.updates.contains_key(&name) {
            continue;
        }
        let body = checks.body_of(&name, schema, item)?;
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
        methods.insert(name, method);
    }
    code::add_methods(items, methods);
    let mut is_inline = false;
    for (function, operation) in code::methods(file, contract)? {
        let (check, inline) = checks.of_operation(function, operation)?;
        is_inline |= inline;
        function.block.stmts.splice(0..0, check);
    }
    is_used |= is_inline;
    if is_used {
        let round = contract.conventions.whole_seconds.then(|| {
            let module = format_ident!("{}", timestamps::MODULE);
            quote! {
                let (start, end) = (super::#module::floor(start), super::#module::ceiling(end));
            }
        });
        let module = constraints::module(file, is_inline, round.as_ref());
        code::types(file, contract)?.push(module);
    }
    Ok(())
}

/// The components that a request can reach and that have a constraint, in themselves or in what they hold.
fn checked_components(contract: &Contract<'_>) -> BTreeSet<String> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting: Vec<&str> = Vec::new();
    for (name, schema) in components(contract.tree) {
        if !contract.requests.contains(name) {
            continue;
        }
        let lenient = contract.responses.contains(name);
        // Types that a response can reach too have lost what they require, and take every value of an enum.
        let mut is_checked = Kinds::of(schema).is_some()
            || lenient && (schema.get("required").is_some() || open_enums::is_text_enum(schema));
        inside(schema, &mut String::new(), &mut |_, schema| {
            is_checked |=
                months_of(schema, contract).is_some() || !Constraints::of(schema).checks.is_empty();
            if let Some(used) = referenced_component(schema) {
                users.entry(used).or_default().push(name);
            }
        });
        if is_checked {
            waiting.push(name);
        }
    }
    let mut checked = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if checked.insert(name.to_owned()) {
            waiting.extend(users.get(name).into_iter().flatten());
        }
    }
    checked
}

/// The longest interval, in months, that is taken where a schema is used.
fn months_of(schema: &Value, contract: &Contract<'_>) -> Option<u64> {
    let interval = contract.conventions.interval.as_ref()?;
    schema.get(&interval.max_months)?.as_u64()
}

struct Checks<'a> {
    contract: &'a Contract<'a>,
    checked: BTreeSet<String>,
    /// The components that are update values.
    updates: BTreeMap<String, bool>,
    /// The types that are intervals, with the fields of their ends.
    ends: BTreeMap<String, [Field; 2]>,
}

/// The fields of a struct's ends, if it is an interval.
fn ends(item: &Item, interval: &Interval) -> Option<(String, [Field; 2])> {
    let Item::Struct(item) = item else {
        return None;
    };
    let end = |wire: &str| {
        let mut fields = item.fields.iter();
        fields
            .find(|field| code::field_wire_name(field) == wire)
            .cloned()
    };
    Some((
        item.ident.to_string(),
        [end(&interval.start)?, end(&interval.end)?],
    ))
}

impl<'a> Checks<'a> {
    fn body_of(&self, name: &str, schema: &Value, item: &Item) -> Result<TokenStream> {
        let lenient = self.contract.responses.contains(name);
        let fields = match item {
            Item::Enum(item) => {
                return match Kinds::of(schema) {
                    Some(kinds) => self.body_of_kinds(kinds, schema, item),
                    None => Ok(self.body_of_enum(item)),
                };
            }
            Item::Struct(item) => &item.fields,
            _ => return Ok(TokenStream::new()),
        };
        let Fields::Named(fields) = fields else {
            return fields.iter().next().map_or_else(
                || Ok(TokenStream::new()),
                |field| self.value(&Place::owned(quote!(self.0)), &field.ty, schema, ""),
            );
        };
        let required = required(schema);
        let mut body = TokenStream::new();
        for field in &fields.named {
            let ident = &field.ident;
            let place = Place::owned(quote!(self.#ident));
            if code::is_flattened(field) {
                let values = &schema["additionalProperties"];
                body.extend(self.values(&place, &field.ty, values, "")?);
                continue;
            }
            let property = code::field_wire_name(field);
            let schema = &schema["properties"][&property];
            if let Some((property, schema)) = self.update_value(&property, schema) {
                let Some(ty) = code::first_argument(&field.ty) else {
                    continue;
                };
                let place = Place::borrowed(quote!(value));
                let check = self.value(&place, ty, schema, &property)?;
                body.extend(around(
                    &check,
                    |check| quote!(if let Some(value) = self.#ident.value() { #check }),
                ));
                continue;
            }
            let is_missing = lenient
                && required.contains(&property.as_str())
                && code::option_of(&field.ty).is_some()
                && schema.get("nullable") != Some(&Value::Bool(true));
            if is_missing {
                body.extend(quote! {
                    if self.#ident.is_none() {
                        return Err(constraints::ConstraintViolation::missing(#property));
                    }
                });
            }
            body.extend(self.value(&place, &field.ty, schema, &property)?);
        }
        Ok(body)
    }

    /// The path and the schema of the value inside an update value.
    fn update_value(&self, property: &str, schema: &Value) -> Option<(String, &'a Value)> {
        let name = named_component(schema)?;
        let value = self.contract.conventions.update_value.as_ref()?;
        self.updates.get(name)?;
        let pointer = format!("{COMPONENTS}/{}/properties/{}", escape(name), escape(value));
        Some((
            format!("{property}.{value}"),
            self.contract.tree.pointer(&pointer)?,
        ))
    }

    /// An open enum alone has a variant with a string: a value that the document does not list. The variants of a
    /// choice each hold an object.
    fn body_of_enum(&self, item: &syn::ItemEnum) -> TokenStream {
        let inner = |variant: &syn::Variant| {
            let field = variant.fields.iter().next()?;
            let ty = code::argument_of(&field.ty, "Box").unwrap_or(&field.ty);
            code::last_segment(ty)
        };
        let unknown = item
            .variants
            .iter()
            .find(|variant| inner(variant).is_some_and(|name| name == "String"));
        if let Some(unknown) = unknown {
            let unknown = &unknown.ident;
            return quote! {
                if let Self::#unknown(value) = self {
                    return Err(constraints::ConstraintViolation::not_listed(value, Self::KNOWN));
                }
            };
        }
        let arms = item.variants.iter().map(|variant| {
            let ident = &variant.ident;
            match inner(variant) {
                Some(name) if self.checked.contains(&name) => {
                    quote!(Self::#ident(value) => value.check()?,)
                }
                Some(_) => quote!(Self::#ident(_) => {}),
                None => quote!(Self::#ident => {}),
            }
        });
        quote!(match self { #(#arms)* })
    }

    /// The variants of an enum whose kind another property decides each hold the value of a kind. The last one holds all
    /// other JSON.
    fn body_of_kinds(
        &self,
        kinds: Kinds<'_>,
        schema: &Value,
        item: &syn::ItemEnum,
    ) -> Result<TokenStream> {
        let mut arms = TokenStream::new();
        for ((_, property), variant) in kinds.each().zip(&item.variants) {
            let ident = &variant.ident;
            let check = match variant.fields.iter().next() {
                Some(field) => {
                    let ty = code::argument_of(&field.ty, "Box").unwrap_or(&field.ty);
                    let schema = &schema["properties"][&property];
                    let place = Place::borrowed(quote!(value));
                    self.value(&place, ty, schema, kinds.value())?
                }
                None => TokenStream::new(),
            };
            arms.extend(if check.is_empty() {
                quote!(Self::#ident(_) => {})
            } else {
                quote!(Self::#ident(value) => { #check })
            });
        }
        Ok(quote! {
            match self {
                #arms
                _ => return Err(constraints::ConstraintViolation::unknown_kind(Self::KNOWN)),
            }
        })
    }

    /// The statements that check what an operation sends, and whether one of them is not the check of its body's
    /// type.
    fn of_operation(
        &self,
        function: &ImplItemFn,
        operation: &Operation<'a>,
    ) -> Result<(Vec<syn::Stmt>, bool)> {
        let schemas = self.argument_schemas(operation);
        let mut inline = TokenStream::new();
        let mut statements = Vec::new();
        for input in &function.sig.inputs {
            let FnArg::Typed(input) = input else { continue };
            let Pat::Ident(name) = &*input.pat else {
                continue;
            };
            let name = &name.ident;
            if let Some(envelope) = envelope_type(&input.ty, self.contract)
                && self.checked.contains(&envelope)
            {
                statements.push(parse_quote! {
                    #name.check()
                        .map_err(|violation| Error::InvalidRequest(violation.to_string()))?;
                });
                continue;
            }
            let Some((property, schema)) = schemas.get(&name.to_string()) else {
                continue;
            };
            let own = named_component(schema).filter(|_| name == "body");
            if own.is_some_and(|component| self.checked.contains(component)) {
                statements.push(parse_quote! {
                    body.check()
                        .map_err(|violation| Error::InvalidRequest(violation.to_string()))?;
                });
            } else if own.is_none() {
                let place = Place::owned(quote!(#name));
                inline.extend(self.value(&place, &input.ty, schema, property)?);
            }
        }
        let is_inline = !inline.is_empty();
        if is_inline {
            statements.push(parse_quote! {
                (|| {
                    use types::*;
                    #inline
                    Ok::<(), constraints::ConstraintViolation>(())
                })()
                .map_err(|violation| Error::InvalidRequest(violation.to_string()))?;
            });
        }
        Ok((statements, is_inline))
    }

    /// The schemas of an operation's arguments, by the names of these in Rust, each with its name in messages.
    fn argument_schemas(
        &self,
        operation: &Operation<'a>,
    ) -> BTreeMap<String, (&'a str, &'a Value)> {
        let content = operation.node.pointer("/requestBody/content");
        let media = content.and_then(Value::as_object).into_iter().flatten();
        let body = media
            .filter_map(|(_, media)| Some(("body".to_owned(), ("body", media.get("schema")?))));
        let parameters = self.contract.parameters(operation).into_iter();
        let parameters = parameters.filter_map(|parameter| {
            let schema = parameter.node.get("schema")?;
            Some((argument(parameter.generated), (parameter.name, schema)))
        });
        body.chain(parameters).collect()
    }

    /// Checks one value, as far as its Rust type does not make sure of it.
    fn value(
        &self,
        value: &Place,
        ty: &Type,
        schema: &Value,
        property: &str,
    ) -> Result<TokenStream> {
        let Place { place, reference } = value;
        if let Type::Reference(inner) = ty {
            return self.value(
                &Place::borrowed(place.clone()),
                &inner.elem,
                schema,
                property,
            );
        }
        if let Some(inner) = code::option_of(ty) {
            let check = self.value(&Place::borrowed(quote!(value)), inner, schema, property)?;
            return Ok(around(
                &check,
                |check| quote!(if let Some(value) = #reference { #check }),
            ));
        }
        let mut checks = TokenStream::new();
        if let Some(name) = named_component(schema) {
            if let Some(months) = months_of(schema, self.contract) {
                checks.extend(self.interval(place, property, months, name));
            }
            if self.checked.contains(name) {
                checks.extend(quote! {
                    #place.check().map_err(|violation| violation.within(#property))?;
                });
            }
            return Ok(checks);
        }
        for check in Constraints::of(schema).checks {
            let check = statement(&check, value, ty, property).ok_or_else(|| {
                let ty = code::last_segment(ty).unwrap_or_default();
                code::unexpected(
                    self.contract,
                    &format!(
                        "has the type `{ty}` for `{property}`, which can not be checked for {check}"
                    ),
                )
            })?;
            checks.extend(check);
        }
        if let (Some(inner), Some(schema)) = (code::argument_of(ty, "Vec"), schema.get("items")) {
            checks.extend(self.items(reference, inner, schema, property)?);
        }
        let values = schema.get("additionalProperties");
        if let Some(values) = values.filter(|values| values.is_object()) {
            checks.extend(self.values(value, ty, values, property)?);
        }
        Ok(checks)
    }

    /// Checks the items of an array.
    fn items(
        &self,
        array: &TokenStream,
        ty: &Type,
        schema: &Value,
        property: &str,
    ) -> Result<TokenStream> {
        if let Some(name) = named_component(schema)
            && self.checked.contains(name)
            && code::option_of(ty).is_none()
        {
            let ident = format_ident!("{name}");
            return Ok(quote!(constraints::each(#property, #array, #ident::check)?;));
        }
        let inner = self.value(&Place::borrowed(quote!(item)), ty, schema, "")?;
        Ok(around(
            &inner,
            |inner| quote!(constraints::each(#property, #array, |item| { #inner Ok(()) })?;),
        ))
    }

    /// Checks the values of a map.
    fn values(
        &self,
        map: &Place,
        ty: &Type,
        schema: &Value,
        property: &str,
    ) -> Result<TokenStream> {
        let Some(ty) = code::arguments_of(ty, "BTreeMap").nth(1) else {
            return Ok(TokenStream::new());
        };
        let map = &map.reference;
        let inner = self.value(&Place::borrowed(quote!(item)), ty, schema, "")?;
        Ok(around(
            &inner,
            |inner| quote!(constraints::each_value(#property, #map, |item| { #inner Ok(()) })?;),
        ))
    }

    /// Checks how long an interval is, if the component has both its ends.
    fn interval(
        &self,
        place: &TokenStream,
        property: &str,
        months: u64,
        name: &str,
    ) -> Option<TokenStream> {
        let end = |field: &Field| {
            let ident = &field.ident;
            if code::option_of(&field.ty).is_some() {
                quote!(#place.#ident)
            } else {
                quote!(Some(#place.#ident))
            }
        };
        let [start, end] = self.ends.get(name)?.each_ref().map(end);
        let months = Literal::u32_unsuffixed(u32::try_from(months).ok()?);
        Some(quote!(constraints::months(#property, #start, #end, #months)?;))
    }
}

/// The type of the envelope, if an argument has it.
fn envelope_type(ty: &Type, contract: &Contract<'_>) -> Option<String> {
    let Type::Reference(reference) = ty else {
        return None;
    };
    let (envelope, _) = envelope::component(contract.tree)?;
    code::last_segment(&reference.elem).filter(|name| name == envelope)
}

/// The statement for a check of a value of that type; none if the check is not one of that type.
fn statement(check: &Check, value: &Place, ty: &Type, property: &str) -> Option<TokenStream> {
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
            let (least, most) = (inclusive(*min), inclusive(*max));
            if least.is_some() || most.is_some() {
                let least = least.map_or(quote!(f64::NEG_INFINITY), |least| quote!(#least));
                let most = most.map_or(quote!(f64::INFINITY), |most| quote!(#most));
                checks.extend(quote!(constraints::number(#property, *#reference, #least, #most)?;));
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

/// Code around a check, if there is one.
fn around(check: &TokenStream, code: impl Fn(&TokenStream) -> TokenStream) -> TokenStream {
    if check.is_empty() {
        TokenStream::new()
    } else {
        code(check)
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
