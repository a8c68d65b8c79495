//! The PostgreSQL that the program starts itself.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use stakeeasy::config::{Config, Settings};
use stakeeasy::database::embedded::{Cluster, Options};

use crate::harness::programs;

fn options(data_dir: &Path) -> Options {
    Options {
        data_dir: data_dir.to_path_buf(),
        programs: programs(),
        durable: true,
    }
}

/// The postmaster's process id, from the only cluster in a data directory.
fn postmaster(data_dir: &Path) -> u32 {
    let text = std::fs::read_to_string(cluster_dir(data_dir).join("postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn cluster_dir(data_dir: &Path) -> PathBuf {
    std::fs::read_dir(data_dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("PG_VERSION").exists())
        .unwrap()
}

fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim().starts_with('Z'))
}

fn kill(pid: u32) {
    assert!(
        Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

async fn connect(cluster: &Cluster) -> PgConnection {
    for _ in 0..500 {
        if let Ok(connection) = PgConnection::connect(&cluster.url("postgres")).await {
            return connection;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no connection");
}

async fn text(connection: &mut PgConnection, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_cluster_is_durable_private_and_not_on_tcp() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&options(dir.path())).unwrap();
    let mut db = connect(&cluster).await;
    for (sql, expected) in [
        ("show fsync", "on"),
        ("show full_page_writes", "on"),
        ("show synchronous_commit", "on"),
        ("show data_checksums", "on"),
        ("show listen_addresses", ""),
        ("show server_encoding", "UTF8"),
        ("show timezone", "UTC"),
        ("select upper('é')", "É"),
    ] {
        assert_eq!(text(&mut db, sql).await, expected, "{sql}");
    }
    let socket_dir = text(&mut db, "show unix_socket_directories").await;
    let mode = std::fs::metadata(socket_dir.trim_matches('"'))
        .unwrap()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    if Path::new("/proc").exists() {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", postmaster(dir.path()))).unwrap();
        assert!(
            !status.contains("\nUid:\t0\t"),
            "the server must not run as root: {status}"
        );
    }
}

#[tokio::test]
async fn data_survives_a_restart_in_a_directory_with_an_awkward_name() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent
        .path()
        .join("it's a \"data\" directory, 100 %")
        .join("x".repeat(120));
    let cluster = Cluster::start(&options(&dir)).unwrap();
    let mut db = connect(&cluster).await;
    sqlx::query("create table kept as select 'yes'::text as answer")
        .execute(&mut db)
        .await
        .unwrap();
    let pid = postmaster(&dir);
    cluster.stop();
    assert!(!is_alive(pid));
    let cluster = Cluster::start(&options(&dir)).unwrap();
    assert_eq!(
        text(&mut connect(&cluster).await, "select answer from kept").await,
        "yes"
    );
}

#[test]
fn a_second_instance_is_refused_with_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&options(dir.path())).unwrap();
    let refused = Cluster::start(&options(dir.path()))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("already running"), "{refused}");
    assert!(
        refused.contains(&format!("kill {}", std::process::id())),
        "{refused}"
    );
    assert!(refused.contains("--data-dir"), "{refused}");
    drop(cluster);
    Cluster::start(&options(dir.path())).unwrap().stop();
}

