//! Runs a job: batches, halving, verifying, stopping.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tracing::{debug, warn};

use super::observer::Observer;
use super::operation::{Found, Operation};
use super::outcome::{Outcome, Rejection, Report};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::retry::Effect;

/// How far the clocks of this machine and the server may differ when created items are looked for by time.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);
/// How often an add is sent that is not found afterwards.
const MOST_ROUNDS: u32 = 3;
/// After so many failed batches in a row the server is left alone.
const MOST_FAILURES: u32 = 3;

/// A job that runs.
pub(super) struct Engine<'a, O: Operation> {
    pub(super) client: &'a Client,
    pub(super) operation: O,
    pub(super) inputs: Vec<O::Input>,
    pub(super) batch_size: usize,
    pub(super) concurrency: usize,
    pub(super) settle: Duration,
    pub(super) observer: &'a dyn Observer,
}

/// Inputs that are sent together, by their index.
#[derive(Clone)]
struct Batch {
    inputs: Vec<usize>,
    /// Whether a request that held them may have been applied.
    in_doubt: bool,
    /// When the first request that held them was sent.
    since: Option<DateTime<Utc>>,
    rounds: u32,
}

impl Batch {
    fn halves(mut self) -> Vec<Self> {
        let right = self.inputs.split_off(self.inputs.len() / 2);
        let right = Self {
            inputs: right,
            ..self.clone()
        };
        vec![self, right]
    }
}

/// What became of a batch.
struct Step<T> {
    settled: Vec<(usize, Outcome<T>)>,
    again: Vec<Batch>,
    failure: Failure,
}

enum Failure {
    None,
    /// The batch goes on.
    Unsettled,
    /// The server was not in a state to answer; too many of these stop the job.
    Passing(Arc<Error>),
    Final(Arc<Error>),
}

