//! The commands and their flags. What a command does stands in a module of its own.

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

/// The project's own commands.
///
/// Exit status: 0 done or fresh, 1 broken, 2 usage, 4 stale, breaking or with findings.
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

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and nothing to attend to: exit status 0.
    Done,
    /// Something is stale, or there are findings: exit status 4.
    Attention,
}

impl Cli {
    /// Runs the command; what it has to say goes to `out`.
    ///
    /// # Errors
    /// When the command can't do its work: exit status 1.
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
