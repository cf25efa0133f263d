//! The spec: the OpenAPI document that the sandbox serves.

mod schema;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::error::StartError;
use crate::operation::{BASE_PATH, Operation};
use crate::record::{RecordSpec, Voucher, VoucherCode};

pub(crate) use schema::{Schema, View};

/// The spec that is compiled into this crate. `cargo xtask regenerate` writes the file.
pub const DOCUMENT: &str = include_str!("connector.json");

/// The properties that every request may have, apart from `EnterpriseId` and `EnterpriseIds`.
pub(crate) const ENVELOPE: [&str; 5] = [
    "ClientToken",
    "AccessToken",
    "Client",
    "LanguageCode",
    "CultureCode",
];

/// The cursor in a response, and the property of a request that has one.
pub(crate) const CURSOR: &str = "Cursor";
const LIMITATION: &str = "Limitation";

/// A parsed spec.
pub(crate) struct Spec {
    text: Cow<'static, str>,
    root: Value,
    operations: BTreeMap<Operation, OperationSpec>,
    /// The translated components, for each view.
    components: [OnceLock<Value>; 2],
    pub(crate) vouchers: RecordSpec,
    pub(crate) codes: RecordSpec,
}

/// The parts of an operation that are looked up more than once.
struct OperationSpec {
    /// JSON pointers of the schemas of the request and of the response.
    request: String,
    response: String,
    /// The name of the primary list of the response.
    list: Option<String>,
    is_paginated: bool,
    validator: OnceLock<Result<Validator, String>>,
}

