//! Random schedules of bulk adds against one sandbox: faults, skewed clocks, and jobs that are dropped and resumed.
//!
//! Before each schedule, the sandbox is reset. Afterwards, the outcomes are compared with the codes in the sandbox.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mews_connector::bulk::{Counts, Outcome, Report, Resumed};
use mews_connector::types::VoucherCode;
use mews_connector::{Client, NewVoucherCode, VoucherCodeFilter};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::sync::Notify;

use crate::bulk_journal::Memory;
use crate::linked_clock::{LinkedClock, commit_late};
use crate::setup::{client_with_clock, id};

const MISSING_VOUCHER: &str = "d15c0000-0000-4000-8000-00000000ffff";
/// The number of schedules.
const SCHEDULES: u32 = 1_000;

#[derive(Clone, Debug)]
struct Schedule {
    codes: usize,
    /// The code, if any, that is added to a voucher that does not exist.
    bad: Option<usize>,
    batch_size: usize,
    concurrency: usize,
    faults: Vec<Fault>,
    /// The number of seconds that the clock of the sandbox is ahead of the client's clock.
    skew: i64,
    /// The job is dropped after each of these numbers of requests, and then resumed.
    drops: Vec<usize>,
    /// Whether the job is resumed with its inputs, or only from its journal.
    with_inputs: bool,
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let effect = prop_oneof![
        4 => Just(Fault::drop_after_commit()),
        3 => Just(Fault::drop_before_reading()),
        2 => Just(Fault::drop_mid_body()),
        2 => Just(commit_late()),
        1 => Just(Fault::status_after_commit(500)),
        1 => Just(Fault::status_after_commit(408)),
        1 => Just(Fault::truncated_json()),
        1 => Just(Fault::too_many_requests(None)),
        3 => prop::sample::select(vec![400, 403, 408, 409, 413, 500, 503]).prop_map(Fault::status),
    ];
    let operation = prop_oneof![
        4 => Just(Operation::VoucherCodesAdd),
        1 => Just(Operation::VoucherCodesGetAll),
    ];
    let fault = (effect, operation, 0_u64..5, 1_u64..4)
        .prop_map(|(effect, operation, skip, times)| effect.on(operation).skip(skip).times(times));
    prop::collection::vec(fault, 0..5)
}

fn schedule() -> impl Strategy<Value = Schedule> {
    (
        (1_usize..12, prop::option::weighted(0.2, 0_usize..12)),
        (1_usize..6, 1_usize..4),
        faults(),
        -7200_i64..7200,
        prop::collection::vec(1_usize..6, 0..3),
        any::<bool>(),
    )
        .prop_map(
            |((codes, bad), (batch_size, concurrency), faults, skew, drops, with_inputs)| {
                Schedule {
                    codes,
                    bad: bad.filter(|bad| *bad < codes),
                    batch_size,
                    concurrency,
                    faults,
                    skew,
                    drops,
                    with_inputs,
                }
            },
        )
}

struct Model {
    sandbox: Sandbox,
    client: Client,
    clock: LinkedClock,
    skew: Arc<AtomicI64>,
    exchanges: Arc<AtomicUsize>,
    exchanged: Arc<Notify>,
}

impl Model {
    async fn start() -> Self {
        let clock = LinkedClock::new();
        let skew = Arc::new(AtomicI64::new(0));
        let exchanges = Arc::new(AtomicUsize::new(0));
        let exchanged = Arc::new(Notify::new());
        let (late, count, notify) = (clock.observer(), exchanges.clone(), exchanged.clone());
        let sandbox = Sandbox::builder()
            .no_rate_limit()
            .clock(clock.of_sandbox(skew.clone()))
            .observe(move |exchange| {
                late(exchange);
                count.fetch_add(1, Ordering::SeqCst);
                notify.notify_waiters();
            })
            .start()
            .await
            .unwrap();
        clock.link(sandbox.faults());
        let client = client_with_clock(sandbox.url(), clock.clone());
        Self {
            sandbox,
            client,
            clock,
            skew,
            exchanges,
            exchanged,
        }
    }

    /// Waits until the sandbox has handled this number of further requests.
    async fn after(&self, requests: usize) {
        let until = self.exchanges.load(Ordering::SeqCst) + requests;
        loop {
            let exchanged = self.exchanged.notified();
            if self.exchanges.load(Ordering::SeqCst) >= until {
                return;
            }
            exchanged.await;
        }
    }

