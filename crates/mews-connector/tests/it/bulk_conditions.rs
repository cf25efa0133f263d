//! The conditions under which a bulk add creates each item once, and the results outside of these conditions.

use std::time::Duration;

use mews_connector::NewVoucherCode;
use mews_connector::clock::ManualClock;
use mews_sandbox::builtin;

use crate::fake_server::{Behavior, FakeServer};
use crate::setup::{client_of, id};

const VALUES: [&str; 3] = ["A", "B", "C"];

fn codes() -> impl Iterator<Item = NewVoucherCode> {
    VALUES
        .into_iter()
        .map(|value| NewVoucherCode::new(id(builtin::VOUCHER_ID), value))
}

#[tokio::test]
async fn late_add_is_found_only_within_the_settle_time() {
    for (late, each_once) in [(59, true), (60, true), (62, false)] {
        let clock = ManualClock::new();
        let behavior = Behavior {
            late: Some(Duration::from_secs(late)),
            ..Behavior::default()
        };
        let server = FakeServer::start(&clock, behavior).await;
        let client = client_of(server.url(), &clock).build().unwrap();
        let bulk = client.bulk().settle(Duration::from_secs(60));
        let report = bulk.add_voucher_codes(codes()).await;
        assert!(report.is_complete(), "{late}: {:?}", report.counts());
        server.finish();
        if each_once {
            assert_eq!(server.values(), VALUES, "{late}");
        } else {
            assert_eq!(server.values(), ["A", "A", "B", "B", "C", "C"], "{late}");
        }
    }
}

#[tokio::test]
async fn simultaneous_record_of_another_writer_is_mistaken_for_the_added_one() {
    let clock = ManualClock::new();
    // The add never takes effect before the job ends.
    let behavior = Behavior {
        late: Some(Duration::from_secs(100_000)),
        ..Behavior::default()
    };
    let server = FakeServer::start(&clock, behavior).await;
    let client = client_of(server.url(), &clock).build().unwrap();
    server.create(builtin::VOUCHER_ID, "A");
    let report = client.bulk().add_voucher_codes(codes()).await;
    assert!(report.is_complete(), "{:?}", report.counts());
    assert_eq!(server.requests().0, 2);
    // The job mistook the code of the other writer for an added code, and retried only the other codes.
    assert_eq!(server.values(), VALUES);
}
