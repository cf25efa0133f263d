//! A killed process leaves every file complete.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use xtask::files::Writes;
use xtask::files::{CODE, SANDBOX_DOCUMENT};

use crate::project::Project;

#[test]
fn staged_files_change_nothing_until_they_are_committed() {
    let project = Project::new();
    let before = project.outputs();
    let mut writes = Writes::default();
    writes.stage(&project.path(CODE), "half").expect("staged");
    writes
        .stage(&project.path(SANDBOX_DOCUMENT), "half")
        .expect("staged");
    drop(writes);
    assert_eq!(project.outputs(), before);
}

#[test]
fn if_one_file_cannot_be_replaced_the_others_are_restored() {
    let project = Project::new();
    let mut writes = Writes::default();
    writes.stage(&project.path(CODE), "new").expect("staged");
    writes
        .stage(&project.path("new.rs"), "new")
        .expect("staged");
    writes
        .stage(&project.path(SANDBOX_DOCUMENT), "new")
        .expect("staged");
    let code = project.read(CODE);
    // The file becomes a folder after it was staged. Not even root can replace a folder by a file.
    fs::remove_file(project.path(SANDBOX_DOCUMENT)).expect("a file");
    fs::create_dir(project.path(SANDBOX_DOCUMENT)).expect("a folder");
    let error = writes.commit().expect_err("a folder is in the way");
    assert!(
        error.to_string().contains("failed to replace the file"),
        "{error}"
    );
    assert_eq!(project.read(CODE), code);
    assert!(
        !project.path("new.rs").exists(),
        "what was not there is not there again"
    );
}

#[test]
fn a_killed_process_leaves_each_file_old_or_new() {
    let project = Project::new();
    let old = [project.read(CODE), project.read(SANDBOX_DOCUMENT)];
    project.edit(
        "title: Mews Connector API, vouchers and voucher codes",
        "title: Another title",
    );
    assert_eq!(project.run(&["regenerate"]).status, 0);
    let new = [project.read(CODE), project.read(SANDBOX_DOCUMENT)];
    for round in 0..24 {
        for (file, text) in [CODE, SANDBOX_DOCUMENT].iter().zip(&old) {
            project.write(file, text);
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("regenerate")
            .current_dir(project.folder())
            .env("CARGO_MANIFEST_DIR", project.folder())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        // The kills are spread over the whole run, most of them near its end, when the files are written.
        thread::sleep(Duration::from_millis(round * 15));
        let _ = child.kill();
        let _ = child.wait();
        for ((file, old), new) in [CODE, SANDBOX_DOCUMENT].iter().zip(&old).zip(&new) {
            let text = fs::read_to_string(project.path(file)).expect("a file");
            assert!(
                text == *old || text == *new,
                "{file} is neither old nor new after {round} steps"
            );
        }
    }
}
