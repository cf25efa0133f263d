//! `openapi/settings.yaml`: what regenerate does beyond the document.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use openapi_tree::document::{Document, escape};
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{COMPONENTS, components, each_schema, named_component};

/// What regenerate does beyond the document. The default does nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The type that every request goes through, as a path. Without it, the client sends by itself.
    pub transport: Option<String>,
    /// Component schemas whose Rust type is hand-written, each with the path of that type.
    #[serde(default)]
    pub replaced: BTreeMap<String, String>,
}

impl Settings {
    /// Reads a settings file, and makes sure that every name in it stands for something in `tree`.
    ///
    /// # Errors
    /// When the file has another form, or names a schema or a path that isn't one.
    pub fn read(document: &Document, tree: &Value) -> Result<Self> {
        let settings = Self::read_alone(document)?;
        let file = &document.file;
        for name in settings.replaced.keys() {
            // The generator would pass over a name that it does not know without a word.
            if tree
                .pointer(&format!("{COMPONENTS}/{}", escape(name)))
                .is_none()
            {
                return Err(Error::new(
                    file,
                    format!(
                        "replaces the type `{name}`, but the document has no schema of that name"
                    ),
                    "name a schema of components/schemas, or take the line out",
                )
                .at_pointer(format!("/replaced/{}", escape(name))));
            }
        }
        for name in token_components(tree) {
            if !settings.replaced.contains_key(name) {
                return Err(Error::new(
                    file,
                    format!("leaves the type `{name}` to the generator, whose Debug and Display print it"),
                    "name a type that hides it under `replaced`",
                )
                .at_pointer("/replaced"));
            }
        }
        Ok(settings)
    }

    /// Reads a settings file without regard to any document.
    ///
    /// # Errors
    /// When the file has another form, or names a path that isn't one.
    pub fn read_alone(document: &Document) -> Result<Self> {
        if !document.tree.is_object() {
            return Err(Error::new(
                &document.file,
                "is no settings file: it has no keys",
                "write `replaced:` and the types under it",
            ));
        }
        let settings: Self = serde_json::from_value(document.tree.clone()).map_err(|source| {
            Error::new(
                &document.file,
                format!("is no settings file: {source}"),
                "keep to the keys `transport` and `replaced`",
            )
            .because(source)
        })?;
        let paths = settings
            .replaced
            .iter()
            .map(|(name, path)| (format!("/replaced/{}", escape(name)), path))
            .chain(
                settings
                    .transport
                    .iter()
                    .map(|path| ("/transport".to_owned(), path)),
            );
        for (pointer, path) in paths {
            if syn::parse_str::<syn::Path>(path).is_err() {
                return Err(Error::new(
                    &document.file,
                    format!("`{path}` is not the path of a type"),
                    "write it as `crate::module::Type`",
                )
                .at_pointer(pointer));
            }
        }
        Ok(settings)
    }

    /// The same settings, for those schemas alone that `tree` has.
    #[must_use]
    pub fn known_to(&self, tree: &Value) -> Self {
        let is_there = |name: &str| {
            tree.pointer(&format!("{COMPONENTS}/{}", escape(name)))
                .is_some()
        };
        Self {
            transport: self.transport.clone(),
            replaced: self
                .replaced
                .iter()
                .filter(|(name, _)| is_there(name))
                .map(|(name, path)| (name.clone(), path.clone()))
                .collect(),
        }
    }
}

/// The components that hold tokens, by their names or by those of properties that refer to them.
fn token_components(tree: &Value) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = components(tree)
        .map(|(name, _)| name.as_str())
        .filter(|name| name.ends_with("Token"))
        .collect();
    each_schema(tree, &mut |_, schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        names.extend(
            properties
                .into_iter()
                .flatten()
                .filter(|(property, _)| property.ends_with("Token"))
                .filter_map(|(_, schema)| named_component(schema)),
        );
    });
    names
}
