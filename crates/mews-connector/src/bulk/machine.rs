//! The decisions of a job, as a state machine without I/O.
//!
//! The machine refers to inputs by their index. It returns commands, receives the results, and decides the verdict of
//! each input. The engine executes the commands.

use std::collections::{HashSet, VecDeque};

/// The maximum number of requests with an add that was not applied.
const MAX_ROUNDS: u32 = 3;
/// After this number of failed batches in a row the job stops.
const MAX_FAILURES: u32 = 3;
/// The number of extra requests that halving may spend on one batch, in addition to the read-back before the first
/// halving.
const MAX_EXTRA_PER_BATCH: u32 = 63;
/// The number of extra requests that halving may spend on a job.
const MAX_EXTRA_PER_JOB: u32 = 1_000;

/// The kind of write. The decisions depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It creates records. A repeated request creates them again.
    Create,
    /// It sets values. A repeated request sets the same values again.
    Update,
    /// It deletes records. A repeated request may be rejected, because the record is deleted already.
    Delete {
        /// Whether records can be read back by their IDs.
        readable: bool,
    },
}

/// The cause of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// 400 or 403: an item of the batch is rejected.
    Rejected,
    /// 409: the data has changed.
    Conflict,
    /// 408 or 413: the batch is too large.
    TooLarge,
    /// The server failed, or its response was lost or is unreadable.
    Lost,
    /// No other request can succeed, for example because the tokens are rejected.
    Fatal,
}

/// A failed request.
#[derive(Clone, Debug)]
pub(super) struct Failed<E> {
    pub(super) cause: Cause,
    /// Whether the request may have been applied.
    pub(super) doubt: bool,
    pub(super) error: E,
}

/// The result of sending a batch.
#[derive(Clone, Debug)]
pub(super) enum Sent<E> {
    /// The server applied the batch. An input without a record in the response has an error.
    Applied(Vec<Result<(), E>>),
    Failed(Failed<E>),
}

/// The evidence of a read-back about an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The write was applied.
    Applied,
    /// The write was not applied.
    Missing,
    /// The server rejects reading the parent of the record with a 400, because it does not exist.
    Unreadable,
    /// Neither can be proven.
    Undecided,
}

/// The final decision about an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict<E> {
    Applied,
    NotApplied(E),
    Rejected(E),
    Unknown(E),
}

/// Inputs that are sent together, by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) inputs: Vec<usize>,
    /// Whether an earlier request with these inputs may have been applied.
    doubt: bool,
    /// The number of requests with exactly these inputs so far.
    rounds: u32,
    /// The account that halving is charged to.
    account: usize,
}

impl Batch {
    fn split(mut self) -> [Self; 2] {
        let right = self.inputs.split_off(self.inputs.len() / 2);
        self.rounds = 0;
        let right = Self {
            inputs: right,
            ..self.clone()
        };
        [self, right]
    }
}

/// A step that the engine executes.
#[derive(Clone, Debug)]
pub(super) enum Command<E> {
    /// Send the batch, then call [`Machine::sent`].
    Send(Batch),
    /// Read back the effect of the batch, then call [`Machine::read`].
    ReadBack(ReadBack<E>),
}

/// A batch whose effect has to be read back.
#[derive(Clone, Debug)]
pub(super) struct ReadBack<E> {
    pub(super) batch: Batch,
    /// Whether to wait for the settle time first, because a request may still take effect.
    pub(super) settle: bool,
    reason: Failed<E>,
}

/// Verdicts, each with the index of its input.
pub(super) type Verdicts<E> = Vec<(usize, Verdict<E>)>;

