//! Writes of any number of items, with an answer for each.
//!
//! A job is cut into batches of up to 1000 items, of which a few are under way at a time, all within the rate limit of
//! the access token. Every input gets one [`Outcome`]:
//!
//! | outcome | means |
//! |---|---|
//! | [`Applied`](Outcome::Applied) | it is so on the server, with the item as the server answered it |
//! | [`Rejected`](Outcome::Rejected) | it was not applied, and would not be the next time: why |
//! | [`NotApplied`](Outcome::NotApplied) | it was not applied, because the job could not go on: why |
//! | [`Unknown`](Outcome::Unknown) | nobody can tell from here: look before you send it again |
//!
//! # What is done about failures
//!
//! * A batch that the server refuses (400, 403) is halved until the offender is alone; only the offender is rejected.
//! * A batch that is too heavy (408, 413) is halved.
//! * An update or a delete whose answer was lost is sent again. A delete that is then refused with a 400 for a single
//!   item counts as done: the first time took effect.
//! * An **add** whose answer was lost is never just sent again, because there is no idempotency key. The job waits for
//!   the [settle time](Bulk::settle), reads back what is there, and sends what is missing. Codes are found by voucher,
//!   value and time of change; vouchers by external identifier, so a voucher without one, or with one that the job has
//!   twice, is unknown then.
//! * When the tokens are refused, the rate limit does not let up, no connection can be made, or three batches in a row
//!   fail with 5xx or are lost, the job stops. What was not sent is [`NotApplied`](Outcome::NotApplied).
//!
//! # Exactly once, and under which condition
//!
//! An add creates each of its items exactly once if: a request that was given up on takes effect within the settle
//! time or not at all; a request that is refused has no effect at all; nobody else creates the same code in the same
//! voucher, or a voucher with the same external identifier, while the job runs; and the clocks of this machine and the
//! server differ by less than ten minutes. The vendor promises none of this, nor does it say otherwise. Where one of
//! them does not hold, a code may exist twice.
//!
//! # Several vouchers of one request
//!
//! Created codes are matched to the inputs by voucher and value. Created vouchers have nothing of the kind, so they
//! are matched by position, and checked by name, type and service; where that does not fit, the outcome is unknown.

mod add_voucher_codes;
mod add_vouchers;
mod change;
mod engine;
mod job;
mod observer;
mod operation;
mod outcome;

pub use job::Bulk;
pub use observer::Observer;
pub use outcome::{Counts, Outcome, Rejection, Report};
