//! What the program keeps in files is nobody else's on the machine to read, whatever the umask: mail with links in it, the
//! database, the key, logs.

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, umask};
use nix::unistd::geteuid;

/// What group and others may not do.
const OTHERS: u32 = 0o077;

/// From now on whatever this process makes is private, and what the programs make that it starts. Returns the mask before,
/// for a program that an operator runs.
pub fn by_default() -> Mode {
    umask(Mode::from_bits_truncate(0o077))
}

/// Puts a mask back: see [`by_default`].
pub fn put_back(mask: Mode) {
    umask(mask);
}

/// Makes a private directory, if there is none; an empty one becomes private. Missing ones above it are made, too: those of
/// root let others pass, so that the database's user can reach the cluster.
pub fn make_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        let found = dir.metadata()?;
        let is_everybodys = found.mode() & 0o1000 != 0;
        if !is_everybodys && std::fs::read_dir(dir)?.next().is_none() {
            take_away(dir, &found, closed_to(dir))?;
        }
        return Ok(());
    }
    if let Some(above) = dir.parent().filter(|above| !above.as_os_str().is_empty()) {
        let missing: Vec<_> = above.ancestors().take_while(|dir| !dir.exists()).collect();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(above)?;
        for made in missing.iter().filter(|_| geteuid().is_root()) {
            std::fs::set_permissions(made, Permissions::from_mode(0o711))?;
        }
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists || !dir.is_dir() => Err(error),
        _ => Ok(()),
    }
}

/// What the program itself keeps in its data directory.
fn is_ours(name: &str) -> bool {
    matches!(name, "mail" | "run" | "secret.key" | "stakeeasy.lock")
        || name.starts_with("postgres-")
}

/// Takes from others what they may do with the data directory and with what the program keeps there: an older version, or
/// an older umask, may have let them. A directory that also holds what is not ours stays as it is.
pub fn tighten(data_dir: &Path) -> Result<()> {
    if !data_dir.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(data_dir)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_ours) {
            tighten_all(&entry.path())?;
        }
    }
    if holds_only_ours(data_dir)? {
        let found = data_dir.metadata()?;
        take_away(data_dir, &found, closed_to(data_dir))?;
    }
    Ok(())
}

/// Whether there is nothing in a directory but what the program keeps there.
pub fn holds_only_ours(data_dir: &Path) -> Result<bool> {
    for entry in std::fs::read_dir(data_dir)? {
        if !entry?.file_name().to_str().is_some_and(is_ours) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// As root a group may pass the data directory: the database's.
fn closed_to(dir: &Path) -> u32 {
    let of_root = geteuid().is_root() && dir.is_dir();
    if of_root { OTHERS & !0o010 } else { OTHERS }
}

fn tighten_all(path: &Path) -> Result<()> {
    let Some(found) = look(path)? else {
        return Ok(());
    };
    take_away(path, &found, OTHERS)?;
    if found.is_dir() {
        for entry in std::fs::read_dir(path)? {
            tighten_all(&entry?.path())?;
        }
    }
    Ok(())
}

/// `None` for links, which say nothing, and for what has gone meanwhile.
fn look(path: &Path) -> Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Ok(None),
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn take_away(path: &Path, found: &Metadata, bits: u32) -> Result<()> {
    if found.mode() & bits == 0 {
        return Ok(());
    }
    let mode = found.mode() & 0o7777 & !bits;
    match std::fs::set_permissions(path, Permissions::from_mode(mode)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// What others may do something with, of the data directory and what the program keeps there. What else is in a directory
/// that is closed nobody reaches.
pub fn exposed(data_dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(data_dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        other => other?,
    };
    let mut holds_ours = false;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_ours) {
            holds_ours = true;
            collect(&entry.path(), &mut found)?;
        }
    }
    if holds_ours && data_dir.metadata()?.mode() & closed_to(data_dir) != 0 {
        found.insert(0, data_dir.to_path_buf());
    }
    Ok(found)
}

/// The same of a directory or a file and all that is in it.
pub fn collect(path: &Path, exposed: &mut Vec<PathBuf>) -> Result<()> {
    let Some(found) = look(path)? else {
        return Ok(());
    };
    if found.mode() & OTHERS != 0 {
        exposed.push(path.to_path_buf());
    }
    if found.is_dir() {
        match std::fs::read_dir(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            entries => {
                for entry in entries? {
                    collect(&entry?.path(), exposed)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn what_others_may_read_is_found_and_taken_from_them() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("mail")).unwrap();
        std::fs::write(at("mail/one.eml"), "a link").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", at("mail/link")).unwrap();
        let open = [dir.path().to_path_buf(), at("mail"), at("mail/one.eml")];
        for path in &open {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(exposed(dir.path()).unwrap(), open);
        tighten(dir.path()).unwrap();
        assert_eq!(exposed(dir.path()).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(mode(&at("mail/one.eml")), 0o700);
        assert_ne!(mode(Path::new("/etc/passwd")), 0o600);
    }

    #[test]
    fn a_directory_that_is_not_only_ours_is_left_alone_and_told_of() {
        let dir = tempfile::tempdir().unwrap();
        let theirs = dir.path().join("theirs");
        std::fs::write(&theirs, "").unwrap();
        for path in [dir.path(), &theirs] {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        // Nothing of ours is there yet.
        assert_eq!(exposed(dir.path()).unwrap(), Vec::<PathBuf>::new());
        let key = dir.path().join("secret.key");
        std::fs::write(&key, "").unwrap();
        tighten(dir.path()).unwrap();
        assert_eq!(exposed(dir.path()).unwrap(), [dir.path()]);
        assert_eq!((mode(&theirs), mode(&key)), (0o755, 0o600));
    }

    #[test]
    fn a_new_directory_is_private_also_below_others_that_are_new() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join("a/b");
        make_dir(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        std::fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        make_dir(&dir).unwrap();
        assert_eq!(mode(&dir) & 0o067, 0);
        assert!(make_dir(Path::new("/dev/null/a")).is_err());
    }
}