impl Spec {
    /// Returns the spec that is compiled in.
    pub(crate) fn embedded() -> &'static Arc<Self> {
        static EMBEDDED: LazyLock<Arc<Spec>> = LazyLock::new(|| {
            Arc::new(Spec::parse(DOCUMENT.into()).expect("the embedded spec is valid"))
        });
        &EMBEDDED
    }

    pub(crate) fn parse(text: Cow<'static, str>) -> Result<Self, StartError> {
        let root: Value =
            serde_json::from_str(&text).map_err(|error| StartError::Spec(error.to_string()))?;
        let paths = root["paths"].as_object();
        let operations = paths
            .into_iter()
            .flatten()
            .filter(|(_, item)| item.get("post").is_some())
            .filter_map(|(path, _)| {
                let operation = Operation::register(path.strip_prefix(BASE_PATH)?);
                Some((operation, OperationSpec::new(&root, operation)))
            })
            .collect();
        let mut spec = Self {
            text,
            root,
            operations,
            components: Default::default(),
            vouchers: RecordSpec::default(),
            codes: RecordSpec::default(),
        };
        spec.vouchers = spec.record(
            Operation::VouchersGetAll,
            Operation::VouchersAdd,
            Voucher::FIELDS,
        )?;
        spec.codes = spec.record(
            Operation::VoucherCodesGetAll,
            Operation::VoucherCodesAdd,
            VoucherCode::FIELDS,
        )?;
        Ok(spec)
    }

    /// Adds an operation, unless the spec has it. Only those properties of its request are known that all requests
    /// share, according to an operation that every spec has. Those of its response are the ones of the stub.
    pub(crate) fn add_stub(&mut self, operation: Operation, response: &Value) {
        if self.has(operation) {
            return;
        }
        let request = self.request(Operation::VouchersGetAll);
        let (declared, required) = request
            .map(|request| (request.properties(), request.required()))
            .unwrap_or_default();
        let has_cursor = response.get(CURSOR).is_some();
        let properties: Map<String, Value> = declared
            .into_iter()
            .filter(|(name, _)| ENVELOPE.contains(name) || has_cursor && *name == LIMITATION)
            .map(|(name, schema)| (name.to_owned(), schema.node().clone()))
            .collect();
        let required: Vec<&str> = required
            .into_iter()
            .filter(|name| ENVELOPE.contains(name))
            .collect();
        let request = json!({ "type": "object", "required": required, "properties": properties });
        let members = response.as_object().into_iter().flatten();
        let members: Map<String, Value> = members
            .map(|(name, value)| {
                let items = value.is_array().then(|| json!({ "items": {} }));
                (name.clone(), items.unwrap_or_else(|| json!({})))
            })
            .collect();
        let response = json!({ "type": "object", "properties": members });
        let content =
            |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
        self.root["paths"][operation.path()] = json!({ "post": {
            "requestBody": content(request),
            "responses": { "200": content(response) },
        } });
        let mut added = OperationSpec::new(&self.root, operation);
        // The response of a stub is fixed, and not a listing.
        added.list = None;
        self.operations.insert(operation, added);
    }

    /// Describes the records that an operation lists.
    fn record(
        &self,
        listing: Operation,
        add: Operation,
        fields: &[&str],
    ) -> Result<RecordSpec, StartError> {
        self.items(listing)
            .zip(self.parameters(add))
            .map(|(items, parameters)| RecordSpec::new(items, parameters, fields))
            .ok_or_else(|| {
                StartError::Spec(format!(
                    "missing `{listing}` with a list of records, or `{add}` with a list of parameters; the sandbox \
                     needs both"
                ))
            })
    }

    /// Returns the document.
    pub(crate) const fn root(&self) -> &Value {
        &self.root
    }

    /// Returns the description of an operation in the document.
    pub(crate) fn node(&self, operation: Operation) -> &Value {
        let node = self.root.pointer(&pointer(operation));
        node.unwrap_or(&Value::Null)
    }

    /// Returns the title of an operation.
    pub(crate) fn summary(&self, operation: Operation) -> &str {
        self.node(operation)["summary"].as_str().unwrap_or_default()
    }

    /// Follows a reference, if there is one.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .root
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or(&Value::Null),
            None => node,
        }
    }

    /// Returns the document as JSON text.
    pub(crate) fn text(&self) -> Cow<'static, str> {
        self.text.clone()
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation> {
        self.operations.keys().copied()
    }

    pub(crate) fn has(&self, operation: Operation) -> bool {
        self.operations.contains_key(&operation)
    }

    /// Returns the operation at a path, which must match exactly.
    pub(crate) fn at(&self, path: &str) -> Option<Operation> {
        let name = path.strip_prefix(BASE_PATH)?;
        self.operations().find(|operation| operation.name() == name)
    }

    /// Returns the schema of the request body.
    pub(crate) fn request(&self, operation: Operation) -> Option<Schema<'_>> {
        self.schema(&self.operations.get(&operation)?.request)
    }

    /// Returns the schema of the body of a 200.
    pub(crate) fn response(&self, operation: Operation) -> Option<Schema<'_>> {
        self.schema(&self.operations.get(&operation)?.response)
    }

    /// Returns the name of the primary list: the array of the response that is named like the resource, or the only
    /// one.
    pub(crate) fn list(&self, operation: Operation) -> Option<&str> {
        self.operations.get(&operation)?.list.as_deref()
    }

    /// Returns the schema of the items of the primary list.
    pub(crate) fn items(&self, operation: Operation) -> Option<Schema<'_>> {
        let list = self.list(operation)?;
        self.response(operation)?.property(list)?.items()
    }

    /// Returns `true` if the operation reads a listing page by page.
    pub(crate) fn is_paginated(&self, operation: Operation) -> bool {
        self.operations
            .get(&operation)
            .is_some_and(|operation| operation.is_paginated)
    }

    /// Returns the schema of one item of the array of objects in the request of a write.
    pub(crate) fn parameters(&self, operation: Operation) -> Option<Schema<'_>> {
        self.request(operation)?
            .properties()
            .into_values()
            .filter_map(Schema::items)
            .find(|items| !items.properties().is_empty())
    }

    /// Returns a schema that is not in this document and can refer to its components.
    pub(crate) fn at_hand<'a>(&'a self, node: &'a Value) -> Schema<'a> {
        Schema::new(&self.root, node)
    }

    fn schema(&self, pointer: &str) -> Option<Schema<'_>> {
        Some(Schema::new(&self.root, self.root.pointer(pointer)?))
    }

    /// Returns the validator of the request body.
    pub(crate) fn request_validator(&self, operation: Operation) -> Result<&Validator, String> {
        let missing = || format!("missing schema of the request of `{operation}`");
        let found = self.operations.get(&operation).ok_or_else(missing)?;
        let validator = found.validator.get_or_init(|| {
            let schema = self.schema(&found.request).ok_or_else(missing)?;
            self.validator(schema.node(), View::Open)
        });
        validator.as_ref().map_err(Clone::clone)
    }

    /// Builds the validator of a schema of this document.
    pub(crate) fn validator(&self, schema: &Value, view: View) -> Result<Validator, String> {
        let components =
            self.components[view as usize].get_or_init(|| schema::components(&self.root, view));
        schema::validator(schema, components, view)
    }

    /// Validates a response, see [`validate_response`].
    pub(crate) fn validate_response(
        &self,
        operation: Operation,
        status: u16,
        body: &[u8],
    ) -> Result<(), String> {
        let responses = &self.node(operation)["responses"];
        let declared = responses
            .get(status.to_string())
            .or_else(|| responses.get(format!("{}XX", status / 100)))
            .ok_or_else(|| format!("{operation} declares no response with status {status}"))?;
        let response = self.resolve(declared);
        let Some(schema) = response.pointer("/content/application~1json/schema") else {
            return match body {
                [] => Ok(()),
                _ => Err(format!("{operation} declares no body for status {status}")),
            };
        };
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| format!("the response is not valid JSON: {error}"))?;
        self.validator(schema, View::Closed)?
            .validate(&body)
            .map_err(|error| {
                format!(
                    "{operation} {status} at \"{}\": {error}",
                    error.instance_path()
                )
            })
    }
}

