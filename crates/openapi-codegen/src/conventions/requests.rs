//! The conventions that all requests of an API follow.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The rules for the operations of a document: the effect, the response and the pages of each request type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationRules {
    /// The start that all paths share, such as `/api/v1/`. The name of an operation is the rest of its path.
    pub prefix: String,
    /// The effect of an operation, by its name or by its action, which is the last segment of its name.
    pub effects: BTreeMap<String, Effect>,
    /// The properties of paginated operations. Without it, no operation is a listing.
    pub listing: Option<ListingRules>,
    /// The property of a response that is the primary list, by the name of the operation. The default is the array
    /// that is named like the resource.
    #[serde(default)]
    pub lists: BTreeMap<String, String>,
}

/// The names of the properties of paginated operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingRules {
    /// The property of a request that makes its operation a listing.
    pub limitation: String,
    /// The property of the limitation with the maximum number of items of a page.
    pub count: String,
    /// The property of the limitation, and of the response, with the place where the next page starts.
    pub cursor: String,
}

/// The effect of an operation on the data of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Effect {
    /// The operation changes nothing.
    Read,
    /// The operation creates records.
    Create,
    /// The operation sets values of records.
    Update,
    /// The operation deletes records.
    Delete,
}

impl OperationRules {
    /// Returns the effect of the operation with that name.
    pub fn effect(&self, name: &str) -> Option<Effect> {
        let action = name.rsplit('/').next().unwrap_or(name);
        let effect = self.effects.get(name).or_else(|| self.effects.get(action));
        effect.copied()
    }
}
