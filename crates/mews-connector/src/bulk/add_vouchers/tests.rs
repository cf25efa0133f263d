//! The comparison of a new voucher with the vouchers of a read-back.

use serde_json::{Value, json};

use super::*;
use crate::new_voucher::NewVoucher;

const SERVICE: &str = "5e000000-0000-4000-8000-000000000001";
const OTHER: &str = "5e000000-0000-4000-8000-000000000002";

/// Compares a voucher with an input that has an external identifier, or none.
fn compare_with(voucher: Value, input: Option<&str>) -> Likeness {
    let mut wanted = NewVoucher::public(SERVICE.parse().expect("an ID"), "Spring");
    wanted.external_identifier = input.map(str::to_owned);
    let record = Record {
        voucher: serde_json::from_value(voucher).expect("a voucher"),
        rates: HashSet::new(),
    };
    record_likeness(&wanted, &record)
}

fn compare(
    service: Option<&str>,
    name: &str,
    external: Option<&str>,
    input: Option<&str>,
) -> Likeness {
    let voucher = json!({
        "Id": OTHER,
        "ServiceId": service,
        "Name": name,
        "Type": "Public",
        "ExternalIdentifier": external,
    });
    compare_with(voucher, input)
}

#[test]
fn voucher_with_the_external_identifier_may_have_been_renamed_by_the_server() {
    use Likeness::{Alike, Other, Same};
    let (here, elsewhere, wanted) = (Some(SERVICE), Some(OTHER), Some("E-1"));
    for (service, name, external, input, expected) in [
        (here, "Spring", wanted, wanted, Same),
        (here, "Renamed", wanted, wanted, Alike),
        (here, "Renamed", Some("e-1 "), wanted, Alike),
        (None, "Renamed", wanted, wanted, Alike),
        (elsewhere, "Renamed", wanted, wanted, Other),
        (elsewhere, "Spring", wanted, wanted, Other),
        (here, "Renamed", Some("E-2"), wanted, Other),
        (here, "Renamed", None, wanted, Other),
        (here, "Renamed", None, None, Other),
        (here, "Spring", None, None, Same),
    ] {
        let likeness = compare(service, name, external, input);
        assert_eq!(
            likeness, expected,
            "{service:?} {name} {external:?} {input:?}"
        );
    }
}

#[test]
fn voucher_with_another_property_proves_nothing() {
    for (property, value) in [
        ("Type", "TravelAgency"),
        ("CompanyId", OTHER),
        ("TravelAgencyId", OTHER),
        ("OccupiableIntervalStartUtc", "2026-03-01T00:00:00Z"),
        ("OccupiableIntervalEndUtc", "2026-05-31T00:00:00Z"),
    ] {
        let mut voucher =
            json!({ "Id": OTHER, "ServiceId": SERVICE, "Name": "Spring", "Type": "Public" });
        assert_eq!(compare_with(voucher.clone(), None), Likeness::Same);
        voucher[property] = value.into();
        assert_eq!(compare_with(voucher, None), Likeness::Alike, "{property}");
    }
}
