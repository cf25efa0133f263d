//! The grammar of the columns `Type` and `Contract` of a table.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::facts::types::Name;
use crate::facts::{Limit, Type, plain};

/// The marks around the title and the URL of a link in a cell that became one line of text.
///
/// No page can contain them, because they are Unicode noncharacters.
const LINK: [char; 2] = ['\u{fdd0}', '\u{fdd1}'];

/// Returns a link as text in which [`parse_type`] finds the title and the URL.
pub(super) fn link(title: &str, url: &str) -> String {
    format!("{}{title}{}{url}{}", LINK[0], LINK[0], LINK[1])
}

/// The content of a type cell.
pub(super) struct TypeCell {
    pub(super) kind: Type,
    /// The format of the value, or of the items of an array.
    pub(super) format: Option<String>,
    /// The constraints, which older pages put into this cell.
    pub(super) limits: BTreeMap<Limit, Value>,
}

/// Parses a type cell.
///
/// # Errors
/// Returns the content of the cell if it is not a type.
pub(super) fn parse_type(cell: &str) -> Result<TypeCell, String> {
    let cell = cell.trim();
    let mut limits = BTreeMap::new();
    let kind = match cell.split_once(", max ") {
        Some((kind, limit)) => {
            parse_limit(&format!("max {limit}"), &mut limits)?;
            kind.trim()
        }
        None => cell,
    };
    let is_guid = matches!(kind.rsplit(' ').next(), Some("guid" | "guids"));
    Ok(TypeCell {
        kind: parse_kind(kind)?,
        format: is_guid.then(|| "uuid".to_owned()),
        limits,
    })
}

fn parse_kind(text: &str) -> Result<Type, String> {
    Ok(match text {
        "string" | "strings" | "guid" | "guids" => Type::String,
        "boolean" | "booleans" | "bool" => Type::Boolean,
        "integer" | "integers" | "int" => Type::Integer,
        "number" | "numbers" | "decimal" => Type::Number,
        "object" | "objects" => Type::Object,
        "any" => Type::Any,
        "array" | "array,null" => Type::array_of(Type::Any),
        _ => {
            if let Some(items) = text.strip_prefix("array ") {
                let items = items.strip_prefix("of ").unwrap_or(items);
                Type::array_of(parse_kind(items.trim())?)
            } else if let Some(name) = text
                .strip_prefix("string ")
                .map(str::trim)
                .and_then(parse_link)
            {
                Type::StringNamed(name)
            } else if let Some(name) = parse_link(text) {
                Type::Named(name)
            } else {
                return Err(text.replace(LINK, ""));
            }
        }
    })
}

fn parse_link(text: &str) -> Option<Name> {
    let inside = text.strip_prefix(LINK[0])?.strip_suffix(LINK[1])?;
    let (title, url) = inside.split_once(LINK[0])?;
    if title.trim().is_empty() || title.contains(LINK) || url.contains(LINK) {
        return None;
    }
    let (_, anchor) = url.split_once('#').unwrap_or_default();
    let anchor = anchor.strip_prefix("X-Ref-Name-").unwrap_or(anchor);
    let linked = (!anchor.is_empty() && !leads_to(anchor, title)).then(|| anchor.to_owned());
    Some(Name {
        name: title.trim().to_owned(),
        linked,
    })
}

/// Returns `true` if an anchor leads to a heading. The anchor of the second heading of a name ends with a number.
fn leads_to(anchor: &str, title: &str) -> bool {
    let title = plain(title);
    plain(anchor) == title
        || anchor
            .rsplit_once('-')
            .is_some_and(|(stem, count)| count.parse::<u8>().is_ok() && plain(stem) == title)
}

/// Parses a contract cell: whether it contains "required", and the constraints.
///
/// # Errors
/// Returns the part that is not a contract.
pub(super) fn parse_contract(cell: &str) -> Result<(bool, BTreeMap<Limit, Value>), String> {
    let mut parts = cell.split(',').map(str::trim);
    let required = match parts.next() {
        Some("required") => true,
        Some("optional") => false,
        other => return Err(other.unwrap_or_default().to_owned()),
    };
    let mut limits = BTreeMap::new();
    for part in parts {
        parse_limit(part, &mut limits)?;
    }
    Ok((required, limits))
}

/// Parses `max 1000 items`, `max length 128 characters`, `max 128 characters` or `max length 3 months`.
fn parse_limit(text: &str, limits: &mut BTreeMap<Limit, Value>) -> Result<(), String> {
    let no_limit = || text.replace(LINK, "");
    let rest = text.strip_prefix("max ").ok_or_else(no_limit)?;
    let rest = rest.strip_prefix("length ").unwrap_or(rest);
    let (number, unit) = rest.split_once(' ').ok_or_else(no_limit)?;
    let number: u64 = number.parse().map_err(|_| no_limit())?;
    let limit = match unit.trim() {
        "item" | "items" => Limit::MaxItems,
        "character" | "characters" => Limit::MaxLength,
        "month" | "months" => Limit::MaxMonths,
        _ => return Err(no_limit()),
    };
    limits.insert(limit, Value::from(number));
    Ok(())
}

/// Returns the name in a deprecation message such as "use this instead".
pub(super) fn replacement_in(message: &str) -> Option<String> {
    if let Some(code) = message.split('`').nth(1) {
        return Some(code.to_owned());
    }
    let mut words = message.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("use"))?;
    let name = words.next()?.trim_end_matches('.');
    // "Use A page about it" does not name a property; "use A instead" and "use A." do.
    let ends = words
        .next()
        .is_none_or(|next| next.trim_end_matches('.') == "instead");
    (ends && is_property_name(name) && name.starts_with(char::is_uppercase))
        .then(|| name.to_owned())
}

/// Returns `true` if a string can be the name of a property.
pub(super) fn is_property_name(text: &str) -> bool {
    let is_first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let is_other = |letter: char| letter.is_ascii_alphanumeric() || "_-.$".contains(letter);
    text.starts_with(is_first) && text.chars().all(is_other)
}