impl OperationSpec {
    fn new(root: &Value, operation: Operation) -> Self {
        let pointer = pointer(operation);
        let request = format!("{pointer}/requestBody/content/application~1json/schema");
        let response = format!("{pointer}/responses/200/content/application~1json/schema");
        let schema = |pointer: &str| Some(Schema::new(root, root.pointer(pointer)?));
        let resource = operation.name().split('/').next().unwrap_or_default();
        let list = schema(&response).and_then(|response| {
            let properties = response.properties();
            let lists: Vec<&str> = properties
                .into_iter()
                .filter(|(_, schema)| schema.items().is_some())
                .map(|(name, _)| name)
                .collect();
            let named = lists
                .iter()
                .find(|name| name.eq_ignore_ascii_case(resource));
            match (named, lists.as_slice()) {
                (Some(list), _) | (None, [list]) => Some((*list).to_owned()),
                _ => None,
            }
        });
        let is_paginated =
            schema(&request).is_some_and(|request| request.properties().contains_key(LIMITATION));
        Self {
            request,
            response,
            list,
            is_paginated,
            validator: OnceLock::new(),
        }
    }
}

/// Returns the JSON pointer of an operation.
fn pointer(operation: Operation) -> String {
    format!("/paths/{}/post", operation.path().replace('/', "~1"))
}

/// Validates a response against a closed view of the spec: a property that the spec does not define is an error, so
/// that a misspelled property is found.
///
/// The tests of the sandbox validate every response. The function can also check other implementations.
///
/// ```
/// use mews_sandbox::{Operation, validate_response};
///
/// assert!(validate_response(Operation::VouchersDelete, 200, b"{}").is_ok());
/// assert!(validate_response(Operation::VouchersAdd, 200, br#"{"Voucher": []}"#).is_err());
/// ```
///
/// # Errors
///
/// Returns an error with the violation and its JSON pointer.
pub fn validate_response(operation: Operation, status: u16, body: &[u8]) -> Result<(), String> {
    Spec::embedded().validate_response(operation, status, body)
}
