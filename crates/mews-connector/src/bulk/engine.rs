//! The execution of the commands of the machine: sending, waiting, reading back, and recording.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::StatusCode;
use tracing::{debug, error, warn};

use super::journal::{Journal, JournalError, Line};
use super::machine::{
    Batch, Cause, Command, Failed, Kind, Machine, ReadBack, Sent, Verdict, Verdicts,
};
use super::observer::Observer;
use super::operation::{Judged, Operation, Reply};
use super::outcome::{Outcome, Rejection, Report};
use super::past::{self, Past, Track, append, guarded, line_of};
use super::reading::{FirstSent, Known, Moment, Window};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::response::date_of;
use crate::sending::millis;
use crate::stop::{StopHandle, stop_error, stopped};

/// A job that runs.
pub(super) struct Engine<'a, O: Operation> {
    pub(super) client: &'a Client,
    pub(super) operation: O,
    pub(super) inputs: Vec<O::Input>,
    pub(super) batch_size: usize,
    pub(super) concurrency: usize,
    pub(super) settle: Duration,
    pub(super) observer: &'a dyn Observer,
    pub(super) journal: Option<&'a dyn Journal>,
}

/// The state of a job that runs.
struct State<T> {
    machine: Machine<Arc<Error>>,
    outcomes: Vec<Option<Outcome<T>>>,
    tracks: Vec<Option<Track>>,
    /// The `Date` of the last response that had one.
    server: Option<DateTime<Utc>>,
    requests: u64,
}

/// A command with the data for its execution.
enum Task<'a> {
    Send(Batch),
    ReadBack(ReadBack<Arc<Error>>, Window<'a>),
}

/// The result of a command.
enum Done<T> {
    Sent(Batch, Result<Reply<T>, Error>),
    Read(ReadBack<Arc<Error>>, Result<Vec<Judged<T>>, Error>),
}

