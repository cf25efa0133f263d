//! Names on the wire.

use std::collections::BTreeMap;

use syn::visit_mut::VisitMut;
use syn::{Attribute, File, Item, LitStr};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "wire-names",
    reason: "the generator got different names for fields and variants that have the same name in Rust",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    if contract.wire.is_empty() {
        return Ok(());
    }
    for item in code::types(file, contract)? {
        let owner = match item {
            Item::Enum(item) => item.ident.to_string(),
            Item::Struct(item) => item.ident.to_string(),
            Item::Impl(block) => code::last_segment(&block.self_ty).unwrap_or_default(),
            _ => continue,
        };
        if let Some(names) = contract.wire.get(&owner) {
            Rename(names).visit_item_mut(item);
        }
    }
    Ok(())
}

struct Rename<'a>(&'a BTreeMap<String, String>);

impl VisitMut for Rename<'_> {
    fn visit_lit_str_mut(&mut self, text: &mut LitStr) {
        if let Some(name) = self.0.get(&text.value()) {
            *text = LitStr::new(name, text.span());
        }
    }

    /// Renames in the arguments of attributes, which are tokens.
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if let Some(now) = code::serde_argument(std::slice::from_ref(attribute), "rename")
            && let Some(name) = self.0.get(&now)
            && let syn::Meta::List(list) = &mut attribute.meta
        {
            list.tokens = std::mem::take(&mut list.tokens)
                .into_iter()
                .map(|token| match token {
                    proc_macro2::TokenTree::Literal(literal)
                        if literal.to_string()
                            == LitStr::new(&now, literal.span()).token().to_string() =>
                    {
                        LitStr::new(name, literal.span()).token().into()
                    }
                    token => token,
                })
                .collect();
        }
    }
}
