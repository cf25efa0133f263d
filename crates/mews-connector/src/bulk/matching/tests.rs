//! The comparison of small inputs and records, all of them.

use super::*;

/// An input is a text. A record is a text, or lacks it.
fn likeness(input: &&str, record: &Option<&str>) -> Likeness {
    Likeness::of_text(input, *record)
}

fn compare<R>(
    inputs: &[&'static str],
    records: &[Option<&'static str>],
    then: impl FnOnce(&Comparison<'_, &'static str, Option<&'static str>, String>) -> R,
) -> R {
    then(&Comparison {
        inputs,
        records,
        input_keys: &|input| vec![fold(input)],
        record_keys: &|record| record.iter().map(|text| fold(text)).collect(),
        likeness: &likeness,
    })
}

fn assign(inputs: &[&'static str], records: &[Option<&'static str>]) -> Vec<Option<usize>> {
    compare(inputs, records, |comparison| comparison.assign())
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
    assert_eq!(assign(&["a"], &[Some("b")]), [None]);
    assert_eq!(
        assign(&["a", "a"], &[Some("a"), Some("a")]),
        [Some(0), Some(1)],
        "equal inputs"
    );
    assert_eq!(assign(&["a"], &[]), [None]);
}

const SINCE: i64 = 1000;

fn at(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn judge_one(
    records: &[(Option<&'static str>, Traits)],
    since: Option<DateTime<Utc>>,
    complete: bool,
) -> Evidence {
    let texts: Vec<_> = records.iter().map(|(text, _)| *text).collect();
    let traits: Vec<_> = records.iter().map(|(_, traits)| *traits).collect();
    let index = std::cell::Cell::new(0);
    let next = |_: &Option<&'static str>| {
        index.set(index.get() + 1);
        traits[index.get() - 1]
    };
    compare(&["code"], &texts, |comparison| {
        comparison.judge(&|_| true, &next, &|_| since, complete)[0].0
    })
}

fn record(
    text: &'static str,
    live: Option<bool>,
    created: Option<DateTime<Utc>>,
) -> (Option<&'static str>, Traits) {
    (
        Some(text),
        Traits {
            live,
            created,
            known: false,
        },
    )
}

#[test]
fn a_record_is_proof_only_if_it_is_live_and_recent_and_the_same() {
    let judge = |record| judge_one(&[record], at(SINCE), true);
    let live = Some(true);
    assert_eq!(judge(record("code", live, at(SINCE))), Evidence::Applied);
    assert_eq!(
        judge(record("code", live, at(SINCE - 1))),
        Evidence::Missing,
        "older"
    );
    assert_eq!(
        judge(record("code", Some(false), at(SINCE))),
        Evidence::Missing,
        "deleted"
    );
    assert_eq!(
        judge(record("CODE", live, at(SINCE - 1))),
        Evidence::Missing,
        "older"
    );
    assert_eq!(
        judge(record("other", live, at(SINCE))),
        Evidence::Missing,
        "another"
    );
    assert_eq!(
        judge(record("CODE", live, at(SINCE))),
        Evidence::Undecided,
        "case"
    );
    assert_eq!(
        judge(record("co de", live, at(SINCE))),
        Evidence::Undecided,
        "white space"
    );
    assert_eq!(
        judge(record("code", None, at(SINCE))),
        Evidence::Undecided,
        "no state"
    );
    assert_eq!(
        judge(record("code", live, None)),
        Evidence::Undecided,
        "no time"
    );
    let nameless = |known| {
        (
            None,
            Traits {
                live,
                created: at(SINCE),
                known,
            },
        )
    };
    assert_eq!(judge(nameless(false)), Evidence::Undecided, "it may be any");
    assert_eq!(
        judge(nameless(true)),
        Evidence::Missing,
        "it is that of another input"
    );
}

#[test]
fn nothing_is_missing_unless_everything_was_read() {
    assert_eq!(judge_one(&[], at(SINCE), true), Evidence::Missing);
    assert_eq!(judge_one(&[], at(SINCE), false), Evidence::Undecided);
    assert_eq!(
        judge_one(&[], None, true),
        Evidence::Missing,
        "without any record no time is needed"
    );
    let same = record("code", Some(true), at(SINCE));
    assert_eq!(judge_one(&[same], None, true), Evidence::Undecided);
    assert_eq!(
        judge_one(&[same, same], at(SINCE), true),
        Evidence::Undecided,
        "two of them"
    );
    assert_eq!(judge_one(&[same], at(SINCE), false), Evidence::Applied);
}

#[test]
fn a_record_that_another_input_of_the_batch_claims_is_no_obstacle() {
    let traits = |_: &Option<&'static str>| Traits {
        live: Some(true),
        created: at(SINCE),
        known: false,
    };
    let judge = |unique: bool| {
        compare(&["code", "CODE"], &[Some("CODE")], |comparison| {
            let judged = comparison.judge(&|_| unique, &traits, &|_| at(SINCE), true);
            judged
                .into_iter()
                .map(|(evidence, _)| evidence)
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(judge(true), [Evidence::Missing, Evidence::Applied]);
    // If inputs cannot be told apart, none is found, and none is missed.
    assert_eq!(judge(false), [Evidence::Undecided, Evidence::Undecided]);
}
