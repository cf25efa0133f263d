//! The parsing of a YAML or JSON document into a tree, whose parts JSON Pointers identify.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, Place, Result};
use crate::files;
use crate::nesting;

/// A parsed document and its source.
#[derive(Clone, Debug)]
pub struct Document {
    /// The path of the file in messages.
    pub file: PathBuf,
    /// The tree. YAML keys that are numbers or booleans become strings, as OpenAPI requires.
    pub tree: Value,
    /// The SHA-256 digest of the content in hexadecimal.
    pub sha256: String,
}

impl Document {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or is neither YAML nor JSON. Syntax errors have a line and a column.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(path, &files::read_text(path)?)
    }

    /// Parses the content of a file. Messages name `file`.
    ///
    /// # Errors
    /// Returns an error if `text` is neither YAML nor JSON. Syntax errors have a line and a column.
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

/// Returns the SHA-256 digest in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Returns a step of a JSON Pointer, escaped according to RFC 6901.
pub fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// Calls `visit` for each object of a tree with its JSON Pointer, parents before children.
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

/// Returns the message of a parser without its suffix ` at line 3 column 4`, because the error contains the location.
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