impl<O: Operation> Engine<'_, O> {
    pub(super) async fn run(self, past: Past<O::Output>) -> Report<O::Output> {
        let in_doubt = past.in_doubt();
        let known = past.known;
        let mut state = State {
            machine: Machine::new(self.operation.kind(), self.batch_size, self.concurrency),
            outcomes: past.outcomes,
            tracks: past.tracks,
            server: None,
            requests: 0,
        };
        let repeats = self.sort_out(&mut state, &in_doubt);
        if self.journal.is_some() && self.operation.kind() == Kind::Create {
            self.synchronize(&mut state, &in_doubt).await;
        }

        let mut in_flight = FuturesUnordered::new();
        loop {
            if self.stop().is_some_and(StopHandle::is_stopped) {
                state.machine.stop(Arc::new(stop_error(O::NAME)));
            }
            while let Some(command) = state.machine.next() {
                let task = match command {
                    Command::Send(batch) => match self.announce(&mut state, &batch, &known) {
                        Ok(()) => Task::Send(batch),
                        Err(error) => {
                            state.machine.withdraw(batch, Arc::new(error));
                            continue;
                        }
                    },
                    Command::ReadBack(read) => {
                        let window = self.window(&state, &read.batch, &known);
                        Task::ReadBack(read, window)
                    }
                };
                in_flight.push(self.carry_out(task));
            }
            let Some(done) = in_flight.next().await else {
                break;
            };
            self.take(&mut state, done, &known);
        }
        drop(in_flight);
        let rest = state.machine.finish();
        self.settle(&mut state, rest, HashMap::new(), &known);
        for (input, first) in repeats {
            let outcome = state.outcomes[first].clone();
            if let Some(outcome) = outcome {
                self.notify(input, &outcome);
                state.outcomes[input] = Some(outcome);
            }
        }
        let outcomes = state.outcomes.into_iter();
        Report {
            outcomes: outcomes
                .map(|outcome| outcome.unwrap_or_else(|| Outcome::Unknown(unrecognized::<O>())))
                .collect(),
            stopped: state.machine.stopped().cloned(),
            requests: state.requests,
        }
    }

    /// Passes the inputs to send to the machine, and settles those that cannot be sent. Returns the inputs that have
    /// the outcome of an earlier one.
    fn sort_out(&self, state: &mut State<O::Output>, in_doubt: &[usize]) -> Vec<(usize, usize)> {
        let mut seen: HashMap<O::Key, usize> = HashMap::new();
        let mut repeats = Vec::new();
        let mut fresh = Vec::new();
        for (index, input) in self.inputs.iter().enumerate() {
            let key = O::key(input);
            let first = key.map_or(index, |key| *seen.entry(key).or_insert(index));
            let rejection = if let Err(violation) = O::check(input) {
                let violation = violation.within(&format!("[{index}]")).within(O::LIST);
                Some(Rejection::Invalid(violation))
            } else if first != index && O::SHARES_OUTCOME {
                repeats.push((index, first));
                continue;
            } else {
                (first != index).then_some(Rejection::Duplicate(first))
            };
            if let Some(rejection) = rejection {
                let outcome = Outcome::Rejected(rejection);
                self.notify(index, &outcome);
                state.outcomes[index] = Some(outcome);
            } else if state.outcomes[index].is_none() && state.tracks[index].is_none() {
                fresh.push(index);
            }
        }
        state.machine.add_in_doubt(in_doubt, &interrupted::<O>());
        state.machine.add(&fresh);
        repeats
    }

    /// Reads the server's time for the journal. If an earlier process sent inputs with an unknown result, it also waits
    /// for the settle time. The journal does not show when the last of these requests was sent: a request can wait for
    /// the rate limit or for a retry after it is recorded.
    async fn synchronize(&self, state: &mut State<O::Output>, in_doubt: &[usize]) {
        let open = state.outcomes.iter().position(Option::is_none);
        let Some(input) = in_doubt.first().copied().or(open) else {
            return;
        };
        let input = &self.inputs[input];
        state.server = self.operation.server_time(self.client, input).await;
        if !in_doubt.is_empty() {
            // After a request to stop, reading back fails.
            let (Ok(()) | Err(_)) = self.wait_to_settle(in_doubt.len()).await;
        }
    }

    /// Waits for the settle time. A read-back without the wait could miss a record that is created later.
    async fn wait_to_settle(&self, items: usize) -> Result<(), Error> {
        warn!(
            mews.operation = O::NAME,
            mews.items = items,
            mews.settle_ms = millis(self.settle),
            "a write may have been applied; waiting for the settle time, then reading back"
        );
        tokio::select! {
            biased;
            () = stopped(self.stop()) => Err(stop_error(O::NAME)),
            () = self.client.core.clock.sleep(self.settle) => Ok(()),
        }
    }

    fn stop(&self) -> Option<&StopHandle> {
        self.client.options.stop.as_ref()
    }

    /// Records that a batch is about to be sent.
    fn announce(
        &self,
        state: &mut State<O::Output>,
        batch: &Batch,
        known: &Known,
    ) -> Result<(), Error> {
        guarded(|| self.observer.sending(&batch.inputs))
            .map_err(|source| unrecorded::<O>("the observer returned an error", source))?;
        let now = Moment::now(&*self.client.core.clock);
        if let Some(journal) = self.journal {
            let line = Line::Sending {
                inputs: batch.inputs.clone(),
                after: state.server,
            };
            append(journal, &[line.to_json()]).map_err(journal_failed::<O>)?;
        }
        let older = known.count();
        for input in &batch.inputs {
            state.tracks[*input].get_or_insert(Track {
                first_sent: FirstSent::Here(now),
                older,
            });
        }
        state.requests += 1;
        Ok(())
    }

    fn window<'k>(
        &'k self,
        state: &State<O::Output>,
        batch: &Batch,
        known: &'k Known,
    ) -> Window<'k> {
        let tracks: Vec<Track> = batch
            .inputs
            .iter()
            .map(|input| {
                state.tracks[*input].unwrap_or(Track {
                    first_sent: FirstSent::Earlier(None),
                    older: 0,
                })
            })
            .collect();
        Window {
            clock: &*self.client.core.clock,
            first_sent: tracks.iter().map(|track| track.first_sent).collect(),
            known,
            older: tracks.iter().map(|track| track.older).min().unwrap_or(0),
        }
    }

    async fn carry_out(&self, task: Task<'_>) -> Done<O::Output> {
        match task {
            Task::Send(batch) => {
                let inputs = self.inputs_of(&batch);
                let result = self.operation.send(self.client, &inputs).await;
                Done::Sent(batch, result)
            }
            Task::ReadBack(read, window) => {
                if read.settle
                    && let Err(error) = self.wait_to_settle(read.batch.inputs.len()).await
                {
                    return Done::Read(read, Err(error));
                }
                let inputs = self.inputs_of(&read.batch);
                let judged = self.operation.read_back(self.client, &inputs, &window);
                Done::Read(read, judged.await)
            }
        }
    }

    fn inputs_of(&self, batch: &Batch) -> Vec<O::Input> {
        let inputs = batch.inputs.iter();
        inputs.map(|index| self.inputs[*index].clone()).collect()
    }

    /// Passes a result to the machine, and settles its verdicts.
    fn take(&self, state: &mut State<O::Output>, done: Done<O::Output>, known: &Known) {
        let mut outputs = HashMap::new();
        let verdicts = match done {
            Done::Sent(batch, result) => {
                let date = match &result {
                    Ok(reply) => reply.date,
                    Err(error) => date_of(error.headers()),
                };
                state.server = date.or(state.server);
                let sent = match result {
                    Ok(reply) => {
                        let items = batch.inputs.iter().zip(reply.outputs);
                        let items = items.map(|(input, output)| match output {
                            Some(output) => {
                                outputs.insert(*input, output);
                                Ok(())
                            }
                            None => Err(unrecognized::<O>()),
                        });
                        Sent::Applied(items.collect())
                    }
                    Err(error) => {
                        debug!(
                            mews.operation = O::NAME,
                            mews.items = batch.inputs.len(),
                            %error,
                            "batch failed"
                        );
                        Sent::Failed(failed(error))
                    }
                };
                state.machine.sent(batch, sent)
            }
            Done::Read(read, Ok(judged)) => {
                let mut evidence = Vec::with_capacity(judged.len());
                for (input, (shown, output)) in read.batch.inputs.iter().zip(judged) {
                    evidence.push(shown);
                    match output {
                        Some(output) => {
                            outputs.insert(*input, output);
                        }
                        // An input that was not applied counts as not sent until it is sent again.
                        None if shown == super::machine::Evidence::Missing => {
                            state.tracks[*input] = None;
                        }
                        None => {}
                    }
                }
                state.machine.read(read, Ok(&evidence))
            }
            Done::Read(read, Err(error)) => state.machine.read(read, Err(Arc::new(error))),
        };
        self.settle(state, verdicts, outputs, known);
    }

    /// Records verdicts as outcomes.
    fn settle(
        &self,
        state: &mut State<O::Output>,
        verdicts: Verdicts<Arc<Error>>,
        mut outputs: HashMap<usize, O::Output>,
        known: &Known,
    ) {
        let outcome = |(input, verdict)| {
            let outcome = match verdict {
                Verdict::Applied => match outputs.remove(&input) {
                    Some(output) => Outcome::Applied(output),
                    None => Outcome::Unknown(unrecognized::<O>()),
                },
                Verdict::NotApplied(error) => Outcome::NotApplied(error),
                Verdict::Rejected(error) => Outcome::Rejected(Rejection::Server(error)),
                Verdict::Unknown(error) => Outcome::Unknown(doubtful(error)),
            };
            (input, outcome)
        };
        let outcomes: Vec<(usize, Outcome<O::Output>)> =
            verdicts.into_iter().map(outcome).collect();
        if let Some(journal) = self.journal
            && !outcomes.is_empty()
        {
            let lines = outcomes
                .iter()
                .filter_map(|(input, outcome)| line_of::<O>(*input, outcome));
            let lines: Vec<_> = lines.map(|line| line.to_json()).collect();
            if let Err(error) = append(journal, &lines) {
                state.machine.stop(Arc::new(journal_failed::<O>(error)));
            }
        }
        let applied = outcomes.iter().filter_map(|(_, outcome)| outcome.applied());
        known.learn(applied.map(O::id));
        for (input, outcome) in outcomes {
            self.notify(input, &outcome);
            state.outcomes[input] = Some(outcome);
        }
        if let Some(error) = state.machine.stopped() {
            debug!(mews.operation = O::NAME, %error, "the job stops");
        }
    }

    fn notify(&self, input: usize, outcome: &Outcome<O::Output>) {
        let notified = guarded(|| {
            self.observer
                .settled(input, &outcome.as_ref().map(|output| O::id(output)));
            Ok(())
        });
        if notified.is_err() {
            error!(
                mews.operation = O::NAME,
                mews.input = input,
                "the observer panicked"
            );
        }
    }

    /// Returns the report of a job whose journal cannot be used. Nothing is sent. Unless the journal is empty, an
    /// earlier process may have sent the inputs.
    pub(super) fn not_started(self, error: JournalError) -> Report<O::Output> {
        let error = Arc::new(journal_failed::<O>(error));
        let is_new = self.journal.is_some_and(past::is_empty);
        let outcome = |_| {
            if is_new {
                Outcome::NotApplied(error.clone())
            } else {
                Outcome::Unknown(error.clone())
            }
        };
        Report {
            outcomes: self.inputs.iter().map(outcome).collect(),
            stopped: Some(error.clone()),
            requests: 0,
        }
    }
}

