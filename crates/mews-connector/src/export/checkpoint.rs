//! How far an export is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mews_connector_api::types::{Cursor, ServiceId, VoucherId};
use serde::{Deserialize, Serialize};

use crate::interval::UpdatedWithin;

/// How far an export is: all that it takes to go on. It holds no token.
///
/// Its size grows with the number of vouchers, by some 40 bytes each as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub(super) version: Version,
    pub(super) services: Vec<ServiceId>,
    pub(super) slices: Option<Vec<UpdatedWithin>>,
    pub(super) started: DateTime<Utc>,
    pub(super) stage: Stage,
}

/// The form of a checkpoint, so that a later one is not misread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Version {
    #[serde(rename = "1")]
    One,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// Reading vouchers, of up to 1000 services at a time.
    Vouchers {
        part: usize,
        cursor: Option<Cursor>,
        found: Vec<VoucherId>,
    },
    /// Reading codes: the chains that are left.
    Codes(BTreeMap<u64, Chain>),
}

/// A chain of pages: where it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Chain {
    pub(super) vouchers: Vec<VoucherId>,
    /// What is left of the slices, the present one first; none means all times.
    pub(super) slices: Option<Vec<UpdatedWithin>>,
    pub(super) cursor: Option<Cursor>,
}

impl Checkpoint {
    /// Whether there is nothing left.
    pub fn is_complete(&self) -> bool {
        matches!(&self.stage, Stage::Codes(chains) if chains.is_empty())
    }

    /// When the export began: what a later one takes for [`changed_since`](super::Export::changed_since), once this
    /// one is complete.
    pub fn watermark(&self) -> DateTime<Utc> {
        self.started
    }
}
