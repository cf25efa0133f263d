//! The differences between the bulk operations.

use std::hash::Hash;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::machine::{Evidence, Kind};
use super::reading::Window;
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};

/// A write that takes a list. All traffic of a job passes through [`Self::send`], [`Self::read_back`] and
/// [`Self::server_time`].
pub(super) trait Operation: Sync {
    /// One item of the list.
    type Input: Clone + Serialize + DeserializeOwned + Send + Sync;
    /// The result of an input.
    type Output: Clone + Serialize + DeserializeOwned + Send;
    /// The identity of an input. Inputs with equal keys are duplicates.
    type Key: Hash + Eq;

    /// The path of the operation.
    const NAME: &'static str;
    /// The property of the request that contains the list.
    const LIST: &'static str;
    /// Whether an input that repeats an earlier one has the same outcome. Otherwise it is rejected.
    const SHARES_OUTCOME: bool = false;

    /// Returns the kind of write.
    fn kind(&self) -> Kind;

    /// Checks the constraints of an item.
    fn check(input: &Self::Input) -> Result<(), ConstraintViolation>;

    /// Returns the identity of an input, or `None` if inputs have none.
    fn key(input: &Self::Input) -> Option<Self::Key>;

    /// Returns the ID of the record of an output.
    fn id(output: &Self::Output) -> Uuid;

    /// Returns the parents by which records are read back, which a journal keeps.
    fn parents(&self) -> Vec<Uuid> {
        Vec::new()
    }

    /// Sends a batch.
    fn send(
        &self,
        client: &Client,
        inputs: &[Self::Input],
    ) -> impl Future<Output = Result<Reply<Self::Output>, Error>> + Send;

    /// Reads back the effect of a batch: the evidence for each input, with the record if it was applied.
    fn read_back(
        &self,
        client: &Client,
        inputs: &[Self::Input],
        window: &Window<'_>,
    ) -> impl Future<Output = Result<Vec<Judged<Self::Output>>, Error>> + Send {
        let _ = (client, window);
        let undecided = inputs.iter().map(|_| (Evidence::Undecided, None)).collect();
        async { Ok(undecided) }
    }

    /// Reads the server's time with the cheapest read that is related to the input.
    fn server_time(
        &self,
        client: &Client,
        input: &Self::Input,
    ) -> impl Future<Output = Option<DateTime<Utc>>> + Send {
        let _ = (client, input);
        async { None }
    }
}

/// The evidence for an input, with the record if it was applied.
pub(super) type Judged<T> = (Evidence, Option<T>);

/// The response to a batch.
pub(super) struct Reply<T> {
    /// The outputs in the order of the inputs. An input without a record in the response has none.
    pub(super) outputs: Vec<Option<T>>,
    pub(super) date: Option<DateTime<Utc>>,
}