/// Returns the meaning of an error for a job.
fn failed(error: Error) -> Failed<Arc<Error>> {
    let doubt = error.maybe_applied();
    let cause = match error.kind() {
        ErrorKind::Conflict => Cause::Conflict,
        ErrorKind::Unconfirmed if error.status() == Some(StatusCode::CONFLICT) => Cause::Conflict,
        ErrorKind::BadRequest | ErrorKind::Forbidden | ErrorKind::Unconfirmed => Cause::Rejected,
        ErrorKind::RequestTimeout | ErrorKind::ContentTooLarge => Cause::TooLarge,
        ErrorKind::Server | ErrorKind::Decode => Cause::Lost,
        ErrorKind::Transport if !error.failed_before_sending() => Cause::Lost,
        ErrorKind::Protocol if doubt => Cause::Lost,
        _ => Cause::Fatal,
    };
    Failed {
        cause,
        doubt,
        error: Arc::new(error),
    }
}

fn unrecorded<O: Operation>(what: &str, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(ErrorKind::InvalidRequest, O::NAME).with(|parts| {
        parts.sent = false;
        parts.what = Some(format!("not sent, {what}"));
        parts.source = Some(source);
    })
}

fn journal_failed<O: Operation>(error: JournalError) -> Error {
    unrecorded::<O>(&error.to_string(), error.into())
}

