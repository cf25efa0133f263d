//! The decisions about random results, without a server: every schedule is checked for what the module promises.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// The random result of a command.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Applied,
    /// Applied, but the response does not contain the first item.
    Unrecognized,
    Failed(Cause, bool),
    ReadBack([Evidence; 3]),
    ReadFails,
}

fn luck() -> impl Strategy<Value = Luck> {
    use Cause::{Conflict, Fatal, Lost, Rejected, TooLarge};
    let evidence = prop_oneof![
        Just(Evidence::Applied),
        Just(Evidence::Missing),
        Just(Evidence::Unreadable),
        Just(Evidence::Undecided),
    ];
    prop_oneof![
        4 => Just(Luck::Applied),
        1 => Just(Luck::Unrecognized),
        3 => Just(Luck::Failed(Rejected, false)),
        1 => Just(Luck::Failed(Rejected, true)),
        1 => Just(Luck::Failed(Conflict, false)),
        1 => Just(Luck::Failed(TooLarge, false)),
        2 => Just(Luck::Failed(TooLarge, true)),
        3 => Just(Luck::Failed(Lost, true)),
        1 => Just(Luck::Failed(Lost, false)),
        1 => Just(Luck::Failed(Fatal, false)),
        4 => [evidence.clone(), evidence.clone(), evidence].prop_map(Luck::ReadBack),
        1 => Just(Luck::ReadFails),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Create),
        Just(Kind::Update),
        Just(Kind::Delete { readable: true }),
        Just(Kind::Delete { readable: false }),
    ]
}

/// The observations of a run.
struct Seen {
    verdicts: Vec<Option<Verdict<u32>>>,
    /// Inputs that a request may have applied and that no read-back has shown since.
    open: HashSet<usize>,
}

/// Carries commands out until the machine has none, in any order of completion.
fn run(
    machine: &mut Machine<u32>,
    inputs: usize,
    doubtful: &[usize],
    lucks: &[Luck],
    picks: &[usize],
) -> Seen {
    let mut seen = Seen {
        verdicts: vec![None; inputs],
        open: doubtful.iter().copied().collect(),
    };
    let mut in_flight = Vec::new();
    for step in 0.. {
        assert!(step < 100_000, "the machine does not end");
        while let Some(command) = machine.next() {
            if let Command::Send(batch) = &command {
                assert!(machine.stopped().is_none(), "sent after the stop");
                let creates = machine.kind == Kind::Create;
                let mut others = in_flight.iter();
                let is_reading = others.any(|other| matches!(other, Command::ReadBack(_)));
                assert!(!(creates && is_reading), "sent during a read-back");
                for input in &batch.inputs {
                    assert!(seen.verdicts[*input].is_none(), "sent after its verdict");
                    assert!(!(creates && seen.open.contains(input)), "created in doubt");
                }
            }
            in_flight.push(command);
            assert!(in_flight.len() <= machine.concurrency);
        }
        if in_flight.is_empty() {
            break;
        }
        let command = in_flight.swap_remove(picks[step % picks.len()] % in_flight.len());
        let luck = lucks[step % lucks.len()];
        let error = u32::try_from(step).unwrap_or_default();
        let verdicts = match command {
            Command::Send(batch) => sent(machine, &mut seen, batch, luck, error),
            Command::ReadBack(read) => {
                let items = read.batch.inputs.clone();
                let result = match luck {
                    Luck::ReadBack(shown) => Ok(items
                        .iter()
                        .enumerate()
                        .map(|(at, _)| shown[at % 3])
                        .collect::<Vec<_>>()),
                    Luck::ReadFails => Err(error),
                    _ => Ok(vec![Evidence::Missing; items.len()]),
                };
                if let Ok(evidence) = &result {
                    for (input, shown) in items.iter().zip(evidence) {
                        let is_settled = *shown == Evidence::Missing
                            || (*shown == Evidence::Unreadable && !read.batch.doubt);
                        if is_settled {
                            seen.open.remove(input);
                        }
                    }
                }
                machine.read(read, result.as_deref().map_err(|error| *error))
            }
        };
        record(&mut seen, verdicts);
    }
    let rest = machine.finish();
    record(&mut seen, rest);
    seen
}

