//! A tour of the operations with the JSON of the vendor documents `vouchers.md` and `vouchercodes.md` (February 2026),
//! but with other tokens.
//!
//! The tour sends HTTP over a socket to a sandbox that runs as a program. The tour uses no types of the client or of the
//! sandbox, so it finds errors that both have in common.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::binary::Running;

/// The enterprise, the service, the rates and the company of the documented requests.
const FIXTURES: &str = r#"{
  "ClientTokens": ["tour-client-token"],
  "AccessTokens": [
    { "AccessToken": "tour-access-token", "EnterpriseIds": ["3fa85f64-5717-4562-b3fc-2c963f66afa6"] }
  ],
  "Enterprises": [
    { "Id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "ChainId": "c4a10000-0000-4000-8000-000000000001" }
  ],
  "Services": [
    { "Id": "bd26d8db-86da-4f96-9efc-e5a4654a4a94", "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6" },
    { "Id": "8c1bd738-a505-4b29-aa71-9ecc2982b843", "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6" }
  ],
  "Rates": RATES,
  "Companies": COMPANIES,
  "Vouchers": [],
  "VoucherCodes": []
}"#;

/// A client of the tour.
struct Tour {
    address: String,
    /// The values that the server chose, such as the IDs of new records, by their names in the tour.
    values: BTreeMap<String, Value>,
}

impl Tour {
    /// Sends a request, and returns the status and the body of the response.
    fn send(&self, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}",
            self.address
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        let (head, body) = response.split_once("\r\n\r\n").expect("a head and a body");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {response}"));
        (status.expect("a status"), body)
    }

    /// Calls an operation. In the request, `$name` is a value of an earlier response. In the expected response, `$name`
    /// can also be a new value.
    fn call(&mut self, operation: &str, request: &str, expected: &str) {
        let mut request: Value = serde_json::from_str(request).expect(operation);
        self.fill_in(&mut request);
        let path = format!("/api/connector/v1/{operation}");
        let (status, response) = self.send(&path, &request.to_string());
        assert_eq!(status, 200, "{operation}: {response}");
        let mut expected: Value = serde_json::from_str(expected).expect(operation);
        self.learn(&expected, &response);
        self.fill_in(&mut expected);
        assert_eq!(response, expected, "{operation}");
    }

    fn fill_in(&self, json: &mut Value) {
        match json {
            Value::String(text) => {
                if let Some(value) = self.values.get(text) {
                    *json = value.clone();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_in(item)),
            Value::Object(properties) => {
                properties
                    .values_mut()
                    .for_each(|value| self.fill_in(value));
            }
            _ => {}
        }
    }

    /// Stores the values of a response that the expected response names for the first time.
    fn learn(&mut self, expected: &Value, response: &Value) {
        match (expected, response) {
            (Value::String(name), Value::String(_)) if name.starts_with('$') => {
                self.values
                    .entry(name.clone())
                    .or_insert_with(|| response.clone());
            }
            (Value::Array(expected), Value::Array(items)) => {
                for (expected, item) in expected.iter().zip(items) {
                    self.learn(expected, item);
                }
            }
            (Value::Object(expected), Value::Object(properties)) => {
                for (name, expected) in expected {
                    self.learn(expected, &properties[name]);
                }
            }
            _ => {}
        }
    }

    fn set_clock(&self, now: &str) {
        let body = format!(r#"{{ "NowUtc": "{now}", "IsFrozen": true }}"#);
        assert_eq!(self.send("/_sandbox/clock", &body).0, 200);
    }
}

const CREDENTIALS: &str = r#""ClientToken": "tour-client-token", "AccessToken": "tour-access-token", "Client": "Sample Client 1.0.0""#;

fn with_credentials(body: &str) -> String {
    body.replacen('{', &format!("{{ {CREDENTIALS},"), 1)
}

#[test]
fn all_operations_accept_and_return_the_json_of_the_vendor_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fixtures.json");
    std::fs::write(&path, fixtures()).expect("a file");
    let running = Running::start(&["--fixtures", path.to_str().expect("a path")]);
    let mut tour = Tour {
        address: running.url.replace("http://", ""),
        values: BTreeMap::new(),
    };
    tour.set_clock("2023-10-12T08:00:00Z");
    vouchers(&mut tour);
    tour.set_clock("2023-10-12T09:00:00Z");
    updates(&mut tour);
    filters(&mut tour);
    tour.set_clock("2023-10-13T09:00:00Z");
    codes(&mut tour);
    tour.set_clock("2023-10-14T10:00:00Z");
    deletions(&mut tour);
    errors(&tour);
}