/// The state of a job.
pub(super) struct Machine<E> {
    kind: Kind,
    concurrency: usize,
    waiting: VecDeque<Batch>,
    reads: VecDeque<ReadBack<E>>,
    in_flight: usize,
    /// The number of batches that are being read back.
    reading: usize,
    /// The largest batch that is sent, which a 408 or 413 lowers.
    max_items: usize,
    failures: u32,
    stopped: Option<E>,
    /// The extra requests of halving, by account and in total.
    extra: Vec<u32>,
    extra_total: u32,
    /// Inputs that came first in a rejected batch and were read back as missing.
    leading: HashSet<usize>,
    /// Whether a rejected request is known to have no effect: the first item of a rejected batch was missing
    /// afterwards, and a later request showed that it is valid.
    atomic: bool,
    /// Whether a rejected request was applied in part.
    partial: bool,
}

impl<E: Clone> Machine<E> {
    pub(super) fn new(kind: Kind, batch_size: usize, concurrency: usize) -> Self {
        Self {
            kind,
            concurrency: concurrency.max(1),
            waiting: VecDeque::new(),
            reads: VecDeque::new(),
            in_flight: 0,
            reading: 0,
            max_items: batch_size.max(1),
            failures: 0,
            stopped: None,
            extra: Vec::new(),
            extra_total: 0,
            leading: HashSet::new(),
            atomic: false,
            partial: false,
        }
    }

    /// Adds inputs that no request has contained yet.
    pub(super) fn add(&mut self, inputs: &[usize]) {
        self.enqueue(inputs, false);
    }

    /// Adds inputs that an earlier run has sent, with an unknown result. The settle time is over.
    pub(super) fn add_in_doubt(&mut self, inputs: &[usize], error: &E) {
        if self.kind != Kind::Create {
            return self.enqueue(inputs, true);
        }
        for inputs in inputs.chunks(self.max_items) {
            let batch = self.batch(inputs, true);
            self.reads.push_back(ReadBack {
                batch,
                settle: false,
                reason: Failed {
                    cause: Cause::Lost,
                    doubt: true,
                    error: error.clone(),
                },
            });
        }
    }

    fn enqueue(&mut self, inputs: &[usize], doubt: bool) {
        for inputs in inputs.chunks(self.max_items) {
            let batch = self.batch(inputs, doubt);
            self.waiting.push_back(batch);
        }
    }

    fn batch(&mut self, inputs: &[usize], doubt: bool) -> Batch {
        self.extra.push(0);
        Batch {
            inputs: inputs.to_vec(),
            doubt,
            rounds: 0,
            account: self.extra.len() - 1,
        }
    }

    /// Returns the next step, or `None` if a result is needed first or the job has ended.
    ///
    /// While a batch of an add is being read back, no other batch is sent. Then few other records are created in the
    /// meantime, and the read-back stays short.
    pub(super) fn next(&mut self) -> Option<Command<E>> {
        if self.in_flight >= self.concurrency {
            return None;
        }
        if let Some(read) = self.reads.pop_front() {
            self.in_flight += 1;
            self.reading += 1;
            return Some(Command::ReadBack(read));
        }
        if self.stopped.is_some() || (self.kind == Kind::Create && self.reading > 0) {
            return None;
        }
        let mut batch = self.waiting.pop_front()?;
        if batch.inputs.len() > self.max_items {
            let rest = batch.inputs.split_off(self.max_items);
            self.waiting.push_front(Batch {
                inputs: rest,
                ..batch.clone()
            });
        }
        self.in_flight += 1;
        Some(Command::Send(batch))
    }

