//! The data that vouchers refer to, and the way from two tokens to the redemptions of a voucher.

use mews_connector::chrono::{DateTime, TimeZone, Utc};
use mews_connector::clock::ManualClock;
use mews_connector::prelude::*;
use mews_connector::types::{Rate, ServiceData};
use mews_connector::{Client, ItemStream};
use mews_sandbox::{Behavior, Fault, Sandbox, builtin};
use serde_json::{Value, json};

use crate::setup::{client_of, id, start};

const RESERVATIONS: &str = "reservations/getAll/2023-06-06";

fn day(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 0, 0, 0).unwrap()
}

fn portfolio(sandbox: &Sandbox) -> Client {
    client_of(sandbox.url(), &ManualClock::new())
        .credentials(
            builtin::CLIENT_TOKEN,
            builtin::PORTFOLIO_ACCESS_TOKEN,
            "Tests 1.0.0",
        )
        .build()
        .unwrap()
}

#[tokio::test]
async fn two_tokens_lead_to_the_redemptions_of_a_voucher() {
    let (_sandbox, client, _clock) = start(Sandbox::builder()).await;

    // Find the service, a private rate of it, and a partner company.
    let services = client.bookable_services().collect_all().await.unwrap();
    let kinds: Vec<&ServiceData> = services
        .iter()
        .filter_map(|service| service.data.as_ref())
        .collect();
    assert!(
        kinds
            .iter()
            .all(|kind| matches!(kind, ServiceData::Bookable(_))),
        "{kinds:?}"
    );
    let mut found: Option<(&_, Rate)> = None;
    for service in &services {
        let mut rates = client.private_rates_of([service.id]);
        if let Some(rate) = rates.try_next().await.unwrap() {
            found = Some((service, rate));
        }
    }
    let (service, rate) = found.expect("a private rate");
    let company = client
        .companies()
        .try_next()
        .await
        .unwrap()
        .expect("a company");

    // Create a voucher with codes for it.
    let voucher = NewVoucher::partner_company(service.id, "Partner winter", company.id)
        .assigned_rate_ids([rate.id]);
    let voucher = client.vouchers().add([voucher]).await.unwrap()[0].clone();
    assert_eq!(voucher.company_id, Some(company.id));
    let codes = (1..=3).map(|number| NewVoucherCode::new(voucher.id, format!("WINTER-{number}")));
    assert_eq!(client.voucher_codes().add(codes).await.unwrap().len(), 3);

    // The new voucher is unused. The partner company has used another voucher of the service.
    let vouchers = client
        .vouchers()
        .items(VoucherFilter::services([service.id]).active())
        .collect_all()
        .await
        .unwrap();
    let of_company = vouchers
        .iter()
        .filter(|voucher| voucher.company_id == Some(company.id))
        .map(|voucher| voucher.id);
    let used = client
        .redemptions(of_company, day(2026, 1, 1)..day(2026, 4, 1))
        .services([service.id])
        .items()
        .collect_all()
        .await
        .unwrap();
    assert_eq!(used.len(), 1);
    assert_ne!(used[0].voucher_id, Some(voucher.id));
    assert_eq!(used[0].partner_company_id, Some(company.id));
    assert_eq!(used[0].rate_id, Some(rate.id));
}

#[tokio::test]
async fn a_portfolio_token_finds_its_enterprises_and_their_services() {
    let (sandbox, single, _clock) = start(Sandbox::builder()).await;
    let client = portfolio(&sandbox);
    let names = async |client: &Client| -> Vec<String> {
        let enterprises = client.enterprises().collect_all().await.unwrap();
        enterprises
            .into_iter()
            .filter_map(|enterprise| enterprise.name)
            .collect()
    };
    assert_eq!(names(&single).await, ["Hotel Example"]);
    assert_eq!(
        names(&client).await,
        ["Hotel Example by the Sea", "Hotel Example"]
    );

    // A handle for one enterprise reads its services, and the companies of the chain.
    let sea = client.for_enterprises([id(builtin::SECOND_ENTERPRISE_ID)]);
    assert_eq!(names(&sea).await, ["Hotel Example by the Sea"]);
    assert_eq!(
        sea.bookable_services().collect_all().await.unwrap().len(),
        1
    );
    assert_eq!(
        sea.orderable_services().collect_all().await.unwrap().len(),
        0
    );
    assert_eq!(sea.companies().collect_all().await.unwrap().len(), 2);
    let agencies = sea.travel_agencies().collect_all().await.unwrap();
    assert_eq!(agencies.len(), 1, "two contracts of one company");
    assert_eq!(agencies[0].id, id(builtin::TRAVEL_AGENCY_ID));
}