#[tokio::test]
async fn a_killed_server_is_started_again_with_all_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&options(dir.path())).unwrap();
    let mut db = connect(&cluster).await;
    sqlx::query("create table kept (number bigint)")
        .execute(&mut db)
        .await
        .unwrap();
    for number in 0..100_i64 {
        sqlx::query("insert into kept values ($1)")
            .bind(number)
            .execute(&mut db)
            .await
            .unwrap();
    }
    let killed = postmaster(dir.path());
    kill(killed);
    while is_alive(killed) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(db);
    let mut db = loop {
        let mut db = connect(&cluster).await;
        // The killed server's sessions live a moment longer than it.
        if let Ok(count) = sqlx::query_scalar::<_, i64>("select count(*) from kept")
            .fetch_one(&mut db)
            .await
        {
            assert_eq!(count, 100);
            if postmaster(dir.path()) != killed {
                break db;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        text(&mut db, "select count(*)::text from kept").await,
        "100"
    );
}

#[test]
fn what_a_dead_server_left_behind_does_not_stop_the_next() {
    let dir = tempfile::tempdir().unwrap();
    Cluster::start(&options(dir.path())).unwrap().stop();
    // Process 1 is alive, and is not ours.
    let pid_file = cluster_dir(dir.path()).join("postmaster.pid");
    std::fs::write(
        &pid_file,
        "1\n/elsewhere\n1700000000\n5432\n/run\n\n1 1\nready\n",
    )
    .unwrap();
    std::fs::set_permissions(&pid_file, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::create_dir(dir.path().join("run")).unwrap();
    std::fs::write(dir.path().join("run/.s.PGSQL.5432.lock"), "1\n").unwrap();
    std::fs::create_dir(cluster_dir(dir.path()).with_extension("new")).unwrap();
    Cluster::start(&options(dir.path())).unwrap().stop();
}

#[test]
fn files_of_another_version_are_refused_with_its_number() {
    let dir = tempfile::tempdir().unwrap();
    Cluster::start(&options(dir.path())).unwrap().stop();
    std::fs::write(cluster_dir(dir.path()).join("PG_VERSION"), "9\n").unwrap();
    let refused = Cluster::start(&options(dir.path()))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("PostgreSQL 9 made"), "{refused}");
    assert!(refused.contains("postgres-9"), "{refused}");
}

#[test]
fn missing_programs_are_said_clearly() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = Options {
        programs: Some("/nowhere/bin".into()),
        ..options(dir.path())
    };
    let refused = Cluster::start(&nowhere).unwrap_err().to_string();
    assert!(
        refused.contains("POSTGRES_BIN") && refused.contains("/nowhere/bin"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_throw_away_cluster_leaves_nothing() {
    let cluster = Cluster::temporary(programs().as_deref()).unwrap();
    let mut db = connect(&cluster).await;
    assert_eq!(text(&mut db, "show fsync").await, "off");
    let data = PathBuf::from(text(&mut db, "show data_directory").await);
    drop(db);
    cluster.stop();
    assert!(!data.exists() && !data.parent().unwrap().exists());
}

/// The kind: a fault in a query that is worth the whole cluster. Fails if the program connects as the owner.
#[tokio::test]
async fn the_program_may_read_and_write_rows_of_its_own_database_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        data_dir: Some(dir.path().display().to_string()),
        postgres_bin: programs().map(|dir| dir.display().to_string()),
        ..Settings::default()
    };
    let database = stakeeasy::database::open(&Config::new(&settings).unwrap())
        .await
        .unwrap();
    database.migrate().await.unwrap();
    // As at every start.
    database.migrate().await.unwrap();
    let can: bool = sqlx::query_scalar(
        "select rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication
                or exists (select from pg_class where relowner = r.oid)
         from pg_roles r where rolname = current_user",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert!(!can);
    for refused in [
        "create table more (id int)",
        "alter table users add column more int",
        "drop trigger audit_log_rows on audit_log",
        "alter table audit_log disable trigger all",
        "truncate entries",
        "update audit_log set action = 'nothing'",
        "delete from _sqlx_migrations",
        "set session_replication_role = replica",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
        "set role stakeeasy",
        "create extension pg_trgm",
    ] {
        let error = sqlx::raw_sql(refused)
            .execute(&database.pool)
            .await
            .expect_err(refused);
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        assert_eq!(code.as_deref(), Some("42501"), "{refused}: {error}");
    }
    database.close().await.unwrap();
}

/// The kind: what a killed first start leaves that is not dead yet. Fails if `initdb` runs in a place that the one of the
/// run before still writes to.
#[test]
fn a_start_does_not_wait_for_an_initdb_that_another_left_running() {
    let dir = tempfile::tempdir().unwrap();
    let major = {
        let other = tempfile::tempdir().unwrap();
        Cluster::start(&options(other.path())).unwrap().stop();
        cluster_dir(other.path())
    };
    let unfinished = dir
        .path()
        .join(format!("{}.new", major.file_name().unwrap().display()));
    let stop = Arc::new(AtomicBool::new(false));
    let writes = std::thread::spawn({
        let (stop, unfinished) = (Arc::clone(&stop), unfinished.clone());
        move || {
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                std::fs::create_dir_all(&unfinished).ok();
                std::fs::write(unfinished.join(n.to_string()), "").ok();
            }
        }
    });
    while !unfinished.exists() {}
    let started = Cluster::start(&options(dir.path()));
    stop.store(true, Ordering::Relaxed);
    writes.join().unwrap();
    started.unwrap().stop();
    Cluster::start(&options(dir.path())).unwrap().stop();
    assert!(!unfinished.exists());
}
