//! Lists of identifiers that one request can hold.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{ConstraintViolation, invalid};

/// How many items one request takes (the operation pages: "max 1000 items").
pub const MOST_ITEMS: usize = 1000;

/// 1 to 1000 identifiers, which is what a filter takes.
///
/// An array becomes one by itself, and the compiler counts it; a list whose length is known only when the program
/// runs is checked by [`Ids::new`].
///
/// ```
/// use mews_connector::{Ids, types::VoucherId};
///
/// let voucher: VoucherId = "d15c0000-0000-4000-8000-000000000001".parse()?;
/// let one: Ids<VoucherId> = [voucher].into();
/// assert_eq!(one.len(), 1);
/// let none = Ids::new(Vec::<VoucherId>::new()).unwrap_err();
/// assert_eq!(none.to_string(), "`identifiers` has 0 items; allowed: 1 to 1000 items");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail
/// # use mews_connector::{Ids, types::VoucherId};
/// let none: Ids<VoucherId> = [].into();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "Vec<T>",
    into = "Vec<T>",
    bound = "T: Clone + Serialize + for<'a> Deserialize<'a>"
)]
pub struct Ids<T>(Arc<[T]>);

impl<T> Ids<T> {
    /// Takes a list.
    ///
    /// # Errors
    /// When it has no item, or more than 1000.
    pub fn new(ids: impl IntoIterator<Item = T>) -> Result<Self, ConstraintViolation> {
        let ids: Arc<[T]> = ids.into_iter().collect();
        if (1..=MOST_ITEMS).contains(&ids.len()) {
            Ok(Self(ids))
        } else {
            Err(invalid(
                "identifiers",
                format!("{} items", ids.len()),
                format!("1 to {MOST_ITEMS} items"),
            ))
        }
    }

    /// Any number of identifiers in lists of at most `most` each, which is brought into 1 to 1000.
    pub fn split(ids: &[T], most: usize) -> impl Iterator<Item = Self>
    where
        T: Clone,
    {
        ids.chunks(most.clamp(1, MOST_ITEMS))
            .map(|chunk| Self(chunk.into()))
    }
}

impl<T, const N: usize> From<[T; N]> for Ids<T> {
    fn from(ids: [T; N]) -> Self {
        const {
            assert!(
                N >= 1 && N <= MOST_ITEMS,
                "a filter takes 1 to 1000 identifiers"
            );
        };
        Self(ids.into())
    }
}

impl<T> TryFrom<Vec<T>> for Ids<T> {
    type Error = ConstraintViolation;

    fn try_from(ids: Vec<T>) -> Result<Self, ConstraintViolation> {
        Self::new(ids)
    }
}

impl<T: Clone> From<Ids<T>> for Vec<T> {
    fn from(ids: Ids<T>) -> Self {
        ids.0.to_vec()
    }
}

impl<T> Deref for Ids<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}
