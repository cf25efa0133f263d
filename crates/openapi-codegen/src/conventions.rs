//! The conventions of one API that OpenAPI cannot express.

mod polymorphic;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::lower;
use openapi_tree::document::{Document, escape};
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{component, components, each_schema, named_component};

pub use self::polymorphic::Polymorphic;
pub use requests::{Effect, ListingRules, OperationRules};

/// The conventions of one API. The default has none, which fits any document.
///
/// ```
/// use openapi_codegen::conventions::Conventions;
///
/// let conventions = Conventions {
///     identifier: Some("Id".to_owned()),
///     ..Conventions::default()
/// };
/// # assert_ne!(conventions, Conventions::default());
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Conventions {
    /// The path of the type that sends every request. The default is the client itself.
    pub transport: Option<String>,
    /// The component schemas whose Rust type is hand-written, each with the path of that type.
    #[serde(default)]
    pub replaced: BTreeMap<String, String>,
    /// The property that identifies an item. It is the only property of a response that stays required.
    pub identifier: Option<String>,
    /// The properties and the keyword that describe an interval.
    pub interval: Option<Interval>,
    /// The suffix of the names of schemas and properties that contain a secret. Their types must be hand-written.
    pub secret_suffix: Option<String>,
    /// The properties that all requests carry. They become one type, and request types do not contain them.
    #[serde(default)]
    pub envelope: Vec<String>,
    /// Whether request types get a setter for each optional property.
    #[serde(default)]
    pub setters: bool,
    /// Whether requests write timestamps in whole seconds. The fraction is cut, or rounded up at the end of an interval.
    #[serde(default)]
    pub whole_seconds: bool,
    /// The only property of update values, which require it.
    pub update_value: Option<String>,
    /// The objects of which one property decides the schema of another. They become enums.
    pub polymorphic: Option<Polymorphic>,
    /// The rules from which operations become values. Without them, an operation is only a method of the client.
    pub operations: Option<OperationRules>,
}

/// An interval between two timestamps.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Interval {
    /// The property with the start of the interval.
    pub start: String,
    /// The property with the end of the interval.
    pub end: String,
    /// The keyword, next to a reference to an interval, that limits its length in months.
    pub max_months: String,
}

impl Conventions {
    /// Reads the conventions from a settings file. Checks that `tree` has all replaced schemas, and that the type of each
    /// secret is replaced.
    ///
    /// # Errors
    /// Returns an error if the file is not a settings file, if a replaced schema is missing, or if the type of a secret is
    /// not replaced.
    pub fn for_document(settings_file: &Document, tree: &Value) -> Result<Self> {
        let conventions = Self::from_settings(settings_file)?;
        let file = &settings_file.file;
        for name in conventions.replaced.keys() {
            // The generator would ignore an unknown name silently.
            if component(tree, name).is_none() {
                return Err(Error::new(
                    file,
                    format!("unknown schema `{name}`: the document does not have it"),
                    "name a schema of components/schemas, or remove the line",
                )
                .at_pointer(format!("/replaced/{}", escape(name))));
            }
        }
        let secrets = conventions.secret_suffix.as_deref();
        for name in secrets
            .into_iter()
            .flat_map(|suffix| secret_components(tree, suffix))
        {
            if !conventions.replaced.contains_key(name) {
                return Err(Error::new(
                    file,
                    format!("the generated type of the secret `{name}` would print it in Debug and Display"),
                    "name a hand-written type that hides it under `replaced`",
                )
                .at_pointer("/replaced"));
            }
        }
        Ok(conventions)
    }

    /// Reads the conventions from a settings file, without a document.
    ///
    /// # Errors
    /// Returns an error if the file is not a settings file, or if a path is not the path of a type.
    pub fn from_settings(document: &Document) -> Result<Self> {
        if !document.tree.is_object() {
            return Err(Error::new(
                &document.file,
                "expected a settings file with keys",
                "write `replaced:` with types, for example",
            ));
        }
        // The section about vendor documents is for openapi-evidence.
        let mut own = document.tree.clone();
        if let Some(keys) = own.as_object_mut() {
            keys.remove("evidence");
        }
        let conventions: Self = serde_json::from_value(own).map_err(|source| {
            Error::new(
                &document.file,
                format!("invalid settings: {source}"),
                "use the keys of `Conventions` in crates/openapi-codegen/src/conventions.rs",
            )
            .because(source)
        })?;
        if let Some(pair) = &conventions.polymorphic
            && (pair.discriminator.is_empty()
                || pair.value.is_empty()
                || pair.discriminator == pair.value)
        {
            return Err(Error::new(
                &document.file,
                "`polymorphic` does not name two properties",
                "name the property that decides as `discriminator`, and the other one as `value`",
            )
            .at_pointer("/polymorphic"));
        }
        let paths = conventions
            .replaced
            .iter()
            .map(|(name, path)| (format!("/replaced/{}", escape(name)), path))
            .chain(
                conventions
                    .transport
                    .iter()
                    .map(|path| ("/transport".to_owned(), path)),
            );
        for (pointer, path) in paths {
            if syn::parse_str::<syn::Path>(path).is_err() {
                return Err(Error::new(
                    &document.file,
                    format!("invalid path of a type: `{path}`"),
                    "write it as `crate::module::Type`",
                )
                .at_pointer(pointer));
            }
        }
        Ok(conventions)
    }

    /// Returns the conventions that apply to `tree`: without replaced schemas and envelope properties that `tree` does
    /// not have, and without polymorphic schemas that it has in another form.
    #[must_use]
    pub fn known_to(&self, tree: &Value) -> Self {
        let is_there = |name: &str| component(tree, name).is_some();
        let mut properties = BTreeSet::new();
        each_schema(tree, &mut |_, schema| {
            let all = schema.get("properties").and_then(Value::as_object);
            properties.extend(all.into_iter().flatten().map(|(name, _)| name.as_str()));
        });
        Self {
            envelope: self
                .envelope
                .iter()
                .filter(|name| properties.contains(name.as_str()))
                .cloned()
                .collect(),
            replaced: self
                .replaced
                .iter()
                .filter(|(name, _)| is_there(name))
                .map(|(name, path)| (name.clone(), path.clone()))
                .collect(),
            polymorphic: self
                .polymorphic
                .as_ref()
                .and_then(|pair| lower::polymorphic::known_to(tree, pair)),
            ..self.clone()
        }
    }
}

/// Returns the components of secrets, according to their names or the names of properties that refer to them.
fn secret_components<'a>(tree: &'a Value, suffix: &str) -> BTreeSet<&'a str> {
    let mut names: BTreeSet<&str> = components(tree)
        .map(|(name, _)| name.as_str())
        .filter(|name| name.ends_with(suffix))
        .collect();
    each_schema(tree, &mut |_, schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        names.extend(
            properties
                .into_iter()
                .flatten()
                .filter(|(property, _)| property.ends_with(suffix))
                .filter_map(|(_, schema)| named_component(schema)),
        );
    });
    names
}
