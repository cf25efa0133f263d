//! The seven operations, each with what a test needs to call it.

use mews_connector_api::{AccessToken, Client, ClientToken, types};
use serde_json::Value;

/// A call of an operation: what came back, as JSON, or the error as text.
pub(crate) type Answer = Result<Value, String>;

macro_rules! operations {
    ($($id:literal => $method:ident($request:ident) -> $response:ident, $minimal:expr;)*) => {
        /// Their operationIds.
        pub(crate) const IDS: &[&str] = &[$($id),*];

        /// Reads `request` as the type of the operation's request, and calls it.
        pub(crate) async fn call(client: &Client, id: &str, request: Value) -> Answer {
            match id {
                $($id => {
                    let request: types::$request =
                        serde_json::from_value(request).map_err(|error| error.to_string())?;
                    let response = client.$method(&request).await.map_err(|error| error.to_string())?;
                    serde_json::to_value(response.into_inner()).map_err(|error| error.to_string())
                })*
                _ => panic!("no operation {id}"),
            }
        }

        /// The least that the operation's request can be made of, as JSON.
        pub(crate) fn minimal(id: &str) -> Value {
            let request = match id {
                $($id => serde_json::to_value::<types::$request>($minimal),)*
                _ => panic!("no operation {id}"),
            };
            request.expect("a request is JSON")
        }

        /// Decodes a response of the operation, and writes it again.
        pub(crate) fn decode(id: &str, response: &Value) -> Answer {
            match id {
                $($id => {
                    let response: types::$response =
                        serde_json::from_value(response.clone()).map_err(|error| error.to_string())?;
                    serde_json::to_value(response).map_err(|error| error.to_string())
                })*
                _ => panic!("no operation {id}"),
            }
        }

        /// `Debug` of a request, both ways.
        pub(crate) fn debug(id: &str, request: Value) -> String {
            match id {
                $($id => {
                    let request: types::$request =
                        serde_json::from_value(request).expect("a request");
                    format!("{request:?} {request:#?}")
                })*
                _ => panic!("no operation {id}"),
            }
        }
    };
}

operations! {
    "vouchers_getAll" => vouchers_get_all(VoucherFilterParameters) -> VoucherResult,
        types::VoucherFilterParameters::new(
            client_token(), access_token(), CLIENT, types::VoucherExtent::new(), vec![service()],
            types::Limitation::new(1),
        );
    "vouchers_add" => vouchers_add(MultipleVoucherAddParameters) -> VoucherWriteResult,
        types::MultipleVoucherAddParameters::new(
            client_token(), access_token(), CLIENT,
            vec![types::VoucherAddParameters::new(service(), "Autumn", types::VoucherType::Public)],
        );
    "vouchers_update" => vouchers_update(MultipleVoucherUpdateParameters) -> VoucherWriteResult,
        types::MultipleVoucherUpdateParameters::new(
            client_token(), access_token(), CLIENT,
            vec![types::VoucherUpdateParameters::new(voucher())],
        );
    "vouchers_delete" => vouchers_delete(MultipleVoucherDeleteParameters) -> Unit,
        types::MultipleVoucherDeleteParameters::new(client_token(), access_token(), CLIENT, vec![voucher()]);
    "voucherCodes_getAll" => voucher_codes_get_all(VoucherCodeFilterParameters) -> VoucherCodeResult,
        types::VoucherCodeFilterParameters::new(
            client_token(), access_token(), CLIENT, vec![voucher()], types::Limitation::new(1),
        );
    "voucherCodes_add" => voucher_codes_add(MultipleVoucherCodeAddParameters) -> VoucherCodeResult,
        types::MultipleVoucherCodeAddParameters::new(
            client_token(), access_token(), CLIENT,
            vec![types::VoucherCodeAddParameters::new(voucher(), "AUTUMN-1")],
        );
    "voucherCodes_delete" => voucher_codes_delete(MultipleVoucherCodeDeleteParameters) -> Unit,
        types::MultipleVoucherCodeDeleteParameters::new(
            client_token(), access_token(), CLIENT,
            vec!["c0de0000-0000-4000-8000-000000000001".parse().expect("an identifier")],
        );
}

/// Tokens that no output may show.
pub(crate) const CLIENT_TOKEN: &str = "canary-client-token";
pub(crate) const ACCESS_TOKEN: &str = "canary-access-token";
const CLIENT: &str = "Example Integration 1.0.0";

fn client_token() -> ClientToken {
    CLIENT_TOKEN.into()
}

fn access_token() -> AccessToken {
    ACCESS_TOKEN.into()
}

fn service() -> types::ServiceId {
    "5e000000-0000-4000-8000-000000000001"
        .parse()
        .expect("an identifier")
}

fn voucher() -> types::VoucherId {
    "d15c0000-0000-4000-8000-000000000001"
        .parse()
        .expect("an identifier")
}

#[test]
fn all_operations_of_the_document_are_here() {
    let operations = openapi_tree::schemas::operations(&crate::document::CONNECTOR.tree);
    let ids: Vec<&str> = operations
        .iter()
        .filter_map(openapi_tree::schemas::Operation::id)
        .collect();
    assert_eq!(ids.len(), IDS.len());
    assert!(ids.iter().all(|id| IDS.contains(id)), "{ids:?}");
}
