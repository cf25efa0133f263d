//! The end of a read-back.

use super::*;
use crate::clock::ManualClock;

fn at(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

/// Returns `true` if a listing is past all records created since a time, after these records.
fn is_past(records: &[(i64, Option<usize>)], since: Option<i64>) -> bool {
    let mut order = Order::default();
    for (created, group) in records {
        order.see(at(*created), *group);
    }
    order.is_past(since.and_then(at))
}

#[test]
fn an_older_record_ends_a_listing_in_order() {
    assert!(!is_past(&[(105, None), (100, None)], Some(100)));
    assert!(is_past(&[(105, None), (99, None)], Some(100)));
    assert!(!is_past(&[(105, None), (99, None)], None));
    assert!(
        !is_past(&[(90, None), (105, None), (99, None)], Some(100)),
        "not in order"
    );
}

#[test]
fn the_records_of_two_earlier_responses_end_a_listing_in_the_order_of_creation() {
    let group = |number, length| vec![(105, Some(number)); length];
    let all = |groups: &[Vec<(i64, Option<usize>)>]| groups.concat();
    assert!(is_past(
        &all(&[vec![(105, None)], group(8, 16), group(7, 16)]),
        Some(100)
    ));
    assert!(is_past(
        &all(&[group(8, 16), group(7, 1), group(6, 16)]),
        None
    ));
    for (what, records) in [
        ("one response", all(&[group(8, 50)])),
        ("too few", all(&[group(8, 15), group(7, 16)])),
        ("too few at the end", all(&[group(8, 16), group(7, 15)])),
        ("another order", all(&[group(7, 16), group(8, 16)])),
        (
            "mixed",
            all(&[group(8, 16), group(7, 16), group(8, 1), group(7, 16)]),
        ),
        (
            "a new one in between",
            all(&[group(8, 16), vec![(105, None)], group(7, 16)]),
        ),
    ] {
        assert!(!is_past(&records, Some(100)), "{what}");
    }
}

#[test]
fn the_time_of_the_server_is_carried_back_by_the_clock_that_has_moved_further() {
    let first = Moment {
        monotonic: Instant::now(),
        system: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
    };
    let second = Duration::from_secs(1);
    for (monotonic, system, expected) in [
        (0, first.system, 1000),
        (5, first.system + 5 * second, 995),
        (5, first.system + 60 * second, 940),
        (5, first.system - 60 * second, 995),
    ] {
        let time = ServerTime {
            date: at(1000).unwrap_or_default(),
            received: Moment {
                monotonic: first.monotonic + monotonic * second,
                system,
            },
        };
        assert_eq!(time.at(first), at(expected), "{monotonic} {system:?}");
    }
}

#[test]
fn records_are_learned_in_groups() {
    let known = Known::default();
    let ids: Vec<_> = (0..4).map(Uuid::from_u128).collect();
    known.learn(ids[..2].iter().copied());
    known.learn([]);
    known.learn(ids[1..3].iter().copied());
    let groups: Vec<_> = ids.iter().map(|id| known.group(*id)).collect();
    assert_eq!(groups, [Some(0), Some(0), Some(1), None]);
    assert_eq!(known.count(), 2);
}

#[test]
fn only_groups_that_were_known_before_the_first_request_are_older() {
    let known = Known::default();
    let [before, after, other] = [1, 2, 3].map(Uuid::from_u128);
    known.learn([before]);
    let older = known.count();
    known.learn([after]);
    let window = Window {
        clock: &ManualClock::new(),
        first_sent: Vec::new(),
        known: &known,
        older,
    };
    let groups = [before, after, other].map(|id| window.older_group(id));
    assert_eq!(groups, [Some(0), None, None]);
    assert!(window.is_known(after) && !window.is_known(other));
}

#[test]
fn records_read_in_parts_are_complete_if_every_part_is() {
    let part = |complete| Found::<u8> {
        complete,
        ..Found::default()
    };
    for (first, second) in [(true, true), (true, false), (false, true)] {
        let mut found = part(first);
        found.extend(part(second));
        assert_eq!(found.complete, first && second, "{first} {second}");
    }
}
