//! The state of a job after the events of its journal.

use mews_connector_api::types::VoucherCodeId;

use super::*;
use crate::bulk::change::DeleteVoucherCodes;

fn sending(inputs: &[usize]) -> Line {
    Line::Sending {
        inputs: inputs.to_vec(),
        after: None,
    }
}

fn applied(input: usize) -> Line {
    Line::Applied {
        input,
        record: json(&VoucherCodeId(Uuid::from_u128(input as u128))),
    }
}

fn replayed(events: Vec<Line>) -> Past<VoucherCodeId> {
    let numbered = events.into_iter().enumerate().collect();
    replay::<DeleteVoucherCodes>(numbered, 10).expect("a journal")
}

#[test]
fn records_of_one_response_are_one_group() {
    let past = replayed(vec![
        sending(&[0, 1, 2]),
        applied(0),
        applied(1),
        applied(2),
        sending(&[3, 4]),
        applied(3),
        applied(4),
    ]);
    assert_eq!(past.known.count(), 2);
    assert!(past.in_doubt().is_empty());
}

#[test]
fn input_in_doubt_knows_the_groups_before_its_first_request() {
    let past = replayed(vec![
        sending(&[0, 1]),
        sending(&[2]),
        applied(0),
        applied(1),
        sending(&[3]),
        sending(&[2]),
    ]);
    assert_eq!(past.in_doubt(), [2, 3]);
    let older = |input: usize| past.tracks[input].map(|track| track.older);
    assert_eq!((older(2), older(3)), (Some(0), Some(1)));
}
