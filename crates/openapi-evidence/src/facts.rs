//! The facts that a document states, independent of its format.

pub mod types;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::import::dialect::Form;
pub use types::{Name, Type};
pub use words::{Limit, Reading};

/// The facts of one document, or of several that were read by hand: the content of a variant file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The source of the facts.
    pub source: Source,
    /// The operations, in the document's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// The schemas with a heading or a name, in the document's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<Schema>,
    /// The parts that look like facts and could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reported: Vec<Reported>,
}

/// The source of facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The ID of the document in rulings, which is the name of the variant file.
    pub id: String,
    /// The form of the document.
    pub form: Form,
    /// The meaning of "required" and "optional" in the document.
    pub reading: Reading,
    /// The date of publication: `YYYY-MM` or `YYYY-MM-DD`.
    pub dated: String,
    /// Whether the document is a part of a larger one. It does not state that the operations of other resources are
    /// absent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// The SHA-256 of the document with `\n` as line ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The documents that a person read, if the facts were not imported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<ReadByHand>,
}

/// A document that a person read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadByHand {
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of the file with `\n` as line ends.
    pub sha256: String,
}

/// A part that could not be read as a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// The line in the document, starting at 1, or 0 if `what` contains a JSON Pointer.
    pub line: usize,
    /// The content, and the reason why it is not a fact.
    pub what: String,
}

/// The facts about an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The path after the prefix that all operations share, such as `lamps/getAll`.
    pub path: String,
    /// The heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The file and heading of a fact that a person recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The date of the fact, if it is not the date of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
    /// The flags of the conventions that the document sets or clears.
    #[serde(flatten)]
    pub flags: BTreeMap<String, bool>,
    /// Whether it is marked as deprecated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// Whether it is marked as restricted, which means a beta.
    #[serde(default, skip_serializing_if = "is_false")]
    pub restricted: bool,
    /// The body of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Body>,
    /// The body of the successful response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Body>,
    /// The responses by status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
}

/// The facts about a body.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The name of the schema, if the document names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The properties, unless they are listed at the schema or nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<Property>>,
    /// Whether the body may have properties that the document does not list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// Whether a request must have the body, if the document states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    /// The syntax error of the example, if it is not valid JSON. `example` is then the corrected example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
}

/// The facts about a response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The status, such as `200` or `5XX`, if the document still has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The name of the body's schema, or `none` for an empty body, if the document states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The names of the headers that the document describes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The file and heading of a fact that a person recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The date of the fact, if it is not the date of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
}

/// The value of [`Response::body`] for a response without a body.
pub const NO_BODY: &str = "none";

/// The facts about a schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The heading, or the name of the component.
    pub name: String,
    /// The title of a component, if it differs from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The operation whose chapter contains the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// The file and heading of a fact that a person recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The date of the fact, if it is not the date of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
    /// Whether the body may have properties that the document does not list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// Whether an object may have properties that are not listed, if the document states it.
    #[serde(
        default,
        rename = "additionalProperties",
        skip_serializing_if = "Option::is_none"
    )]
    pub additional: Option<bool>,
    /// The properties of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<Property>>,
    /// The values of an enum.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// Whether the document describes the enum as open.
    #[serde(default, skip_serializing_if = "is_false")]
    pub extensible: bool,
    /// The type of the values of a dictionary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Type>,
}

/// The facts about a property: a row of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The type, if the document still has it.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Type>,
    /// The format of the value, or of the items of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether it must be present, if the document states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Whether it may be null, if the document states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    /// The constraints.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<Limit, Value>,
    /// The values of an enum without a name.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// Whether it is marked as deprecated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// The property that replaces a deprecated one.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// The file and heading of a fact that a person recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The date of the fact, if it is not the date of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
    /// Whether it may belong to the surrounding body instead, because the document lost the end of the table.
    #[serde(default, skip_serializing_if = "is_false")]
    pub perhaps_outside: bool,
}

/// The location of a statement within a document, and its date if it differs from the date of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file and heading.
    pub from: Option<String>,
    /// The date.
    pub dated: Option<String>,
}

impl Origin {
    /// Creates an origin from the fields of a fact; what they omit is taken from the facts around it.
    #[must_use]
    pub fn within(&self, from: Option<&String>, dated: Option<&String>) -> Self {
        Self {
            from: from.or(self.from.as_ref()).cloned(),
            dated: dated.or(self.dated.as_ref()).cloned(),
        }
    }
}

impl Schema {
    /// Returns `true` if `name` is the name or the title, apart from case, spaces and punctuation.
    pub fn is_called(&self, name: &str) -> bool {
        let is = |own: &String| letters(own).eq(letters(name));
        self.names().any(is)
    }

    /// Returns the name and the title.
    fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.name).chain(&self.title)
    }

    /// Returns the properties of an object.
    pub fn rows(&self) -> &[Property] {
        self.properties.as_deref().unwrap_or_default()
    }
}

impl Body {
    /// Returns the properties that are listed at the body.
    pub fn rows(&self) -> &[Property] {
        self.properties.as_deref().unwrap_or_default()
    }

