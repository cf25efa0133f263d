//! The comparison of two versions of the generated code.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::{Attribute, Fields, FnArg, ImplItem, Item, Meta, ReturnType, Visibility};

use super::{Change, Class, Side, deprecation};

/// Returns the changes for code that uses the generated module.
pub(super) fn compare(old: &str, new: &str) -> Vec<Change> {
    let (before, after) = (Surface::of(old), Surface::of(new));
    let mut changes = Vec::new();
    let mut note = |class: Class, place: &String, what: String| {
        changes.push(Change {
            side: Side::Rust,
            class,
            place: place.clone(),
            what,
        });
    };
    for (place, item) in &before.0 {
        let is = &item.is;
        let Some(now) = after.0.get(place) else {
            // The parts of a removed item are not reported.
            let owner = item.owner.as_ref();
            if owner.is_none_or(|owner| after.0.contains_key(owner)) {
                note(Class::Breaking, place, format!("is gone; it was {is}"));
            }
            continue;
        };
        if *is != now.is {
            note(
                Class::Breaking,
                place,
                format!("is {}; it was {is}", now.is),
            );
        }
        if item.deprecated != now.deprecated {
            note(
                Class::Additive,
                place,
                deprecation(now.deprecated).to_owned(),
            );
        }
        if now.sealed && !item.sealed {
            note(Class::Breaking, place, "is non-exhaustive now".to_owned());
        }
    }
    for (place, item) in &after.0 {
        if before.0.contains_key(place) {
            continue;
        }
        let is = &item.is;
        let old_owner = item.owner.as_ref().map(|owner| before.0.get(owner));
        match old_owner {
            // The parts of a new item are not reported.
            Some(None) => {}
            Some(Some(owner)) if item.member && !owner.sealed => {
                let what = format!("is new in a type that is exhaustive: {is}");
                note(Class::Breaking, place, what);
            }
            _ => note(Class::Additive, place, format!("is new: {is}")),
        }
    }
    changes
}

/// The public items, by path.
struct Surface(BTreeMap<String, Thing>);

struct Thing {
    /// The item as code or in a word.
    is: String,
    deprecated: bool,
    /// `#[non_exhaustive]`.
    sealed: bool,
    /// Whether it is a field or a variant, which code that builds or matches the type must name.
    member: bool,
    owner: Option<String>,
}

impl Surface {
    fn of(code: &str) -> Self {
        let mut surface = Self(BTreeMap::new());
        if let Ok(file) = syn::parse_file(code) {
            surface.items(&file.items, "");
        }
        surface
    }

    fn add(
        &mut self,
        place: String,
        attributes: &[Attribute],
        is: String,
        owner: Option<&str>,
        member: bool,
    ) {
        let item = Thing {
            is,
            deprecated: has(attributes, "deprecated"),
            sealed: has(attributes, "non_exhaustive"),
            member,
            owner: owner.map(str::to_owned),
        };
        self.0.insert(place, item);
    }

    fn items(&mut self, items: &[Item], module: &str) {
        for item in items {
            match item {
                Item::Mod(item) if is_public(&item.vis) => {
                    if let Some((_, items)) = &item.content {
                        self.items(items, &format!("{module}{}::", item.ident));
                    }
                }
                Item::Struct(item) if is_public(&item.vis) => {
                    let place = format!("{module}{}", item.ident);
                    self.add(place.clone(), &item.attrs, shape(&item.fields), None, false);
                    self.fields(&place, &item.fields);
                    self.derived(&place, &item.attrs);
                }
                Item::Enum(item) if is_public(&item.vis) => {
                    let place = format!("{module}{}", item.ident);
                    let is = "an enum".to_owned();
                    self.add(place.clone(), &item.attrs, is, None, false);
                    for variant in &item.variants {
                        let is = format!("a variant{}", code(&variant.fields));
                        let name = format!("{place}::{}", variant.ident);
                        self.add(name, &variant.attrs, is, Some(&place), true);
                    }
                    self.derived(&place, &item.attrs);
                }
                Item::Type(item) if is_public(&item.vis) => {
                    let place = format!("{module}{}", item.ident);
                    self.add(place, &item.attrs, code(&item.ty), None, false);
                }
                Item::Impl(block) => self.block(block, module),
                _ => {}
            }
        }
    }

    fn fields(&mut self, place: &str, fields: &Fields) {
        for (index, field) in fields.iter().enumerate() {
            if is_public(&field.vis) {
                let name = match &field.ident {
                    Some(name) => format!("{place}.{name}"),
                    None => format!("{place}.{index}"),
                };
                self.add(name, &field.attrs, code(&field.ty), Some(place), true);
            }
        }
    }

    fn derived(&mut self, place: &str, attributes: &[Attribute]) {
        let derives = attributes.iter();
        for attribute in derives.filter(|attribute| attribute.path().is_ident("derive")) {
            let _ = attribute.parse_nested_meta(|meta| {
                let name = meta.path.segments.last().map(|last| last.ident.to_string());
                self.implemented(place, &name.unwrap_or_default());
                Ok(())
            });
        }
    }

    fn implemented(&mut self, place: &str, name: &str) {
        let is = "implemented".to_owned();
        self.add(format!("{place}: {name}"), &[], is, Some(place), false);
    }

    fn block(&mut self, block: &syn::ItemImpl, module: &str) {
        let place = format!("{module}{}", code(&block.self_ty));
        if let Some((path, _)) = &block.trait_ {
            if let Some(last) = path.segments.last() {
                self.implemented(&place, &code(last));
            }
            return;
        }
        for item in &block.items {
            match item {
                ImplItem::Fn(function) if is_public(&function.vis) => {
                    let inputs: Vec<String> = function.sig.inputs.iter().map(argument).collect();
                    let output = match &function.sig.output {
                        ReturnType::Default => String::new(),
                        ReturnType::Type(_, ty) => format!(" -> {}", code(ty)),
                    };
                    let name = format!("{place}::{}", function.sig.ident);
                    let is = format!("fn({}){output}", inputs.join(", "));
                    self.add(name, &function.attrs, is, Some(&place), false);
                }
                ImplItem::Const(item) if is_public(&item.vis) => {
                    let name = format!("{place}::{}", item.ident);
                    self.add(name, &item.attrs, code(&item.ty), Some(&place), false);
                }
                _ => {}
            }
        }
    }
}

/// Returns the type of an argument. Its name does not matter to callers.
fn argument(argument: &FnArg) -> String {
    match argument {
        FnArg::Receiver(receiver) => code(receiver),
        FnArg::Typed(typed) => code(&typed.ty),
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn shape(fields: &Fields) -> String {
    match fields {
        Fields::Named(_) => "a struct".to_owned(),
        Fields::Unnamed(_) => "a newtype".to_owned(),
        Fields::Unit => "a unit struct".to_owned(),
    }
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| {
        matches!(&attribute.meta, Meta::Path(_) | Meta::List(_)) && attribute.path().is_ident(name)
    })
}

/// Returns code in a readable form: `Option<String>`, not `:: std :: option :: Option < … >`.
fn code(tokens: &impl ToTokens) -> String {
    const SHORT: [(&str, &str); 18] = [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("::std::option::", ""),
        ("::std::vec::", ""),
        ("::std::string::", ""),
        ("::std::boxed::", ""),
        ("::std::result::", ""),
        ("::std::convert::", ""),
        ("::std::collections::", ""),
    ];
    let code = tokens.to_token_stream().to_string();
    SHORT
        .iter()
        .fold(code, |code, (long, short)| code.replace(long, short))
}
