//! Random exports that are compared with a model: they are killed, resumed and disturbed while records change.
//!
//! A store keeps the records of the exports. The model contains the times of creation and deletion of each record.
//! After each complete export, the store must contain all changes before the first read, and all changes more than ten
//! minutes before the last response. After a last export without changes, the store must equal the model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mews_connector::clock::ManualClock;
use mews_connector::export::{Checkpoint, Record, Records};
use mews_connector::types::{ServiceId, VoucherCodeAddParameters, VoucherCodeId, VoucherId};
use mews_connector::{Client, NewVoucher};
use mews_sandbox::{Fault, Fixtures, Operation, Sandbox, builtin};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::setup::{client_of, id};

/// The default number of schedules, which `EXPORT_SCHEDULES` overrides.
const SCHEDULES: u32 = 150;
/// The number of minutes that the clock of each client is ahead of the server's clock at the start. The clocks of the
/// clients advance only with retries.
const SKEWS: [i64; 4] = [0, 8, -500, 500_000];
const ROUND: TimeDelta = TimeDelta::minutes(10);

#[derive(Clone, Debug)]
enum Change {
    AddVoucher,
    /// Adds codes to a voucher.
    AddCodes(prop::sample::Index, usize),
    DeleteCode(prop::sample::Index),
    DeleteVoucher(prop::sample::Index),
}

/// An event after a number of records of an export were taken.
#[derive(Clone, Debug)]
struct Event {
    records: usize,
    is_kill: bool,
    seconds: u64,
    changes: Vec<Change>,
    fault: Option<Disturbance>,
}

#[derive(Clone, Copy, Debug)]
enum Disturbance {
    Reset,
    HalfResponse,
    ServerError,
    TooLong(u64),
    Rejected,
}

#[derive(Clone, Debug)]
struct Schedule {
    /// The index of the client. The clients have different clocks.
    client: usize,
    page_size: u16,
    concurrency: usize,
    vouchers_per_batch: usize,
    setup: Vec<Change>,
    exports: Vec<(u64, Vec<Event>)>,
}

fn seconds() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => Just(0),
        3 => 1..60_u64,
        2 => 60..700_u64,
        1 => 86_000..90_000_u64,
        1 => Just(100 * 86_400_u64),
    ]
}

fn changes(at_most: usize) -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        1 => Just(Change::AddVoucher),
        3 => (any::<prop::sample::Index>(), 1..4_usize).prop_map(|(at, count)| Change::AddCodes(at, count)),
        4 => any::<prop::sample::Index>().prop_map(Change::DeleteCode),
        1 => any::<prop::sample::Index>().prop_map(Change::DeleteVoucher),
    ];
    prop::collection::vec(change, 0..=at_most)
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let fault = prop::option::weighted(
        0.4,
        prop_oneof![
            Just(Disturbance::Reset),
            Just(Disturbance::HalfResponse),
            Just(Disturbance::ServerError),
            (1..6_u64).prop_map(Disturbance::TooLong),
            Just(Disturbance::Rejected),
        ],
    );
    let event = (0..8_usize, any::<bool>(), seconds(), changes(3), fault).prop_map(
        |(records, is_kill, seconds, changes, fault)| Event {
            records,
            is_kill,
            seconds,
            changes,
            fault,
        },
    );
    let export = (seconds(), prop::collection::vec(event, 0..4));
    (
        0..SKEWS.len(),
        1..5_u16,
        1..4_usize,
        1..4_usize,
        changes(6),
        prop::collection::vec(export, 1..4),
    )
        .prop_map(
            |(client, page_size, concurrency, vouchers_per_batch, setup, exports)| Schedule {
                client,
                page_size,
                concurrency,
                vouchers_per_batch,
                setup,
                exports,
            },
        )
}

/// The times of a record.
#[derive(Clone, Copy, Debug)]
struct Truth {
    created: DateTime<Utc>,
    deleted: Option<DateTime<Utc>>,
}

/// The sandbox of all schedules, which is reset before each schedule.
struct World {
    sandbox: Sandbox,
    clients: Vec<Client>,
    server: mews_sandbox::ManualClock,
    last_read: Arc<Mutex<DateTime<Utc>>>,
}

/// A service without vouchers.
const SERVICE_ID: &str = "5e000000-0000-4000-9000-000000000001";