    /// Returns the names of the schemas that the body refers to.
    fn names(&self) -> impl Iterator<Item = &str> {
        let schema = self.schema.as_deref().into_iter();
        schema.chain(names_in(self.rows()))
    }
}

impl Operation {
    /// Returns the bodies of the request and of the successful response.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.request.iter().chain(&self.response)
    }

    /// Returns the names of the schemas that the request refers to.
    pub fn requested(&self) -> impl Iterator<Item = &str> {
        self.request.iter().flat_map(Body::names)
    }

    /// Returns the names of the schemas that the responses refer to.
    pub fn returned(&self) -> impl Iterator<Item = &str> {
        let responses = self.responses.iter();
        let bodies = responses.filter_map(|response| response.body.as_deref());
        self.response.iter().flat_map(Body::names).chain(bodies)
    }

    /// Sets the properties of a response without a table to none if its example is `{}`.
    pub fn settle_empty_response(&mut self) {
        let Some(response) = &mut self.response else {
            return;
        };
        let example = response.example.as_ref().and_then(Value::as_object);
        if response.properties.is_none() && example.is_some_and(serde_json::Map::is_empty) {
            response.properties = Some(Vec::new());
        }
    }
}

impl Variant {
    /// Returns the schemas with a name. A page can define one twice.
    pub fn schemas_called(&self, name: &str) -> impl Iterator<Item = &Schema> {
        self.indices_called(name).map(|index| &self.schemas[index])
    }

    /// Returns the indices of the schemas with a name.
    pub fn indices_called(&self, name: &str) -> impl Iterator<Item = usize> {
        let exact = self.schemas.iter().any(|schema| schema.name == name);
        let is_called =
            move |schema: &Schema| schema.name == name || !exact && schema.is_called(name);
        (0..self.schemas.len()).filter(move |index| is_called(&self.schemas[*index]))
    }

    /// Returns the properties of a body: those listed at the body, or those of its schema.
    pub fn properties_of<'a>(&'a self, body: &'a Body) -> Option<&'a [Property]> {
        body.properties.as_deref().or_else(|| {
            let name = body.schema.as_deref()?;
            self.schemas_called(name)
                .find_map(|schema| schema.properties.as_deref())
        })
    }

    /// Returns the indices of the schemas that the names refer to, directly or through other schemas that `follow`
    /// accepts by their index.
    pub fn reached<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a str>,
        follow: impl Fn(usize) -> bool,
    ) -> BTreeSet<usize> {
        let mut by_name: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (index, schema) in self.schemas.iter().enumerate() {
            for name in schema.names() {
                by_name.entry(plain(name)).or_default().insert(index);
            }
        }
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = names.into_iter().collect();
        while let Some(name) = open.pop() {
            for index in by_name.get(&plain(name)).into_iter().flatten() {
                if reached.insert(*index) && follow(*index) {
                    let schema = &self.schemas[*index];
                    open.extend(names_in(schema.rows()));
                    let entries = schema.entries.iter().flat_map(Type::names);
                    open.extend(entries.map(|name| name.name.as_str()));
                }
            }
        }
        reached
    }

    /// Removes the operations that `keep` rejects by their path, and the schemas that only they have.
    ///
    /// Returns the number of operations removed.
    pub fn retain_operations(&mut self, keep: impl Fn(&str) -> bool) -> usize {
        let (kept, removed): (Vec<_>, Vec<_>) = std::mem::take(&mut self.operations)
            .into_iter()
            .partition(|operation| keep(&operation.path));
        if !removed.is_empty() {
            let schemas_of = |operations: &[Operation]| {
                let names = |operation| Operation::requested(operation).chain(operation.returned());
                self.reached(operations.iter().flat_map(names), |_| true)
            };
            let (used, unused) = (schemas_of(&kept), schemas_of(&removed));
            let is_under_removed = |schema: &Schema| {
                let mut paths = removed.iter().map(|operation| &operation.path);
                paths.any(|path| schema.under.as_ref() == Some(path))
            };
            let mut index = 0..;
            self.schemas.retain(|schema| {
                let index = index.next().unwrap_or_default();
                used.contains(&index) || !unused.contains(&index) && !is_under_removed(schema)
            });
        }
        self.operations = kept;
        removed.len()
    }

    /// Returns the number of table rows in the facts.
    pub fn rows(&self) -> usize {
        let bodies = self.operations.iter().flat_map(Operation::bodies);
        let entries = |schema: &Schema| usize::from(schema.entries.is_some());
        let count = |schema: &Schema| schema.rows().len() + entries(schema);
        let schemas = self.schemas.iter().map(count);
        bodies.map(|body| body.rows().len()).chain(schemas).sum()
    }
}

/// Returns the names of the schemas that rows refer to.
pub fn names_in<'a>(rows: impl IntoIterator<Item = &'a Property>) -> impl Iterator<Item = &'a str> {
    let kinds = rows.into_iter().filter_map(|row| row.kind.as_ref());
    kinds.flat_map(Type::names).map(|name| name.name.as_str())
}

/// Returns a name without case, spaces and punctuation: `Lamp state`, `#lamp-state` and `LampState` are one name.
pub fn plain(name: &str) -> String {
    letters(name).collect()
}

fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde requires"
)]
fn is_false(value: &bool) -> bool {
    !value
}
