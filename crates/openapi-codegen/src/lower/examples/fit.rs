//! The edits after which the generated types can decode a value.

use serde_json::{Value, json};

use crate::constraints::is_constraint;
use crate::lower::lenient::OMITTED;
use crate::lower::polymorphic::Kinds;
use crate::lower::{Edit, any_json, hoist, is_any_json, is_nullable};
use openapi_tree::document::escape;
use openapi_tree::schemas::{
    component, component_or_self, component_pointer, named_component, required,
};

/// Compares examples with the schemas of a document.
pub(super) struct Reader<'a> {
    pub(super) tree: &'a Value,
    /// The property that identifies an item.
    pub(super) identifier: Option<&'a str>,
    /// The edits after which all examples can be decoded.
    pub(super) edits: Vec<Edit>,
}

/// Returns `true` if a string is valid for a schema.
pub(super) fn takes_text(tree: &Value, schema: &Value) -> bool {
    let target = component_or_self(tree, schema);
    is_any_json(target) || target.get("type").and_then(Value::as_str) == Some("string")
}

impl<'a> Reader<'a> {
    /// Adds the edits after which the schema at `pointer` accepts a value.
    pub(super) fn read(&mut self, pointer: &str, schema: &'a Value, value: &Value, example: &str) {
        if is_any_json(schema) {
            return;
        }
        if value.is_null() {
            if !is_nullable(schema) {
                self.edits.push(
                    Edit::nullable(pointer, schema)
                        .loss(pointer, "may be null")
                        .shown_by(example),
                );
            }
            return;
        }
        // The target of a reference is used elsewhere too, so a value of another type changes the reference only.
        let (target, place) = match named_component(schema) {
            Some(name) => match component(self.tree, name) {
                Some(target) => (target, component_pointer(name)),
                None => return,
            },
            None => (schema, pointer.to_owned()),
        };
        let format = target.get("format").and_then(Value::as_str);
        let (what, scalar) = match (target.get("type").and_then(Value::as_str), value) {
            (Some("object"), Value::Object(_)) => {
                self.read_object(&place, target, value, example);
                return;
            }
            (Some("array"), Value::Array(items)) => {
                if let Some(schema) = target.get("items") {
                    let place = format!("{place}/items");
                    for item in items {
                        self.read(&place, schema, item, example);
                    }
                }
                return;
            }
            (Some("string"), Value::String(text)) => match format {
                Some(format) if !reads_text(format, text) => (
                    format!("a string without the format {format}"),
                    json!({ "type": "string" }),
                ),
                _ => return,
            },
            (Some("boolean"), Value::Bool(_)) | (Some("number"), Value::Number(_)) | (None, _) => {
                return;
            }
            (Some("integer"), Value::Number(_)) if reads_integer(format, value) => return,
            (Some("integer"), Value::Number(number)) if number.is_i64() => (
                format!(
                    "an integer without the format {}",
                    format.unwrap_or_default()
                ),
                json!({ "type": "integer" }),
            ),
            (Some("integer"), Value::Number(_)) => {
                ("a number".to_owned(), json!({ "type": "number" }))
            }
            (Some(kind), value) => (
                format!("any JSON: both {kind} and {}", kind_of(value)),
                json!({}),
            ),
        };
        let edit = Edit::set(pointer, relaxed(schema, &scalar)).loss(pointer, what);
        self.edits.push(edit.shown_by(example));
    }

    /// Compares the properties. Only the identifier and items of lists need an edit to be missing or null.
    fn read_object(&mut self, place: &str, schema: &'a Value, value: &Value, example: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(name) = self.identifier
            && required(schema).contains(&name)
            && hoist::is_struct(schema)
            && value.get(name).is_none_or(Value::is_null)
            && properties
                .and_then(|properties| properties.get(name))
                .is_some_and(|property| property.get(OMITTED).is_none())
        {
            let omitted = format!("{place}/properties/{}/{OMITTED}", escape(name));
            self.edits.push(
                Edit::set(omitted, json!(true))
                    .loss(place, format!("`{name}` may be missing"))
                    .shown_by(example),
            );
        }
        // A value that does not fit its kind stays JSON. The example shows what the kind has to accept.
        if let Some(kinds) = Kinds::of(schema)
            && let Some(property) = kinds.property_of(value)
            && let Some(property_schema) = schema["properties"].get(&property)
            && !value[kinds.value()].is_null()
        {
            let pointer = format!("{place}/properties/{}", escape(&property));
            self.read(&pointer, property_schema, &value[kinds.value()], example);
        }
        let given = value.as_object().into_iter().flatten();
        for (name, value) in given.filter(|(_, value)| !value.is_null()) {
            if let Some(schema) = properties.and_then(|properties| properties.get(name)) {
                let pointer = format!("{place}/properties/{}", escape(name));
                self.read(&pointer, schema, value, example);
            } else if let Some(schema @ Value::Object(_)) = schema.get("additionalProperties") {
                let pointer = format!("{place}/additionalProperties");
                self.read(&pointer, schema, value, example);
            }
        }
    }
}

/// Returns a schema of another type for one that an example contradicts.
fn relaxed(schema: &Value, scalar: &Value) -> Value {
    let mut relaxed = any_json(schema);
    let (Some(object), Some(scalar)) = (relaxed.as_object_mut(), scalar.as_object()) else {
        return relaxed;
    };
    if !scalar.is_empty() {
        let kept = schema.as_object().into_iter().flatten();
        let kept = kept.filter(|(keyword, _)| is_constraint(keyword) || *keyword == "nullable");
        object.extend(kept.map(|(keyword, value)| (keyword.clone(), value.clone())));
        object.extend(scalar.clone());
    }
    relaxed
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

/// Returns `true` if the Rust type of a format parses a string.
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
