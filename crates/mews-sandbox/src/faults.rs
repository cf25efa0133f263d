//! The faults of a sandbox, and which of them a request is struck by.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StartError;
use crate::fault::{Effect, Fault};
use crate::operation::Operation;

/// The faults of a sandbox. Its clones are the same faults.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    states: Arc<Mutex<Vec<FaultState>>>,
}

/// A fault, and what it did so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct FaultState {
    /// The fault.
    pub fault: Fault,
    /// How many requests it matched.
    pub matched: u64,
    /// How many of them it struck.
    pub struck: u64,
}

impl Faults {
    /// Adds a fault. Where several strike one request, they do it together, and the first one decides the status.
    pub fn add(&self, fault: Fault) {
        self.extend([fault]);
    }

    /// Adds several faults.
    pub fn extend(&self, faults: impl IntoIterator<Item = Fault>) {
        self.states()
            .extend(faults.into_iter().map(|fault| FaultState {
                fault,
                matched: 0,
                struck: 0,
            }));
    }

    /// Takes all faults away.
    pub fn clear(&self) {
        self.states().clear();
    }

    /// All faults, spent ones too, in the order in which they were added.
    pub fn list(&self) -> Vec<FaultState> {
        self.states().clone()
    }

    /// What strikes a request: before its body is read, or after.
    pub(crate) fn strike(&self, operation: Operation, body: Option<&Value>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for state in self.states().iter_mut() {
            let is_due = state.fault.effect.is_early() == body.is_none();
            if is_due && state.fault.matches(operation, body.unwrap_or(&Value::Null)) {
                state.matched += 1;
                if state.fault.strikes(state.matched, state.struck) {
                    state.struck += 1;
                    effects.push(state.fault.effect.clone());
                }
            }
        }
        effects
    }

    fn states(&self) -> MutexGuard<'_, Vec<FaultState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a script: a JSON array of faults.
pub(crate) fn read_script(text: &str) -> Result<Vec<Fault>, StartError> {
    serde_json::from_str(text).map_err(|error| StartError::Faults(error.to_string()))
}

/// Reads a script from a file.
pub(crate) fn read_script_file(path: &Path) -> Result<Vec<Fault>, StartError> {
    let text = std::fs::read_to_string(path).map_err(|error| StartError::Read {
        path: path.to_owned(),
        error,
    })?;
    read_script(&text)
}