/// Returns the fixtures with two rates and a company, which have every documented property.
fn fixtures() -> String {
    let rate = |id: &str, name: &str| {
        format!(
            r#"{{
              "Id": "{id}", "GroupId": "c8b866b3-be2e-4a47-9486-034318e9f393",
              "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94", "BaseRateId": null, "IsBaseRate": true,
              "BusinessSegmentId": "7760b5cb-a666-41bb-9758-76bf5d1df399", "IsActive": true, "IsEnabled": true,
              "IsPublic": true, "Type": "Public", "Name": "{name}", "Names": {{ "en-US": "{name}" }},
              "ShortName": "FR", "UpdatedUtc": "2023-10-01T08:00:00Z", "ExternalNames": {{ "en-US": "{name}" }},
              "Description": {{}}, "ExternalIdentifier": null
            }}"#
        )
    };
    let rates = [
        rate("ed4b660b-19d0-434b-9360-a4de2ea42eda", "Fully Flexible"),
        rate("b7e6a1c2-4f3a-4e2b-9c1d-2a5e7b8c9d0f", "Non-refundable"),
    ];
    let company = r#"{
      "Id": "c6f5c82d-621a-4c8a-903b-1b0a9a23b71f", "ChainId": "c4a10000-0000-4000-8000-000000000001",
      "Name": "Sample company", "MotherCompanyId": null, "InvoicingEmail": null, "WebsiteUrl": null,
      "InvoiceDueInterval": null,
      "Options": { "Invoiceable": true, "AddFeesToInvoices": false, "AddTaxDeductedPaymentToInvoices": false },
      "CreditRating": { "Basic": "CreditOk" }, "Department": null, "DunsNumber": null, "ReferenceIdentifier": null,
      "AccountingCode": null, "AdditionalTaxIdentifier": null, "BillingCode": null, "Contact": null,
      "ContactPerson": null, "ElectronicInvoiceIdentifier": null, "Identifier": null, "Iata": null, "IsActive": true,
      "Notes": null, "Number": 1, "TaxIdentifier": null, "Telephone": null, "CreatedUtc": "2023-10-01T08:00:00Z",
      "UpdatedUtc": "2023-10-01T08:00:00Z", "Address": null, "AddressId": null, "MergeTargetId": null,
      "TaxIdentificationNumber": null, "ExternalIdentifier": null
    }"#;
    FIXTURES
        .replace("RATES", &format!("[{}]", rates.join(",")))
        .replace("COMPANIES", &format!("[{company}]"))
}

fn vouchers(tour: &mut Tour) {
    // vouchers.md, "Add vouchers"
    tour.call(
        "vouchers/add",
        &with_credentials(
            r#"{
              "VoucherParameters": [
                {
                  "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
                  "Name": "Weekend Voucher",
                  "Type": "Public",
                  "AssignedRateIds": [
                    "ed4b660b-19d0-434b-9360-a4de2ea42eda",
                    "b7e6a1c2-4f3a-4e2b-9c1d-2a5e7b8c9d0f"
                  ]
                },
                {
                  "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
                  "Name": "Sample company voucher",
                  "Type": "PartnerCompany",
                  "CompanyId": "c6f5c82d-621a-4c8a-903b-1b0a9a23b71f",
                  "AssignedRateIds": [
                    "ed4b660b-19d0-434b-9360-a4de2ea42eda",
                    "b7e6a1c2-4f3a-4e2b-9c1d-2a5e7b8c9d0f"
                  ],
                  "OccupiableIntervalStartUtc": "2023-12-31T22:00:00Z",
                  "OccupiableIntervalEndUtc": "2024-01-01T22:00:00Z",
                  "ExternalIdentifier": "VCHR-278"
                }
              ],
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6"
            }"#,
        ),
        r#"{
          "Vouchers": [
            {
              "Id": "$weekend",
              "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
              "Name": "Weekend Voucher",
              "CreatedUtc": "2023-10-12T08:00:00Z",
              "UpdatedUtc": "2023-10-12T08:00:00Z",
              "Type": "Public",
              "ActivityState": "Active",
              "CompanyId": null,
              "TravelAgencyId": null,
              "OccupiableIntervalStartUtc": null,
              "OccupiableIntervalEndUtc": null,
              "ExternalIdentifier": null,
              "IsActive": true
            },
            {
              "Id": "$company",
              "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
              "Name": "Sample company voucher",
              "CreatedUtc": "2023-10-12T08:00:00Z",
              "UpdatedUtc": "2023-10-12T08:00:00Z",
              "Type": "PartnerCompany",
              "ActivityState": "Active",
              "CompanyId": "c6f5c82d-621a-4c8a-903b-1b0a9a23b71f",
              "TravelAgencyId": null,
              "OccupiableIntervalStartUtc": "2023-12-31T22:00:00Z",
              "OccupiableIntervalEndUtc": "2024-01-01T22:00:00Z",
              "ExternalIdentifier": "VCHR-278",
              "IsActive": true
            }
          ]
        }"#,
    );
}

