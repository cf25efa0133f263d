//! The conventions of the documents of one vendor.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};

use crate::facts::Limit;

/// The conventions of the documents of one vendor. An empty value is not searched for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Conventions {
    /// The start of the path of every operation, such as `/api/v1/`.
    pub path_prefix: String,
    /// The placeholder of the host in the URLs of pages.
    pub host: String,
    /// Phrases that only generated pages contain.
    pub generated: Vec<String>,
    /// The flags of operations and their signs, by the name in variant files and rulings.
    pub flags: BTreeMap<String, Signs>,
    /// The resources of which the spec has only some operations, and these operations: the paths after the resource.
    pub partial_resources: BTreeMap<String, Vec<String>>,
    /// The only property of an object that wraps a value to set.
    pub update_value: String,
    /// The extension keyword for the maximum length of an interval in months: `interval.maxMonths` of the settings.
    #[serde(skip)]
    pub max_months: String,
    /// The extension keyword for the message of a deprecation.
    pub deprecated_message: String,
    /// The end of the names of properties that contain secrets: `secretSuffix` of the settings.
    #[serde(skip)]
    pub secret_suffix: String,
}

/// The signs of a flag of an operation, in documents of different forms.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signs {
    /// The properties of a request, one of which is the sign in the spec.
    pub properties: Vec<String>,
    /// The part of a link.
    pub link: String,
    /// The phrase, where links are lost.
    pub phrase: String,
    /// The value that breaks the clients of a spec with the other value.
    pub breaks: Option<bool>,
}

impl Conventions {
    /// Reads the section `evidence` of a settings file, and the settings that the generator uses too.
    ///
    /// # Errors
    /// Returns an error if the section has an unknown key or an invalid value.
    pub fn from_settings(settings: &Document) -> Result<Self> {
        let shared = |pointer: &str| {
            let value = settings.tree.pointer(pointer).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let section = settings.tree.get("evidence").cloned();
        let section: Self =
            serde_json::from_value(section.unwrap_or_else(|| json!({}))).map_err(|source| {
                Error::new(
                    &settings.file,
                    format!("invalid section: {source}"),
                    "use the keys that `Conventions` of openapi-evidence documents",
                )
                .at_pointer("/evidence")
                .because(source)
            })?;
        Ok(Self {
            max_months: shared("/interval/maxMonths"),
            secret_suffix: shared("/secretSuffix"),
            ..section
        })
    }

    /// Returns `false` if the spec omits the operation, and has others of the same resource.
    pub fn covers(&self, path: &str) -> bool {
        let (resource, operation) = path.split_once('/').unwrap_or((path, ""));
        let covered = self.partial_resources.get(resource);
        covered.is_none_or(|covered| covered.iter().any(|covered| covered == operation))
    }

    /// Returns the flags that the links in a description are signs of.
    pub fn flags_in_links(&self, text: &str) -> BTreeMap<String, bool> {
        self.flags_by(|signs| contains(text, &signs.link))
    }

    /// Returns the flags that prose without links is a sign of.
    pub fn flags_in_prose(&self, text: &str) -> BTreeMap<String, bool> {
        self.flags_by(|signs| contains(text, &signs.phrase))
    }

    /// Returns each flag with the result of a test of its signs.
    pub(crate) fn flags_by(&self, is_set: impl Fn(&Signs) -> bool) -> BTreeMap<String, bool> {
        let flag = |(name, signs): (&String, &Signs)| (name.clone(), is_set(signs));
        self.flags.iter().map(flag).collect()
    }

    /// Returns the start of the URL of every operation on a page.
    pub fn url_prefix(&self) -> String {
        format!("{}{}", self.host, self.path_prefix)
    }

    /// Returns the keyword of a limit in OpenAPI documents.
    pub fn keyword(&self, limit: Limit) -> &str {
        match limit {
            Limit::MaxMonths => &self.max_months,
            other => other.name(),
        }
    }

    /// Returns `true` if a page has a mark of generated pages.
    pub fn is_generated(&self, page: &str) -> bool {
        self.generated.iter().any(|mark| contains(page, mark))
    }
}

fn contains(text: &str, sign: &str) -> bool {
    !sign.is_empty() && text.contains(sign)
}
