//! The shape of a schema object: its type, format, constraints and values.

use openapi_tree::document::{is_true, text_at};
use openapi_tree::error::Result;
use openapi_tree::schemas::component_pointer;
use serde_json::Value;
use strum::VariantArray as _;

use super::{Reader, enum_of, is_scalar};
use crate::facts::{Limit, Name, Property, Type};

impl<'d> Reader<'d> {
    /// Reads a schema object as a property without a name. References to scalars are followed.
    pub(super) fn shape(
        &mut self,
        owner: &str,
        node: &'d Value,
        pointer: &str,
        depth: usize,
    ) -> Result<Property> {
        self.enter(pointer, depth)?;
        self.object(node, pointer)?;
        let mut shape = if let Some((name, target)) = self.reference(node, pointer)? {
            if is_scalar(target) {
                let pointer = component_pointer(name);
                self.shape(name, target, &pointer, depth + 1)?
            } else {
                Property {
                    kind: Some(Type::named(name)),
                    nullable: Some(is_true(target, "nullable")),
                    ..Property::default()
                }
            }
        } else if let Some((keyword, part)) = single_part(node) {
            self.shape(owner, part, &format!("{pointer}/{keyword}/0"), depth + 1)?
        } else {
            self.plain_shape(owner, node, pointer, depth)?
        };
        if is_true(node, "nullable") {
            shape.nullable = Some(true);
        }
        if let Some(format) = text_at(node, "format") {
            shape.format = Some(format.to_owned());
        }
        for limit in Limit::VARIANTS.iter().copied() {
            // `false` is the default of `uniqueItems`.
            let value = node.get(self.conventions.keyword(limit));
            if let Some(value) = value.filter(|value| **value != false) {
                shape.limits.insert(limit, value.clone());
            }
        }
        Ok(shape)
    }

    /// Reads a schema object without a reference.
    fn plain_shape(
        &mut self,
        owner: &str,
        node: &'d Value,
        pointer: &str,
        depth: usize,
    ) -> Result<Property> {
        let mut shape = Property {
            nullable: Some(false),
            values: enum_of(node),
            ..Property::default()
        };
        if shape.values.is_some() {
            shape.kind = Some(Type::Enum);
            return Ok(shape);
        }
        let has_properties = node.get("properties").or(node.get("allOf")).is_some();
        shape.kind = Some(match text_at(node, "type") {
            Some("array") => match node.get("items") {
                Some(items) => {
                    let items = self.shape(owner, items, &format!("{pointer}/items"), depth + 1)?;
                    shape.format = items.format;
                    shape.values = items.values;
                    Type::array_of(items.kind.unwrap_or(Type::Any))
                }
                None => Type::array_of(Type::Any),
            },
            Some("object") | None if has_properties => {
                let inline = self.schema(owner, node, pointer)?;
                self.inline.push(inline);
                Type::named(owner)
            }
            Some("object") => match node.get("additionalProperties") {
                Some(values @ Value::Object(_)) => {
                    let pointer = format!("{pointer}/additionalProperties");
                    let values = self.shape(owner, values, &pointer, depth + 1)?;
                    Type::Map(Box::new(values.kind.unwrap_or(Type::Any)))
                }
                _ => Type::Object,
            },
            None => {
                if let Some(names) = self.alternatives(node, pointer)? {
                    Type::OneOf(names)
                } else {
                    if node.get("oneOf").or(node.get("anyOf")).is_some() {
                        let what = "alternatives that are not all references to schemas";
                        self.report(pointer, what);
                    }
                    shape.nullable = Some(true);
                    Type::Any
                }
            }
            Some(name) => Type::plain(name)
                .filter(|kind| *kind != Type::Any)
                .unwrap_or_else(|| {
                    self.report(pointer, &format!("the unknown type `{name}`"));
                    Type::Any
                }),
        });
        Ok(shape)
    }

    /// Returns the alternatives, if all of them are references.
    fn alternatives(&self, node: &'d Value, pointer: &str) -> Result<Option<Vec<Name>>> {
        let mut keywords = ["oneOf", "anyOf"].into_iter();
        let found = keywords.find_map(|keyword| Some((keyword, node.get(keyword)?)));
        let Some((keyword, Value::Array(parts))) = found else {
            return Ok(None);
        };
        let mut names = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            match self.reference(part, &format!("{pointer}/{keyword}/{index}"))? {
                Some((name, _)) => names.push(Name {
                    name: name.to_owned(),
                    linked: None,
                }),
                None => return Ok(None),
            }
        }
        Ok((names.len() > 1).then_some(names))
    }
}

/// Returns the part of a composition with only one part, which is a reference with annotations.
fn single_part(node: &Value) -> Option<(&'static str, &Value)> {
    if node.get("properties").is_some() {
        return None;
    }
    ["allOf", "anyOf", "oneOf"].into_iter().find_map(|keyword| {
        match node.get(keyword)?.as_array()?.as_slice() {
            [part] => Some((keyword, part)),
            _ => None,
        }
    })
}
