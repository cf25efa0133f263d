//! Changes between exports and during an export, with manual clocks.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mews_connector::clock::ManualClock;
use mews_connector::export::{Checkpoint, Record, Records};
use mews_connector::types::{
    ServiceId, VoucherCode, VoucherCodeAddParameters, VoucherCodeId, VoucherId,
};
use mews_connector::{Client, ErrorKind, NewVoucher};
use mews_sandbox::{Operation, Sandbox, builtin};
use serde_json::json;

use super::services;
use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A server and a client with separate clocks.
struct Setup {
    sandbox: Sandbox,
    server: mews_sandbox::ManualClock,
    client: Client,
}

impl Setup {
    async fn new() -> Self {
        Self::ahead(TimeDelta::zero()).await
    }

    /// Starts a server, and creates a client whose clock is ahead of the server's clock.
    async fn ahead(skew: TimeDelta) -> Self {
        let server = mews_sandbox::ManualClock::default();
        let sandbox = Sandbox::builder()
            .no_rate_limit()
            .clock(server.reader())
            .start()
            .await
            .unwrap();
        let clock = ManualClock::starting_at((DateTime::<Utc>::from(server.now()) + skew).into());
        let client = client_of(sandbox.url(), &clock).build().unwrap();
        Self {
            sandbox,
            server,
            client,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.server.now().into()
    }

    async fn add_codes(&self, values: &[String]) -> Vec<VoucherCodeId> {
        let voucher: VoucherId = id(builtin::VOUCHER_ID);
        let new = values
            .iter()
            .map(|value| VoucherCodeAddParameters::new(voucher, value.clone()));
        let added = self.client.voucher_codes().add(new).await.unwrap();
        added.iter().map(|code| code.id).collect()
    }

    fn resume(&self, records: Records) -> Records {
        let stored = serde_json::to_string(records.checkpoint()).unwrap();
        drop(records);
        let checkpoint: Checkpoint = serde_json::from_str(&stored).unwrap();
        self.client.export([]).resume_from(checkpoint).records()
    }
}

fn values(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("NEW-{number}")).collect()
}

/// The codes that an export yields, in their latest state.
#[derive(Default)]
struct Codes(BTreeMap<VoucherCodeId, VoucherCode>);

impl Codes {
    async fn take_one(&mut self, records: &mut Records) -> bool {
        assert!(records.watermark().is_none() || records.checkpoint().is_complete());
        match records.try_next().await.unwrap() {
            Some(Record::Code(code)) => {
                self.0.insert(code.id, code);
                true
            }
            record => record.is_some(),
        }
    }

    async fn take_until_code(&mut self, records: &mut Records) {
        while self.0.is_empty() {
            assert!(self.take_one(records).await);
        }
    }

    async fn take_all(&mut self, records: &mut Records) {
        while self.take_one(records).await {
            if !self.0.is_empty() {
                continue;
            }
            assert!(!records.checkpoint().is_complete());
        }
        assert!(records.checkpoint().is_complete());
    }

    fn is_active(&self, code: VoucherCodeId) -> Option<bool> {
        self.0.get(&code)?.is_active
    }
}

#[tokio::test]
async fn watermark_is_the_time_of_the_server_if_the_clocks_differ() {
    for skew in [8, -8, 365 * 24 * 60, -365 * 24 * 60] {
        let setup = Setup::ahead(TimeDelta::minutes(skew)).await;
        let mut first = setup.client.export(services()).records();
        Codes::default().take_all(&mut first).await;
        let watermark = first.watermark().unwrap();
        assert_eq!(watermark, setup.now(), "{skew}");

        let added = setup.add_codes(&values(1)).await;
        setup.server.advance(MINUTE);
        let mut second = setup
            .client
            .export(services())
            .changed_since(watermark)
            .overlap(Duration::ZERO)
            .records();
        let mut codes = Codes::default();
        codes.take_all(&mut second).await;
        assert_eq!(codes.is_active(added[0]), Some(true), "{skew}");
    }
}

