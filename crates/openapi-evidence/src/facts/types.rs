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

    /// Returns a type without a schema inside by its name in JSON Schema, or `any`.
    pub fn plain(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "object" => Self::Object,
            "any" => Self::Any,
            _ => return None,
        })
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
        match self {
            Self::Array(inner) | Self::Map(inner) => inner.names(),
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
                let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" or "))
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
        let plain = Self::plain(text).or((text == "enum").then_some(Self::Enum));
        if let Some(plain) = plain {
            return Ok(plain);
        }
        if let Some(items) = text.strip_prefix("array of ") {
            return items.parse().map(Self::array_of);
        }
        if let Some(values) = text.strip_prefix("map of ") {
            let values: Self = values.parse()?;
            return Ok(Self::Map(Box::new(values)));
        }
        let string = text.strip_prefix("string ");
        let names = names_of(string.unwrap_or(text));
        match names.unwrap_or_default().as_slice() {
            [] => Err(NotAType(text.to_owned())),
            [name] if string.is_some() => Ok(Self::StringNamed(name.clone())),
            [name] => Ok(Self::Named(name.clone())),
            names => Ok(Self::OneOf(names.to_vec())),
        }
    }
}

/// Parses the name of a schema, or the names of several.
fn names_of(text: &str) -> Option<Vec<Name>> {
    let inside = text.strip_prefix('<')?.strip_suffix('>')?;
    let name_of = |inside: &str| {
        let (name, linked) = match inside.split_once(" -> ") {
            Some((name, linked)) => (name, Some(linked.to_owned())),
            None => (inside, None),
        };
        (!name.is_empty()).then(|| Name {
            name: name.to_owned(),
            linked,
        })
    };
    inside.split("> or <").map(name_of).collect()
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
