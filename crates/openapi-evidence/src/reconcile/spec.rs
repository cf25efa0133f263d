//! The spec as facts, which the reader of OpenAPI documents reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use strum::VariantArray as _;

use super::subject::{Dimension, RESPONSE, Subject};
use crate::conventions::{Conventions, Signs};
use crate::facts::{Body, Limit, NO_BODY, Operation, Property, Schema, Variant};
use crate::import;
use openapi_tree::error::Result;

/// The value of a missing format or constraint.
pub const NONE: &str = "none";

/// The value of [`Dimension::Presence`] for a subject that exists.
pub const PRESENT: &str = "present";

/// The value of [`Dimension::Presence`] for a subject that does not exist.
pub const ABSENT: &str = "absent";

/// The value of [`Dimension::Example`] for a sample that the spec accepts.
pub const FITS: &str = "fits";

/// The spec, with the values of all subjects.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The facts.
    pub facts: Variant,
    /// The conventions of the documents of the vendor.
    pub conventions: Conventions,
    /// The values, by subject and dimension.
    pub values: BTreeMap<(Subject, Dimension), Value>,
    /// The names of the schemas that requests refer to.
    pub in_requests: BTreeSet<String>,
    /// The names of the schemas that responses refer to.
    pub in_responses: BTreeSet<String>,
}

impl Spec {
    /// Reads the spec.
    ///
    /// # Errors
    /// Returns an error if the text is not an OpenAPI 3.0 document.
    pub fn parse(file: &Path, text: &str, conventions: &Conventions) -> Result<Self> {
        // The spec itself has only operations that it covers.
        let whole = Conventions {
            partial_resources: BTreeMap::new(),
            ..conventions.clone()
        };
        Ok(Self::from_facts(
            import::parse(file, text, "spec", "", &whole)?.variant,
            conventions,
        ))
    }

    /// Derives the values from the facts of the spec.
    pub fn from_facts(facts: Variant, conventions: &Conventions) -> Self {
        let mut spec = Self {
            facts,
            conventions: conventions.clone(),
            values: BTreeMap::new(),
            in_requests: BTreeSet::new(),
            in_responses: BTreeSet::new(),
        };
        spec.in_requests = spec.reached(Operation::requested);
        spec.in_responses = spec.reached(Operation::returned);
        spec.set_everything();
        spec
    }

    /// Returns the value for a dimension of a subject, or null.
    pub fn value(&self, subject: &Subject, dimension: &Dimension) -> Value {
        let known = self.values.get(&(subject.clone(), dimension.clone()));
        known.cloned().unwrap_or_else(|| match dimension {
            Dimension::Presence => json!(ABSENT),
            Dimension::Deprecated | Dimension::Restricted => json!(false),
            _ => Value::Null,
        })
    }

    /// Returns `true` if a value is the same as that of the spec, or restricts nothing where the spec has no value.
    pub fn agrees(&self, subject: &Subject, dimension: &Dimension, value: &Value) -> bool {
        match self.values.get(&(subject.clone(), dimension.clone())) {
            Some(known) => known == value,
            None if *dimension == Dimension::Presence => value == ABSENT,
            None => Self::restricts_nothing(dimension, value),
        }
    }

    /// Returns an operation by its path.
    pub fn operation(&self, path: &str) -> Option<&Operation> {
        let mut operations = self.facts.operations.iter();
        operations.find(|operation| operation.path == path)
    }

