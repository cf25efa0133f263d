//! The commands. Each has its arguments in a separate module.

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::diff::command::Diff;
use crate::drift;
use crate::explain;
use crate::import;
use crate::lint::command::Lint;
use crate::reconcile;
use crate::regenerate::Regenerate;
use openapi_tree::error::Result;

/// Lint, reconcile and generate code from the spec of the Mews Connector API
///
/// Exit statuses: 0 success, 1 error, 2 usage, 4 stale files, findings, differences or breaking changes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Regenerate(Regenerate),
    Lint(Lint),
    Drift(drift::Args),
    Import(import::Args),
    Reconcile(reconcile::Args),
    Explain(explain::Args),
    Diff(Diff),
}

/// The result of a command that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing to do: exit status 0.
    Done,
    /// There are stale files, findings, differences or breaking changes: exit status 4.
    ActionRequired,
}

impl Outcome {
    /// Returns the result of a command that requires an action under a condition.
    pub(crate) fn action_required_if(condition: bool) -> Self {
        if condition {
            Self::ActionRequired
        } else {
            Self::Done
        }
    }
}

impl Cli {
    /// Runs the command and prints its report to `out`.
    ///
    /// # Errors
    /// Returns an error if the command fails: exit status 1.
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        match &self.command {
            Command::Regenerate(command) => command.run(out),
            Command::Lint(command) => command.run(out),
            Command::Drift(args) => drift::run(args, out),
            Command::Import(args) => import::run(args, out),
            Command::Reconcile(args) => reconcile::run(args, out),
            Command::Explain(args) => explain::run(args, out),
            Command::Diff(command) => command.run(out),
        }
    }
}
