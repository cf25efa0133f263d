//! Verification of adds whose response was lost, and matching of returned records with inputs.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use chrono::{TimeZone, Utc};
use mews_connector::bulk::Outcome;
use mews_connector::clock::{Busy, Clock, ManualClock, Sleep};
use mews_connector::types::RateId;
use mews_connector::{
    Client, NewVoucher, NewVoucherCode, VoucherCodeFilter, VoucherFilter, VoucherFilterExt,
};
use mews_sandbox::{Fault, Operation, ResponseOrder, Sandbox, builtin};
use serde_json::Value;

use crate::fake_server::{Behavior, FakeServer};
use crate::setup::{client_of, client_with_clock, id, start};

fn codes(count: usize) -> Vec<NewVoucherCode> {
    (0..count)
        .map(|number| code(&format!("N-{number:04}")))
        .collect()
}

fn code(value: &str) -> NewVoucherCode {
    NewVoucherCode::new(id(builtin::VOUCHER_ID), value)
}

async fn fake(behavior: Behavior) -> (FakeServer, Client, ManualClock) {
    let clock =
        ManualClock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let server = FakeServer::start(&clock, behavior).await;
    let client = client_of(server.url(), &clock).build().unwrap();
    (server, client, clock)
}

/// Returns the IDs of the active codes of the built-in voucher with this value.
async fn live(client: &Client, value: &str) -> Vec<mews_connector::types::VoucherCodeId> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client
        .voucher_codes()
        .items(filter)
        .collect_all()
        .await
        .unwrap();
    let live = codes
        .into_iter()
        .filter(|code| code.is_active == Some(true) && code.value.as_deref() == Some(value));
    live.map(|code| code.id).collect()
}

fn sent(sandbox: &Sandbox, operation: Operation) -> usize {
    let exchanges = sandbox.exchanges();
    let of = exchanges
        .iter()
        .filter(|exchange| exchange.operation == Some(operation));
    of.count()
}

#[tokio::test]
async fn deleted_code_is_not_mistaken_for_the_new_one() {
    for fault in [Fault::drop_before_reading(), Fault::drop_after_commit()] {
        let (_sandbox, client, _) =
            start(Sandbox::builder().fault(fault.on(Operation::VoucherCodesAdd))).await;
        let old = id(builtin::CODE_ID);
        client.voucher_codes().delete([old]).await.unwrap();
        let report = client
            .bulk()
            .add_voucher_codes([code(builtin::CODE_VALUE)])
            .await;
        let Outcome::Applied(new) = &report.outcomes()[0] else {
            panic!("{:?}", report.outcomes());
        };
        assert_ne!(new.id, old);
        assert_eq!(live(&client, builtin::CODE_VALUE).await, [new.id]);
    }
}

#[tokio::test]
async fn existing_code_is_not_mistaken_for_the_new_one() {
    let until = Utc.with_ymd_and_hms(2031, 1, 1, 0, 0, 0).unwrap();
    for fault in [Fault::drop_before_reading(), Fault::drop_after_commit()] {
        let (_sandbox, client, _) =
            start(Sandbox::builder().fault(fault.on(Operation::VoucherCodesAdd))).await;
        let report = client
            .bulk()
            .add_voucher_codes([code(builtin::CODE_VALUE).validity_end_utc(until)])
            .await;
        let Outcome::Applied(new) = &report.outcomes()[0] else {
            panic!("{:?}", report.outcomes());
        };
        assert_eq!(new.validity_end_utc.as_ref().unwrap().to_utc(), Some(until));
        assert_eq!(
            live(&client, builtin::CODE_VALUE).await.len(),
            2,
            "the old and the new code"
        );
    }
}

#[tokio::test]
async fn deleted_voucher_is_not_mistaken_for_the_new_one() {
    for fault in [Fault::drop_before_reading(), Fault::drop_after_commit()] {
        let (sandbox, client, _) = start(Sandbox::builder()).await;
        let new =
            || NewVoucher::public(id(builtin::SERVICE_ID), "Spring").external_identifier("S-1");
        let old = client.vouchers().add([new()]).await.unwrap()[0].id;
        client.vouchers().delete([old]).await.unwrap();
        sandbox.faults().add(fault.on(Operation::VouchersAdd));
        let report = client.bulk().add_vouchers([new()]).await;
        let Outcome::Applied(new) = &report.outcomes()[0] else {
            panic!("{:?}", report.outcomes());
        };
        assert_ne!(new.id, old);
        let filter = VoucherFilter::services([id(builtin::SERVICE_ID)])
            .external_identifiers(["S-1"])
            .active();
        let live = client.vouchers().items(filter).collect_all().await.unwrap();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].id, new.id);
    }
}

#[tokio::test]
async fn unknown_voucher_does_not_affect_verification_of_other_codes() {
    for fault in [Fault::drop_before_reading(), Fault::status(500)] {
        let (_sandbox, client, _) =
            start(Sandbox::builder().fault(fault.on(Operation::VoucherCodesAdd))).await;
        let mut inputs = codes(2000);
        inputs[700] = NewVoucherCode::new(id("d15c0000-0000-4000-8000-00000000ffff"), "LOST");
        let report = client.bulk().concurrency(1).add_voucher_codes(inputs).await;
        let counts = report.counts();
        assert_eq!(counts.applied, 1999, "{counts:?}");
        assert!(matches!(report.outcomes()[700], Outcome::Unknown(_)));
    }
}

