//! The spec as facts: read by the same reader as the vendor's OpenAPI documents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use strum::VariantArray as _;

use super::subject::{Dimension, RESPONSE, Subject};
use crate::conventions::{Conventions, Signs};
use crate::facts::{Body, Limit, NO_BODY, Operation, Property, Schema, Variant};
use crate::import;
use openapi_tree::error::Result;

/// The value of a format or a limit that is not there.
pub const NONE: &str = "none";

/// The value of [`Dimension::Presence`] for what is there.
pub const PRESENT: &str = "present";

/// The value of [`Dimension::Presence`] for what is not there.
pub const ABSENT: &str = "absent";

/// The value of [`Dimension::Example`] for a sample that the spec accepts.
pub const FITS: &str = "fits";

/// The spec, and what follows from it.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Its facts.
    pub facts: Variant,
    /// What is particular to the documents of the vendor.
    pub conventions: Conventions,
    /// Everything it says, by subject and dimension.
    pub says: BTreeMap<(Subject, Dimension), Value>,
    /// The schemas that requests lead to.
    pub in_requests: BTreeSet<String>,
    /// The schemas that answers lead to.
    pub in_responses: BTreeSet<String>,
}

impl Spec {
    /// Reads the spec.
    ///
    /// # Errors
    /// When it can't be read, or is no OpenAPI 3.0 document.
    pub fn parse(file: &Path, text: &str, conventions: &Conventions) -> Result<Self> {
        // Of the spec itself, no operation is left out.
        let whole = Conventions {
            partial_resources: BTreeMap::new(),
            ..conventions.clone()
        };
        Ok(Self::from_facts(
            import::parse(file, text, "spec", "", &whole)?.variant,
            conventions,
        ))
    }

    /// Draws from its facts what follows from them.
    pub fn from_facts(facts: Variant, conventions: &Conventions) -> Self {
        let mut spec = Self {
            facts,
            conventions: conventions.clone(),
            says: BTreeMap::new(),
            in_requests: BTreeSet::new(),
            in_responses: BTreeSet::new(),
        };
        spec.in_requests = spec.reached(Operation::requested);
        spec.in_responses = spec.reached(Operation::returned);
        spec.say_everything();
        spec
    }

    /// The resources whose operations it has.
    pub fn resources(&self) -> BTreeSet<&str> {
        self.facts
            .operations
            .iter()
            .map(|operation| resource(&operation.path))
            .collect()
    }

    /// An operation by its path.
    pub fn operation(&self, path: &str) -> Option<&Operation> {
        self.facts
            .operations
            .iter()
            .find(|operation| operation.path == path)
    }