    async fn run(&self, schedule: &Schedule) -> (Report<VoucherCode>, Vec<VoucherCode>, usize) {
        self.sandbox.reset().unwrap();
        self.clock.forget_late();
        self.skew.store(schedule.skew, Ordering::SeqCst);
        self.sandbox.faults().extend(schedule.faults.clone());

        let journal = Memory::default();
        let bulk = self
            .client
            .bulk()
            .batch_size(schedule.batch_size)
            .concurrency(schedule.concurrency);
        let inputs = || inputs(schedule);
        let mut report = None;
        let mut drops = 0;
        for (run, drop_after) in schedule.drops.iter().map(Some).chain([None]).enumerate() {
            let dropped = async {
                match drop_after {
                    Some(requests) => self.after(*requests).await,
                    None => std::future::pending().await,
                }
            };
            let job = async {
                if run == 0 && drop_after.is_none() {
                    bulk.add_voucher_codes(inputs()).await
                } else if run == 0 || schedule.with_inputs {
                    let bulk = bulk.clone().journal(journal.clone());
                    bulk.add_voucher_codes(inputs()).await
                } else {
                    match bulk.resume(journal.clone()).await {
                        Ok(Resumed::AddVoucherCodes(report)) => report,
                        other => panic!("{other:?}"),
                    }
                }
            };
            tokio::select! {
                done = job => report = Some(done),
                () = dropped => {
                    drops += 1;
                    // Requests in flight reach the sandbox long before the settle time is over.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
        }
        self.clock.until_late_is(false).await;
        self.sandbox.faults().clear();
        let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
        let codes = self
            .client
            .voucher_codes()
            .items(filter)
            .collect_all()
            .await;
        let mut codes = codes.unwrap();
        codes.retain(|code| {
            code.value
                .as_deref()
                .is_some_and(|value| value.starts_with("M-"))
        });
        (report.unwrap(), codes, drops)
    }
}

fn inputs(schedule: &Schedule) -> Vec<NewVoucherCode> {
    let code = |number| {
        let voucher = if schedule.bad == Some(number) {
            MISSING_VOUCHER
        } else {
            builtin::VOUCHER_ID
        };
        NewVoucherCode::new(id(voucher), format!("M-{number}"))
    };
    (0..schedule.codes).map(code).collect()
}

/// Compares the outcomes with the codes in the sandbox.
fn check(report: &Report<VoucherCode>, codes: &[VoucherCode]) -> Result<(), TestCaseError> {
    let mut accounted = 0;
    for (number, outcome) in report.outcomes().iter().enumerate() {
        let value = format!("M-{number}");
        let of_value = codes
            .iter()
            .filter(|code| code.value.as_deref() == Some(&value));
        let there: Vec<_> = of_value.map(|code| code.id).collect();
        accounted += there.len();
        prop_assert!(there.len() <= 1, "{value} exists {} times", there.len());
        match outcome {
            Outcome::Applied(code) => prop_assert_eq!(&there, &[code.id], "{} is lost", value),
            Outcome::Unknown(_) => {}
            other => prop_assert!(there.is_empty(), "{value} exists, but is {other:?}"),
        }
    }
    prop_assert_eq!(accounted, codes.len(), "there are codes without an input");
    Ok(())
}

#[test]
fn random_schedules_duplicate_nothing_lose_nothing_and_report_correct_outcomes() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let model = runtime.block_on(Model::start());
    let seen = Mutex::new((Counts::default(), 0));
    let mut runner = TestRunner::new(Config {
        cases: SCHEDULES,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&schedule(), |schedule| {
        let (report, codes, drops) = runtime.block_on(model.run(&schedule));
        let counts = report.counts();
        let mut seen = seen.lock().unwrap();
        seen.0.applied += counts.applied;
        seen.0.rejected += counts.rejected;
        seen.0.not_applied += counts.not_applied;
        seen.0.unknown += counts.unknown;
        seen.1 += drops;
        check(&report, &codes)
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    // The schedules prove something only if every outcome occurs.
    let (counts, drops) = *seen.lock().unwrap();
    assert!(counts.applied > 1000 && drops > 100, "{counts:?} {drops}");
    assert!(
        counts.rejected > 10 && counts.not_applied > 10 && counts.unknown > 10,
        "{counts:?}"
    );
}