    /// Withdraws a batch that was not sent, and stops the job.
    pub(super) fn withdraw(&mut self, batch: Batch, error: E) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.waiting.push_front(batch);
        self.stop(error);
    }

    /// Stops the job: nothing more is sent, but what is in doubt is still read back.
    pub(super) fn stop(&mut self, error: E) {
        self.stopped.get_or_insert(error);
    }

    /// Returns the error that stopped the job.
    pub(super) fn stopped(&self) -> Option<&E> {
        self.stopped.as_ref()
    }

    /// Takes the result of [`Command::Send`].
    pub(super) fn sent(&mut self, mut batch: Batch, result: Sent<E>) -> Verdicts<E> {
        self.in_flight = self.in_flight.saturating_sub(1);
        batch.rounds += 1;
        match result {
            Sent::Applied(items) => {
                self.failures = 0;
                let items = batch.inputs.into_iter().zip(items);
                items
                    .map(|(input, item)| match item {
                        Ok(()) => {
                            self.atomic |= !self.partial && self.leading.contains(&input);
                            (input, Verdict::Applied)
                        }
                        Err(error) => (input, Verdict::Unknown(error)),
                    })
                    .collect()
            }
            Sent::Failed(failed) => {
                batch.doubt |= failed.doubt;
                self.failed(batch, failed)
            }
        }
    }

    fn failed(&mut self, batch: Batch, failed: Failed<E>) -> Verdicts<E> {
        let is_single = batch.inputs.len() == 1;
        match (self.kind, failed.cause) {
            (_, Cause::Fatal) => {
                self.stop(failed.error.clone());
                left_over(&batch, &failed.error)
            }
            (Kind::Create, _) if batch.doubt => self.read_back(batch, failed, true),
            // No document states that a rejected batch had no effect.
            (Kind::Create, Cause::Rejected) if !is_single && !self.atomic => {
                self.read_back(batch, failed, false)
            }
            (Kind::Delete { readable: true }, cause)
                if batch.doubt
                    && (cause != Cause::TooLarge || (is_single && batch.rounds >= MAX_ROUNDS)) =>
            {
                self.read_back(batch, failed, true)
            }
            _ => self.proceed(batch, failed),
        }
    }

    fn read_back(&mut self, batch: Batch, reason: Failed<E>, settle: bool) -> Verdicts<E> {
        self.reads.push_back(ReadBack {
            batch,
            settle,
            reason,
        });
        Vec::new()
    }

    /// Takes the result of [`Command::ReadBack`]: the evidence for each input, or the error of the read-back.
    pub(super) fn read(
        &mut self,
        read: ReadBack<E>,
        result: Result<&[Evidence], E>,
    ) -> Verdicts<E> {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.reading = self.reading.saturating_sub(1);
        let ReadBack {
            mut batch, reason, ..
        } = read;
        let evidence = match result {
            Ok(evidence) => evidence,
            Err(error) => {
                self.stop(error);
                return all(&batch, &Verdict::Unknown(reason.error));
            }
        };
        let mut verdicts = Vec::new();
        let mut missing = Vec::new();
        let leads = evidence.first() == Some(&Evidence::Missing);
        for (input, evidence) in batch.inputs.iter().zip(evidence) {
            match evidence {
                Evidence::Applied => verdicts.push((*input, Verdict::Applied)),
                Evidence::Missing => missing.push(*input),
                // A parent that does not exist has no such record, unless an earlier request is in doubt.
                Evidence::Unreadable if !batch.doubt => missing.push(*input),
                Evidence::Unreadable | Evidence::Undecided => {
                    verdicts.push((*input, Verdict::Unknown(reason.error.clone())));
                }
            }
        }
        let progress = evidence.contains(&Evidence::Applied);
        if reason.cause == Cause::Rejected {
            self.partial |= progress;
            self.leading.extend(missing.first().filter(|_| leads));
        }
        // An input that is missing after the settle time was not applied: this is a condition of the module.
        batch.inputs = missing;
        batch.doubt = false;
        if progress {
            self.failures = 0;
        } else if reason.cause == Cause::Lost && batch.rounds > 0 {
            // A batch of an earlier process shows nothing about the current state of the server.
            self.failure(&reason.error);
        }
        if batch.inputs.is_empty() {
            return verdicts;
        }
        verdicts.extend(match reason.cause {
            Cause::Lost if batch.rounds < MAX_ROUNDS && self.kind == Kind::Create => {
                self.again(batch);
                Vec::new()
            }
            Cause::Lost => left_over(&batch, &reason.error),
            // The rest may be accepted now. If it is rejected again, it is halved.
            Cause::Rejected if progress => {
                if self.spend(batch.account, 1) {
                    batch.rounds = 0;
                    self.again(batch);
                    Vec::new()
                } else {
                    left_over(&batch, &reason.error)
                }
            }
            _ => self.proceed(batch, reason),
        });
        verdicts
    }

    /// Splits a failed batch, sends it again, or decides about it.
    fn proceed(&mut self, batch: Batch, failed: Failed<E>) -> Verdicts<E> {
        let items = batch.inputs.len();
        match failed.cause {
            Cause::TooLarge if items > 1 => {
                self.max_items = self.max_items.min(items / 2);
                self.split(batch);
                Vec::new()
            }
            // A single item cannot be split, but the server may be faster later.
            Cause::TooLarge if failed.doubt && batch.rounds < MAX_ROUNDS => {
                self.again(batch);
                Vec::new()
            }
            Cause::TooLarge if failed.doubt => {
                self.failure(&failed.error);
                left_over(&batch, &failed.error)
            }
            Cause::Rejected if items > 1 => {
                self.failures = 0;
                if self.spend(batch.account, 2) {
                    self.split(batch);
                    Vec::new()
                } else {
                    left_over(&batch, &failed.error)
                }
            }
            Cause::Rejected | Cause::TooLarge if !batch.doubt => {
                self.failures = 0;
                all(&batch, &Verdict::Rejected(failed.error))
            }
            Cause::Rejected | Cause::TooLarge | Cause::Conflict => {
                self.failures = 0;
                left_over(&batch, &failed.error)
            }
            Cause::Lost => {
                self.failure(&failed.error);
                left_over(&batch, &failed.error)
            }
            Cause::Fatal => {
                self.stop(failed.error.clone());
                left_over(&batch, &failed.error)
            }
        }
    }

    fn again(&mut self, batch: Batch) {
        self.waiting.push_front(batch);
    }

    fn split(&mut self, batch: Batch) {
        let [left, right] = batch.split();
        self.waiting.push_front(right);
        self.waiting.push_front(left);
    }

    fn failure(&mut self, error: &E) {
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            self.stop(error.clone());
        }
    }

    /// Returns `true` if the budgets of the account and of the job allow the extra requests, and charges them. A
    /// request that has to be read back if it is rejected is charged with its read-back.
    fn spend(&mut self, account: usize, requests: u32) -> bool {
        let reads = self.kind == Kind::Create && !self.atomic;
        let cost = if reads { 2 * requests } else { requests };
        let spent = &mut self.extra[account];
        if *spent + cost > MAX_EXTRA_PER_BATCH || self.extra_total + cost > MAX_EXTRA_PER_JOB {
            return false;
        }
        *spent += cost;
        self.extra_total += cost;
        true
    }

    /// Decides about the remaining inputs, after the job has stopped and nothing is in flight.
    pub(super) fn finish(&mut self) -> Verdicts<E> {
        let Some(error) = self.stopped.clone() else {
            return Vec::new();
        };
        let waiting = std::mem::take(&mut self.waiting);
        waiting
            .iter()
            .flat_map(|batch| left_over(batch, &error))
            .collect()
    }
}

/// Returns the verdict of inputs that are given up. It is unknown if they are in doubt.
fn left_over<E: Clone>(batch: &Batch, error: &E) -> Verdicts<E> {
    let verdict = if batch.doubt {
        Verdict::Unknown(error.clone())
    } else {
        Verdict::NotApplied(error.clone())
    };
    all(batch, &verdict)
}

fn all<E: Clone>(batch: &Batch, verdict: &Verdict<E>) -> Verdicts<E> {
    let inputs = batch.inputs.iter();
    inputs.map(|input| (*input, verdict.clone())).collect()
}

#[cfg(test)]
mod tests;