fn sent(
    machine: &mut Machine<u32>,
    seen: &mut Seen,
    batch: Batch,
    luck: Luck,
    error: u32,
) -> Verdicts<u32> {
    let result = match luck {
        Luck::Failed(cause, doubt) => {
            // A rejected batch of creates may have been applied in part, too.
            let creates = machine.kind == Kind::Create;
            let in_part = creates && cause == Cause::Rejected && batch.inputs.len() > 1;
            if doubt || (in_part && !machine.atomic) {
                seen.open.extend(&batch.inputs);
            }
            Sent::Failed(Failed {
                cause,
                doubt,
                error,
            })
        }
        Luck::Unrecognized => {
            let mut items = vec![Ok(()); batch.inputs.len()];
            items[0] = Err(error);
            seen.open.insert(batch.inputs[0]);
            Sent::Applied(items)
        }
        _ => Sent::Applied(vec![Ok(()); batch.inputs.len()]),
    };
    machine.sent(batch, result)
}

fn record(seen: &mut Seen, verdicts: Verdicts<u32>) {
    for (input, verdict) in verdicts {
        let before = seen.verdicts[input].replace(verdict);
        assert!(before.is_none(), "two verdicts");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_input_has_one_true_verdict(
        kind in kind(),
        inputs in 0_usize..40,
        old in 0_usize..10,
        batch_size in 1_usize..12,
        concurrency in 1_usize..5,
        lucks in prop::collection::vec(luck(), 1..30),
        picks in prop::collection::vec(0_usize..5, 1..10),
    ) {
        let mut machine = Machine::new(kind, batch_size, concurrency);
        let (doubtful, fresh): (Vec<_>, Vec<_>) = (0..inputs).partition(|input| *input < old);
        machine.add_in_doubt(&doubtful, &0);
        machine.add(&fresh);
        let seen = run(&mut machine, inputs, &doubtful, &lucks, &picks);
        for (input, verdict) in seen.verdicts.iter().enumerate() {
            let is_open = seen.open.contains(&input);
            match verdict {
                None => prop_assert!(false, "no verdict of {input}"),
                Some(Verdict::Applied) => {}
                Some(Verdict::Rejected(_)) => prop_assert!(!is_open, "{input} rejected in doubt"),
                Some(Verdict::NotApplied(_)) => prop_assert!(!is_open, "{input} given up in doubt"),
                Some(Verdict::Unknown(_)) => prop_assert!(is_open, "{input} is known"),
            }
        }
        prop_assert!(machine.extra_total <= MAX_EXTRA_PER_JOB);
        prop_assert!(machine.extra.iter().all(|extra| *extra <= MAX_EXTRA_PER_BATCH));
    }
}

fn fail(cause: Cause, doubt: bool) -> Sent<u32> {
    Sent::Failed(Failed {
        cause,
        doubt,
        error: 7,
    })
}

fn machine(kind: Kind, inputs: usize, batch_size: usize) -> Machine<u32> {
    let mut machine = Machine::new(kind, batch_size, 1);
    machine.add(&(0..inputs).collect::<Vec<_>>());
    machine
}

fn send(machine: &mut Machine<u32>) -> Batch {
    match machine.next() {
        Some(Command::Send(batch)) => batch,
        other => panic!("{other:?}"),
    }
}

fn read(machine: &mut Machine<u32>) -> ReadBack<u32> {
    match machine.next() {
        Some(Command::ReadBack(read)) => read,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lost_add_is_read_back_after_the_settle_time_and_sent_three_times_at_most() {
    let mut machine = machine(Kind::Create, 2, 2);
    for round in 1..=3 {
        let batch = send(&mut machine);
        assert!(machine.sent(batch, fail(Cause::Lost, true)).is_empty());
        let lost = read(&mut machine);
        assert!(lost.settle);
        let verdicts = machine.read(lost, Ok(&[Evidence::Missing; 2]));
        assert_eq!(verdicts.len(), if round == 3 { 2 } else { 0 });
        assert!(verdicts.iter().all(|(_, v)| *v == Verdict::NotApplied(7)));
    }
    assert!(machine.next().is_none() && machine.stopped().is_some());
}

#[test]
fn a_rejected_add_is_read_back_before_it_is_halved_until_requests_are_known_to_be_atomic() {
    let mut machine = machine(Kind::Create, 4, 4);
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::Rejected, false));
    let rejected = read(&mut machine);
    assert!(!rejected.settle);
    assert!(
        machine
            .read(rejected, Ok(&[Evidence::Missing; 4]))
            .is_empty()
    );
    // The first half is valid: the first item was not applied when the batch was rejected.
    let left = send(&mut machine);
    assert_eq!(left.inputs, [0, 1]);
    assert_eq!(machine.sent(left, Sent::Applied(vec![Ok(()); 2])).len(), 2);
    let right = send(&mut machine);
    assert_eq!(right.inputs, [2, 3]);
    let _ = machine.sent(right, fail(Cause::Rejected, false));
    assert_eq!(send(&mut machine).inputs, [2], "no read-back in between");
}

#[test]
fn a_rejected_add_that_was_applied_in_part_is_not_halved_but_completed() {
    let mut machine = machine(Kind::Create, 4, 4);
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::Rejected, false));
    let rejected = read(&mut machine);
    let shown = [
        Evidence::Applied,
        Evidence::Missing,
        Evidence::Undecided,
        Evidence::Missing,
    ];
    let verdicts = machine.read(rejected, Ok(&shown));
    assert_eq!(verdicts, [(0, Verdict::Applied), (2, Verdict::Unknown(7))]);
    assert_eq!(send(&mut machine).inputs, [1, 3]);
    assert!(!machine.atomic);
}

