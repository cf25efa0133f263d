//! `cargo xtask …`: reads the command line, runs the command, says how it went.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use miette::MietteHandlerOpts;
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

fn report(error: xtask::error::Error) {
    // An error's own line says what caused it already.
    let _ = miette::set_hook(Box::new(|_| {
        Box::new(MietteHandlerOpts::new().without_cause_chain().build())
    }));
    let _ = writeln!(io::stderr(), "{:?}", miette::Report::new(error));
}
