//! `cargo xtask …`: reads the command line, runs the command, says how it went.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
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
            let _ = writeln!(io::stderr(), "{:?}", miette::Report::new(error));
            ExitCode::FAILURE
        }
    }
}
