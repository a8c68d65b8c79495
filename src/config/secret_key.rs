//! The file with the key that signs and encrypts.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::SecretSlice;

use super::{Invalid, Validated};
use crate::private;

/// Bytes in a key that the program makes.
const MADE: usize = 64;
/// Bytes that a key must have.
const SHORTEST: usize = 32;

/// Reads the key, or makes one of 64 random bytes when there is no file yet.
pub fn load_or_make(path: &Path) -> Validated<SecretSlice<u8>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(path).map_err(|error| invalid(path, &format!("could not be made: {error}")))?;
        }
        _ => {}
    }
    load(path)
}

fn load(path: &Path) -> Validated<SecretSlice<u8>> {
    let unreadable = |error| invalid(path, &format!("could not be read: {error}"));
    let mode = std::fs::metadata(path).map_err(unreadable)?.mode();
    if mode & 0o077 != 0 {
        return Err(invalid(
            path,
            &format!(
                "can be read by other users (mode {:03o}); repair it with chmod 600",
                mode & 0o777
            ),
        ));
    }
    let key = std::fs::read(path).map_err(unreadable)?;
    if key.len() < SHORTEST {
        return Err(invalid(
            path,
            &format!(
                "holds {} bytes, but at least {SHORTEST} are needed",
                key.len()
            ),
        ));
    }
    Ok(SecretSlice::from(key))
}

/// Writes the key beside its place and links it there, so that nobody ever reads half a key and the first of two
/// programs that start at once wins.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        private::make_dir(dir)?;
    }
    let mut key = [0; MADE];
    SysRng
        .try_fill_bytes(&mut key)
        .map_err(std::io::Error::other)?;
    let unfinished = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    let written = file.write_all(&key).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match std::fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    std::fs::remove_file(&unfinished)?;
    linked
}

fn invalid(path: &Path, what: &str) -> Invalid {
    Invalid {
        setting: "SECRET_KEY_FILE",
        reason: format!("{} {what}", path.display()),
        example: "--secret-key-file /etc/stakeeasy/secret.key, made with: head -c 64 /dev/urandom > secret.key; chmod 600 secret.key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_run_makes_a_private_key_and_later_runs_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("below/secret.key");
        let made = load_or_make(&path).unwrap();
        assert_eq!(made.expose_secret().len(), MADE);
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(
            load_or_make(&path).unwrap().expose_secret(),
            made.expose_secret()
        );
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing else is left"
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        for (mode, accepted) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
        ] {
            std::fs::remove_file(&path).ok();
            std::fs::write(&path, [7; 32]).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            match load_or_make(&path) {
                Ok(_) => assert!(accepted, "{mode:o}"),
                Err(refused) => {
                    assert!(!accepted, "{mode:o}");
                    let refused = refused.to_string();
                    assert!(
                        refused.contains("SECRET_KEY_FILE") && refused.contains("chmod 600"),
                        "{refused}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        std::fs::write(&path, [7; 31]).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        let refused = load_or_make(&path).unwrap_err().to_string();
        assert!(refused.contains("holds 31 bytes"), "{refused}");
    }

    #[test]
    fn a_place_where_no_file_can_be_is_refused() {
        let refused = load_or_make(Path::new("/dev/null/secret.key"))
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with(
                "SECRET_KEY_FILE (--secret-key-file): /dev/null/secret.key could not be"
            ),
            "{refused}"
        );
    }
}
