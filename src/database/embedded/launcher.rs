//! As which user, and through which wrapper, the PostgreSQL programs run.
//!
//! PostgreSQL refuses to run as root, so root hands it to an unprivileged user. Where the directories above the data
//! are closed to that user (root's home usually is), the process keeps the one capability that lets it pass.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use nix::unistd::User;

use super::programs::Programs;

/// A way to run the programs that was tried and works.
#[derive(Debug)]
pub struct Launcher {
    /// Program and arguments that are put before the PostgreSQL program.
    wrapper: Vec<OsString>,
    /// User and group to switch to without a wrapper's help.
    switch_to: Option<(u32, u32)>,
    /// The user and group that must own the cluster; `None` when that is whoever runs this program.
    pub owner: Option<(u32, u32)>,
}

impl Launcher {
    /// Tries the ways from the least privilege to the most, and takes the first that can run the programs inside
    /// `data_dir`.
    pub fn choose(programs: &Programs, data_dir: &Path) -> anyhow::Result<Self> {
        let ways = if nix::unistd::geteuid().is_root() {
            let account = account()?;
            as_account(account.uid.as_raw(), account.gid.as_raw())
        } else {
            as_ourselves()
        };
        let initdb = programs.path("initdb");
        ways.into_iter()
            .find(|way| way.works(&initdb, data_dir))
            .with_context(|| {
                format!(
                    "DATA_DIR (--data-dir): the database cannot run in {}: as root its processes run as an \
                     unprivileged user, who must be able to reach this directory and {}. Choose another directory, for \
                     example --data-dir /var/lib/stakeeasy, or install PostgreSQL for every user (Debian: apt-get \
                     install postgresql)",
                    data_dir.display(),
                    initdb.display()
                )
            })
    }

    /// A command that runs `program` in a process group of its own, so that Ctrl-C in the terminal reaches only us, and
    /// without our environment, where secrets may be.
    pub fn command(&self, program: &Path) -> Command {
        let mut words = self
            .wrapper
            .iter()
            .map(OsString::as_os_str)
            .chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or(program.as_os_str()));
        command
            .args(words)
            .env_clear()
            .process_group(0)
            .stdin(Stdio::null());
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some((user, group)) = self.switch_to {
            command.uid(user).gid(group);
        }
        command
    }

    /// With `--show`, initdb looks for its files and for postgres, as it and postgres do later, and changes nothing. They
    /// ask the system what the user may do, who without capabilities may do less than the process.
    fn works(&self, initdb: &Path, data_dir: &Path) -> bool {
        self.command(Path::new("/bin/sh"))
            .args([
                "-c",
                r#"cd -- "$1" && exec "$2" --show --pgdata "$1""#,
                "sh",
            ])
            .args([data_dir, initdb])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// The parent-death signal: PostgreSQL's fast shutdown.
const DIE_WITH_US: [&str; 2] = ["--pdeathsig", "INT"];

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
    words.into_iter().map(OsString::from).collect()
}

fn as_ourselves() -> Vec<Launcher> {
    let way = |wrapper| Launcher {
        wrapper,
        switch_to: None,
        owner: None,
    };
    vec![
        way(words(
            ["setpriv"].into_iter().chain(DIE_WITH_US).chain(["--"]),
        )),
        way(Vec::new()),
    ]
}

fn as_account(user: u32, group: u32) -> Vec<Launcher> {
    let (uid, gid) = (user.to_string(), group.to_string());
    let owner = Some((user, group));
    let account = [
        "setpriv",
        "--reuid",
        &uid,
        "--regid",
        &gid,
        "--clear-groups",
    ];
    let setpriv = |capabilities: &[String]| Launcher {
        wrapper: words(
            account
                .into_iter()
                .chain(capabilities.iter().map(String::as_str))
                .chain(DIE_WITH_US)
                .chain(["--"]),
        ),
        switch_to: None,
        owner,
    };
    let keep_only = |capability: &str| {
        ["inh-caps", "ambient-caps", "bounding-set"]
            .map(|set| format!("--{set}=-all,+{capability}"))
    };
    let (map_user, map_group) = (format!("--map-user={uid}"), format!("--map-group={gid}"));
    let namespace = ["unshare", "--user", &map_user, &map_group, "--", "setpriv"];
    vec![
        setpriv(&[]),
        // Lets the process pass closed directories, and read but not write what is in them.
        setpriv(&keep_only("dac_read_search")),
        // Containers usually withhold the former and grant this one, which passes closed directories too.
        setpriv(&keep_only("dac_override")),
        // Outside the namespace the process is still root, so the files stay root's.
        Launcher {
            wrapper: words(namespace.into_iter().chain(DIE_WITH_US).chain(["--"])),
            switch_to: None,
            owner: Some((0, 0)),
        },
        Launcher {
            wrapper: Vec::new(),
            switch_to: owner,
            owner,
        },
    ]
}

/// The unprivileged user that root hands the database to.
pub fn account() -> anyhow::Result<User> {
    for name in ["postgres", "nobody"] {
        if let Some(user) =
            User::from_name(name).context("could not look up the database's user")?
        {
            return Ok(user);
        }
    }
    bail!(
        "PostgreSQL refuses to run as root, and neither the user postgres nor nobody exists. Example: useradd --system postgres"
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_programs_that_work_as_the_database_user_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let choose = |initdb: &str| {
            let link = dir.path().join("initdb");
            std::fs::remove_file(&link).ok();
            symlink(initdb, link).unwrap();
            Launcher::choose(&Programs::in_dir(dir.path(), 15), dir.path())
        };
        assert!(choose("/bin/echo").is_ok());
        let refused = choose("/nowhere/initdb").unwrap_err().to_string();
        assert!(refused.contains("--data-dir"), "{refused}");
        assert!(refused.contains("apt-get install postgresql"), "{refused}");
    }
}
