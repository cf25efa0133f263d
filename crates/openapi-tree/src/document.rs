//! YAML and JSON documents as trees, with JSON Pointers into them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::files;
use crate::nesting;

/// A document and its file.
#[derive(Clone, Debug)]
pub struct Document {
    /// The name of the file in messages.
    pub file: PathBuf,
    /// The content. Keys that are numbers or booleans in YAML are strings, as in OpenAPI.
    pub tree: Value,
    /// The SHA-256 of the file's text, in hexadecimal.
    pub sha256: String,
}

impl Document {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// Returns an error with line and column if the file cannot be read, or is neither YAML nor JSON.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(path, &files::read_text(path)?)
    }

    /// Parses the text of a document. `file` is its name in messages.
    ///
    /// # Errors
    /// Returns an error with line and column if the text is neither YAML nor JSON.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let tree = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|source| {
                Error::new(
                    file,
                    format!("invalid JSON: {}", without_location(&source.to_string())),
                    "fix the JSON at this location",
                )
                .at_position(source.line(), source.column())
                .because(source)
            })?
        } else {
            nesting::check_lines(file, text)?;
            nesting::check_brackets(file, text)?;
            let yaml: serde_yaml::Value = serde_yaml::from_str(text).map_err(|source| {
                let error = Error::new(
                    file,
                    format!("invalid YAML: {}", without_location(&source.to_string())),
                    "fix the YAML at this location; quote strings that contain `: ` or start with `*`, `&` or `@`",
                );
                let error = match source.location() {
                    Some(at) => error.at_position(at.line(), at.column()),
                    None => error,
                };
                error.because(source)
            })?;
            let mut pointer = String::new();
            json_of(yaml, &mut pointer).map_err(|what| {
                Error::new(file, what, "use strings as keys and plain JSON values")
                    .at_pointer(pointer)
            })?
        };
        Ok(Self {
            file: file.to_owned(),
            tree,
            sha256: sha256_hex(text.as_bytes()),
        })
    }
}

/// Returns the SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Returns one step of a JSON Pointer, escaped as RFC 6901 requires.
pub fn escape(step: &str) -> Cow<'_, str> {
    if step.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        step.replace('~', "~0").replace('/', "~1").into()
    } else {
        step.into()
    }
}

/// Adds a step to a JSON Pointer.
pub fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&escape(step));
}

/// Returns a step of a JSON Pointer as the name that it was made from by [`escape`].
pub fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Calls `then` with steps added to a JSON Pointer, and removes them again.
pub(crate) fn below(pointer: &mut String, steps: &[&str], then: impl FnOnce(&mut String)) {
    let length = pointer.len();
    for step in steps {
        push_step(pointer, step);
    }
    then(pointer);
    pointer.truncate(length);
}

/// Returns the string at a key of an object.
pub fn text_at<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.get(key)?.as_str()
}

/// Returns `true` if the value at a key of an object is `true`.
pub fn is_true(node: &Value, key: &str) -> bool {
    node.get(key) == Some(&Value::Bool(true))
}

/// Returns the members of the object at a key, in the order of the document. If there is no object, it has no members.
pub fn members<'a>(
    node: &'a Value,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    let object = node.get(key).and_then(Value::as_object);
    object.into_iter().flatten()
}

/// Returns the items of the array at a key. If there is no array, it has no items.
pub fn items<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let array = node.get(key).and_then(Value::as_array);
    array.into_iter().flatten()
}

/// Calls `visit` for every object of a tree with its JSON Pointer, parents before children.
pub fn each_object<'a>(tree: &'a Value, visit: &mut impl FnMut(&str, &'a Map<String, Value>)) {
    fn walk<'a>(
        value: &'a Value,
        pointer: &mut String,
        visit: &mut impl FnMut(&str, &'a Map<String, Value>),
    ) {
        match value {
            Value::Object(object) => {
                visit(pointer, object);
                for (key, value) in object {
                    below(pointer, &[key], |pointer| walk(value, pointer, visit));
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let index = index.to_string();
                    below(pointer, &[&index], |pointer| walk(value, pointer, visit));
                }
            }
            _ => {}
        }
    }
    walk(tree, &mut String::new(), visit);
}

/// Returns the message of a parser without ` at line 3 column 4`, because the error contains the location already.
fn without_location(message: &str) -> &str {
    message
        .rfind(" at line ")
        .map_or(message, |end| &message[..end])
}

fn json_of(yaml: serde_yaml::Value, pointer: &mut String) -> Result<Value, String> {
    use serde_yaml::Value as Yaml;
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::String(value) => Value::String(value),
        Yaml::Number(number) => {
            let signed = number.as_i64().map(Value::from);
            let whole = signed.or_else(|| number.as_u64().map(Value::from));
            let decimal = || {
                number
                    .as_f64()
                    .and_then(serde_json::Number::from_f64)
                    .map(Value::Number)
            };
            whole
                .or_else(decimal)
                .ok_or_else(|| format!("unsupported number {number}: JSON has no such number"))?
        }
        Yaml::Sequence(items) => {
            let length = pointer.len();
            let mut array = Vec::with_capacity(items.len());
            for (index, item) in items.into_iter().enumerate() {
                push_step(pointer, &index.to_string());
                array.push(json_of(item, pointer)?);
                pointer.truncate(length);
            }
            Value::Array(array)
        }
        Yaml::Mapping(entries) => {
            let length = pointer.len();
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match key {
                    Yaml::String(key) => key,
                    Yaml::Number(key) => key.to_string(),
                    Yaml::Bool(key) => key.to_string(),
                    Yaml::Null => "null".to_owned(),
                    _ => return Err("unsupported key: expected a string".to_owned()),
                };
                push_step(pointer, &key);
                if object.contains_key(&key) {
                    return Err(format!("duplicate key `{key}`"));
                }
                object.insert(key, json_of(value, pointer)?);
                pointer.truncate(length);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            return Err(format!("unsupported YAML tag `{}`", tagged.tag));
        }
    })
}
