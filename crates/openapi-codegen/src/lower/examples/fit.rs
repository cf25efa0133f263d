//! Whether the generated types can read a value, and what would let them.

use serde_json::{Value, json};

use crate::constraints::is_constraint;
use crate::lower::lenient::{IDENTIFIER, OMITTED};
use crate::lower::{any_json, component_pointer, hoist, is_any_json, is_nullable, make_nullable};
use openapi_tree::document::escape;
use openapi_tree::schemas::{named_component, required};

/// A place of the document that an example contradicts, and how to settle it.
pub(super) struct Contradiction {
    /// The schema that is too narrow.
    pub(super) pointer: String,
    /// The example that shows it.
    pub(super) example: String,
    /// What is done about it.
    pub(super) what: String,
    remedy: Remedy,
}

enum Remedy {
    /// The value is of any kind.
    AnyJson,
    /// The value is this instead.
    Become(Value),
    /// The value may be null.
    Null,
    /// The identifier of an object may be missing, or null.
    Omitted,
}

impl Contradiction {
    /// Relaxes the schema.
    pub(super) fn settle(self, tree: &mut Value) {
        let Some(schema) = tree.pointer_mut(&self.pointer) else {
            return;
        };
        match self.remedy {
            Remedy::AnyJson => *schema = any_json(schema),
            Remedy::Become(scalar) => {
                let nullable = is_nullable(schema);
                let mut now = any_json(schema);
                if let (Some(now), Some(before), Value::Object(scalar)) =
                    (now.as_object_mut(), schema.as_object_mut(), scalar)
                {
                    let constraints = std::mem::take(before).into_iter();
                    now.extend(constraints.filter(|(keyword, _)| is_constraint(keyword)));
                    now.extend(scalar);
                }
                *schema = now;
                if nullable {
                    make_nullable(schema);
                }
            }
            Remedy::Null => make_nullable(schema),
            Remedy::Omitted => {
                if let Some(property) = schema
                    .pointer_mut(&format!("/properties/{IDENTIFIER}"))
                    .and_then(Value::as_object_mut)
                {
                    property.insert(OMITTED.to_owned(), Value::Bool(true));
                }
            }
        }
    }
}

/// Whether a text fits a schema as it is.
pub(super) fn takes_text(tree: &Value, pointer: &str) -> bool {
    tree.pointer(pointer).is_some_and(|schema| {
        let target = named_component(schema)
            .and_then(|name| tree.pointer(&component_pointer(name)))
            .unwrap_or(schema);
        is_any_json(target) || target.get("type").and_then(Value::as_str) == Some("string")
    })
}

/// Notes what of `value` the schema at `pointer` does not take.
pub(super) fn examine(
    tree: &Value,
    pointer: &str,
    value: &Value,
    example: &str,
    found: &mut Vec<Contradiction>,
) {
    let Some(schema) = tree.pointer(pointer) else {
        return;
    };
    let mut note = |what: String, remedy: Remedy| {
        found.push(Contradiction {
            pointer: pointer.to_owned(),
            example: example.to_owned(),
            what,
            remedy,
        });
    };
    if is_any_json(schema) {
        return;
    }
    if value.is_null() {
        if !is_nullable(schema) {
            note("may be null".to_owned(), Remedy::Null);
        }
        return;
    }
    // What a reference leads to is used elsewhere too, so that a value of another kind is settled here.
    let (target, place) = match named_component(schema) {
        Some(name) => match tree.pointer(&component_pointer(name)) {
            Some(target) => (target, component_pointer(name)),
            None => return,
        },
        None => (schema, pointer.to_owned()),
    };
    let kind = target.get("type").and_then(Value::as_str);
    match (kind, value) {
        (Some("object"), Value::Object(_)) => {
            examine_object(tree, &place, target, value, example, found);
        }
        (Some("array"), Value::Array(items)) => {
            for item in items {
                examine(tree, &format!("{place}/items"), item, example, found);
            }
        }
        (Some("string"), Value::String(text)) => {
            if let Some(format) = target.get("format").and_then(Value::as_str)
                && !reads_text(format, text)
            {
                note(
                    format!("a text without the format {format}"),
                    Remedy::Become(json!({ "type": "string" })),
                );
            }
        }
        (Some("boolean"), Value::Bool(_)) | (Some("number"), Value::Number(_)) | (None, _) => {}
        (Some("integer"), Value::Number(number)) => {
            let format = target.get("format").and_then(Value::as_str);
            if !reads_integer(format, value) {
                if number.is_i64() {
                    note(
                        format!(
                            "an integer without the format {}",
                            format.unwrap_or_default()
                        ),
                        Remedy::Become(json!({ "type": "integer" })),
                    );
                } else {
                    note(
                        "a number".to_owned(),
                        Remedy::Become(json!({ "type": "number" })),
                    );
                }
            }
        }
        (Some(kind), value) => note(
            format!("any JSON: both {kind} and {}", kind_of(value)),
            Remedy::AnyJson,
        ),
    }
}

fn examine_object(
    tree: &Value,
    place: &str,
    schema: &Value,
    value: &Value,
    example: &str,
    found: &mut Vec<Contradiction>,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let identifier = properties.and_then(|properties| properties.get(IDENTIFIER));
    if required(schema).contains(&IDENTIFIER)
        && hoist::is_struct(schema)
        && value.get(IDENTIFIER).is_none_or(Value::is_null)
        && identifier.is_some_and(|property| property.get(OMITTED).is_none())
    {
        found.push(Contradiction {
            pointer: place.to_owned(),
            example: example.to_owned(),
            what: format!("`{IDENTIFIER}` may be missing"),
            remedy: Remedy::Omitted,
        });
    }
    let given = value.as_object().into_iter().flatten();
    for (name, value) in given.filter(|(_, value)| !value.is_null()) {
        if properties.is_some_and(|properties| properties.contains_key(name)) {
            let pointer = format!("{place}/properties/{}", escape(name));
            examine(tree, &pointer, value, example, found);
        } else if schema
            .get("additionalProperties")
            .is_some_and(Value::is_object)
        {
            let pointer = format!("{place}/additionalProperties");
            examine(tree, &pointer, value, example, found);
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether the type of a text format reads a text, by that type's own word.
fn reads_text(format: &str, text: &str) -> bool {
    match format {
        "uuid" => text.parse::<uuid::Uuid>().is_ok(),
        "date" => text.parse::<chrono::NaiveDate>().is_ok(),
        "date-time" => text.parse::<chrono::DateTime<chrono::Utc>>().is_ok(),
        "ip" => text.parse::<std::net::IpAddr>().is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        _ => true,
    }
}

fn reads_integer(format: Option<&str>, value: &Value) -> bool {
    fn reads<T: serde::de::DeserializeOwned>(value: &Value) -> bool {
        serde_json::from_value::<T>(value.clone()).is_ok()
    }
    match format {
        Some("int8") => reads::<i8>(value),
        Some("int16") => reads::<i16>(value),
        Some("int" | "int32") => reads::<i32>(value),
        Some("uint8") => reads::<u8>(value),
        Some("uint16") => reads::<u16>(value),
        Some("uint" | "uint32") => reads::<u32>(value),
        Some("uint64") => reads::<u64>(value),
        _ => reads::<i64>(value),
    }
}