#[tokio::test]
async fn export_of_changes_that_is_resumed_a_day_later_contains_deletions() {
    let setup = Setup::new().await;
    setup.server.advance(DAY);
    let since = setup.now();
    let added = setup.add_codes(&values(10)).await;
    setup.server.advance(MINUTE);
    let mut codes = Codes::default();
    let mut records = setup
        .client
        .export(services())
        .changed_since(since)
        .page_size(1)
        .concurrency(1)
        .records();
    codes.take_until_code(&mut records).await;

    // Codes are listed newest first, and only one code was read.
    setup.server.advance(DAY);
    let deleted = [added[9], added[5], added[0]];
    setup.client.voucher_codes().delete(deleted).await.unwrap();
    setup.server.advance(MINUTE);
    let mut rest = setup.resume(records);
    codes.take_all(&mut rest).await;
    for code in added {
        let is_active = !deleted.contains(&code);
        assert_eq!(codes.is_active(code), Some(is_active), "{code}");
    }
    assert_eq!(rest.watermark(), Some(since + TimeDelta::minutes(1)));
}

#[tokio::test]
async fn export_of_changes_that_is_resumed_after_its_slice_contains_deletions() {
    let setup = Setup::new().await;
    setup.server.advance(DAY);
    let since = setup.now();
    let added = setup.add_codes(&values(10)).await;
    setup.server.advance(MINUTE);
    let mut codes = Codes::default();
    let mut records = setup
        .client
        .export(services())
        .changed_since(since)
        .page_size(1)
        .concurrency(1)
        .records();
    codes.take_until_code(&mut records).await;
    setup.server.advance(DAY * 200);
    setup
        .client
        .voucher_codes()
        .delete([added[1]])
        .await
        .unwrap();
    let mut rest = setup.resume(records);
    codes.take_all(&mut rest).await;
    assert_eq!(codes.is_active(added[1]), Some(false));
    assert!(added.iter().all(|code| codes.is_active(*code).is_some()));
}

#[tokio::test]
async fn long_export_contains_changes_that_are_made_during_the_export() {
    let setup = Setup::new().await;
    setup.server.advance(DAY);
    let since = setup.now();
    let added = setup.add_codes(&values(20)).await;
    let mut codes = Codes::default();
    let mut records = setup
        .client
        .export(services())
        .changed_since(since)
        .page_size(1)
        .concurrency(1)
        .records();
    codes.take_until_code(&mut records).await;
    setup.server.advance(MINUTE * 11);
    let deleted = [added[0], added[19]];
    setup.client.voucher_codes().delete(deleted).await.unwrap();
    let later = setup.add_codes(&["LATER".into()]).await;
    codes.take_all(&mut records).await;
    for code in added {
        assert_eq!(
            codes.is_active(code),
            Some(!deleted.contains(&code)),
            "{code}"
        );
    }
    assert_eq!(codes.is_active(later[0]), Some(true));
    assert_eq!(
        records.watermark(),
        Some(since),
        "the time of the first read"
    );
}

#[tokio::test]
async fn full_export_that_is_resumed_a_day_later_contains_the_changes_of_the_day() {
    let setup = Setup::new().await;
    let mut codes = Codes::default();
    let mut records = setup
        .client
        .export(services())
        .page_size(1)
        .concurrency(1)
        .records();
    codes.take_until_code(&mut records).await;
    let first_read = setup.now();
    setup.server.advance(DAY);
    let voucher = NewVoucher::public(id(builtin::SERVICE_ID), "Of the day");
    let voucher = setup.client.vouchers().add([voucher]).await.unwrap()[0].id;
    let new = [VoucherCodeAddParameters::new(voucher, "OF-THE-DAY")];
    let of_new_voucher = setup.client.voucher_codes().add(new).await.unwrap()[0].id;
    let of_old_voucher = setup.add_codes(&values(1)).await[0];
    let deleted = [id(builtin::CODE_ID), id(builtin::LIMITED_CODE_ID)];
    setup.client.voucher_codes().delete(deleted).await.unwrap();

    let mut rest = setup.resume(records);
    codes.take_all(&mut rest).await;
    assert_eq!(codes.is_active(of_new_voucher), Some(true));
    assert_eq!(codes.is_active(of_old_voucher), Some(true));
    assert_eq!(deleted.map(|code| codes.is_active(code)), [Some(false); 2]);
    assert_eq!(codes.0.len(), 5 + 2);
    assert_eq!(rest.watermark(), Some(first_read));
}

