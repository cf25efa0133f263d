//! The module with the functions that generated checks call.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::visit::{Visit, visit_path};
use syn::{File, ImplItem, Item, ItemMod, Path, Visibility, parse_quote};

/// Returns `pub mod constraints` with the functions that the code calls. With `is_inline`, code outside of `types` calls
/// them.
///
/// With `round`, the length of an interval is that of the whole seconds that are sent.
pub(super) fn module(code: &File, is_inline: bool, round: Option<&TokenStream>) -> Item {
    let mut called = Called(BTreeSet::new());
    called.visit_file(code);
    let called = |visibility: &mut Visibility, name: &syn::Ident| {
        let is_called = called.0.contains(&name.to_string());
        if is_inline && matches!(visibility, Visibility::Restricted(_)) {
            *visibility = parse_quote!(pub(in super::super));
        }
        is_called || !matches!(visibility, Visibility::Restricted(_))
    };
    let mut module = whole(round);
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        if let Item::Impl(block) = item {
            block.items.retain_mut(|item| match item {
                ImplItem::Fn(function) => called(&mut function.vis, &function.sig.ident),
                _ => true,
            });
        }
    }
    if let Some((_, items)) = &mut module.content {
        items.retain_mut(|item| match item {
            Item::Fn(function) => called(&mut function.vis, &function.sig.ident),
            _ => true,
        });
    }
    Item::Mod(module)
}

/// The names after `constraints::`.
struct Called(BTreeSet<String>);

impl<'a> Visit<'a> for Called {
    fn visit_path(&mut self, path: &'a Path) {
        let behind = path
            .segments
            .iter()
            .skip_while(|segment| segment.ident != "constraints")
            .skip(1);
        self.0
            .extend(behind.map(|segment| segment.ident.to_string()));
        visit_path(self, path);
    }
}

