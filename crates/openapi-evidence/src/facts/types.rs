//! Types as documents name them, and their notation: `string`, `array of <Lamp state>`, `map of string`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The type of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`
    String,
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `object`, without its schema.
    Object,
    /// `any`: any JSON.
    Any,
    /// `enum`: a string of a list at the property.
    Enum,
    /// `array of …`
    Array(Box<Type>),
    /// `map of …`: an object with any names, and values of one type.
    Map(Box<Type>),
    /// `<Lamp state>`: a schema of the document, or of another page.
    Named(Name),
    /// `string <Lamp code>`: a string with a named format.
    StringNamed(Name),
    /// `<Lamp> or <Candle>`: one of several schemas.
    OneOf(Vec<Name>),
}

/// The name of a schema in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub name: String,
    /// The target of the link, if it differs from the name.
    pub linked: Option<String>,
}

impl Type {
    /// Creates a reference to a schema.
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(Name {
            name: name.into(),
            linked: None,
        })
    }

    /// Creates an array of a type.
    pub fn array_of(items: Self) -> Self {
        Self::Array(Box::new(items))
    }

    /// Returns the type inside of all arrays and maps.
    fn innermost(&self) -> &Self {
        match self {
            Self::Array(inner) | Self::Map(inner) => inner.innermost(),
            other => other,
        }
    }

    /// Returns the name of the schema that the type refers to, through arrays and maps, if it is only one.
    pub fn name(&self) -> Option<&str> {
        match self.names().as_slice() {
            [name] => Some(&name.name),
            _ => None,
        }
    }

    /// Returns the names of the schemas that the type refers to, through arrays and maps.
    pub fn names(&self) -> Vec<&Name> {
        match self.innermost() {
            Self::Named(name) | Self::StringNamed(name) => vec![name],
            Self::OneOf(names) => names.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the names of the schemas that the type refers to, through arrays and maps, to change them.
    pub fn names_mut(&mut self) -> Vec<&mut Name> {
        match self {
            Self::Array(inner) | Self::Map(inner) => inner.names_mut(),
            Self::Named(name) | Self::StringNamed(name) => vec![name],
            Self::OneOf(names) => names.iter_mut().collect(),
            _ => Vec::new(),
        }
    }
}

/// The text between the schemas of [`Type::OneOf`].
const OR: &str = " or ";

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Boolean => f.write_str("boolean"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Object => f.write_str("object"),
            Self::Any => f.write_str("any"),
            Self::Enum => f.write_str("enum"),
            Self::Array(items) => write!(f, "array of {items}"),
            Self::Map(values) => write!(f, "map of {values}"),
            Self::Named(name) => write!(f, "{name}"),
            Self::StringNamed(name) => write!(f, "string {name}"),
            Self::OneOf(names) => {
                for (index, name) in names.iter().enumerate() {
                    let separator = if index == 0 { "" } else { OR };
                    write!(f, "{separator}{name}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.linked {
            None => write!(f, "<{}>", self.name),
            Some(linked) => write!(f, "<{} -> {linked}>", self.name),
        }
    }
}

/// A string that is not a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown type `{0}`; write `string`, `array of string` or `<Lamp state>`")]
pub struct NotAType(String);

impl FromStr for Type {
    type Err = NotAType;

    fn from_str(text: &str) -> Result<Self, NotAType> {
        Ok(match text {
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "object" => Self::Object,
            "any" => Self::Any,
            "enum" => Self::Enum,
            _ => {
                if let Some(items) = text.strip_prefix("array of ") {
                    Self::array_of(items.parse()?)
                } else if let Some(values) = text.strip_prefix("map of ") {
                    Self::Map(Box::new(values.parse()?))
                } else if let Some(name) = text.strip_prefix("string ").and_then(name_of) {
                    Self::StringNamed(name)
                } else if let Some(names) = names_of(text) {
                    Self::OneOf(names)
                } else if let Some(name) = name_of(text) {
                    Self::Named(name)
                } else {
                    return Err(NotAType(text.to_owned()));
                }
            }
        })
    }
}

/// Parses the names of several schemas.
fn names_of(text: &str) -> Option<Vec<Name>> {
    let separator = format!(">{OR}<");
    if !text.contains(&separator) {
        return None;
    }
    let inside = text.strip_prefix('<')?.strip_suffix('>')?;
    inside
        .split(&separator)
        .map(|name| name_of(&format!("<{name}>")))
        .collect()
}

fn name_of(text: &str) -> Option<Name> {
    let inside = text.strip_prefix('<')?.strip_suffix('>')?;
    let (name, linked) = match inside.split_once(" -> ") {
        Some((name, linked)) => (name, Some(linked.to_owned())),
        None => (inside, None),
    };
    (!name.is_empty()).then(|| Name {
        name: name.to_owned(),
        linked,
    })
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