#[tokio::test]
async fn short_export_has_one_round() {
    let setup = Setup::new().await;
    let mut records = setup.client.export(services()).concurrency(1).records();
    Codes::default().take_all(&mut records).await;
    assert_eq!(
        setup.sandbox.exchanges().len(),
        4,
        "two pages of each listing"
    );
    let mut again = setup.resume(records);
    assert!(again.try_next().await.unwrap().is_none());
    assert_eq!(setup.sandbox.exchanges().len(), 4);
}

#[tokio::test]
async fn slices_are_adjacent_and_every_request_for_codes_has_one() {
    let setup = Setup::new().await;
    let since = setup.now() - TimeDelta::days(365);
    let mut records = setup
        .client
        .export(services())
        .concurrency(1)
        .changed_since(since)
        .overlap(Duration::ZERO)
        .records();
    Codes::default().take_all(&mut records).await;
    let mut bounds: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    for exchange in setup.sandbox.exchanges() {
        let updated = &exchange.request_body["UpdatedUtc"];
        let of_codes = exchange.operation == Some(Operation::VoucherCodesGetAll);
        assert_eq!(
            updated.is_object(),
            of_codes,
            "vouchers are read completely"
        );
        if of_codes {
            let bound = |name: &str| updated[name].as_str().unwrap().parse().unwrap();
            bounds.push((bound("StartUtc"), bound("EndUtc")));
        }
    }
    bounds.dedup();
    assert_eq!(bounds.len(), 5);
    assert_eq!(bounds[0].0, since);
    assert!(
        bounds.windows(2).all(|pair| pair[0].1 == pair[1].0),
        "{bounds:?}"
    );
    assert!(bounds[4].1 > setup.now());
}

#[tokio::test]
async fn rejects_a_start_after_the_time_of_the_server() {
    let setup = Setup::ahead(TimeDelta::days(30)).await;
    let changes = |since| setup.client.export(services()).changed_since(since);
    let mut records = changes(setup.now()).overlap(Duration::ZERO).records();
    assert!(records.try_next().await.unwrap().is_some());
    let future = setup.now() + TimeDelta::days(2);
    let mut records = changes(future).records();
    let error = records.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(
        error.constraint_violation().unwrap().property,
        "changed since"
    );
    assert_eq!(records.progress().vouchers, 0);
}

#[tokio::test]
async fn fails_without_a_readable_date_before_the_first_record() {
    let body =
        json!({ "Vouchers": [{ "Id": builtin::VOUCHER_ID, "ServiceId": builtin::SERVICE_ID }] });
    for header in ["", "date: yesterday\r\n"] {
        let server = Scripted::start([Response::Json(200, header, body.to_string())]).await;
        let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
        let mut records = client.export(services()).records();
        let error = records.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains("`Date`"), "{error}");
        assert_eq!(records.progress().vouchers, 0);
        assert!(!records.checkpoint().is_complete());
        assert!(records.watermark().is_none());
    }
}

#[tokio::test]
async fn ends_although_time_passes_with_every_record() {
    let setup = Setup::new().await;
    let mut records = setup
        .client
        .export(services())
        .page_size(1)
        .concurrency(1)
        .records();
    while records.try_next().await.unwrap().is_some() {
        setup.server.advance(MINUTE * 60);
    }
    assert!(records.checkpoint().is_complete());
}

#[tokio::test]
async fn fails_after_too_many_rounds() {
    let hours = Mutex::new(0);
    let server = Scripted::start([Response::of(move |_| {
        let mut hours = hours.lock().unwrap();
        *hours += 1;
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(500_000 + *hours);
        let date = now
            .format("date: %a, %d %b %Y %H:%M:%S GMT\r\n")
            .to_string();
        Response::Json(200, Box::leak(date.into_boxed_str()), "{}".into())
    })])
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let mut records = client.export(services()).records();
    // Without vouchers a round has one response, so it is short.
    assert!(records.try_next().await.unwrap().is_none());
    assert!(records.checkpoint().is_complete());

    let mut records = client.export(many_services()).records();
    let error = records.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("rounds"), "{error}");
    assert!(!records.checkpoint().is_complete());
    assert!(server.requests().len() < 100);
}

/// Returns more services than fit in one request, so that a round has two responses.
fn many_services() -> Vec<ServiceId> {
    (0..1001)
        .map(|number| id(&format!("5e000000-0000-4000-9000-{number:012x}")))
        .collect()
}