#[test]
fn a_size_that_is_too_large_is_not_tried_again() {
    let mut machine = machine(Kind::Update, 16, 8);
    let batch = send(&mut machine);
    assert!(machine.sent(batch, fail(Cause::TooLarge, false)).is_empty());
    let mut sizes = Vec::new();
    while let Some(Command::Send(batch)) = machine.next() {
        sizes.push(batch.inputs.len());
        let items = vec![Ok(()); batch.inputs.len()];
        let _ = machine.sent(batch, Sent::Applied(items));
    }
    assert_eq!(sizes, [4; 4]);
}

#[test]
fn three_failures_in_a_row_stop_the_job_and_a_success_in_between_does_not_count() {
    for (results, stops) in [
        ("fff", true),
        ("ffaff", false),
        ("ffrff", false),
        ("ffcff", false),
    ] {
        let mut machine = machine(Kind::Update, 6, 1);
        for result in results.chars() {
            let batch = send(&mut machine);
            let _ = machine.sent(
                batch,
                match result {
                    'f' => fail(Cause::Lost, true),
                    'r' => fail(Cause::Rejected, false),
                    'c' => fail(Cause::Conflict, false),
                    _ => Sent::Applied(vec![Ok(())]),
                },
            );
        }
        assert_eq!(machine.stopped().is_some(), stops, "{results}");
    }
}

#[test]
fn a_delete_in_doubt_is_read_back_if_that_is_possible() {
    for readable in [true, false] {
        let mut machine = machine(Kind::Delete { readable }, 1, 1);
        let batch = send(&mut machine);
        let verdicts = machine.sent(batch, fail(Cause::Rejected, true));
        if !readable {
            assert_eq!(verdicts, [(0, Verdict::Unknown(7))]);
            continue;
        }
        let read = read(&mut machine);
        assert!(read.settle);
        // It is read as live, so the rejection stands.
        let verdicts = machine.read(read, Ok(&[Evidence::Missing]));
        assert_eq!(verdicts, [(0, Verdict::Rejected(7))]);
    }
}

#[test]
fn an_add_that_has_nothing_to_do_with_a_rejection_proves_nothing() {
    let mut machine = machine(Kind::Create, 4, 2);
    let other = send(&mut machine);
    let _ = machine.sent(other, Sent::Applied(vec![Ok(()); 2]));
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::Rejected, false));
    // The first item is not the one that is missing, so it proves nothing either.
    let rejected = read(&mut machine);
    let _ = machine.read(rejected, Ok(&[Evidence::Unreadable, Evidence::Missing]));
    let left = send(&mut machine);
    assert_eq!(left.inputs, [2]);
    let _ = machine.sent(left, Sent::Applied(vec![Ok(())]));
    assert!(!machine.atomic);
}

