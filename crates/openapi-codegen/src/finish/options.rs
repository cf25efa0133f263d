//! Boxes inside options.

use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Field, File, Meta, Token, Type, parse_quote};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "boxed-options",
    reason: "typify writes `Box<Option<T>>` for a type that contains itself; `Option<Box<T>>` is easier to use",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    for item in code::types(file, contract)? {
        Turn.visit_item_mut(item);
    }
    Ok(())
}

struct Turn;

impl VisitMut for Turn {
    /// Omits a field that is now an option and has no value. typify would send null.
    fn visit_field_mut(&mut self, field: &mut Field) {
        let was_option = code::option_of(&field.ty).is_some();
        syn::visit_mut::visit_field_mut(self, field);
        if was_option || code::option_of(&field.ty).is_none() {
            return;
        }
        for attribute in field
            .attrs
            .iter_mut()
            .filter(|attribute| attribute.path().is_ident("serde"))
        {
            let arguments =
                attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let Ok(arguments) = arguments else { continue };
            let arguments = arguments.into_iter().map(|argument| match argument {
                Meta::Path(path) if path.is_ident("default") => {
                    parse_quote!(skip_serializing_if = "::std::option::Option::is_none")
                }
                argument => argument,
            });
            *attribute = parse_quote!(#[serde(#(#arguments),*)]);
        }
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        syn::visit_mut::visit_type_mut(self, ty);
        if let Some(inner) = code::argument_of(ty, "Box").and_then(code::option_of) {
            *ty = parse_quote!(::std::option::Option<::std::boxed::Box<#inner>>);
        }
    }
}
