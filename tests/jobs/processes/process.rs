//! An example in a process that a test can kill.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The running process of an example, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Process(Arc<Mutex<Option<Child>>>);

/// Returns the command of an example that writes to a folder.
pub(crate) fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("--folder").arg(folder).args(arguments);
    command
}

impl Process {
    /// Runs an example until it ends or is killed.
    pub(crate) async fn run(&self, mut command: Command) -> Output {
        let process = self.clone();
        let run = move || {
            let (mut stdout, mut stderr) = {
                // The lock is held until the process can be found, so that it can be killed at its first request.
                let mut running = process.lock();
                let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
                let mut child = command.spawn().unwrap();
                let pipes = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
                *running = Some(child);
                pipes
            };
            let mut output = (Vec::new(), Vec::new());
            stdout.read_to_end(&mut output.0).unwrap();
            stderr.read_to_end(&mut output.1).unwrap();
            let status = process.lock().take().unwrap().wait().unwrap();
            Output {
                status,
                stdout: output.0,
                stderr: output.1,
            }
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// Kills the process with SIGKILL, and waits until the process has ended.
    pub(crate) fn kill(&self) {
        let mut running = self.lock();
        let child = running.as_mut().expect("a running process");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the standard output of a process that succeeded.
pub(crate) fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