#[tokio::test]
async fn inactive_services_are_omitted() {
    let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).unwrap();
    fixtures["Services"][1]["IsActive"] = json!(false);
    let builder = Sandbox::builder().fixtures(fixtures.to_string().parse().unwrap());
    let (_sandbox, client, _clock) = start(builder).await;
    let services = client.bookable_services().collect_all().await.unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].id, id(builtin::SERVICE_ID));
}

async fn numbers(mut items: ItemStream<mews_connector::types::Reservation>) -> Vec<String> {
    let mut numbers = Vec::new();
    while let Some(reservation) = items.try_next().await.unwrap() {
        numbers.push(reservation.number.unwrap());
    }
    numbers
}

#[tokio::test]
async fn redemptions_of_a_year_are_read_in_slices_without_repetition() {
    let (sandbox, client, _clock) = start(Sandbox::builder()).await;
    let vouchers = || [id(builtin::VOUCHER_ID), id(builtin::PARTNER_VOUCHER_ID)];
    let year = day(2025, 7, 15)..day(2026, 7, 15);
    let all = client.redemptions(vouchers(), year.clone());
    assert_eq!(numbers(all.clone().items()).await, ["4", "2", "1"]);

    // Four filters, which share their bounds; the first and the newest one has the items, and a page at the end.
    let intervals: Vec<Value> = sandbox
        .exchanges()
        .iter()
        .map(|exchange| exchange.request_body.clone())
        .map(|request| request["CreatedUtc"].clone())
        .collect();
    let bounds: Vec<(&str, &str)> = intervals
        .iter()
        .map(|interval| {
            (
                interval["StartUtc"].as_str().unwrap(),
                interval["EndUtc"].as_str().unwrap(),
            )
        })
        .collect();
    let dates: Vec<&str> = bounds.iter().map(|(start, _)| &start[..10]).collect();
    assert_eq!(
        dates,
        [
            "2026-04-15",
            "2026-01-15",
            "2025-10-15",
            "2025-10-15",
            "2025-07-15"
        ]
    );
    assert_eq!(&bounds[0].1[..10], "2026-07-15");

    assert_eq!(
        numbers(all.clone().except_canceled().items()).await,
        ["2", "1"]
    );
    assert_eq!(
        numbers(
            all.clone()
                .services([id(builtin::PARKING_SERVICE_ID)])
                .items()
        )
        .await,
        [""; 0]
    );
    // Pages of one, and a page that the server sends twice.
    let fault = Fault::duplicate_item().on(RESERVATIONS.parse().unwrap());
    sandbox.faults().add(fault.times(50));
    assert_eq!(numbers(all.page_size(1).items()).await, ["4", "2", "1"]);

    // Nothing is sent for no vouchers, or for an interval that is not one.
    let before = sandbox.exchanges().len();
    let none: [VoucherId; 0] = [];
    assert!(
        numbers(client.redemptions(none, year.clone()).items())
            .await
            .is_empty()
    );
    let mut empty = client.redemptions(vouchers(), year.end..year.start).items();
    let error = empty.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("CreatedUtc"), "{error}");
    assert!(
        empty.try_next().await.unwrap().is_none(),
        "the stream ends after an error"
    );
    assert_eq!(sandbox.exchanges().len(), before);
}

#[tokio::test]
async fn a_failure_ends_the_search_for_redemptions() {
    let (sandbox, client, _clock) = start(Sandbox::builder()).await;
    sandbox
        .faults()
        .add(Fault::status(401).on(RESERVATIONS.parse().unwrap()));
    let mut items = client
        .redemptions([id(builtin::VOUCHER_ID)], day(2025, 1, 1)..day(2026, 7, 1))
        .items();
    assert_eq!(
        items.try_next().await.unwrap_err().kind(),
        ErrorKind::Unauthorized
    );
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(sandbox.exchanges().len(), 1);
}