impl<O: Operation> Engine<'_, O> {
    pub(super) async fn run(self) -> Report<O::Output> {
        let mut outcomes: Vec<Option<Outcome<O::Output>>> = Vec::new();
        outcomes.resize_with(self.inputs.len(), || None);
        let mut settle = |input: usize, outcome: Outcome<O::Output>| {
            self.observer.settled(input, &outcome.as_ref().map(O::id));
            outcomes[input] = Some(outcome);
        };

        let mut fit = Vec::with_capacity(self.inputs.len());
        for (index, rejection) in self.unfit() {
            match rejection {
                Some(rejection) => settle(index, Outcome::Rejected(rejection)),
                None => fit.push(index),
            }
        }
        let mut waiting: VecDeque<Batch> = fit
            .chunks(self.batch_size)
            .map(|inputs| Batch {
                inputs: inputs.to_vec(),
                in_doubt: false,
                since: None,
                rounds: 0,
            })
            .collect();

        let mut under_way = FuturesUnordered::new();
        let mut stopped: Option<Arc<Error>> = None;
        let mut failures = 0;
        let mut requests = 0;
        loop {
            while stopped.is_none() && under_way.len() < self.concurrency {
                let Some(batch) = waiting.pop_front() else {
                    break;
                };
                match self.observer.sending(&batch.inputs) {
                    Ok(()) => {
                        requests += 1;
                        under_way.push(self.send(batch));
                    }
                    Err(source) => {
                        let error = Error::new(ErrorKind::InvalidRequest, O::NAME).with(|parts| {
                            parts.sent = false;
                            parts.what = Some("not sent, its intent could not be recorded".into());
                            parts.source = Some(source);
                        });
                        waiting.push_front(batch);
                        stopped = Some(Arc::new(error));
                    }
                }
            }
            let Some(step) = under_way.next().await else {
                break;
            };
            for (input, outcome) in step.settled {
                settle(input, outcome);
            }
            // What was refused goes first, so that a job is through with one thing before it takes the next.
            for batch in step.again.into_iter().rev() {
                waiting.push_front(batch);
            }
            match step.failure {
                Failure::None => failures = 0,
                Failure::Unsettled => {}
                Failure::Passing(error) => {
                    failures += 1;
                    if failures >= MOST_FAILURES {
                        stopped.get_or_insert(error);
                    }
                }
                Failure::Final(error) => {
                    stopped.get_or_insert(error);
                }
            }
            if let Some(error) = &stopped {
                debug!(mews.operation = O::NAME, %error, "the job stops");
            }
        }
        drop(under_way);
        for batch in waiting {
            if let Some(error) = &stopped {
                for input in batch.inputs {
                    settle(input, left_over(batch.in_doubt, error.clone()));
                }
            }
        }
        let outcomes = outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(|| lost_sight_of::<O>()))
            .collect();
        Report {
            outcomes,
            stopped,
            requests,
        }
    }

    /// Every input, with what keeps it from being sent.
    fn unfit(&self) -> Vec<(usize, Option<Rejection>)> {
        let mut seen: HashMap<O::Key, usize> = HashMap::new();
        let mut unfit = Vec::with_capacity(self.inputs.len());
        for (index, input) in self.inputs.iter().enumerate() {
            let rejection = match (O::check(input), O::key(input)) {
                (Err(broken), _) => {
                    let broken = broken.within(&format!("[{index}]")).within(O::LIST);
                    Some(Rejection::Invalid(broken))
                }
                (Ok(()), None) => None,
                (Ok(()), Some(key)) => {
                    let first = *seen.entry(key).or_insert(index);
                    (first != index).then_some(Rejection::Duplicate(first))
                }
            };
            unfit.push((index, rejection));
        }
        unfit
    }

    fn now(&self) -> DateTime<Utc> {
        self.client.core.clock.system_time().into()
    }

    async fn send(&self, mut batch: Batch) -> Step<O::Output> {
        batch.since.get_or_insert(self.now());
        let inputs = self.inputs_of(&batch);
        match self.operation.send(self.client, &inputs).await {
            Ok(outputs) => {
                let settled = batch.inputs.iter().zip(outputs).map(|(input, output)| {
                    (
                        *input,
                        output.map_or_else(|| lost_sight_of::<O>(), Outcome::Applied),
                    )
                });
                Step {
                    settled: settled.collect(),
                    again: Vec::new(),
                    failure: Failure::None,
                }
            }
            Err(error) => self.failed(batch, inputs, error).await,
        }
    }

    fn inputs_of(&self, batch: &Batch) -> Vec<O::Input> {
        batch
            .inputs
            .iter()
            .map(|index| self.inputs[*index].clone())
            .collect()
    }

    async fn failed(
        &self,
        mut batch: Batch,
        inputs: Vec<O::Input>,
        error: Error,
    ) -> Step<O::Output> {
        debug!(mews.operation = O::NAME, mews.items = inputs.len(), %error, "batch failed");
        let creates = !Effect::of(O::NAME).is_idempotent();
        batch.in_doubt |= error.maybe_applied();
        let kind = error.kind();
        let error = Arc::new(error);
        let again = |again| Step {
            settled: Vec::new(),
            again,
            failure: Failure::Unsettled,
        };
        let all = |outcome: &dyn Fn(usize) -> Outcome<O::Output>, failure| Step {
            settled: batch
                .inputs
                .iter()
                .enumerate()
                .map(|(at, input)| (*input, outcome(at)))
                .collect(),
            again: Vec::new(),
            failure,
        };
        if creates && error.maybe_applied() {
            return self.verify(batch, inputs, error).await;
        }
        match kind {
            ErrorKind::RequestTimeout
            | ErrorKind::ContentTooLarge
            | ErrorKind::BadRequest
            | ErrorKind::Forbidden
                if batch.inputs.len() > 1 =>
            {
                again(batch.halves())
            }
            // Alone it cannot be made lighter, but what it says can be said again.
            _ if error.is_splittable()
                && error.maybe_applied()
                && batch.rounds + 1 < MOST_ROUNDS =>
            {
                batch.rounds += 1;
                again(vec![batch])
            }
            _ if error.is_splittable() && error.maybe_applied() => all(
                &|_| Outcome::Unknown(error.clone()),
                Failure::Passing(error.clone()),
            ),
            ErrorKind::BadRequest
            | ErrorKind::Forbidden
            | ErrorKind::RequestTimeout
            | ErrorKind::ContentTooLarge
            | ErrorKind::Conflict => {
                let done = |at: usize| {
                    let repeated = batch.in_doubt && kind == ErrorKind::BadRequest;
                    repeated.then(|| O::refused_again(&inputs[at])).flatten()
                };
                let refused = || Outcome::Rejected(Rejection::Server(error.clone()));
                all(
                    &|at| done(at).map_or_else(refused, Outcome::Applied),
                    Failure::None,
                )
            }
            ErrorKind::Server | ErrorKind::Decode | ErrorKind::Protocol => all(
                &|_| left_over(batch.in_doubt, error.clone()),
                Failure::Passing(error.clone()),
            ),
            ErrorKind::Transport if !error.failed_before_sending() => all(
                &|_| left_over(batch.in_doubt, error.clone()),
                Failure::Passing(error.clone()),
            ),
            _ => all(
                &|_| left_over(batch.in_doubt, error.clone()),
                Failure::Final(error.clone()),
            ),
        }
    }

    /// Finds out what an add has created whose answer was lost, and sends what is missing.
    async fn verify(
        &self,
        mut batch: Batch,
        inputs: Vec<O::Input>,
        error: Arc<Error>,
    ) -> Step<O::Output> {
        warn!(
            mews.operation = O::NAME,
            mews.items = inputs.len(),
            mews.settle_ms = u64::try_from(self.settle.as_millis()).unwrap_or(u64::MAX),
            %error,
            "an add may have been applied; reading back"
        );
        self.client.core.clock.sleep(self.settle).await;
        batch.rounds += 1;
        let (sent, now) = (batch.since.unwrap_or_else(|| self.now()), self.now());
        let found = self
            .operation
            .read_back(
                self.client,
                &inputs,
                sent - CLOCKS_DIFFER,
                now + CLOCKS_DIFFER,
            )
            .await;
        let found = match found {
            Ok(found) => found,
            Err(unreadable) => {
                let settled = batch
                    .inputs
                    .iter()
                    .map(|input| (*input, Outcome::Unknown(error.clone())));
                let failure = Failure::Final(Arc::new(unreadable));
                return Step {
                    settled: settled.collect(),
                    again: Vec::new(),
                    failure,
                };
            }
        };
        let mut settled = Vec::new();
        let mut missing = Vec::new();
        let all_found = found.iter().all(|found| !matches!(found, Found::No));
        for (input, found) in batch.inputs.iter().zip(found) {
            match found {
                Found::Yes(output) => settled.push((*input, Outcome::Applied(output))),
                Found::Undecided => settled.push((*input, Outcome::Unknown(error.clone()))),
                Found::No if batch.rounds < MOST_ROUNDS => missing.push(*input),
                Found::No => settled.push((*input, Outcome::NotApplied(error.clone()))),
            }
        }
        // What is not there after the settle time was not applied; that is the condition.
        batch.in_doubt = false;
        batch.inputs = missing;
        let again = match (error.is_splittable(), batch.inputs.len()) {
            (_, 0) => Vec::new(),
            (true, 2..) => batch.halves(),
            _ => vec![batch],
        };
        let failure = match (all_found, again.is_empty()) {
            (true, _) => Failure::None,
            (false, true) => Failure::Passing(error),
            (false, false) => Failure::Unsettled,
        };
        Step {
            settled,
            again,
            failure,
        }
    }
}

fn left_over<T>(in_doubt: bool, error: Arc<Error>) -> Outcome<T> {
    if in_doubt {
        Outcome::Unknown(error)
    } else {
        Outcome::NotApplied(error)
    }
}

/// An input that the answer to its request does not have.
fn lost_sight_of<O: Operation>() -> Outcome<O::Output> {
    let error = Error::new(ErrorKind::Protocol, O::NAME).with(|parts| {
        parts.what =
            Some("the server took the request, but its answer does not have this item".into());
        parts.creates = !Effect::of(O::NAME).is_idempotent();
        parts.maybe_applied = true;
    });
    Outcome::Unknown(Arc::new(error))
}
