//! The seven operations, each with what a test needs to call it.

use mews_connector_api::{Client, Envelope, types};
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
                    let (envelope, request) = parted(request);
                    let request: types::$request =
                        serde_json::from_value(request).map_err(|error| error.to_string())?;
                    let response = client.$method(&envelope, &request).await.map_err(|error| error.to_string())?;
                    serde_json::to_value(response.into_inner()).map_err(|error| error.to_string())
                })*
                _ => panic!("no operation {id}"),
            }
        }

        /// The least that the operation's request can be made of, in its envelope, as JSON.
        pub(crate) fn minimal(id: &str) -> Value {
            let envelope = Envelope::new(CLIENT_TOKEN.into(), ACCESS_TOKEN.into(), CLIENT);
            let request = match id {
                $($id => {
                    let request: types::$request = $minimal;
                    serde_json::to_value(envelope.body(&request))
                })*
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

        /// `Debug` of a request, of its envelope and of its body, both ways.
        pub(crate) fn debug(id: &str, request: Value) -> String {
            match id {
                $($id => {
                    let (envelope, request) = parted(request);
                    let request: types::$request =
                        serde_json::from_value(request).expect("a request");
                    let body = envelope.body(&request);
                    format!("{request:?} {request:#?} {envelope:?} {envelope:#?} {body:?} {body:#?}")
                })*
                _ => panic!("no operation {id}"),
            }
        }
    };
}

operations! {
    "vouchers_getAll" => vouchers_get_all(VoucherFilterParameters) -> VoucherResult,
        types::VoucherFilterParameters::new(
            types::VoucherExtent::new(), vec![service()],
            types::Limitation::new(1),
        );
    "vouchers_add" => vouchers_add(MultipleVoucherAddParameters) -> VoucherWriteResult,
        types::MultipleVoucherAddParameters::new(
            vec![types::VoucherAddParameters::new(service(), "Autumn", types::VoucherType::Public)],
        );
    "vouchers_update" => vouchers_update(MultipleVoucherUpdateParameters) -> VoucherWriteResult,
        types::MultipleVoucherUpdateParameters::new(
            vec![types::VoucherUpdateParameters::new(voucher())],
        );
    "vouchers_delete" => vouchers_delete(MultipleVoucherDeleteParameters) -> Unit,
        types::MultipleVoucherDeleteParameters::new(vec![voucher()]);
    "voucherCodes_getAll" => voucher_codes_get_all(VoucherCodeFilterParameters) -> VoucherCodeResult,
        types::VoucherCodeFilterParameters::new(
            vec![voucher()], types::Limitation::new(1),
        );
    "voucherCodes_add" => voucher_codes_add(MultipleVoucherCodeAddParameters) -> VoucherCodeResult,
        types::MultipleVoucherCodeAddParameters::new(
            vec![types::VoucherCodeAddParameters::new(voucher(), "AUTUMN-1")],
        );
    "voucherCodes_delete" => voucher_codes_delete(MultipleVoucherCodeDeleteParameters) -> Unit,
        types::MultipleVoucherCodeDeleteParameters::new(
            vec!["c0de0000-0000-4000-8000-000000000001".parse().expect("an identifier")],
        );
}

/// Tokens that no output may show.
pub(crate) const CLIENT_TOKEN: &str = "canary-client-token";
pub(crate) const ACCESS_TOKEN: &str = "canary-access-token";
const CLIENT: &str = "Example Integration 1.0.0";

/// The envelope of a request that is given as JSON, and the rest of it.
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
