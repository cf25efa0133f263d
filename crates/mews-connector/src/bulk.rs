//! Writes of any number of items, with an outcome for each.
//!
//! A job is divided into batches of up to 1000 items. A few batches are in flight at a time, all within the rate limit
//! of the access token. Every input gets one [`Outcome`]:
//!
//! | outcome | meaning |
//! |---|---|
//! | [`Applied`](Outcome::Applied) | The write was applied. The record is part of the outcome. |
//! | [`Rejected`](Outcome::Rejected) | The write was not applied. The same input would be rejected again. |
//! | [`NotApplied`](Outcome::NotApplied) | The write was not applied, because the job could not continue. The same input can be sent again. |
//! | [`Unknown`](Outcome::Unknown) | The write may have been applied. Check the server before you send the input again. |
//!
//! # Failures
//!
//! | failure | what the job does |
//! |---|---|
//! | 429, or no connection | The call waits and retries, see [`retry`](crate::retry). If that does not help, the job stops. |
//! | 408, 413 | The batch is split until it fits, and later batches do not exceed that size. After a 408, an add is verified first. |
//! | 400, 403 | The batch is halved until it has only the rejected item, within a budget. |
//! | 409 | The items are [`NotApplied`](Outcome::NotApplied). The job continues. |
//! | 5xx, or the response was lost or is unreadable | An update or a delete is retried by the call. An add is verified. |
//! | 401, 404, 410, other | The job stops. |
//!
//! Three failed batches in a row (5xx or lost) stop the job, too. Items that were not sent when a job stops are
//! `NotApplied`.
//!
//! **Halving** spends at most 64 extra requests on a batch and 1,000 on a job. The remaining items are then
//! `NotApplied`. No document states that a rejected batch has no effect, so an add is read back before it is halved:
//! items that exist are `Applied`, and only the others are sent. If the first item of a rejected batch was missing and
//! could be created later, the job assumes that rejected requests are atomic. It then halves without reading back.
//!
//! **A write in doubt stays in doubt.** If an attempt may have been applied, a later rejection does not make the
//! outcome `Rejected` but `Unknown`. A delete that is rejected after a lost response is `Applied` if the record is read
//! as deleted. The API lists codes by voucher and vouchers by service, so set [`Bulk::of_vouchers`] or
//! [`Bulk::of_services`]. Without them the outcome is `Unknown`.
//!
//! # Verifying an add
//!
//! There is no idempotency key, so an add whose response was lost is not sent again without a check. The job waits for
//! the [settle time](Bulk::settle), reads back, and decides about each input:
//!
//! * **Applied**: exactly one record in use was created since the first request with the input, and equals the input.
//!   It has every requested property, and null for every omitted one. Vouchers also need an external identifier that no
//!   other input has.
//! * **Missing**: there is no such record, and none that could be it. The input is sent again. After three requests it
//!   is `NotApplied`.
//! * **Unknown**: anything else. Examples are several matches, a record that differs in case or white space only, or
//!   a record without a readable `CreatedUtc`, `Value` or `IsActive`. The input is not sent again.
//!
//! "Since" refers to the server's clock: the `Date` of the read-back, minus the time that has passed on this machine,
//! minus 2 seconds. The 2 seconds are the error of `Date` and `CreatedUtc`, which have whole seconds. The time that has
//! passed is the longer one of the monotonic clock and the system clock, because the monotonic clock can stop while the
//! machine is suspended. The clocks of client and server may differ. Without a `Date`, an input with a matching record
//! is `Unknown`.
//!
//! The read-back reads the listing of the vouchers or services, newest first, down to records that are older than the
//! batch. While it runs, no other batch is sent. The cost depends on the number of records that the batches in flight
//! have created, not on the size of the job. If the server rejects reading a voucher with a 403, only the codes of that
//! voucher are `Unknown`. A 400 shows that the voucher does not exist, so its codes are missing, unless an earlier
//! request is in doubt.
//!
//! # Conditions for creating each item once
//!
//! An add creates each of its items once, or the outcome is `Unknown`, if all of this is true:
//!
//! * A request that was given up takes effect within the settle time or not at all.
//! * A request with the response 409 or 413 has no effect.
//! * In the meantime, no other writer creates the same record: a code with the same value in the same voucher, or a
//!   voucher with the same external identifier or name in the same service. This includes a record that another writer
//!   created up to a few seconds before, or earlier if the system clock of this machine is set forward in the meantime.
//! * If the machine is suspended in the meantime, its system clock continues and is not set back.
//! * The server lists records newest first, as it documents, or the page shows that it does not.
//! * The process survives, or the job has a [`Journal`].
//!
//! Apart from the order of records, no document of the vendor states whether these conditions are met.
//!
//! # Restart
//!
//! [`Bulk::journal`] gives a job a [`Journal`], which records the inputs, each batch before it is sent, and each
//! outcome. [`Bulk::resume`], or the same call with the same inputs, continues the job in another process. It waits for
//! the settle time, then verifies the batches that were in flight. Instead of the time that has passed, the journal has a
//! time of the server, from the `Date` of an earlier response. Without such a time, an input with a matching record is
//! `Unknown`. A journal contains the inputs, such as code values, but no token.
//!
//! # Stopping
//!
//! A [`StopHandle`](crate::StopHandle) in the options of the client asks a job to end early. The requests in flight are
//! finished, and the report contains the known outcomes. Inputs that were not sent are `NotApplied`. The job does not
//! wait for the settle time and reads nothing back, so inputs in doubt are `Unknown`. [`Report::stopped`] returns an
//! error with the kind [`Stopped`](crate::ErrorKind::Stopped). If the job has a journal, the next run settles the
//! inputs in doubt and continues.
//!
//! # The order of a response
//!
//! No document states that created records are returned in the order of the request. Codes are matched to the inputs by
//! voucher and value. Vouchers are matched by all properties of the response. If a record fits two different inputs,
//! both are `Unknown`.

mod add_voucher_codes;
mod add_vouchers;
mod change;
mod engine;
mod job;
mod journal;
mod machine;
mod matching;
mod observer;
mod operation;
mod outcome;
mod past;
mod reading;
mod resume;

pub use job::Bulk;
pub use journal::{FileJournal, Journal, JournalError};
pub use observer::Observer;
pub use outcome::{Counts, Outcome, Rejection, Report};
pub use resume::Resumed;