    /// A schema by its name.
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.facts.schemas.iter().find(|schema| schema.name == name)
    }

    /// The schemas that are the body of some request or of a successful answer: they go by the operation's name.
    fn roots(&self) -> BTreeSet<&str> {
        self.facts
            .operations
            .iter()
            .flat_map(|operation| [&operation.request, &operation.response])
            .flatten()
            .filter_map(|body| body.schema.as_deref())
            .collect()
    }

    /// The schemas that go by their own name. A dictionary is none: documents write it out where it is used.
    pub fn named_schemas(&self) -> impl Iterator<Item = &Schema> {
        let roots = self.roots();
        self.facts.schemas.iter().filter(move |schema| {
            !roots.contains(schema.name.as_str())
                && schema.entries.is_none()
                && (self.in_requests.contains(&schema.name)
                    || self.in_responses.contains(&schema.name))
        })
    }

    /// Returns the names of the schemas that some names of each operation lead to.
    fn reached<'a, I: Iterator<Item = &'a str>>(
        &'a self,
        names: impl Fn(&'a Operation) -> I,
    ) -> BTreeSet<String> {
        let names = self.facts.operations.iter().flat_map(names);
        self.facts
            .reached(names, |_| true)
            .into_iter()
            .map(|index| self.facts.schemas[index].name.clone())
            .collect()
    }

    fn say(&mut self, subject: &Subject, dimension: Dimension, value: Value) {
        self.says.insert((subject.clone(), dimension), value);
    }

    fn say_everything(&mut self) {
        let facts = self.facts.clone();
        for operation in &facts.operations {
            let subject = Subject::whole(&operation.path);
            self.say(&subject, Dimension::Presence, json!(PRESENT));
            let rows = rows_of(&facts, operation.request.as_ref());
            let has_sign =
                |signs: &Signs| rows.iter().any(|row| signs.properties.contains(&row.name));
            for (name, is_set) in self.conventions.flags_by(has_sign) {
                self.say(&subject, Dimension::Flag(name), json!(is_set));
            }
            if let Some(request) = &operation.request {
                self.say(
                    &subject,
                    Dimension::Required,
                    json!(request.required.unwrap_or_default()),
                );
            }
            if operation.deprecated {
                self.say(&subject, Dimension::Deprecated, json!(true));
            }
            for (suffix, body) in [("", &operation.request), (RESPONSE, &operation.response)] {
                let owner = format!("{}{suffix}", operation.path);
                self.say_additional(&owner, additional_of(&facts, body.as_ref()));
                self.say_rows(&owner, rows_of(&facts, body.as_ref()));
            }
            for answer in &operation.responses {
                let status = answer.status.as_deref().unwrap_or_default();
                let subject = Subject::property(&operation.path, format!("status {status}"));
                self.say(&subject, Dimension::Presence, json!(PRESENT));
                if let Some(body) = &answer.body {
                    self.say(&subject, Dimension::Type, json!(body_type(body)));
                }
                self.say(&subject, Dimension::Headers, enum_value(&answer.headers));
                if is_range(status) {
                    self.say(&subject, Dimension::Status, json!(status));
                }
            }
        }
        let named: Vec<Schema> = self.named_schemas().cloned().collect();
        for schema in named {
            let subject = Subject::whole(&schema.name);
            self.say(&subject, Dimension::Presence, json!(PRESENT));
            if let Some(values) = &schema.values {
                self.say(&subject, Dimension::Enum, enum_value(values));
            }
            self.say_additional(&schema.name, schema.additional);
            self.say_rows(
                &schema.name,
                schema.properties.as_deref().unwrap_or_default(),
            );
        }
    }

    fn say_additional(&mut self, owner: &str, additional: Option<bool>) {
        if let Some(additional) = additional {
            self.say(
                &Subject::whole(owner),
                Dimension::AdditionalProperties,
                json!(additional),
            );
        }
    }

    fn say_rows(&mut self, owner: &str, rows: &[Property]) {
        for row in rows {
            let subject = Subject::property(owner, &row.name);
            self.say(&subject, Dimension::Presence, json!(PRESENT));
            for (dimension, value) in values_of(row) {
                let value = value.or_else(|| match dimension {
                    Dimension::Type => None,
                    Dimension::Required | Dimension::Nullable => Some(json!(false)),
                    _ => Some(json!(NONE)),
                });
                if let Some(value) = value {
                    self.say(&subject, dimension, value);
                }
            }
            self.say(&subject, Dimension::Deprecated, deprecated_value(row));
        }
    }

    /// The values of a subject's dimension that restrict nothing, and so need no document to rest on.
    pub fn restricts_nothing(dimension: &Dimension, value: &Value) -> bool {
        match dimension {
            Dimension::Format | Dimension::Limit(_) => value == NONE,
            Dimension::Required | Dimension::Deprecated | Dimension::Restricted => {
                value == &json!(false)
            }
            Dimension::Nullable | Dimension::AdditionalProperties => value == &json!(true),
            Dimension::Headers => value == &json!([]),
            _ => false,
        }
    }
}

/// The resource of an operation: what stands before the last step of its path, versions apart.
pub fn resource(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// The rows of a body, if it has any.
pub fn rows_of<'a>(facts: &'a Variant, body: Option<&'a Body>) -> &'a [Property] {
    body.and_then(|body| facts.properties_of(body))
        .unwrap_or_default()
}

/// Whether the object of a body may have properties that are not listed, if the document says.
pub fn additional_of(facts: &Variant, body: Option<&Body>) -> Option<bool> {
    let name = body?.schema.as_deref()?;
    facts
        .schemas_called(name)
        .find_map(|schema| schema.additional)
}

/// Returns `true` if a status stands for a range, such as `5XX`.
pub fn is_range(status: &str) -> bool {
    status.ends_with("XX")
}

/// The values of an enum, in an order that does not depend on the document.
pub fn enum_value(values: &[String]) -> Value {
    let mut values: Vec<_> = values.to_vec();
    values.sort_unstable();
    values.dedup();
    json!(values)
}

/// Returns what a row states, except deprecation; `None` for what it omits.
pub fn values_of(row: &Property) -> impl Iterator<Item = (Dimension, Option<Value>)> {
    let limit = |limit: &Limit| (Dimension::Limit(*limit), row.limits.get(limit).cloned());
    [
        (
            Dimension::Type,
            row.kind.as_ref().map(|kind| json!(kind.to_string())),
        ),
        (
            Dimension::Format,
            row.format.as_ref().map(|format| json!(format)),
        ),
        (Dimension::Required, row.required.map(Value::from)),
        (Dimension::Nullable, row.nullable.map(Value::from)),
    ]
    .into_iter()
    .chain(Limit::VARIANTS.iter().map(limit))
}

/// Whether a row is deprecated, and what to use.
pub fn deprecated_value(row: &Property) -> Value {
    match &row.replacement {
        Some(replacement) if row.deprecated => json!(format!("use {replacement}")),
        _ => json!(row.deprecated),
    }
}

/// The type of an answer's body.
pub fn body_type(body: &str) -> String {
    if body == NO_BODY {
        NONE.to_owned()
    } else {
        format!("<{body}>")
    }
}