fn updates(tour: &mut Tour) {
    // vouchers.md, "Update vouchers": a value sets, null inside the object clears, an omitted property is kept.
    tour.call(
        "vouchers/update",
        &with_credentials(
            r#"{
              "VoucherUpdates": [
                {
                  "VoucherId": "$company",
                  "Name": { "Value": "Sample company voucher, renamed" },
                  "AssignedRateIds": { "Value": ["b7e6a1c2-4f3a-4e2b-9c1d-2a5e7b8c9d0f"] },
                  "OccupiableIntervalStartUtc": { "Value": null },
                  "OccupiableIntervalEndUtc": null,
                  "ExternalIdentifier": { "Value": "Voucher-001" }
                }
              ],
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6"
            }"#,
        ),
        r#"{
          "Vouchers": [
            {
              "Id": "$company",
              "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
              "Name": "Sample company voucher, renamed",
              "CreatedUtc": "2023-10-12T08:00:00Z",
              "UpdatedUtc": "2023-10-12T09:00:00Z",
              "Type": "PartnerCompany",
              "ActivityState": "Active",
              "CompanyId": "c6f5c82d-621a-4c8a-903b-1b0a9a23b71f",
              "TravelAgencyId": null,
              "OccupiableIntervalStartUtc": null,
              "OccupiableIntervalEndUtc": "2024-01-01T22:00:00Z",
              "ExternalIdentifier": "Voucher-001",
              "IsActive": true
            }
          ]
        }"#,
    );
}

fn filters(tour: &mut Tour) {
    // vouchers.md, "Get all vouchers", with the filters of the page.
    tour.call(
        "vouchers/getAll",
        &with_credentials(
            r#"{
              "Extent": {
                "Vouchers": true,
                "VoucherCodes": false,
                "VoucherAssignments": true,
                "Companies": false,
                "Rates": false
              },
              "ServiceIds": ["bd26d8db-86da-4f96-9efc-e5a4654a4a94", "8c1bd738-a505-4b29-aa71-9ecc2982b843"],
              "VoucherIds": ["$weekend", "$company"],
              "CompanyIds": ["c6f5c82d-621a-4c8a-903b-1b0a9a23b71f"],
              "ActivityStates": ["Active"],
              "UpdatedUtc": { "StartUtc": "2023-10-10T00:00:00Z", "EndUtc": "2023-10-17T00:00:00Z" },
              "ExternalIdentifiers": ["Voucher-001", "Voucher-002"],
              "EnterpriseIds": ["3fa85f64-5717-4562-b3fc-2c963f66afa6"],
              "Limitation": { "Count": 100 }
            }"#,
        ),
        r#"{
          "Vouchers": [
            {
              "Id": "$company",
              "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
              "Name": "Sample company voucher, renamed",
              "CreatedUtc": "2023-10-12T08:00:00Z",
              "UpdatedUtc": "2023-10-12T09:00:00Z",
              "Type": "PartnerCompany",
              "ActivityState": "Active",
              "CompanyId": "c6f5c82d-621a-4c8a-903b-1b0a9a23b71f",
              "TravelAgencyId": null,
              "OccupiableIntervalStartUtc": null,
              "OccupiableIntervalEndUtc": "2024-01-01T22:00:00Z",
              "ExternalIdentifier": "Voucher-001",
              "IsActive": true
            }
          ],
          "VoucherCodes": null,
          "VoucherAssignments": [
            { "VoucherId": "$company", "RateId": "b7e6a1c2-4f3a-4e2b-9c1d-2a5e7b8c9d0f" }
          ],
          "Rates": null,
          "Companies": null,
          "Cursor": "$company"
        }"#,
    );
}