    /// Returns a schema by its name.
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.facts.schemas.iter().find(|schema| schema.name == name)
    }

    /// Returns the schemas with a subject of their name. The schema of a body has the name of the operation as subject. A
    /// dictionary has none, because documents repeat it at each use.
    pub fn named_schemas(&self) -> impl Iterator<Item = &Schema> {
        let bodies = self.facts.operations.iter().flat_map(Operation::bodies);
        let roots: BTreeSet<&str> = bodies.filter_map(|body| body.schema.as_deref()).collect();
        self.facts.schemas.iter().filter(move |schema| {
            !roots.contains(schema.name.as_str())
                && schema.entries.is_none()
                && (self.in_requests.contains(&schema.name)
                    || self.in_responses.contains(&schema.name))
        })
    }

    /// Returns the names of the schemas that the names in each operation refer to, directly or through other schemas.
    fn reached<'a, I: Iterator<Item = &'a str>>(
        &'a self,
        names: impl Fn(&'a Operation) -> I,
    ) -> BTreeSet<String> {
        let names = self.facts.operations.iter().flat_map(names);
        let reached = self.facts.reached(names, |_| true).into_iter();
        reached
            .map(|index| self.facts.schemas[index].name.clone())
            .collect()
    }

    fn set(&mut self, subject: &Subject, dimension: Dimension, value: impl Into<Value>) {
        self.values
            .insert((subject.clone(), dimension), value.into());
    }

    fn set_everything(&mut self) {
        let facts = self.facts.clone();
        for operation in &facts.operations {
            let subject = Subject::whole(&operation.path);
            self.set(&subject, Dimension::Presence, PRESENT);
            let rows = rows_of(&facts, operation.request.as_ref());
            let has_sign =
                |signs: &Signs| rows.iter().any(|row| signs.properties.contains(&row.name));
            for (name, is_set) in self.conventions.flags_by(has_sign) {
                self.set(&subject, Dimension::Flag(name), is_set);
            }
            if let Some(request) = &operation.request {
                let required = request.required.unwrap_or_default();
                self.set(&subject, Dimension::Required, required);
            }
            if operation.deprecated {
                self.set(&subject, Dimension::Deprecated, true);
            }
            for (owner, body, _) in bodies_of(operation, operation) {
                self.set_additional(&owner, additional_of(&facts, Some(body)));
                self.set_rows(&owner, rows_of(&facts, Some(body)));
            }
            for response in &operation.responses {
                let subject = Subject::status(&operation.path, response);
                self.set(&subject, Dimension::Presence, PRESENT);
                if let Some(body) = &response.body {
                    self.set(&subject, Dimension::Type, body_type(body));
                }
                self.set(&subject, Dimension::Headers, enum_value(&response.headers));
                if is_range(subject.name()) {
                    self.set(&subject, Dimension::Status, subject.name());
                }
            }
        }
        let named: Vec<Schema> = self.named_schemas().cloned().collect();
        for schema in named {
            let subject = Subject::whole(&schema.name);
            self.set(&subject, Dimension::Presence, PRESENT);
            if let Some(values) = &schema.values {
                self.set(&subject, Dimension::Enum, enum_value(values));
            }
            self.set_additional(&schema.name, schema.additional);
            self.set_rows(&schema.name, schema.rows());
        }
    }

    fn set_additional(&mut self, owner: &str, additional: Option<bool>) {
        if let Some(additional) = additional {
            let subject = Subject::whole(owner);
            self.set(&subject, Dimension::AdditionalProperties, additional);
        }
    }

    fn set_rows(&mut self, owner: &str, rows: &[Property]) {
        for row in rows {
            let subject = Subject::property(owner, &row.name);
            self.set(&subject, Dimension::Presence, PRESENT);
            for (dimension, value) in values_of(row) {
                let value = value.or_else(|| match dimension {
                    Dimension::Type => None,
                    Dimension::Required | Dimension::Nullable => Some(json!(false)),
                    _ => Some(json!(NONE)),
                });
                if let Some(value) = value {
                    self.set(&subject, dimension, value);
                }
            }
            self.set(&subject, Dimension::Deprecated, deprecated_value(row));
        }
    }

    /// Returns `true` if a value restricts nothing, so that no document needs to support it.
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

/// Returns the resource of an operation: the first step of its path.
pub fn resource(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// Returns the resources of all operations.
pub fn resources(facts: &Variant) -> BTreeSet<&str> {
    let operations = facts.operations.iter();
    let resources = operations.map(|operation| resource(&operation.path));
    resources.collect()
}

/// Returns the bodies of an operation, each with the owner of its subjects, and with the same body in the spec.
pub fn bodies_of<'a>(
    operation: &'a Operation,
    in_spec: &'a Operation,
) -> impl Iterator<Item = (String, &'a Body, Option<&'a Body>)> {
    let bodies = [
        ("", &operation.request, &in_spec.request),
        (RESPONSE, &operation.response, &in_spec.response),
    ];
    bodies.into_iter().filter_map(|(suffix, body, known)| {
        let owner = format!("{}{suffix}", operation.path);
        Some((owner, body.as_ref()?, known.as_ref()))
    })
}

/// Returns the rows of a body.
pub fn rows_of<'a>(facts: &'a Variant, body: Option<&'a Body>) -> &'a [Property] {
    body.and_then(|body| facts.properties_of(body))
        .unwrap_or_default()
}

/// Returns whether the object of a body may have properties that are not listed, if the document states it.
pub fn additional_of(facts: &Variant, body: Option<&Body>) -> Option<bool> {
    let name = body?.schema.as_deref()?;
    let mut schemas = facts.schemas_called(name);
    schemas.find_map(|schema| schema.additional)
}

/// Returns `true` if a status stands for a range, such as `5XX`.
pub fn is_range(status: &str) -> bool {
    status.ends_with("XX")
}

/// Returns the values of an enum in alphabetical order.
pub fn enum_value(values: &[String]) -> Value {
    let values: BTreeSet<&String> = values.iter().collect();
    json!(values)
}

/// Returns what a row states, except deprecation; `None` for what it omits.
pub fn values_of(row: &Property) -> impl Iterator<Item = (Dimension, Option<Value>)> {
    let limit = |limit: &Limit| (Dimension::Limit(*limit), row.limits.get(limit).cloned());
    let kind = row.kind.as_ref().map(ToString::to_string);
    let values = [
        (Dimension::Type, kind.map(Value::from)),
        (Dimension::Format, row.format.clone().map(Value::from)),
        (Dimension::Required, row.required.map(Value::from)),
        (Dimension::Nullable, row.nullable.map(Value::from)),
    ];
    values.into_iter().chain(Limit::VARIANTS.iter().map(limit))
}

/// Returns whether a row is deprecated, and the replacement.
pub fn deprecated_value(row: &Property) -> Value {
    match &row.replacement {
        Some(replacement) if row.deprecated => json!(format!("use {replacement}")),
        _ => json!(row.deprecated),
    }
}

/// Returns the type of a response body.
pub fn body_type(body: &str) -> String {
    if body == NO_BODY {
        NONE.to_owned()
    } else {
        format!("<{body}>")
    }
}
