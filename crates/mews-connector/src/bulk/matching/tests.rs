//! The comparison of small inputs and records, all of them.

use super::*;

/// A record with one optional string.
struct Record {
    text: Option<&'static str>,
    traits: Traits,
}

fn record(text: Option<&'static str>, live: Option<bool>, created: Option<i64>) -> Record {
    let created = created.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let known = false;
    Record {
        text,
        traits: Traits {
            live,
            created,
            known,
        },
    }
}

/// Calls `then` with a comparison of inputs, which are strings, and records.
fn compare<R>(
    inputs: &[&'static str],
    records: &[Record],
    then: impl FnOnce(&Comparison<'_, &'static str, Record, String>) -> R,
) -> R {
    then(&Comparison {
        inputs,
        records,
        input_keys: &|input| vec![fold(input)],
        record_keys: &|record| record.text.iter().map(|text| fold(text)).collect(),
        likeness: &|input, record| Likeness::of_text(input, record.text),
    })
}

fn assign(inputs: &[&'static str], values: &[Option<&'static str>]) -> Vec<Option<usize>> {
    let records: Vec<_> = values
        .iter()
        .map(|value| record(*value, None, None))
        .collect();
    let mut assigned = Vec::new();
    compare(inputs, &records, |comparison| {
        assigned = comparison.assign();
    });
    assigned
}

#[test]
fn records_are_assigned_by_what_they_show() {
    assert_eq!(
        assign(&["a", "b"], &[Some("b"), Some("a")]),
        [Some(1), Some(0)]
    );
    assert_eq!(
        assign(&["a", "A"], &[Some("A"), Some("a")]),
        [Some(1), Some(0)]
    );
    assert_eq!(
        assign(&["a "], &[Some("A")]),
        [Some(0)],
        "only one that it can be"
    );
    assert_eq!(assign(&["a ", "b"], &[None, Some("b")]), [Some(0), Some(1)]);
    assert_eq!(assign(&["a", "b"], &[None, None]), [None, None]);
    assert_eq!(assign(&["a ", " a"], &[Some("a"), Some("a")]), [None, None]);
    assert_eq!(assign(&["a ", " a"], &[Some("a")]), [None, None]);
    assert_eq!(assign(&["a "], &[Some("a"), Some("A")]), [None]);
    assert_eq!(assign(&["a"], &[Some("b")]), [None]);
    assert_eq!(
        assign(&["a", "a"], &[Some("a"), Some("a")]),
        [Some(0), Some(1)],
        "equal inputs"
    );
    assert_eq!(assign(&["a"], &[]), [None]);
}

#[test]
fn record_that_is_the_same_as_two_different_inputs_belongs_to_neither() {
    // The first record does not show what distinguishes the inputs. The second one does.
    let comparison = Comparison {
        inputs: &["a", "b"],
        records: &["ab", "a"],
        input_keys: &|_| vec![()],
        record_keys: &|_| vec![()],
        likeness: &|input, record| {
            if record.contains(input) {
                Likeness::Same
            } else {
                Likeness::Other
            }
        },
    };
    assert_eq!(comparison.assign(), [Some(1), None]);
}

const SINCE: i64 = 1000;

fn since() -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(SINCE, 0)
}

fn judge_one(records: &[Record], since: Option<DateTime<Utc>>, complete: bool) -> Evidence {
    compare(&["code"], records, |comparison| {
        let traits = |record: &Record| record.traits;
        comparison.judge(&|_| true, &traits, &|_| since, complete)[0].0
    })
}

#[test]
fn a_record_is_proof_only_if_it_is_live_and_recent_and_the_same() {
    use Evidence::{Applied, Missing, Undecided};
    let (live, recent, older) = (Some(true), Some(SINCE), Some(SINCE - 1));
    for (text, live, created, expected) in [
        (Some("code"), live, recent, Applied),
        (Some("code"), live, older, Missing),
        (Some("code"), Some(false), recent, Missing),
        (Some("CODE"), live, older, Missing),
        (Some("other"), live, recent, Missing),
        (Some("CODE"), live, recent, Undecided),
        (Some("co de"), live, recent, Undecided),
        (Some("code"), None, recent, Undecided),
        (Some("code"), live, None, Undecided),
        (None, live, recent, Undecided),
        (None, live, older, Missing),
    ] {
        let judged = judge_one(&[record(text, live, created)], since(), true);
        assert_eq!(judged, expected, "{text:?} {live:?} {created:?}");
    }
    let mut of_another_input = record(None, live, recent);
    of_another_input.traits.known = true;
    assert_eq!(judge_one(&[of_another_input], since(), true), Missing);
}

#[test]
fn nothing_is_missing_unless_everything_was_read() {
    let same = || record(Some("code"), Some(true), Some(SINCE));
    assert_eq!(judge_one(&[], since(), true), Evidence::Missing);
    assert_eq!(judge_one(&[], since(), false), Evidence::Undecided);
    assert_eq!(judge_one(&[], None, true), Evidence::Missing);
    assert_eq!(judge_one(&[same()], None, true), Evidence::Undecided);
    let twice = [same(), same()];
    assert_eq!(judge_one(&twice, since(), true), Evidence::Undecided);
    assert_eq!(judge_one(&[same()], since(), false), Evidence::Applied);
}

#[test]
fn a_record_that_another_input_of_the_batch_claims_is_no_obstacle() {
    let judge = |unique: bool| {
        let records = [record(Some("CODE"), Some(true), Some(SINCE))];
        compare(&["code", "CODE"], &records, |comparison| {
            let traits = |record: &Record| record.traits;
            let judged = comparison.judge(&|_| unique, &traits, &|_| since(), true);
            let evidence = judged.into_iter().map(|(evidence, _)| evidence);
            evidence.collect::<Vec<_>>()
        })
    };
    assert_eq!(judge(true), [Evidence::Missing, Evidence::Applied]);
    // If inputs cannot be distinguished, none is found, and none is missing.
    assert_eq!(judge(false), [Evidence::Undecided, Evidence::Undecided]);
}

#[test]
fn fraction_of_a_second_is_the_same_time_and_a_second_is_another() {
    let input = DateTime::from_timestamp(1_800_000_000, 0);
    let after = |milliseconds| {
        let time = input.map(|input| input + TimeDelta::milliseconds(milliseconds));
        time.map(UtcDateTime::from)
    };
    for (milliseconds, is_same) in [(-1000, false), (-999, true), (999, true), (1000, false)] {
        let record = after(milliseconds);
        assert_eq!(
            same_second(input, record.as_ref()),
            is_same,
            "{milliseconds} ms"
        );
    }
}
