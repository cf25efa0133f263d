//! The operations of the spec, from the generated table.

use mews_connector_api::{Client, Envelope, types};
use serde_json::Value;

use crate::document::{CONNECTOR, CONVENTIONS, example};

/// A call of an operation: the response as JSON, or the error as a string.
pub(crate) type Outcome = Result<Value, String>;

macro_rules! table {
    ($($path:literal => $method:ident($request:ty) -> $response:ty;)*) => {
        /// The path and the method of each operation.
        const ROWS: &[(&str, &str)] = &[$(($path, stringify!($method))),*];

        /// Reads `request` as the type of the operation's request, and calls the operation.
        pub(crate) async fn call(client: &Client, id: &str, request: Value) -> Outcome {
            match path(id).as_str() {
                $($path => {
                    let (envelope, request) = parted(request);
                    let request: $request =
                        serde_json::from_value(request).map_err(|error| error.to_string())?;
                    let response = client.$method(&envelope, &request).await.map_err(|error| error.to_string())?;
                    serde_json::to_value(response.into_inner()).map_err(|error| error.to_string())
                })*
                _ => panic!("no operation {id}"),
            }
        }

        /// Decodes a response of the operation, and encodes it again.
        pub(crate) fn decode(id: &str, response: &Value) -> Outcome {
            match path(id).as_str() {
                $($path => {
                    let response: $response =
                        serde_json::from_value(response.clone()).map_err(|error| error.to_string())?;
                    serde_json::to_value(response).map_err(|error| error.to_string())
                })*
                _ => panic!("no operation {id}"),
            }
        }

        /// Returns a request as it is sent, and the `Debug` output of the request, the envelope and the body, both ways.
        pub(crate) fn request(id: &str, request: Value) -> (Value, String) {
            match path(id).as_str() {
                $($path => {
                    let (envelope, request) = parted(request);
                    let request: $request =
                        serde_json::from_value(request).expect("a request");
                    let body = envelope.body(&request);
                    (
                        serde_json::to_value(&body).expect("a request is JSON"),
                        format!("{request:?} {request:#?} {envelope:?} {envelope:#?} {body:?} {body:#?}"),
                    )
                })*
                _ => panic!("no operation {id}"),
            }
        }
    };
}

mews_connector_api::for_each_operation!(table);

/// The tokens that must not be in any output.
pub(crate) const CLIENT_TOKEN: &str = "canary-client-token";
pub(crate) const ACCESS_TOKEN: &str = "canary-access-token";

/// Returns the operationIds of the spec.
pub(crate) fn ids() -> Vec<&'static str> {
    let operations = openapi_tree::schemas::operations(&CONNECTOR.tree);
    let ids = operations.iter().map(|operation| {
        let node = CONNECTOR.tree.pointer(&operation.pointer);
        node.and_then(|node| node["operationId"].as_str())
            .expect("an operationId")
    });
    ids.collect()
}

/// Returns the path of an operation without the prefix that all paths share.
fn path(id: &str) -> String {
    let operations = openapi_tree::schemas::operations(&CONNECTOR.tree);
    let operation = operations
        .iter()
        .find(|operation| operation.id() == Some(id));
    let prefix = &CONVENTIONS.operations.as_ref().expect("rules").prefix;
    let path = operation.and_then(|operation| operation.path.strip_prefix(prefix.as_str()));
    path.unwrap_or_else(|| panic!("no operation {id}"))
        .to_owned()
}

/// Returns the name of the method of the generated client that calls an operation.
pub(crate) fn method(id: &str) -> &'static str {
    let path = path(id);
    let row = ROWS.iter().find(|(row, _)| *row == path);
    row.unwrap_or_else(|| panic!("no row of {id}")).1
}

/// Returns the minimal request of an operation.
pub(crate) fn minimal(id: &str) -> Value {
    example(id, None, "Minimal")
}

/// Splits a request in JSON into its envelope and the rest.
pub(crate) fn parted(mut request: Value) -> (Envelope, Value) {
    let members = request.as_object_mut().expect("an object");
    let mut take = |name: &str| members.remove(name)?.as_str().map(str::to_owned);
    let mut envelope = Envelope::new(
        take("ClientToken").unwrap_or_default().into(),
        take("AccessToken").unwrap_or_default().into(),
        take("Client").unwrap_or_default(),
    );
    envelope.language_code = take("LanguageCode");
    envelope.culture_code = take("CultureCode");
    (envelope, request)
}

#[test]
fn all_operations_of_the_spec_are_in_the_table() {
    let methods: std::collections::BTreeSet<&str> = ids().into_iter().map(method).collect();
    assert_eq!(methods.len(), ROWS.len());
}
