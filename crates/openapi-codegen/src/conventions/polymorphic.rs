//! The convention for objects of which one property decides the schema of another.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Objects with two properties, the discriminator and the value, of which the first decides the schema of the second.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polymorphic {
    /// The name of the property that decides.
    pub discriminator: String,
    /// The name of the property whose schema is decided.
    pub value: String,
    /// The component schemas that consist of this pair. Each has the component schema of the value for each value of the
    /// discriminator.
    pub schemas: BTreeMap<String, BTreeMap<String, String>>,
}