/// Returns the module with all its functions.
#[expect(
    clippy::too_many_lines,
    reason = "it is one template of generated code"
)]
fn whole(round: Option<&TokenStream>) -> ItemMod {
    parse_quote! {
        /// The constraints on requests, checked before a request is sent.
        pub mod constraints {
            /// A constraint that a request violates.
            ///
            /// `Display` is one line with the property, its actual value and the allowed values. Strings are never
            /// part of it, only their lengths, except for the values of enums.
            #[derive(Clone, Debug, PartialEq, Eq)]
            #[non_exhaustive]
            pub struct ConstraintViolation {
                /// The path of the property, such as `Items[3].Name`.
                pub property: ::std::string::String,
                /// The actual value, or a description of it.
                pub actual: ::std::string::String,
                /// The allowed values.
                pub allowed: ::std::string::String,
            }

            impl ConstraintViolation {
                /// Creates a violation of a constraint that hand-written code checks.
                pub fn new(
                    actual: impl ::std::convert::Into<::std::string::String>,
                    allowed: impl ::std::convert::Into<::std::string::String>,
                ) -> Self {
                    Self {
                        property: ::std::string::String::new(),
                        actual: actual.into(),
                        allowed: allowed.into(),
                    }
                }

                pub(super) fn missing(property: &str) -> Self {
                    Self::new("no value", "one is required").within(property)
                }

                pub(super) fn not_listed(value: &str, known: &[&str]) -> Self {
                    Self::new(
                        format!("the value `{value}`"),
                        format!("one of {}", known.join(", ")),
                    )
                }

                pub(super) fn unknown_kind(known: &[&str]) -> Self {
                    Self::new(
                        "a value that fits none of its kinds",
                        format!("one of {}", known.join(", ")),
                    )
                }

                /// Returns the same violation, seen from the value that contains the property.
                #[must_use]
                pub fn within(mut self, property: &str) -> Self {
                    let separator = if self.property.is_empty() || self.property.starts_with('[') {
                        ""
                    } else {
                        "."
                    };
                    self.property = format!("{property}{separator}{}", self.property);
                    self
                }
            }

            impl ::std::fmt::Display for ConstraintViolation {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    write!(f, "`{}` has {}; allowed: {}", self.property, self.actual, self.allowed)
                }
            }

            impl ::std::error::Error for ConstraintViolation {}

            #[allow(dead_code)]
            type Checked = ::std::result::Result<(), ConstraintViolation>;

            #[allow(dead_code)]
            fn allowed(least: usize, most: usize, unit: &str) -> ::std::string::String {
                match (least, most) {
                    (least, usize::MAX) => format!("at least {least} {unit}"),
                    (0, most) => format!("at most {most} {unit}"),
                    (least, most) => format!("{least} to {most} {unit}"),
                }
            }

            #[allow(dead_code)]
            fn within(
                property: &str,
                count: usize,
                least: usize,
                most: usize,
                unit: &str,
            ) -> Checked {
                if (least..=most).contains(&count) {
                    Ok(())
                } else {
                    let violation =
                        ConstraintViolation::new(format!("{count} {unit}"), allowed(least, most, unit));
                    Err(violation.within(property))
                }
            }

            pub(super) fn length(property: &str, text: &str, least: usize, most: usize) -> Checked {
                within(property, text.chars().count(), least, most, "characters")
            }

            pub(super) fn items(property: &str, count: usize, least: usize, most: usize) -> Checked {
                within(property, count, least, most, "items")
            }

            pub(super) fn properties(
                property: &str,
                count: usize,
                least: usize,
                most: usize,
            ) -> Checked {
                within(property, count, least, most, "properties")
            }

            pub(super) fn number<T: PartialOrd + ::std::fmt::Display>(
                property: &str,
                number: T,
                least: T,
                most: T,
            ) -> Checked {
                if number >= least && number <= most {
                    Ok(())
                } else {
                    let violation = ConstraintViolation::new(
                        format!("the value {number}"),
                        format!("{least} to {most}"),
                    );
                    Err(violation.within(property))
                }
            }

            pub(super) fn above(property: &str, number: f64, bound: f64) -> Checked {
                if number > bound {
                    return Ok(());
                }
                let violation =
                    ConstraintViolation::new(format!("the value {number}"), format!("more than {bound}"));
                Err(violation.within(property))
            }

            pub(super) fn below(property: &str, number: f64, bound: f64) -> Checked {
                if number < bound {
                    return Ok(());
                }
                let violation =
                    ConstraintViolation::new(format!("the value {number}"), format!("less than {bound}"));
                Err(violation.within(property))
            }

            pub(super) fn multiple(property: &str, number: i128, factor: i128) -> Checked {
                if number % factor == 0 {
                    return Ok(());
                }
                let violation = ConstraintViolation::new(
                    format!("the value {number}"),
                    format!("a multiple of {factor}"),
                );
                Err(violation.within(property))
            }

            pub(super) fn exclusive(properties: &[(&str, bool)]) -> Checked {
                let [others @ .., (property, false)] = properties else {
                    return Ok(());
                };
                if others.iter().any(|(_, is_omitted)| *is_omitted) {
                    return Ok(());
                }
                let names: ::std::vec::Vec<_> =
                    others.iter().map(|(name, _)| format!("`{name}`")).collect();
                let violation = ConstraintViolation::new(
                    format!("a value together with {}", names.join(" and ")),
                    format!("at most {} of them", others.len()),
                );
                Err(violation.within(property))
            }

            pub(super) fn unique<T: PartialEq>(property: &str, items: &[T]) -> Checked {
                let repeated = items
                    .iter()
                    .enumerate()
                    .any(|(index, item)| items[..index].contains(item));
                if repeated {
                    let violation = ConstraintViolation::new("an item twice", "each item once");
                    Err(violation.within(property))
                } else {
                    Ok(())
                }
            }

            pub(super) fn each<T>(
                property: &str,
                items: &[T],
                check: impl Fn(&T) -> Checked,
            ) -> Checked {
                for (index, item) in items.iter().enumerate() {
                    check(item).map_err(|violation| {
                        violation.within(&format!("[{index}]")).within(property)
                    })?;
                }
                Ok(())
            }

            pub(super) fn each_value<T>(
                property: &str,
                values: &::std::collections::BTreeMap<::std::string::String, T>,
                check: impl Fn(&T) -> Checked,
            ) -> Checked {
                for (name, value) in values {
                    check(value).map_err(|violation| {
                        let violation = violation.within(name);
                        if property.is_empty() { violation } else { violation.within(property) }
                    })?;
                }
                Ok(())
            }

            pub(super) fn months(
                property: &str,
                start: ::std::option::Option<::chrono::DateTime<::chrono::offset::Utc>>,
                end: ::std::option::Option<::chrono::DateTime<::chrono::offset::Utc>>,
                most: u32,
            ) -> Checked {
                let (Some(start), Some(end)) = (start, end) else {
                    return Ok(());
                };
                if end < start {
                    let violation = ConstraintViolation::new(
                        format!("an interval from {start} to {end}"),
                        "an end that is not before the start",
                    );
                    return Err(violation.within(property));
                }
                #round
                match start.checked_add_months(::chrono::Months::new(most)) {
                    Some(latest) if end > latest => {
                        let violation = ConstraintViolation::new(
                            format!("an interval from {start} to {end}"),
                            format!("at most {most} months"),
                        );
                        Err(violation.within(property))
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}