fn codes(tour: &mut Tour) {
    // vouchercodes.md, "Add voucher codes"
    tour.call(
        "voucherCodes/add",
        &with_credentials(
            r#"{
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
              "VoucherCodeParameters": [
                {
                  "VoucherId": "$weekend",
                  "Value": "0E5856B0A73E62B7E446",
                  "ValidityStartUtc": "2023-10-09T22:00:00Z",
                  "ValidityEndUtc": "2023-10-09T22:00:00Z"
                },
                { "VoucherId": "$weekend", "Value": "021D047E42A5FD522CBA" }
              ]
            }"#,
        ),
        r#"{
          "VoucherCodes": [
            {
              "Id": "$first",
              "VoucherId": "$weekend",
              "Value": "0E5856B0A73E62B7E446",
              "ValidityStartUtc": "2023-10-09T22:00:00Z",
              "ValidityEndUtc": "2023-10-09T22:00:00Z",
              "CreatedUtc": "2023-10-13T09:00:00Z",
              "UpdatedUtc": "2023-10-13T09:00:00Z",
              "ActivityState": "Active",
              "IsActive": true
            },
            {
              "Id": "$second",
              "VoucherId": "$weekend",
              "Value": "021D047E42A5FD522CBA",
              "ValidityStartUtc": null,
              "ValidityEndUtc": null,
              "CreatedUtc": "2023-10-13T09:00:00Z",
              "UpdatedUtc": "2023-10-13T09:00:00Z",
              "ActivityState": "Active",
              "IsActive": true
            }
          ],
          "Cursor": null
        }"#,
    );
    // vouchercodes.md, "Get all voucher codes": newest first, and then from the cursor.
    let page = |limitation: &str| {
        with_credentials(&format!(
            r#"{{
              "EnterpriseIds": ["3fa85f64-5717-4562-b3fc-2c963f66afa6"],
              "VoucherCodeIds": ["$first", "$second"],
              "VoucherIds": ["$weekend"],
              "UpdatedUtc": {{ "StartUtc": "2023-10-10T00:00:00Z", "EndUtc": "2023-10-17T00:00:00Z" }},
              "Limitation": {limitation}
            }}"#
        ))
    };
    tour.call(
        "voucherCodes/getAll",
        &page(r#"{ "Count": 1 }"#),
        r#"{
          "VoucherCodes": [
            {
              "Id": "$second",
              "VoucherId": "$weekend",
              "Value": "021D047E42A5FD522CBA",
              "ValidityStartUtc": null,
              "ValidityEndUtc": null,
              "CreatedUtc": "2023-10-13T09:00:00Z",
              "UpdatedUtc": "2023-10-13T09:00:00Z",
              "ActivityState": "Active",
              "IsActive": true
            }
          ],
          "Cursor": "$second"
        }"#,
    );
    tour.call(
        "voucherCodes/getAll",
        &page(r#"{ "Count": 10, "Cursor": "$second" }"#),
        r#"{
          "VoucherCodes": [
            {
              "Id": "$first",
              "VoucherId": "$weekend",
              "Value": "0E5856B0A73E62B7E446",
              "ValidityStartUtc": "2023-10-09T22:00:00Z",
              "ValidityEndUtc": "2023-10-09T22:00:00Z",
              "CreatedUtc": "2023-10-13T09:00:00Z",
              "UpdatedUtc": "2023-10-13T09:00:00Z",
              "ActivityState": "Active",
              "IsActive": true
            }
          ],
          "Cursor": "$first"
        }"#,
    );
    tour.call(
        "voucherCodes/getAll",
        &page(r#"{ "Count": 10, "Cursor": "$first" }"#),
        r#"{ "VoucherCodes": [], "Cursor": null }"#,
    );
}