/// Returns the error of an input that is unknown. If the last request was rejected, an earlier one is the reason.
fn doubtful(error: Arc<Error>) -> Arc<Error> {
    if error.maybe_applied() {
        return error;
    }
    let kind = error.kind();
    let unconfirmed = Error::new(kind, error.operation().to_owned()).with(|parts| {
        parts.message = error.message().map(str::to_owned);
        parts.status = error.status();
        parts.headers = error.headers().clone();
        parts.request_id = error.request_id().map(str::to_owned);
        parts.source = Some(Box::new(error));
    });
    Arc::new(unconfirmed.after_doubt())
}

/// Returns the error of an input without a record in the response to its request.
fn unrecognized<O: Operation>() -> Arc<Error> {
    in_doubt::<O>(
        ErrorKind::Protocol,
        "the server accepted the request, but the response does not contain this item",
    )
}

/// Returns the error of an input whose request an earlier process sent.
fn interrupted<O: Operation>() -> Arc<Error> {
    in_doubt::<O>(
        ErrorKind::Transport,
        "the process ended before a response was recorded",
    )
}

fn in_doubt<O: Operation>(kind: ErrorKind, what: &str) -> Arc<Error> {
    let error = Error::new(kind, O::NAME).with(|parts| {
        parts.what = Some(what.into());
        parts.creates = !crate::request::effect_of(O::NAME).is_idempotent();
        parts.maybe_applied = true;
    });
    Arc::new(error)
}