#[test]
fn a_lost_add_shows_nothing_about_rejected_requests() {
    let mut machine = machine(Kind::Create, 4, 2);
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::Lost, true));
    let lost = read(&mut machine);
    let _ = machine.read(lost, Ok(&[Evidence::Missing; 2]));
    let again = send(&mut machine);
    let _ = machine.sent(again, Sent::Applied(vec![Ok(()); 2]));
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::Rejected, false));
    assert_eq!(read(&mut machine).batch.inputs, [2, 3]);
}

#[test]
fn halving_spends_its_budgets_and_no_more() {
    for kind in [Kind::Create, Kind::Update, Kind::Delete { readable: false }] {
        let mut machine = machine(kind, 100_000, 1000);
        let (mut requests, mut largest, mut verdicts) = (0, 0, 0);
        let mut of_account = std::collections::HashMap::<usize, u32>::new();
        while let Some(command) = machine.next() {
            requests += 1;
            let settled = match command {
                Command::Send(batch) => {
                    let spent = of_account.entry(batch.account).or_default();
                    *spent += 1;
                    largest = largest.max(*spent);
                    machine.sent(batch, fail(Cause::Rejected, false))
                }
                Command::ReadBack(read) => {
                    let spent = of_account.entry(read.batch.account).or_default();
                    *spent += 1;
                    largest = largest.max(*spent);
                    let evidence = vec![Evidence::Missing; read.batch.inputs.len()];
                    machine.read(read, Ok(&evidence))
                }
            };
            verdicts += settled.len();
        }
        assert_eq!(verdicts, 100_000);
        assert!(machine.stopped().is_none());
        assert!((50..=1 + 64).contains(&largest), "{kind:?}: {largest}");
        // Every batch is sent, and an add is read back once besides.
        let always = if kind == Kind::Create { 200 } else { 100 };
        assert!(
            (always + 800..=always + 1000).contains(&requests),
            "{kind:?}: {requests}"
        );
        // The last two requests of the budget are spent, too.
        assert!(kind == Kind::Create || requests == always + 1000);
    }
}

#[test]
fn a_lost_delete_that_is_read_as_live_counts_as_one_failure() {
    let mut machine = machine(Kind::Delete { readable: true }, 3, 1);
    for input in 0..3 {
        assert!(machine.stopped().is_none(), "after {input} failures");
        let batch = send(&mut machine);
        assert!(machine.sent(batch, fail(Cause::Lost, true)).is_empty());
        let read = read(&mut machine);
        let verdicts = machine.read(read, Ok(&[Evidence::Missing]));
        assert_eq!(verdicts, [(input, Verdict::NotApplied(7))]);
    }
    assert!(machine.stopped().is_some());
}

#[test]
fn a_single_item_that_is_too_large_is_rejected_and_one_that_times_out_is_tried_three_times() {
    let mut machine = machine(Kind::Update, 2, 1);
    let batch = send(&mut machine);
    let verdicts = machine.sent(batch, fail(Cause::TooLarge, false));
    assert_eq!(verdicts, [(0, Verdict::Rejected(7))]);
    for round in 1..=3 {
        let batch = send(&mut machine);
        let verdicts = machine.sent(batch, fail(Cause::TooLarge, true));
        assert_eq!(verdicts.len(), usize::from(round == 3));
    }
    assert!(machine.next().is_none());
}

#[test]
fn a_stopped_job_reports_unsent_inputs_as_not_applied_and_doubtful_inputs_as_unknown() {
    let mut machine: Machine<u32> = Machine::new(Kind::Update, 1, 1);
    machine.add_in_doubt(&[0], &1);
    machine.add(&[1]);
    machine.stop(5);
    machine.stop(6);
    assert!(machine.next().is_none());
    let rest = [(0, Verdict::Unknown(5)), (1, Verdict::NotApplied(5))];
    assert_eq!(machine.finish(), rest);
}