#[tokio::test]
async fn bounds_of_redemptions_are_rounded_down() {
    let (sandbox, client, _clock) = start(Sandbox::builder()).await;
    let search = |from: &str, until: &str| {
        let [from, until] = [from, until].map(|bound| bound.parse().unwrap());
        client.redemptions([id(builtin::VOUCHER_ID)], from..until)
    };
    // Each interval continues the one before, whatever the fractions.
    let bounds = [
        ("2026-01-05T00:00:00.9Z", "2026-01-05T00:00:00Z"),
        ("2026-02-01T12:00:00.1Z", "2026-02-01T12:00:00Z"),
        ("2026-03-31T23:59:59.999Z", "2026-03-31T23:59:59Z"),
    ];
    for pair in bounds.windows(2) {
        let ((from, sent_from), (until, sent_until)) = (pair[0], pair[1]);
        sandbox.clear_exchanges();
        search(from, until).items().collect_all().await.unwrap();
        let sent = json!({ "StartUtc": sent_from, "EndUtc": sent_until });
        assert_eq!(sandbox.exchanges()[0].request_body["CreatedUtc"], sent);
    }
    sandbox.clear_exchanges();
    let within_a_second = search("2026-01-05T00:00:00.1Z", "2026-01-05T00:00:00.9Z");
    let error = within_a_second.items().try_next().await.unwrap_err();
    assert!(error.to_string().contains("whole seconds"), "{error}");
    assert!(sandbox.exchanges().is_empty());
}

#[tokio::test]
async fn redemptions_of_no_services_are_an_error_and_not_those_of_all_services() {
    let (sandbox, client, _clock) = start(Sandbox::builder()).await;
    let all = client.redemptions([id(builtin::VOUCHER_ID)], day(2026, 1, 1)..day(2026, 4, 1));
    let error = all.services([]).items().try_next().await.unwrap_err();
    let violation = error.constraint_violation().unwrap();
    assert!(violation.to_string().contains("ServiceIds"), "{violation}");
    assert!(sandbox.exchanges().is_empty());
}

/// Returns the requests for a page that was too large, and for a smaller one.
fn page_sizes(sandbox: &Sandbox, path: &str) -> Vec<i64> {
    let exchanges = sandbox.exchanges();
    let listings = exchanges
        .iter()
        .filter(|exchange| exchange.path.ends_with(path));
    listings
        .map(|exchange| exchange.request_body["Limitation"]["Count"].as_i64())
        .map(Option::unwrap)
        .collect()
}

/// Returns a fault that responds with a 408 to all requests for pages of a size.
fn too_large(path: &str, count: u32) -> Fault {
    Fault::status(408)
        .on(path.parse().unwrap())
        .only_if("/Limitation/Count", Some(json!(count)))
        .times(100)
}

#[tokio::test]
async fn listings_in_sequence_remember_a_page_size_that_was_too_large() {
    let builder = Sandbox::builder()
        .unknown_ids(Behavior::Accept)
        .fault(too_large(RESERVATIONS, 100))
        .fault(too_large(RESERVATIONS, 50))
        .fault(too_large("vouchers/getAll", 1000))
        .fault(too_large("voucherCodes/getAll", 1000));
    let (sandbox, client, _clock) = start(builder).await;

    // A year has four intervals of three months.
    let used = client.redemptions(
        [id(builtin::VOUCHER_ID)],
        day(2025, 7, 15)..day(2026, 7, 15),
    );
    assert!(!used.items().collect_all().await.unwrap().is_empty());
    let sizes = page_sizes(&sandbox, RESERVATIONS);
    assert_eq!(sizes[..3], [100, 50, 25]);
    assert!(
        sizes.len() > 5 && sizes[3..].iter().all(|size| *size == 25),
        "{sizes:?}"
    );

    // A request has at most 1000 services, so these are two listings of vouchers.
    let unknown = (0..1000).map(|n| ServiceId(mews_connector::uuid::Uuid::from_u128(n)));
    let services = unknown.chain([id(builtin::SERVICE_ID)]);
    let found = client.find_codes(services, builtin::CODE_VALUE).await;
    assert_eq!(found.unwrap().len(), 1);
    let sizes = page_sizes(&sandbox, "vouchers/getAll");
    assert_eq!(sizes[..2], [1000, 500]);
    assert!(
        sizes.len() > 2 && sizes[2..].iter().all(|size| *size == 500),
        "{sizes:?}"
    );

    // The codes of 100 vouchers are read together.
    let service = id(builtin::PARKING_SERVICE_ID);
    let more = (0..150).map(|n| NewVoucher::public(service, format!("Voucher {n}")));
    client.vouchers().add(more).await.unwrap();
    sandbox.clear_exchanges();
    let details = client
        .vouchers()
        .details(VoucherFilter::services([service]));
    assert_eq!(details.collect_all().await.unwrap().len(), 152);
    let sizes = page_sizes(&sandbox, "voucherCodes/getAll");
    assert_eq!(sizes[..2], [1000, 500]);
    assert!(
        sizes.len() > 2 && sizes[2..].iter().all(|size| *size == 500),
        "{sizes:?}"
    );
}