#[tokio::test]
async fn vouchers_are_matched_by_all_properties_of_the_response_in_any_order() {
    for order in [ResponseOrder::Request, ResponseOrder::Reversed] {
        let (_sandbox, client, _) = start(Sandbox::builder().response_order(order)).await;
        let new = |n| {
            NewVoucher::public(id(builtin::SERVICE_ID), "Same name")
                .external_identifier(format!("E-{n}"))
        };
        let report = client.bulk().add_vouchers((0..4).map(new)).await;
        assert!(report.is_complete(), "{:?}", report.outcomes());
        for (index, voucher) in report.applied() {
            assert_eq!(voucher.external_identifier, Some(format!("E-{index}")));
        }
        // These vouchers differ only in a property that the response does not contain.
        let plain = || NewVoucher::public(id(builtin::SERVICE_ID), "Alike");
        let report = client
            .bulk()
            .add_vouchers([
                plain(),
                plain().assigned_rate_ids([id::<RateId>(builtin::RATE_IDS[0])]),
            ])
            .await;
        assert_eq!(report.counts().unknown, 2, "{:?}", report.outcomes());
        let report = client.bulk().add_vouchers([plain(), plain()]).await;
        assert!(report.is_complete(), "{:?}", report.outcomes());
    }
}

#[tokio::test]
async fn verifies_adds_if_the_clocks_of_client_and_server_differ() {
    for behind in [20 * 60, -20 * 60, 40 * 24 * 3600] {
        let (server, client, _) = fake(Behavior {
            behind,
            lost: |number| number == 0,
            ..Behavior::default()
        })
        .await;
        let report = client.bulk().add_voucher_codes(codes(3)).await;
        assert!(report.is_complete(), "{behind}: {:?}", report.outcomes());
        assert_eq!(server.values().len(), 3, "{behind}");
    }
}

/// A clock of a machine that is suspended for a day during the settle time. The monotonic clock stops in this time.
#[derive(Clone, Debug, Default)]
struct SuspendedClock {
    manual: ManualClock,
    suspended: Arc<OnceLock<Duration>>,
}

const SETTLE: Duration = Duration::from_secs(61);

impl Clock for SuspendedClock {
    fn now(&self) -> Instant {
        let suspended = self.suspended.get().copied().unwrap_or_default();
        self.manual.now().checked_sub(suspended).unwrap()
    }

    fn system_time(&self) -> SystemTime {
        self.manual.system_time()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let day = Duration::from_secs(24 * 3600);
        if duration == SETTLE && self.suspended.set(day).is_ok() {
            self.manual.advance(day);
        }
        self.manual.sleep(duration)
    }

    fn busy(&self) -> Busy {
        self.manual.busy()
    }
}

#[tokio::test]
async fn verifies_adds_if_the_machine_was_suspended() {
    let clock = SuspendedClock::default();
    let behavior = Behavior {
        lost: |number| number == 0,
        ..Behavior::default()
    };
    let server = FakeServer::start(&clock.manual, behavior).await;
    let client = client_with_clock(server.url(), clock);
    let report = client
        .bulk()
        .settle(SETTLE)
        .add_voucher_codes(codes(3))
        .await;
    assert!(report.is_complete(), "{:?}", report.outcomes());
    assert_eq!(server.values().len(), 3);
}