#[test]
fn a_batch_that_was_not_sent_is_withdrawn() {
    let mut machine = machine(Kind::Create, 2, 1);
    let batch = send(&mut machine);
    machine.withdraw(batch, 3);
    assert!(machine.next().is_none());
    let rest = [(0, Verdict::NotApplied(3)), (1, Verdict::NotApplied(3))];
    assert_eq!(machine.finish(), rest);
}

#[test]
fn a_request_that_was_applied_in_part_shows_that_requests_are_not_atomic() {
    let mut machine = machine(Kind::Create, 4, 4);
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::Rejected, false));
    let rejected = read(&mut machine);
    let mut shown = [Evidence::Missing; 4];
    shown[1] = Evidence::Applied;
    let _ = machine.read(rejected, Ok(&shown));
    let rest = send(&mut machine);
    let _ = machine.sent(rest, Sent::Applied(vec![Ok(()); 3]));
    assert!(!machine.atomic);
}

#[test]
fn halves_have_all_their_attempts() {
    let mut machine = machine(Kind::Update, 4, 4);
    let mut sends = [0; 4];
    while let Some(Command::Send(batch)) = machine.next() {
        if let [input] = batch.inputs[..] {
            sends[input] += 1;
        }
        let _ = machine.sent(batch, fail(Cause::TooLarge, true));
    }
    // Three items that fail are enough to stop the job.
    assert_eq!(sends, [3, 3, 3, 0]);
}

#[test]
fn lost_responses_do_not_stop_a_job_that_makes_progress() {
    let mut machine = machine(Kind::Create, 9, 1);
    for input in 0..9 {
        let batch = send(&mut machine);
        let _ = machine.sent(batch, fail(Cause::Lost, true));
        let lost = read(&mut machine);
        let verdicts = machine.read(lost, Ok(&[Evidence::Applied]));
        assert_eq!(verdicts, [(input, Verdict::Applied)]);
    }
    assert!(machine.stopped().is_none());
}

#[test]
fn a_delete_that_is_too_large_is_split_before_it_is_read_back() {
    let mut machine = machine(Kind::Delete { readable: true }, 2, 2);
    let batch = send(&mut machine);
    let _ = machine.sent(batch, fail(Cause::TooLarge, true));
    let mut sends = 0;
    while let Some(Command::Send(batch)) = machine.next() {
        sends += 1;
        let _ = machine.sent(batch, fail(Cause::TooLarge, true));
        if sends == 3 {
            assert!(read(&mut machine).settle);
            return;
        }
    }
    panic!("not read back");
}

#[test]
fn missing_batches_of_an_earlier_process_do_not_stop_the_job() {
    let mut machine = Machine::new(Kind::Create, 1, 4);
    machine.add_in_doubt(&[0, 1, 2, 3], &0);
    for _ in 0..4 {
        let read = read(&mut machine);
        machine.read(read, Ok(&[Evidence::Missing]));
    }
    assert_eq!(machine.stopped(), None);
    assert_eq!(send(&mut machine).inputs.len(), 1);
}

#[test]
fn the_budgets_of_halving_are_spent_to_the_last_request() {
    let spent = |machine: &mut Machine<u32>, account, cost| {
        (0..2000)
            .take_while(|_| machine.spend(account, cost))
            .count()
    };
    let mut machine = Machine::new(Kind::Update, 1, 1);
    machine.add(&(0..20).collect::<Vec<_>>());
    assert_eq!(spent(&mut machine, 0, 1), 63);
    assert_eq!(spent(&mut machine, 1, 2), 31);
    assert_eq!(spent(&mut machine, 1, 1), 1);
    let rest: usize = (2..20).map(|account| spent(&mut machine, account, 1)).sum();
    assert_eq!(63 + 63 + rest, 1000);
    // A request that has to be read back if it is rejected costs two.
    let mut machine = Machine::new(Kind::Create, 1, 1);
    machine.add(&[0, 1]);
    assert_eq!(spent(&mut machine, 0, 1), 31);
    machine.atomic = true;
    assert_eq!(spent(&mut machine, 0, 1), 1);
    assert_eq!(spent(&mut machine, 1, 1), 63);
}
