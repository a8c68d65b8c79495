//! What the program keeps in files is for nobody else on the machine.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use stakeeasy::email::{self, Letter};

use crate::harness::TestApp;

/// The program, with its own database, started by somebody who lets everybody read everything.
fn program(data_dir: &Path, arguments: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("umask 000; exec \"$1\" {arguments}"))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_stakeeasy"))
        .env("DATA_DIR", data_dir);
    command
}

/// Runs the site until it is ready.
fn run(data_dir: &Path) {
    let mut site = program(data_dir, "serve --listen 127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut out = BufReader::new(site.stdout.take().unwrap());
    out.read_line(&mut said).unwrap();
    assert!(said.contains("ready at"), "{said}");
    assert_eq!(exposed(data_dir), Vec::<String>::new());
    Command::new("kill")
        .arg(site.id().to_string())
        .status()
        .unwrap();
    site.wait().unwrap();
    assert_eq!(exposed(data_dir), Vec::<String>::new());
}

/// What others may do anything with. Root lets the database's group pass the directory itself.
fn exposed(data_dir: &Path) -> Vec<String> {
    fn look(path: &Path, allowed: u32, found: &mut Vec<String>) {
        // The database removes files of its own at any time.
        let Ok(about) = path.symlink_metadata() else {
            return;
        };
        if about.mode() & 0o077 & !allowed != 0 {
            found.push(format!("{:o} {}", about.mode() & 0o777, path.display()));
        }
        if about.is_dir() {
            for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
                look(&entry.path(), 0, found);
            }
        }
    }
    let is_root = data_dir.metadata().unwrap().uid() == 0;
    let mut found = Vec::new();
    look(data_dir, if is_root { 0o010 } else { 0 }, &mut found);
    found
}

fn doctor(data_dir: &Path) -> String {
    let run = program(data_dir, "doctor").output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    let line = said.lines().find(|line| line.contains(" files: "));
    line.unwrap().to_owned()
}

/// Fails if anything is made with the umask that there is, if a start leaves open what another has left open, or if
/// `doctor` does not look.
#[test]
fn nobody_else_may_read_the_data_directory_whatever_the_umask() {
    let above = tempfile::tempdir().unwrap();
    std::fs::set_permissions(above.path(), Permissions::from_mode(0o711)).unwrap();
    let dir = above.path().join("stakeeasy");
    run(&dir);
    assert!(doctor(&dir).starts_with("ok "), "{}", doctor(&dir));
    std::fs::create_dir_all(dir.join("mail")).unwrap();
    let mail = dir.join("mail/one.eml");
    std::fs::write(&mail, "a link").unwrap();
    for open in [&mail, &dir.join("mail"), &dir] {
        std::fs::set_permissions(open, Permissions::from_mode(0o755)).unwrap();
        let told = doctor(&dir);
        assert!(told.starts_with("FAILED"), "{told}");
        assert!(told.contains(&*open.to_string_lossy()), "{told}");
        assert!(told.contains("chmod"), "{told}");
    }
    run(&dir);
}

/// Fails if mail is written as the umask has it.
#[tokio::test]
async fn mail_in_a_folder_is_private() {
    let app = TestApp::new().await;
    let letter = Letter {
        subject: "Set a new password".to_owned(),
        paragraphs: Vec::new(),
        code: None,
        action: None,
        otherwise: String::new(),
    };
    let mut tx = app.db.begin().await.unwrap();
    email::send(&app.app, &mut tx, "robin@example.org", &letter, None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    let folder = app.app.config.data_dir.join("mail");
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
    let files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!((mode(&folder), files.len()), (0o700, 1));
    assert_eq!(mode(&files[0]), 0o600);
}
