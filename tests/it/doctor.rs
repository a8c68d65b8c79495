//! `stakeeasy doctor`, as an operator runs it.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Days, Utc};

use crate::harness::TestApp;

/// A machine on which everything is set up for others.
struct Machine {
    /// Its database lasts as long as it does.
    app: TestApp,
    dir: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
}

impl Machine {
    async fn ready() -> Self {
        let app = TestApp::new().await;
        app.set_rate("USD", &day(3), "1.1").await;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let key = at("secret.key");
        fs::write(&key, [7; 64]).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::create_dir(at("backups")).unwrap();
        fs::write(at("backups/new.dump"), "rows").unwrap();
        let settings = vec![
            ("DATABASE_URL", app.database_url()),
            ("DATA_DIR", at("data").display().to_string()),
            ("PUBLIC_URL", "https://stakeeasy.example".to_owned()),
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("MAIL_URL", format!("smtp://127.0.0.1:{}", mail_server())),
            ("SECRET_KEY_FILE", key.display().to_string()),
            ("BACKUP_DIR", at("backups").display().to_string()),
        ];
        fs::create_dir(at("data")).unwrap();
        Self { app, dir, settings }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Sets one setting to something else; to nothing, if it is empty.
    fn with(mut self, name: &str, value: &str) -> Self {
        let setting = self.settings.iter_mut().find(|(known, _)| *known == name);
        value.clone_into(&mut setting.unwrap().1);
        self
    }

    /// What failed, and whether the exit code says so.
    fn doctor(&self, arguments: &[&str]) -> Vec<String> {
        let run = Command::new(env!("CARGO_BIN_EXE_stakeeasy"))
            .arg("doctor")
            .args(arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        let failed: Vec<_> = said
            .lines()
            .filter_map(|line| line.strip_prefix("FAILED  "))
            .map(str::to_owned)
            .collect();
        assert!(said.contains("ok      database: PostgreSQL"), "{said}");
        assert_eq!(
            run.status.code(),
            Some(i32::from(!failed.is_empty())),
            "{said}"
        );
        failed
    }

    /// The only thing that failed.
    fn fault(&self) -> String {
        let mut failed = self.doctor(&["--production"]);
        assert_eq!(failed.len(), 1, "{failed:?}");
        failed.remove(0)
    }
}

/// The day that was so many days ago.
fn day(ago: u64) -> String {
    let now: DateTime<Utc> = SystemTime::now().into();
    (now.date_naive() - Days::new(ago)).to_string()
}

/// A mail server that says yes to everything. Returns its port.
fn mail_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        listener
            .incoming()
            .for_each(|stream| agree(stream.unwrap()));
    });
    port
}

fn agree(mut stream: TcpStream) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    stream.write_all(b"220 here\r\n").unwrap();
    for _ in lines.map_while(Result::ok) {
        stream.write_all(b"250 fine\r\n").unwrap();
    }
}

/// Names what is wrong with a machine that is not set up, and passes one that is.
#[tokio::test]
async fn a_site_for_others_needs_more_than_one_for_oneself() {
    let machine = Machine::ready().await;
    assert_eq!(machine.doctor(&["--production"]), Vec::<String>::new());

    let mut bare = Machine::ready().await;
    bare.settings
        .retain(|(name, _)| ["DATABASE_URL", "DATA_DIR"].contains(name));
    assert_eq!(bare.doctor(&[]), Vec::<String>::new());
    let failed = bare.doctor(&["--production"]);
    for (line, setting) in failed.iter().zip([
        "PUBLIC_URL",
        "TRUSTED_PROXIES",
        "MAIL_URL",
        "SECRET_KEY_FILE",
        "BACKUP_DIR",
    ]) {
        assert!(
            line.contains(setting) && line.contains("Example: --"),
            "{line}"
        );
    }
    assert_eq!(failed.len(), 5, "{failed:?}");
}

#[tokio::test]
async fn rates_must_be_of_these_days() {
    let machine = Machine::ready().await;
    sqlx::query("truncate exchange_rates")
        .execute(&machine.app.db)
        .await
        .unwrap();
    assert!(machine.fault().starts_with("rates: there are none."));

    machine.app.set_rate("USD", &day(5), "1.1").await;
    // What is dated in the future is not of these days.
    let now: DateTime<Utc> = SystemTime::now().into();
    let soon = now.date_naive() + Days::new(3);
    machine.app.set_rate("GBP", &soon.to_string(), "0.9").await;
    let fault = machine.fault();
    let said = format!("rates: the newest are 5 days old, of {}, and", day(5));
    assert!(fault.starts_with(&said), "{fault}");
    assert!(fault.ends_with("stakeeasy rates update"), "{fault}");

    machine.app.set_rate("JPY", &day(4), "160").await;
    assert_eq!(machine.doctor(&["--production"]), Vec::<String>::new());
}

#[tokio::test]
async fn mail_must_reach_a_server() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let machine = Machine::ready().await;
    let machine = machine.with(
        "MAIL_URL",
        &format!("smtp://robin:tulip@127.0.0.1:{closed}"),
    );
    let fault = machine.fault();
    assert!(
        fault.starts_with("mail: MAIL_URL: 127.0.0.1 cannot be used"),
        "{fault}"
    );
    assert!(!fault.contains("tulip"), "{fault}");
}

#[tokio::test]
async fn the_key_must_not_lie_beside_what_it_encrypts() {
    let machine = Machine::ready().await;
    let beside = machine.at("data/other.key");
    fs::copy(machine.at("secret.key"), &beside).unwrap();
    let machine = machine.with("SECRET_KEY_FILE", &beside.display().to_string());
    let fault = machine.fault();
    assert!(
        fault.starts_with("secret key: SECRET_KEY_FILE is "),
        "{fault}"
    );
}

#[tokio::test]
async fn backups_must_be_new_and_elsewhere() {
    let machine = Machine::ready().await;
    let file = machine.at("backups/new.dump");
    let made = |hours: u64| {
        let at = SystemTime::now() - Duration::from_secs(hours * 3600);
        File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(at)
            .unwrap();
    };
    made(25);
    assert_eq!(machine.doctor(&["--production"]), Vec::<String>::new());
    made(27);
    // An empty file is no backup.
    File::create(machine.at("backups/empty.dump")).unwrap();
    let fault = machine.fault();
    assert!(fault.ends_with("new.dump, is 27 hours old"), "{fault}");

    fs::remove_file(&file).unwrap();
    assert!(machine.fault().starts_with("backups: there is no backup"));

    fs::create_dir(machine.at("data/backups")).unwrap();
    fs::write(machine.at("data/backups/new.dump"), "rows").unwrap();
    let inside = machine.at("data/backups").display().to_string();
    let machine = machine.with("BACKUP_DIR", &inside);
    assert!(machine.fault().contains("inside the data directory"));
}

/// Fails if `doctor` does not read the view.
#[tokio::test]
async fn a_ledger_that_breaks_a_rule_is_told() {
    let machine = Machine::ready().await;
    let app = &machine.app;
    let client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    assert_eq!(machine.doctor(&[]), Vec::<String>::new());
    sqlx::query("alter table entries disable trigger all, drop constraint entries_sign")
        .execute(&app.db)
        .await
        .unwrap();
    sqlx::query("update entries set amount = -100")
        .execute(&app.db)
        .await
        .unwrap();
    let failed = machine.doctor(&[]);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("an amount has the sign of its kind"));
    assert!(failed[0].contains("an account is below zero only where it may owe"));
}