impl World {
    async fn start() -> Self {
        let mut fixtures: Value = serde_json::from_str(builtin::FIXTURES).unwrap();
        let service =
            json!({ "Id": SERVICE_ID, "EnterpriseId": builtin::ENTERPRISE_ID, "Name": "Model" });
        fixtures["Services"].as_array_mut().unwrap().push(service);
        let fixtures: Fixtures = fixtures.to_string().parse().unwrap();
        let server = mews_sandbox::ManualClock::default();
        let last_read = Arc::new(Mutex::new(DateTime::default()));
        let noted = last_read.clone();
        let sandbox = Sandbox::builder()
            .fixtures(fixtures)
            .no_rate_limit()
            .keep_exchanges(0)
            .clock(server.reader())
            .observe(move |exchange| {
                if exchange.status == Some(200) && exchange.path.ends_with("/getAll") {
                    let mut noted = noted.lock().unwrap();
                    *noted = exchange.received_utc.max(*noted);
                }
            })
            .start()
            .await
            .unwrap();
        let clients = SKEWS.iter().map(|minutes| {
            let now = DateTime::<Utc>::from(server.now()) + TimeDelta::minutes(*minutes);
            let clock = ManualClock::starting_at(now.into());
            client_of(sandbox.url(), &clock).build().unwrap()
        });
        Self {
            clients: clients.collect(),
            sandbox,
            server,
            last_read,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.server.now().into()
    }
}

/// The state of one schedule.
struct Run<'a> {
    world: &'a World,
    client: Client,
    service: ServiceId,
    vouchers: BTreeMap<VoucherId, Truth>,
    codes: BTreeMap<VoucherCodeId, Truth>,
    /// The IDs of the records that the exports yielded, and whether each record is active.
    store: BTreeMap<Uuid, bool>,
}

impl Run<'_> {
    async fn change(&mut self, change: &Change) {
        let now = self.world.now();
        let created = Truth {
            created: now,
            deleted: None,
        };
        match change {
            Change::AddVoucher => {
                let voucher = NewVoucher::public(self.service, "Model");
                let added = self.client.vouchers().add([voucher]).await.unwrap();
                self.vouchers.insert(added[0].id, created);
            }
            Change::AddCodes(at, count) => {
                let Some(voucher) = pick(&self.vouchers, *at) else {
                    return;
                };
                let codes = (0..*count).map(|_| VoucherCodeAddParameters::new(voucher, "CODE"));
                let added = self.client.voucher_codes().add(codes).await.unwrap();
                self.codes
                    .extend(added.iter().map(|code| (code.id, created)));
            }
            Change::DeleteCode(at) => {
                if let Some(code) = pick(&self.codes, *at) {
                    self.client.voucher_codes().delete([code]).await.unwrap();
                    self.codes.get_mut(&code).unwrap().deleted = Some(now);
                }
            }
            Change::DeleteVoucher(at) => {
                if let Some(voucher) = pick(&self.vouchers, *at) {
                    self.client.vouchers().delete([voucher]).await.unwrap();
                    self.vouchers.get_mut(&voucher).unwrap().deleted = Some(now);
                }
            }
        }
    }

    fn keep(&mut self, record: &Record) {
        let is_active = match record {
            Record::Voucher(voucher) => voucher.is_active,
            Record::Code(code) => code.is_active,
            record => panic!("no voucher can vanish: {record:?}"),
        };
        let before = self.store.insert(record.id(), is_active.unwrap());
        assert!(
            before != Some(false) || is_active == Some(false),
            "an older state followed a newer state"
        );
    }

    /// Returns all records with their times.
    fn truth(&self) -> impl Iterator<Item = (Uuid, Truth)> {
        let vouchers = self.vouchers.iter().map(|(id, truth)| (id.0, *truth));
        vouchers.chain(self.codes.iter().map(|(id, truth)| (id.0, *truth)))
    }

    /// Checks that the store contains every change before a time, and no change that was not made.
    fn check(&self, until: DateTime<Utc>) {
        for (id, truth) in self.truth() {
            let stored = self.store.get(&id);
            assert!(
                truth.created >= until || stored.is_some(),
                "lost {id}: {truth:?}, {until}"
            );
            let is_deleted = truth.deleted.is_some_and(|deleted| deleted < until);
            assert!(
                !is_deleted || stored == Some(&false),
                "lost the deletion of {id}: {truth:?}, {until}"
            );
            assert!(
                stored != Some(&false) || truth.deleted.is_some(),
                "{id} is not deleted"
            );
        }
        let known: BTreeMap<Uuid, Truth> = self.truth().collect();
        assert!(
            self.store.keys().all(|id| known.contains_key(id)),
            "the store contains an unknown record"
        );
    }

    /// Completes an export despite events and failures, and returns the watermark.
    async fn export(
        &mut self,
        mut records: Records,
        events: &[Event],
        schedule: &Schedule,
    ) -> DateTime<Utc> {
        for event in events {
            for _ in 0..event.records {
                match records.try_next().await {
                    Ok(Some(record)) => self.keep(&record),
                    Ok(None) => break,
                    Err(_) => records = self.resume(&records, schedule),
                }
            }
            if event.is_kill {
                records = self.resume(&records, schedule);
            }
            self.world
                .server
                .advance(Duration::from_secs(event.seconds));
            self.world.sandbox.faults().clear();
            for change in &event.changes {
                self.change(change).await;
            }
            if let Some(disturbance) = event.fault {
                self.world.sandbox.faults().add(disturbance.fault());
            }
        }
        let mut failures = 0;
        loop {
            assert!(records.checkpoint().is_complete() == records.watermark().is_some());
            match records.try_next().await {
                Ok(Some(record)) => self.keep(&record),
                Ok(None) => break,
                Err(error) => {
                    failures += 1;
                    assert!(failures < 50, "{error}");
                    records = self.resume(&records, schedule);
                }
            }
        }
        self.world.sandbox.faults().clear();
        let watermark = records.watermark().unwrap();
        let last_read = *self.world.last_read.lock().unwrap();
        self.check(watermark.max(last_read - ROUND));
        watermark
    }

    /// Stores the checkpoint, and resumes from the stored checkpoint.
    fn resume(&self, records: &Records, schedule: &Schedule) -> Records {
        let stored = serde_json::to_string(records.checkpoint()).unwrap();
        assert!(!stored.contains("token"), "{stored}");
        let checkpoint: Checkpoint = serde_json::from_str(&stored).unwrap();
        schedule.records(&self.client, None, Some(checkpoint), self.service)
    }
}