#[tokio::test]
async fn inconclusive_verification_is_unknown_and_is_not_retried() {
    let cases: [(&str, Behavior); 8] = [
        (
            "no Date",
            Behavior {
                sends_date: false,
                ..Behavior::default()
            },
        ),
        (
            "upper case",
            Behavior {
                stored: |value| value.to_uppercase(),
                ..Behavior::default()
            },
        ),
        (
            "trimmed",
            Behavior {
                stored: |value| value.trim().to_owned(),
                ..Behavior::default()
            },
        ),
        (
            "no CreatedUtc",
            Behavior {
                listed: |code| code["CreatedUtc"] = Value::Null,
                ..Behavior::default()
            },
        ),
        (
            "unreadable CreatedUtc",
            Behavior {
                listed: |code| code["CreatedUtc"] = "soon".into(),
                ..Behavior::default()
            },
        ),
        (
            "no Value",
            Behavior {
                listed: |code| code["Value"] = Value::Null,
                ..Behavior::default()
            },
        ),
        (
            "no VoucherId",
            Behavior {
                listed: |code| code["VoucherId"] = Value::Null,
                ..Behavior::default()
            },
        ),
        (
            "no IsActive",
            Behavior {
                listed: |code| code["IsActive"] = Value::Null,
                ..Behavior::default()
            },
        ),
    ];
    for (name, behavior) in cases {
        let (server, client, _) = fake(Behavior {
            lost: |_| true,
            ..behavior
        })
        .await;
        let report = client
            .bulk()
            .add_voucher_codes([code("code a "), code("code b ")])
            .await;
        assert_eq!(
            report.counts().unknown,
            2,
            "{name}: {:?}",
            report.outcomes()
        );
        assert_eq!(server.requests().0, 1, "{name}");
        assert_eq!(server.values().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn record_with_another_validity_does_not_prove_an_add() {
    let (server, client, _) = fake(Behavior {
        lost: |_| true,
        listed: |code| code["ValidityEndUtc"] = "2030-01-01T00:00:00Z".into(),
        ..Behavior::default()
    })
    .await;
    let report = client.bulk().add_voucher_codes(codes(2)).await;
    assert_eq!(
        report.counts().unknown,
        2,
        "an omitted property must be null"
    );
    assert_eq!(server.requests().0, 1);
}

#[tokio::test]
async fn codes_are_matched_if_the_response_changes_or_omits_a_value() {
    let (server, client, _) = fake(Behavior {
        stored: |value| value.trim().to_uppercase(),
        ..Behavior::default()
    })
    .await;
    let report = client
        .bulk()
        .add_voucher_codes([code("one "), code("two")])
        .await;
    let values: Vec<_> = report
        .applied()
        .map(|(_, code)| code.value.clone().unwrap())
        .collect();
    assert_eq!(values, ["ONE", "TWO"]);
    assert_eq!(server.values().len(), 2);

    let (server, client, _) = fake(Behavior {
        created: |code| code["Value"] = Value::Null,
        ..Behavior::default()
    })
    .await;
    let report = client.bulk().add_voucher_codes([code("one")]).await;
    assert!(report.is_complete(), "only one input can match");
    let report = client
        .bulk()
        .add_voucher_codes([code("two"), code("three")])
        .await;
    assert_eq!(
        report.counts().unknown,
        2,
        "the codes cannot be distinguished"
    );
    let reason = report.outcomes()[0].reason().unwrap();
    assert!(reason.contains("read back before you add"), "{reason}");
    assert_eq!(server.values().len(), 3, "no code is sent again");
}

#[tokio::test]
async fn verification_of_a_batch_does_not_read_the_codes_of_the_whole_job() {
    let fault = Fault::drop_after_commit()
        .on(Operation::VoucherCodesAdd)
        .skip(39);
    let (sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let report = client
        .bulk()
        .batch_size(100)
        .concurrency(1)
        .add_voucher_codes(codes(4000))
        .await;
    assert!(report.is_complete(), "{:?}", report.counts());
    assert!(sent(&sandbox, Operation::VoucherCodesGetAll) <= 2);
}

#[tokio::test]
async fn verification_tolerates_timestamps_in_whole_seconds() {
    for (start, settle) in [(0, 60_000), (700, 60_370), (999, 60_001), (1, 60_999)] {
        let clock = ManualClock::starting_at(
            SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_000 + start),
        );
        let behavior = Behavior {
            lost: |number| number == 0,
            ..Behavior::default()
        };
        let server = FakeServer::start(&clock, behavior).await;
        let client = client_of(server.url(), &clock).build().unwrap();
        let bulk = client.bulk().settle(Duration::from_millis(settle));
        let report = bulk.add_voucher_codes(codes(2)).await;
        assert!(report.is_complete(), "{start}: {:?}", report.outcomes());
        assert_eq!(server.values().len(), 2, "{start}");
    }
}

#[tokio::test]
async fn lost_voucher_without_an_external_identifier_is_retried_if_no_similar_voucher_exists() {
    for (fault, applied) in [
        (Fault::drop_before_reading(), 2),
        (Fault::drop_after_commit(), 0),
    ] {
        let (sandbox, client, _) =
            start(Sandbox::builder().fault(fault.on(Operation::VouchersAdd))).await;
        let new = || NewVoucher::public(id(builtin::SERVICE_ID), "Plain");
        let report = client.bulk().add_vouchers([new(), new()]).await;
        assert_eq!(report.counts().applied, applied, "{:?}", report.outcomes());
        assert_eq!(report.counts().unknown, 2 - applied);
        let filter = VoucherFilter::services([id(builtin::SERVICE_ID)]);
        let vouchers = client.vouchers().items(filter).collect_all().await.unwrap();
        let plain = vouchers
            .iter()
            .filter(|voucher| voucher.name.as_deref() == Some("Plain"));
        assert_eq!(plain.count(), 2, "{:?}", sandbox.exchanges().len());
    }
}

#[tokio::test]
async fn record_of_another_input_does_not_prove_an_equal_one() {
    let fault = Fault::drop_before_reading()
        .on(Operation::VouchersAdd)
        .skip(1);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let new = || NewVoucher::public(id(builtin::SERVICE_ID), "Plain");
    let bulk = client.bulk().batch_size(1).concurrency(1);
    let report = bulk.add_vouchers([new(), new()]).await;
    let [Outcome::Applied(first), Outcome::Applied(second)] = report.outcomes() else {
        panic!("{:?}", report.outcomes());
    };
    assert_ne!(first.id, second.id);
}
