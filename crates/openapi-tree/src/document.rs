//! A YAML or JSON document, as a tree that JSON pointers lead into.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, Place, Result};
use crate::files;
use crate::nesting;

/// A document and where it comes from.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file, as messages name it.
    pub file: PathBuf,
    /// The document itself. Keys that YAML takes for numbers or booleans are text, as OpenAPI means them.
    pub tree: Value,
    /// SHA-256 of the file's text, in hexadecimal.
    pub sha256: String,
}

impl Document {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// When it can't be read, or is neither YAML nor JSON; with line and column.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(path, &files::read_text(path)?)
    }

    /// Parses a text; `file` is what messages call it.
    ///
    /// # Errors
    /// When it is neither YAML nor JSON; with line and column.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let tree = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|source| {
                Error::new(
                    file,
                    format!("is not JSON: {}", without_place(&source.to_string())),
                    "mend the JSON at that place",
                )
                .at(Place::LineColumn {
                    line: source.line(),
                    column: source.column(),
                })
                .because(source)
            })?
        } else {
            nesting::check_lines(file, text)?;
            nesting::check_brackets(file, text)?;
            let yaml: serde_yaml::Value = serde_yaml::from_str(text).map_err(|source| {
                let place = source.location().map_or(Place::Whole, |at| Place::LineColumn {
                    line: at.line(),
                    column: at.column(),
                });
                Error::new(
                    file,
                    format!("is not YAML: {}", without_place(&source.to_string())),
                    "mend the YAML at that place; text with `: ` or a leading `*`, `&`, `@` needs quotes",
                )
                .at(place)
                .because(source)
            })?;
            let mut pointer = String::new();
            json_of(yaml, &mut pointer).map_err(|what| {
                Error::new(file, what, "use text as keys and plain JSON values").at_pointer(pointer)
            })?
        };
        Ok(Self {
            file: file.to_owned(),
            tree,
            sha256: sha256_hex(text.as_bytes()),
        })
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// One step of a JSON pointer, escaped as RFC 6901 asks.
pub fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// Calls `visit` for every object of a tree with its JSON pointer, parents before children.
pub fn each_object<'a>(tree: &'a Value, visit: &mut impl FnMut(&str, &'a Map<String, Value>)) {
    fn walk<'a>(
        value: &'a Value,
        pointer: &mut String,
        visit: &mut impl FnMut(&str, &'a Map<String, Value>),
    ) {
        let length = pointer.len();
        match value {
            Value::Object(object) => {
                visit(pointer, object);
                for (key, value) in object {
                    pointer.push('/');
                    pointer.push_str(&escape(key));
                    walk(value, pointer, visit);
                    pointer.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    walk(value, pointer, visit);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }
    walk(tree, &mut String::new(), visit);
}

/// The message of a parser without its ` at line 3 column 4`, which stands before it already.
fn without_place(message: &str) -> &str {
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
            if let Some(whole) = number.as_i64() {
                Value::from(whole)
            } else if let Some(whole) = number.as_u64() {
                Value::from(whole)
            } else {
                number
                    .as_f64()
                    .and_then(serde_json::Number::from_f64)
                    .map(Value::Number)
                    .ok_or_else(|| format!("holds the number {number}, which JSON does not know"))?
            }
        }
        Yaml::Sequence(items) => {
            let length = pointer.len();
            let mut array = Vec::with_capacity(items.len());
            for (index, item) in items.into_iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
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
                    _ => return Err("has a key that is not text".to_owned()),
                };
                pointer.push('/');
                pointer.push_str(&escape(&key));
                if object.contains_key(&key) {
                    return Err(format!("has the key `{key}` twice"));
                }
                object.insert(key, json_of(value, pointer)?);
                pointer.truncate(length);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            return Err(format!("has the YAML tag `{}`", tagged.tag));
        }
    })
}
