//! What the bulk operations have of their own.

use std::hash::Hash;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::client::Client;
use crate::error::{ConstraintViolation, Error};

/// A write that takes a list.
pub(super) trait Operation: Sync {
    /// One item of the list.
    type Input: Clone + Send + Sync;
    /// What an input becomes.
    type Output: Send;
    /// What makes an input the same as another.
    type Key: Hash + Eq;

    /// Resource and action.
    const NAME: &'static str;
    /// The property of the request that holds the list.
    const LIST: &'static str;

    /// The limits that the document sets for an item.
    fn check(input: &Self::Input) -> Result<(), ConstraintViolation>;

    /// What makes it the same as another; `None` if nothing does.
    fn key(input: &Self::Input) -> Option<Self::Key>;

    /// The identifier of what an input became.
    fn id(output: &Self::Output) -> Uuid;

    /// Sends a batch. The outputs stand in the order of the inputs; an input that the answer does not have is `None`.
    fn send(
        &self,
        client: &Client,
        inputs: &[Self::Input],
    ) -> impl Future<Output = Result<Vec<Option<Self::Output>>, Error>> + Send;

    /// Reads back what a batch that was lost has created.
    fn read_back(
        &self,
        client: &Client,
        inputs: &[Self::Input],
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<Found<Self::Output>>, Error>> + Send {
        let _ = (client, since, until);
        let undecided = inputs.iter().map(|_| Found::Undecided).collect();
        async { Ok(undecided) }
    }

    /// What an input is when its write was lost, then sent again, and then refused with a 400: the first time took
    /// effect, if that is what such a refusal means.
    fn refused_again(input: &Self::Input) -> Option<Self::Output> {
        let _ = input;
        None
    }
}

/// What reading back found of an input.
pub(super) enum Found<T> {
    /// It is there.
    Yes(T),
    /// It is not there.
    No,
    /// There is no telling.
    Undecided,
}
