//! `cargo xtask …`: reads the command line, runs the command, says how it went.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use miette::{Diagnostic, MietteHandlerOpts};
use openapi_tree::error::Error;
use xtask::command::{Cli, Outcome};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    match cli.run(&mut out) {
        Ok(outcome) => {
            let _ = out.flush();
            match outcome {
                Outcome::Done => ExitCode::SUCCESS,
                Outcome::Attention => ExitCode::from(4),
            }
        }
        Err(error) => {
            let _ = out.flush();
            report(error);
            ExitCode::FAILURE
        }
    }
}

/// An error as it is shown: its own line, and what to do.
#[derive(Debug)]
struct Report(Error);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Report {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Diagnostic for Report {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.0.todo()))
    }
}

fn report(error: Error) {
    // An error's own line says what caused it already.
    let _ = miette::set_hook(Box::new(|_| {
        Box::new(MietteHandlerOpts::new().without_cause_chain().build())
    }));
    let _ = writeln!(io::stderr(), "{:?}", miette::Report::new(Report(error)));
}
