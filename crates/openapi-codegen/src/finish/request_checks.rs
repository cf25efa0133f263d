//! Checks of requests before they are sent.

mod constraints;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Field, Fields, File, FnArg, ImplItem, ImplItemFn, Item, Pat, Type, parse_quote};

use super::{Contract, Pass, code, open_enums, timestamps, update_values};
use crate::constraints::Constraints;
use crate::conventions::Interval;
use crate::lower::polymorphic::Kinds;
use crate::rust_names::argument;
use openapi_tree::document::escape;
use openapi_tree::error::Result;
use openapi_tree::schemas::{
    Operation, component_pointer, components, inside, named_component, referenced_component,
    required,
};
use statements::{Place, around, statement};

pub(super) const PASS: Pass = Pass {
    name: "request-checks",
    reason: "progenitor sends requests without checking the constraints of the document",
    apply,
};

/// Gives every type with constraints that a request can reach a method `check`, and calls it before sending.
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
    let check: ImplItemFn = parse_quote! {
        /// Checks the constraints of the document.
        ///
        /// # Errors
        /// Returns an error if a constraint is violated. The error has the property, its value and the allowed values.
        pub fn check(&self) -> ::std::result::Result<(), constraints::ConstraintViolation> {}
    };
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
        let method = ImplItemFn {
            block: parse_quote!({ #body Ok(()) }),
            ..check.clone()
        };
        methods.insert(name, ImplItem::Fn(method));
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

/// Returns the components with constraints that a request can reach, including constraints of the schemas inside.
fn checked_components(contract: &Contract<'_>) -> BTreeSet<String> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting: Vec<&str> = Vec::new();
    for (name, schema) in components(contract.tree) {
        if !contract.requests.contains(name) {
            continue;
        }
        let lenient = contract.responses.contains(name);
        // Types that a response can reach as well are lenient: their properties can be missing, and their enums are open.
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

/// Returns the maximum length of an interval, in months, where a schema is used.
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

/// Returns the fields with the start and the end of a struct, if it is an interval.
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

    /// Returns the path and the schema of the value inside an update value.
    fn update_value(&self, property: &str, schema: &Value) -> Option<(String, &'a Value)> {
        let name = named_component(schema)?;
        let value = self.contract.conventions.update_value.as_ref()?;
        self.updates.get(name)?;
        let pointer = format!("{}/properties/{}", component_pointer(name), escape(value));
        Some((
            format!("{property}.{value}"),
            self.contract.tree.pointer(&pointer)?,
        ))
    }

    /// Returns the check of an enum. Only an open enum has a variant with a string, for unknown values. Each variant of a
    /// choice has an object.
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

    /// Returns the check of an enum that a discriminator decides. Each variant has the value of a kind, except the last one,
    /// which has any other JSON.
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

    /// Returns the statements that check the arguments of an operation, and whether one of them is inline. An inline
    /// statement does not call the check of a type.
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

    /// Returns the schemas of the arguments of an operation by their names in Rust, each with its name in messages.
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

    /// Returns the check of one value, except for constraints that its Rust type ensures.
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
                        "has the type `{ty}` for `{property}`, which cannot be checked for {check}"
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

    /// Returns the check of the items of an array.
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

    /// Returns the check of the values of a map.
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

    /// Returns the check of the length of an interval, if the component has a start and an end.
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

/// Returns the type of the envelope, if it is the type of an argument.
fn envelope_type(ty: &Type, contract: &Contract<'_>) -> Option<String> {
    let Type::Reference(reference) = ty else {
        return None;
    };
    let (envelope, _) = contract.envelope?;
    code::last_segment(&reference.elem).filter(|name| name == envelope)
}
