//! Operations whose responses are pages.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::{Field, Item, Type};

use super::operations::Qualify;
use super::{Contract, code};
use crate::conventions::ListingRules;
use crate::operations::{Described, Listing};
use openapi_tree::error::Result;
use openapi_tree::schemas::{component_pointer, required};

/// Creates the implementations of the trait `Listing`.
pub(super) struct Listings<'a> {
    rules: &'a ListingRules,
    contract: &'a Contract<'a>,
    fields: Vec<(String, Vec<Field>)>,
    qualify: &'a Qualify,
    count: TokenStream,
    cursor: TokenStream,
}

/// A field and the type inside its option.
struct Part {
    ident: Option<Ident>,
    ty: Type,
    is_optional: bool,
}

impl<'a> Listings<'a> {
    pub(super) fn new(
        rules: &'a ListingRules,
        contract: &'a Contract<'a>,
        items: &[Item],
        qualify: &'a Qualify,
    ) -> Result<Self> {
        let mut listings = Self {
            rules,
            contract,
            fields: Vec::new(),
            qualify,
            count: quote!(i64),
            cursor: quote!(::std::string::String),
        };
        for operation in contract.operations {
            let Some(listing) = &operation.listing else {
                continue;
            };
            let request = operation.request.as_ref().ok();
            let request = request.and_then(|request| request.component.as_ref());
            let names = [Some(&listing.limitation), Some(&listing.response), request];
            for name in names.into_iter().flatten() {
                let fields = code::named_fields(items, name).unwrap_or_default();
                let fields = fields.into_iter().cloned().collect();
                listings.fields.push((name.clone(), fields));
            }
            let count = listings.part(&listing.limitation, &rules.count)?;
            let cursor = listings.part(&listing.limitation, &rules.cursor)?;
            let (count, cursor) = (qualify.ty(&count.ty), qualify.ty(&cursor.ty));
            listings.count = quote!(#count);
            listings.cursor = quote!(#cursor);
        }
        Ok(listings)
    }

    fn part(&self, component: &str, property: &str) -> Result<Part> {
        let field = self
            .fields
            .iter()
            .find(|(name, _)| name == component)
            .and_then(|(_, fields)| {
                fields
                    .iter()
                    .find(|field| code::field_wire_name(field) == property)
            });
        let Some(field) = field else {
            return Err(code::unexpected(
                self.contract,
                &format!("has no field for `{property}` of `{component}`"),
            ));
        };
        let inner = code::option_of(&field.ty);
        Ok(Part {
            ident: field.ident.clone(),
            ty: inner.unwrap_or(&field.ty).clone(),
            is_optional: inner.is_some(),
        })
    }

    /// Returns the trait and the types that all listings share.
    pub(super) fn items(&self) -> TokenStream {
        let (count, cursor) = (&self.count, &self.cursor);
        quote! {
            /// A maximum number of items of a page.
            pub type Count = #count;

            /// The place where a page starts.
            pub type Cursor = #cursor;

            /// The request of an operation that returns its records in pages.
            pub trait Listing: Operation {
                /// A record of the listing.
                type Item;
                /// The largest maximum number of items of a page that the operation accepts.
                const MAX_COUNT: Count = Count::MAX;

                /// Returns the maximum number of items of a page, if the request sets one.
                fn count(&self) -> ::std::option::Option<Count>;

                /// Returns the cursor where the page starts. `None` is the first page.
                fn cursor(&self) -> ::std::option::Option<&Cursor>;

                /// Sets the maximum number of items of the page and the cursor where the page starts.
                fn set_page(&mut self, count: Count, cursor: ::std::option::Option<Cursor>);

                /// Returns the cursor of the next page. `None` is the end of the listing.
                fn next_cursor(response: &Self::Response) -> ::std::option::Option<&Cursor>;

                /// Returns the records of a page.
                fn items(response: &Self::Response) -> &[Self::Item];

                /// Returns the records of a page, and drops the rest of the response.
                fn into_items(response: Self::Response) -> ::std::vec::Vec<Self::Item>;
            }
        }
    }

    /// Returns the arguments of the constructor of a limitation, which can require only a count and a cursor.
    fn arguments(&self, limitation: &str) -> Vec<TokenStream> {
        let pointer = component_pointer(limitation);
        let schema = self.contract.tree.pointer(&pointer);
        let names = schema.map(required).unwrap_or_default();
        names
            .into_iter()
            .map(|name| {
                if name == self.rules.count {
                    quote!(count)
                } else {
                    quote!(None)
                }
            })
            .collect()
    }

    pub(super) fn implementation(
        &self,
        operation: &Described,
        listing: &Listing,
        ty: &Type,
    ) -> Result<TokenStream> {
        let request = operation.request.as_ref().ok();
        let is_newtype = request.is_some_and(|request| request.newtype.is_some());
        let component = request
            .and_then(|request| request.component.as_deref())
            .unwrap_or_default();
        let limitation = self.part(component, &self.rules.limitation)?;
        let count = self.part(&listing.limitation, &self.rules.count)?;
        let cursor = self.part(&listing.limitation, &self.rules.cursor)?;
        let next = self.part(&listing.response, &self.rules.cursor)?;
        let list = self.part(&listing.response, &listing.list)?;
        let (Some(item), true, true) = (
            code::argument_of(&list.ty, "Vec"),
            cursor.is_optional,
            next.is_optional,
        ) else {
            return Err(code::unexpected(
                self.contract,
                &format!(
                    "has a cursor that is not an option, or a primary list that is not a list, for {}",
                    operation.pointer
                ),
            ));
        };
        let item = self.qualify.ty(item);
        let owner = if is_newtype {
            quote!(self.0)
        } else {
            quote!(self)
        };
        let place = &limitation.ident;
        let (count_ident, cursor_ident) = (&count.ident, &cursor.ident);
        let (next, list_ident) = (&next.ident, &list.ident);

        let limitation_of = if limitation.is_optional {
            quote!(#owner.#place.as_ref()?)
        } else {
            quote!(&#owner.#place)
        };
        let count_value = if count.is_optional {
            quote!(limitation.#count_ident)
        } else {
            quote!(Some(limitation.#count_ident))
        };
        let set_count = if count.is_optional {
            quote!(Some(count))
        } else {
            quote!(count)
        };
        let limitation_mut = if limitation.is_optional {
            let name = quote::format_ident!("{}", listing.limitation);
            let arguments = self.arguments(&listing.limitation);
            quote!(#owner.#place.get_or_insert_with(|| types::#name::new(#(#arguments),*)))
        } else {
            quote!(&mut #owner.#place)
        };
        let (items, into_items) = if list.is_optional {
            (
                quote!(response.#list_ident.as_deref().unwrap_or_default()),
                quote!(response.#list_ident.unwrap_or_default()),
            )
        } else {
            (quote!(&response.#list_ident), quote!(response.#list_ident))
        };
        let max_count = listing.max_count.map(|max| {
            let max = Literal::i64_unsuffixed(max);
            quote!(const MAX_COUNT: Count = #max;)
        });
        Ok(quote! {
            impl Listing for #ty {
                type Item = #item;
                #max_count

                fn count(&self) -> ::std::option::Option<Count> {
                    let limitation = #limitation_of;
                    #count_value
                }

                fn cursor(&self) -> ::std::option::Option<&Cursor> {
                    let limitation = #limitation_of;
                    limitation.#cursor_ident.as_ref()
                }

                fn set_page(&mut self, count: Count, cursor: ::std::option::Option<Cursor>) {
                    let limitation = #limitation_mut;
                    limitation.#count_ident = #set_count;
                    limitation.#cursor_ident = cursor;
                }

                fn next_cursor(response: &Self::Response) -> ::std::option::Option<&Cursor> {
                    response.#next.as_ref()
                }

                fn items(response: &Self::Response) -> &[Self::Item] {
                    #items
                }

                fn into_items(response: Self::Response) -> ::std::vec::Vec<Self::Item> {
                    #into_items
                }
            }
        })
    }
}