impl Schedule {
    fn records(
        &self,
        client: &Client,
        since: Option<DateTime<Utc>>,
        checkpoint: Option<Checkpoint>,
        service: ServiceId,
    ) -> Records {
        let mut export = client
            .export([service])
            .overlap(Duration::ZERO)
            .page_size(self.page_size)
            .concurrency(self.concurrency)
            .vouchers_per_batch(self.vouchers_per_batch);
        if let Some(since) = since {
            export = export.changed_since(since);
        }
        if let Some(checkpoint) = checkpoint {
            export = export.resume_from(checkpoint);
        }
        export.records()
    }
}

impl Disturbance {
    fn fault(self) -> Fault {
        match self {
            Self::Reset => Fault::drop_before_reading().every(3).times(3),
            Self::HalfResponse => Fault::drop_mid_body().every(2).times(2),
            Self::ServerError => Fault::status(503).times(2),
            Self::TooLong(times) => Fault::status(408)
                .on(Operation::VoucherCodesGetAll)
                .times(times),
            Self::Rejected => Fault::status(400).on(Operation::VoucherCodesGetAll),
        }
    }
}

/// Picks a record that was not deleted.
fn pick<I: Copy + Ord>(records: &BTreeMap<I, Truth>, at: prop::sample::Index) -> Option<I> {
    let live: Vec<I> = records
        .iter()
        .filter(|(_, truth)| truth.deleted.is_none())
        .map(|(id, _)| *id)
        .collect();
    (!live.is_empty()).then(|| live[at.index(live.len())])
}

async fn run(world: &World, schedule: &Schedule) {
    world.sandbox.reset().unwrap();
    let mut run = Run {
        world,
        client: world.clients[schedule.client].clone(),
        service: id(SERVICE_ID),
        vouchers: BTreeMap::new(),
        codes: BTreeMap::new(),
        store: BTreeMap::new(),
    };
    run.change(&Change::AddVoucher).await;
    for change in &schedule.setup {
        run.change(change).await;
    }
    let mut since = None;
    for (seconds, events) in &schedule.exports {
        world.server.advance(Duration::from_secs(*seconds));
        let records = schedule.records(&run.client, since, None, run.service);
        since = Some(run.export(records, events, schedule).await);
    }
    world.server.advance(Duration::from_secs(1));
    let records = schedule.records(&run.client, since, None, run.service);
    run.export(records, &[], schedule).await;
    run.check(world.now());
}

#[test]
fn random_exports_contain_every_change_and_no_other() {
    let cases = std::env::var("EXPORT_SCHEDULES")
        .ok()
        .map_or(SCHEDULES, |cases| cases.parse().unwrap());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::start());
    TestRunner::new_with_rng(config, rng)
        .run(&schedules(), |schedule| {
            runtime.block_on(run(&world, &schedule));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