fn deletions(tour: &mut Tour) {
    // vouchercodes.md, "Delete voucher codes"
    tour.call(
        "voucherCodes/delete",
        &with_credentials(
            r#"{ "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "VoucherCodeIds": ["$first"] }"#,
        ),
        "{}",
    );
    tour.call(
        "voucherCodes/getAll",
        &with_credentials(
            r#"{ "VoucherCodeIds": ["$first"], "VoucherIds": ["$weekend"], "Limitation": { "Count": 10 } }"#,
        ),
        r#"{
          "VoucherCodes": [
            {
              "Id": "$first",
              "VoucherId": "$weekend",
              "Value": "0E5856B0A73E62B7E446",
              "ValidityStartUtc": "2023-10-09T22:00:00Z",
              "ValidityEndUtc": "2023-10-09T22:00:00Z",
              "CreatedUtc": "2023-10-13T09:00:00Z",
              "UpdatedUtc": "2023-10-14T10:00:00Z",
              "ActivityState": "Deleted",
              "IsActive": false
            }
          ],
          "Cursor": "$first"
        }"#,
    );
    // vouchers.md, "Delete vouchers"
    tour.call(
        "vouchers/delete",
        &with_credentials(
            r#"{ "VoucherIds": ["$weekend", "$company"], "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6" }"#,
        ),
        "{}",
    );
    tour.call(
        "vouchers/getAll",
        &with_credentials(
            r#"{
              "Extent": { "Vouchers": true },
              "ServiceIds": ["bd26d8db-86da-4f96-9efc-e5a4654a4a94"],
              "VoucherCodeValues": ["021D047E42A5FD522CBA"],
              "ActivityStates": ["Deleted"],
              "Limitation": { "Count": 100 }
            }"#,
        ),
        r#"{
          "Vouchers": [
            {
              "Id": "$weekend",
              "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
              "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
              "Name": "Weekend Voucher",
              "CreatedUtc": "2023-10-12T08:00:00Z",
              "UpdatedUtc": "2023-10-14T10:00:00Z",
              "Type": "Public",
              "ActivityState": "Deleted",
              "CompanyId": null,
              "TravelAgencyId": null,
              "OccupiableIntervalStartUtc": null,
              "OccupiableIntervalEndUtc": null,
              "ExternalIdentifier": null,
              "IsActive": false
            }
          ],
          "VoucherCodes": null,
          "VoucherAssignments": null,
          "Rates": null,
          "Companies": null,
          "Cursor": "$weekend"
        }"#,
    );
}

/// Sends requests that lack a required property, or have a value of an undocumented kind.
fn errors(tour: &Tour) {
    for (operation, body) in [
        (
            "vouchers/getAll",
            r#"{ "Extent": {}, "Limitation": { "Count": 10 } }"#,
        ),
        (
            "vouchers/add",
            r#"{ "VoucherParameters": [{ "Name": "No service", "Type": "Public" }] }"#,
        ),
        (
            "vouchers/add",
            r#"{ "VoucherParameters": [{ "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94", "Name": "X", "Type": "Loyalty" }] }"#,
        ),
        (
            "vouchers/update",
            r#"{ "VoucherUpdates": [{ "Name": { "Value": "No ID" } }] }"#,
        ),
        (
            "vouchers/delete",
            r#"{ "EnterpriseId": "3fa85f64-5717-4562-b3fc-2c963f66afa6" }"#,
        ),
        (
            "voucherCodes/getAll",
            r#"{ "Limitation": { "Count": 10 } }"#,
        ),
        (
            "voucherCodes/add",
            r#"{ "VoucherCodeParameters": [{ "Value": "No voucher" }] }"#,
        ),
        (
            "voucherCodes/delete",
            r#"{ "VoucherCodeIds": "not a list" }"#,
        ),
    ] {
        let path = format!("/api/connector/v1/{operation}");
        let (status, response) = tour.send(&path, &with_credentials(body));
        assert_eq!(status, 400, "{operation} {body}: {response}");
        assert!(response["Message"].is_string() && response["RequestId"].is_string());
        let (status, _) = tour.send(&path, body);
        assert_eq!(status, 400, "{operation} without credentials");
    }
}
