//! The faults of a sandbox, and the requests that trigger them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StartError;
use crate::fault::{Effect, Fault, Stage};
use crate::operation::Operation;
use crate::spec::Spec;

/// The faults of a sandbox. Clones share the faults.
#[derive(Clone)]
pub struct Faults {
    states: Arc<Mutex<States>>,
    spec: Arc<Spec>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Faults").field(&self.list()).finish()
    }
}

#[derive(Default)]
struct States {
    list: Vec<FaultState>,
    last_id: u64,
}

/// A fault and its counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct FaultState {
    /// The ID of the fault, for [`Faults::remove`].
    pub id: u64,
    /// The fault.
    pub fault: Fault,
    /// The number of requests that the fault matched.
    pub matched: u64,
    /// The number of requests on which the fault had its effect.
    pub triggered: u64,
}

impl Faults {
    pub(crate) fn new(spec: Arc<Spec>) -> Self {
        Self {
            states: Arc::default(),
            spec,
        }
    }

    /// Adds a fault, and returns its ID. If several faults apply to one request, all have their effect, and the first
    /// one decides the status.
    ///
    /// # Panics
    ///
    /// Panics if the fault can never have its effect, such as [`Fault::delete_between_pages`] on an operation that is
    /// not a listing. The message names the possible operations.
    #[allow(clippy::must_use_candidate)]
    pub fn add(&self, fault: Fault) -> u64 {
        if let Err(problem) = fault.check(&self.spec) {
            panic!("{problem}");
        }
        let mut states = self.states();
        states.last_id += 1;
        let id = states.last_id;
        states.list.push(FaultState {
            id,
            fault,
            matched: 0,
            triggered: 0,
        });
        id
    }

    /// Adds several faults.
    ///
    /// # Panics
    ///
    /// Panics if one of the faults can never have its effect. See [`add`](Self::add).
    pub fn extend(&self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.add(fault);
        }
    }

    /// Adds several faults, unless one of them can never have its effect.
    pub(crate) fn try_extend(&self, faults: Vec<Fault>) -> Result<(), String> {
        faults
            .iter()
            .try_for_each(|fault| fault.check(&self.spec))?;
        self.extend(faults);
        Ok(())
    }

    /// Removes the fault with an ID. Returns `true` if there was one.
    #[allow(clippy::must_use_candidate)]
    pub fn remove(&self, id: u64) -> bool {
        let mut states = self.states();
        let before = states.list.len();
        states.list.retain(|state| state.id != id);
        states.list.len() < before
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.states().list.clear();
    }

    /// Returns all faults in the order in which they were added, including those that cannot be triggered any more.
    pub fn list(&self) -> Vec<FaultState> {
        self.states().list.clone()
    }

    /// Returns the faults that a request is to trigger, before its body is read or after.
    ///
    /// They count as triggered at once, so that a simultaneous request does not trigger them too. If the effect of a
    /// fault does not happen, dropping it withdraws the count.
    pub(crate) fn arm(&self, operation: Operation, body: Option<&Value>) -> Vec<Armed> {
        let mut armed = Vec::new();
        for state in &mut self.states().list {
            let is_early = matches!(state.fault.effect.stage(), Stage::BeforeReading);
            if is_early == body.is_none()
                && state
                    .fault
                    .matches(operation, body.unwrap_or(&Value::Null), &self.spec)
            {
                state.matched += 1;
                if state.fault.is_due(state.matched, state.triggered) {
                    state.triggered += 1;
                    armed.push(Armed {
                        effect: state.fault.effect.clone(),
                        id: state.id,
                        faults: self.clone(),
                        has_happened: AtomicBool::new(false),
                    });
                }
            }
        }
        armed
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An effect that applies to a request.
pub(crate) struct Armed {
    pub(crate) effect: Effect,
    id: u64,
    faults: Faults,
    has_happened: AtomicBool,
}

impl Armed {
    /// Records that the effect happened.
    pub(crate) fn trigger(&self) {
        self.has_happened.store(true, Ordering::Relaxed);
    }

    /// Returns `true` if the effect happened, and determines the response or the way in which it arrives.
    pub(crate) fn is_of_response(&self) -> bool {
        self.has_happened() && self.effect.stage().is_of_response()
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.has_happened.load(Ordering::Relaxed)
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        if !self.has_happened() {
            let mut states = self.faults.states();
            if let Some(state) = states.list.iter_mut().find(|state| state.id == self.id) {
                state.triggered = state.triggered.saturating_sub(1);
            }
        }
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
