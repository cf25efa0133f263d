//! The samples of the vendor's documents: the generated types decode every response, and accept every request of the
//! newest documents.

use std::collections::BTreeSet;
use std::path::PathBuf;

use openapi_tree::schemas::operations;
use serde_json::Value;
use xtask::files;

use crate::document::{CONNECTOR, CONVENTIONS, root};
use crate::operations as table;

/// A sample of a vendor document.
struct Sample {
    /// The name of the variant file.
    variant: String,
    /// The operationId in the spec.
    id: &'static str,
    request: Option<Value>,
    response: Option<Value>,
}

fn variants() -> Vec<PathBuf> {
    let mut paths =
        openapi_tree::files::entries(&root().join("openapi/variants")).expect("a folder");
    paths.sort();
    paths
}

/// Returns the samples of operations that the spec has. A sample that is not JSON has no value, and its variant file
/// states the reason.
fn samples() -> Vec<Sample> {
    let prefix = &CONVENTIONS.operations.as_ref().expect("rules").prefix;
    let mut samples = Vec::new();
    for path in variants() {
        let variant = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let tree = files::read_document(&path).expect("a variant file").tree;
        for operation in tree["operations"].as_array().into_iter().flatten() {
            let of_spec = operations(&CONNECTOR.tree).into_iter().find(|known| {
                known.path.strip_prefix(prefix.as_str()) == operation["path"].as_str()
            });
            let Some(id) = of_spec
                .and_then(|known| table::ids().into_iter().find(|id| known.id() == Some(id)))
            else {
                continue;
            };
            let sample = |body: &str| {
                let body = &operation[body];
                body["invalid"]
                    .is_null()
                    .then(|| body.get("example").cloned())
                    .flatten()
            };
            samples.push(Sample {
                variant: variant.clone(),
                id,
                request: sample("request"),
                response: sample("response"),
            });
        }
    }
    samples
}

/// Returns the documents with a sample that lacks the ID of a record, according to a ruling.
fn without_ids() -> BTreeSet<String> {
    let rulings = files::read_document(&root().join("openapi/rulings.yaml")).expect("the rulings");
    let mut variants = BTreeSet::new();
    for ruling in rulings.tree["rulings"].as_array().into_iter().flatten() {
        if ruling["subject"].to_string().contains(" · Id\"") {
            let overruled = ruling["overrules"].as_object().into_iter().flatten();
            variants.extend(
                overruled
                    .filter(|(_, value)| value["example"] == "missing")
                    .map(|(variant, _)| variant.clone()),
            );
        }
    }
    variants
}

#[test]
fn every_response_of_the_vendor_decodes_or_a_ruling_explains_why_not() {
    let without_ids = without_ids();
    let mut decoded = 0;
    for sample in samples() {
        let Some(response) = &sample.response else {
            continue;
        };
        match table::decode(sample.id, response) {
            Ok(_) => decoded += 1,
            Err(error) => assert!(
                error.contains("missing field `Id`") && without_ids.contains(&sample.variant),
                "{} {}: {error}",
                sample.variant,
                sample.id
            ),
        }
    }
    assert!(decoded >= 30, "{decoded}");
}

/// Older requests can have properties that the spec does not have.
#[test]
fn every_request_of_the_newest_documents_is_accepted() {
    let mut accepted = 0;
    for sample in samples() {
        let is_new = ["2025-07-openapi", "2026-"]
            .iter()
            .any(|start| sample.variant.starts_with(start));
        if let Some(request) = sample.request.filter(|_| is_new) {
            let properties = request.as_object().expect("an object").len();
            let (sent, _) = table::request(sample.id, request);
            assert_eq!(
                sent.as_object().expect("an object").len(),
                properties,
                "{} {}",
                sample.variant,
                sample.id
            );
            accepted += 1;
        }
    }
    assert!(accepted >= 20, "{accepted}");
}

/// The vendor's bookable service lacks a property that its schema requires. The discriminator still decides.
#[test]
fn the_discriminator_decides_the_kind_of_a_service() {
    use mews_connector_api::types::{ServiceData, ServiceResult};

    let newest = samples()
        .into_iter()
        .rfind(|sample| sample.id == "services_getAll" && sample.response.is_some())
        .and_then(|sample| sample.response)
        .expect("a sample of services");
    let result: ServiceResult = serde_json::from_value(newest).expect("a page of services");
    let services = result.services.expect("services");
    let data = |index: usize| {
        services
            .get(index)
            .and_then(|service| service.data.as_ref())
    };
    assert!(matches!(data(0), Some(ServiceData::Additional(_))));
    assert!(matches!(data(1), Some(ServiceData::Bookable(_))));
    assert!(services.iter().all(|service| service.names.is_none()));
}
